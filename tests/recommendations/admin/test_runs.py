"""A run's page: stages, what came, what was dropped and why; nothing to change but to cancel."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from providers.models import ProviderCall
from recommendations.models import DroppedCandidate, Run, StageReport
from tests.factories import NOW, make_list, make_listed

pytestmark = pytest.mark.django_db


def make_run(**fields: Any) -> Run:
    made = fields.pop("list", None) or make_list()
    return Run.objects.create(**{"list": made, "brief": {}, "queued_at": NOW, "model": "m", **fields})


def make_drop(run: Run, artist: str = "Wipers", **fields: Any) -> DroppedCandidate:
    return DroppedCandidate.objects.create(
        **{
            "run": run,
            "round": 1,
            "stage": "resolve",
            "artist": artist,
            "artist_key": artist.lower(),
            "reason": "not_found",
            **fields,
        }
    )


def page_of(run: Run) -> str:
    return reverse("admin:recommendations_run_change", args=[run.pk])


def test_a_run_shows_its_stages_its_funnel_its_drops_and_its_calls(admin_client: Client) -> None:
    run = make_run(
        status="partial",
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=12),
        summary="18 suggested, 9 not found\n9 not found: MusicBrainz knows nothing by that name.",
    )
    StageReport.objects.create(
        run=run, round=2, stage="build_prompt", came_in=31, went_out=22, dropped=9, took_ms=1234, note="All well."
    )
    make_listed(run.list, 1, run=run, artist="Harold Budd", reason="Slow and wide", because_of=["Brian Eno"])
    make_drop(run, "Björk & <Co>", reason="owned", detail="Björk")
    ProviderCall.objects.create(
        correlation=run.correlation,
        step="1:ask",
        attempt=1,
        started_at=NOW,
        outcome="complete",
        cost=Decimal("0.00120000"),
    )

    page = admin_client.get(page_of(run)).content.decode()

    words = ["Partial", "took 12 s", "18 suggested, 9 not found", "Round 2", "Build prompt", "31", "22", "1234"]
    words += ["All well.", "Harold Budd", "Slow and wide", "Because of Brian Eno", "Björk &amp; &lt;Co&gt;"]
    words += ["Already in the library: Björk", "1:ask, attempt 1", "0.0012"]
    assert [word for word in words if word not in page] == []


@pytest.mark.parametrize(
    ("status", "refreshes"), [("queued", True), ("running", True), ("complete", False), ("failed", False)]
)
def test_the_page_refreshes_itself_while_there_is_something_to_see(
    admin_client: Client, status: str, refreshes: bool
) -> None:
    page = admin_client.get(page_of(make_run(status=status, progress="Round 1: ask"))).content.decode()

    assert ('http-equiv="refresh" content="2"' in page) == refreshes


def test_a_waiting_run_is_cancelled_at_once_and_a_running_one_is_told(admin_client: Client) -> None:
    waiting = make_run()
    running = make_run(list=make_list("other", token="another-token-of-the-owner"), status="running")
    Run.objects.filter(pk=running.pk).update(
        lease_owner="a worker elsewhere", lease_until=timezone.now() + timedelta(seconds=30)
    )

    for run in (waiting, running):
        admin_client.post(reverse("admin:recommendations_run_press", args=[run.pk, "cancel"]))
        run.refresh_from_db()

    assert (waiting.status, running.status, running.is_cancel_requested) == ("cancelled", "running", True)
    assert "Being cancelled." in admin_client.get(page_of(running)).content.decode()


def test_runs_are_cancelled_in_bulk(admin_client: Client) -> None:
    waiting = make_run()
    over = make_run(list=waiting.list, status="complete")

    chosen = {"action": "cancel_runs", "_selected_action": [waiting.pk, over.pk]}
    admin_client.post(reverse("admin:recommendations_run_changelist"), chosen)

    assert {run.status for run in Run.objects.all()} == {"cancelled", "complete"}


def test_a_run_cannot_be_written(admin_client: Client) -> None:
    run = make_run(status="complete")

    assert admin_client.post(page_of(run), {"status": "failed"}).status_code == 403
    assert admin_client.get(reverse("admin:recommendations_run_add")).status_code == 403
    assert admin_client.post(reverse("admin:recommendations_run_delete", args=[run.pk])).status_code == 403


def test_who_may_not_see_calls_does_not_see_them_here(client: Client) -> None:
    reader = User.objects.create(username="reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_run"))
    client.force_login(reader)
    run = make_run()
    ProviderCall.objects.create(correlation=run.correlation, step="1:ask", attempt=1, started_at=NOW)

    page = client.get(page_of(run)).content.decode()

    assert "1:ask" not in page
    assert "Cancel run" not in page


def test_a_runs_page_asks_as_much_of_the_database_for_fifty_drops_as_for_five(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    run = make_run()
    for number in range(50):
        make_drop(run, f"Artist {number}")
        make_listed(run.list, number, run=run)
        StageReport.objects.create(run=run, round=1, stage="gate", came_in=1, went_out=1, dropped=0, took_ms=1)

    with django_assert_max_num_queries(14):
        page = admin_client.get(page_of(run)).content.decode()

    assert page.count("Artist 49") == 2


@pytest.mark.parametrize("term", ["bjork", "Björk", "BJÖRK", "the bjork"])
def test_a_drop_is_found_however_the_name_is_spelled(admin_client: Client, term: str) -> None:
    run = make_run()
    make_drop(run, "Björk", artist_key="bjork", reason="owned")
    make_drop(run, "Wipers")

    found = admin_client.get(reverse("admin:recommendations_droppedcandidate_changelist"), {"q": term})

    assert [drop.artist for drop in found.context["cl"].result_list] == ["Björk"]
    assert "Already in the library" in found.content.decode()


def test_a_drop_tells_what_could_be_done(admin_client: Client) -> None:
    drop = make_drop(make_run(), reason="low_confidence", detail="under 0.60")

    page = admin_client.get(reverse("admin:recommendations_droppedcandidate_change", args=[drop.pk])).content.decode()

    assert "The model is not sure enough: under 0.60" in page
    assert "Lower the list&#x27;s minimum confidence." in page
