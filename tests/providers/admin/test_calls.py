"""The ledger of calls can be read and not written."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from providers.models import ProviderCall

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def make_call(**fields: Any) -> ProviderCall:
    return ProviderCall.objects.create(
        **{
            "provider": "groq",
            "model": "m",
            "correlation": "abc",
            "step": "1:ask",
            "attempt": 1,
            "started_at": NOW,
            **fields,
        }
    )


def test_a_call_shows_what_was_sent_and_came_with_nothing_of_it_run(admin_client: Client) -> None:
    call = make_call(
        prompt="<script>alert(1)</script>",
        answer="<b>bold</b>",
        outcome=ProviderCall.COMPLETE,
        finished_at=NOW + timedelta(seconds=75),
    )

    shown = admin_client.get(reverse("admin:providers_providercall_change", args=[call.pk])).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert(1)" not in shown
    assert "&lt;b&gt;bold" in shown
    assert "1 min 15 s" in shown
    assert "not estimated" in shown


def test_the_ledger_cannot_be_written(admin_client: Client) -> None:
    call = make_call()
    change = reverse("admin:providers_providercall_change", args=[call.pk])

    assert admin_client.get(reverse("admin:providers_providercall_add")).status_code == 403
    assert admin_client.post(change, {"outcome": "complete"}).status_code == 403
    assert (
        admin_client.post(reverse("admin:providers_providercall_delete", args=[call.pk]), {"post": "yes"}).status_code
        == 403
    )
    listed = admin_client.get(reverse("admin:providers_providercall_changelist")).content.decode()
    assert 'value="delete_selected"' not in listed


def test_calls_of_a_run_are_found_by_its_correlation(admin_client: Client) -> None:
    make_call(correlation="mine", model="model-a")
    make_call(correlation="other", model="model-b")

    found = admin_client.get(reverse("admin:providers_providercall_changelist"), {"q": "mine"}).content.decode()
    rows = found.split('id="result_list"')[1].split("</table>")[0]

    assert "model-a" in rows
    assert "model-b" not in rows
