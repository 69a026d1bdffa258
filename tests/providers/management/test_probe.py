"""`manage.py probe`."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from providers.accounts import declare_account
from providers.models import ProviderAccount, ProviderCall
from providers.simulators.openai_chat import SimulatedModel, VendorSimulator
from providers.simulators.scripted import Answer
from tests.providers.places import KEY

pytestmark = pytest.mark.django_db
EFFORT = frozenset({"reasoning_effort"})


@pytest.fixture
def vendor() -> Iterator[VendorSimulator]:
    models = [SimulatedModel("gpt-6-luna", thinking_fields=EFFORT), SimulatedModel("gpt-unlisted")]
    with VendorSimulator(models, keys=[KEY]) as server:
        yield server


@pytest.fixture
def account(vendor: VendorSimulator) -> ProviderAccount:
    return declare_account("Mine", "openai", KEY, base_url=f"{vendor.url}/v1", model="gpt-6-luna")


def probe(*arguments: str) -> str:
    out = StringIO()
    call_command("probe", *arguments, stdout=out)
    return out.getvalue()


def told(*arguments: str) -> Any:
    return json.loads(probe(*arguments, "--json"))


@pytest.mark.usefixtures("account")
def test_one_cheap_call_is_made_and_told_of(vendor: VendorSimulator) -> None:
    vendor.script("ok")

    found = told("Mine")

    (sent,) = vendor.seen()
    assert sent.json()["max_completion_tokens"] == 16
    assert sent.json()["reasoning_effort"] == "none"
    assert (found["ok"], found["answer"], found["attempts"]) == (True, "ok", 1)
    assert (found["model_asked"], found["model_answered"]) == ("gpt-6-luna", "gpt-6-luna")
    assert 0 <= found["seconds_to_first_token"] <= found["seconds_in_all"] < 5
    assert (found["input_tokens"], found["output_tokens"]) == (6, 0)
    assert found["cost"] == "0.00000033"
    assert ProviderCall.objects.get().outcome == "complete"


@pytest.mark.usefixtures("account")
def test_people_are_told_in_words(vendor: VendorSimulator) -> None:
    vendor.script("ok")

    said = probe("Mine", "--model", "gpt-unlisted")

    assert "Model asked     gpt-unlisted" in said
    assert "not estimated" in said


@pytest.mark.usefixtures("account")
def test_a_model_that_spends_its_tokens_on_thoughts_has_answered(vendor: VendorSimulator) -> None:
    vendor.script(Answer("", finish="length", thoughts="hm"))

    assert "(no words)" in probe("Mine")


@pytest.mark.usefixtures("account")
def test_a_failure_is_told_and_in_the_ledger(vendor: VendorSimulator) -> None:
    vendor.fault("status", status=402, body='{"error": {"message": "no credit"}}')

    with pytest.raises(CommandError, match=r"no credit.*Add credit"):
        probe("Mine")
    assert ProviderCall.objects.get().outcome == "quota_exhausted"


def test_an_account_without_a_key_makes_no_call(vendor: VendorSimulator) -> None:
    declare_account("Mine", "openai", "", base_url=f"{vendor.url}/v1", model="gpt-6-luna")

    with pytest.raises(CommandError, match="no API key"):
        probe("Mine")
    assert vendor.seen() == []


@pytest.mark.usefixtures("account")
def test_an_unknown_account_is_answered_with_the_ones_there_are() -> None:
    with pytest.raises(CommandError, match="no account “Yours”; there are “Mine”"):
        probe("Yours")
