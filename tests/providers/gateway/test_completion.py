"""One question, one stored answer: every attempt in the ledger, nothing paid for twice, nothing retried in vain."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models.signals import pre_save
from django.utils import timezone

from providers.accounts import declare_account
from providers.contracts import Price, Schema, Structure, Usage
from providers.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    ContentRefused,
    CutOff,
    EmptyAnswer,
    NotFound,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    TimedOut,
)
from providers.gateway import Question, choose_model, complete
from providers.gateway.pricing import cost_of
from providers.models import AccountPatience, ProviderAccount, ProviderCall
from providers.simulators import scripted
from providers.simulators.openai_chat import SimulatedModel, VendorSimulator

pytestmark = pytest.mark.django_db

KEY = "sk-simulated-0123456789abcdef"
SCHEMA = Schema("answer", {"type": "object", "properties": {}, "required": [], "additionalProperties": False})


@pytest.fixture
def vendor() -> Iterator[VendorSimulator]:
    with VendorSimulator([SimulatedModel("small"), SimulatedModel("large")], keys=[KEY]) as simulator:
        yield simulator


@pytest.fixture
def account(vendor: VendorSimulator, monkeypatch: pytest.MonkeyPatch) -> ProviderAccount:
    monkeypatch.setattr("providers.guard.retry.FIRST_WAIT", timedelta(milliseconds=20))
    return declare_account("Vendor", "openai_compatible", KEY, base_url=f"{vendor.url}/v1", model="small")


@pytest.fixture
def question(account: ProviderAccount) -> Question:
    return Question(
        account_id=account.pk,
        model="",
        system="You are terse.",
        user="Answer in JSON.",
        correlation="run-1",
        step="1:ask",
        schema=SCHEMA,
        is_useful=lambda text: "useful" in text,
    )


def _ask(question: Question) -> str:
    return complete(question, tick=lambda: None).text


def _row(**fields: Any) -> ProviderCall:
    """A call for the same step, by another worker."""
    known: dict[str, Any] = {"correlation": "run-1", "step": "1:ask", "attempt": 1, "started_at": timezone.now()}
    return ProviderCall.objects.create(provider="openai_compatible", model="small", **known, **fields)


def _outcomes() -> list[str]:
    return list(ProviderCall.objects.order_by("pk").values_list("outcome", flat=True))


def test_an_answer_is_stored_with_all_the_vendor_said_about_it(question: Question, vendor: VendorSimulator) -> None:
    vendor.script("Something useful.")

    answer = complete(question, tick=lambda: None)

    call = ProviderCall.objects.get()
    assert (answer.call_id, answer.text) == (call.pk, "Something useful.")
    assert (call.outcome, call.answer, call.model, call.model_answered) == (
        "complete", "Something useful.", "small", "small",
    )  # fmt: skip
    assert (call.system, call.prompt, call.attempt) == ("You are terse.", "Answer in JSON.", 1)
    assert call.input_tokens
    assert call.output_tokens
    assert call.cost is None, "a price nobody knows is not a price"
    assert call.first_token_at
    assert call.finished_at
    assert call.started_at <= call.first_token_at <= call.finished_at
    assert KEY not in str(list(ProviderCall.objects.values()))


def test_an_answered_step_is_never_paid_for_again(question: Question, vendor: VendorSimulator) -> None:
    vendor.script("Something useful.", "Something else.")
    first = complete(question, tick=lambda: None)

    assert complete(question, tick=lambda: None) == first
    assert _ask(replace(question, step="2:ask")) == "Something else."
    assert len(vendor.seen("/v1/chat")) == 2


def test_a_call_that_a_dead_worker_left_open_is_closed_and_made_again(
    question: Question, vendor: VendorSimulator
) -> None:
    vendor.script("Something useful.")
    _row()

    assert _ask(question) == "Something useful."

    assert _outcomes() == ["interrupted", "complete"]
    assert list(ProviderCall.objects.order_by("pk").values_list("attempt", flat=True)) == [1, 2]


def test_of_two_workers_that_answered_one_step_the_first_counts(question: Question, vendor: VendorSimulator) -> None:
    vendor.script("The later answer, useful too.")
    vendor.pace = 0.5

    def answered_elsewhere() -> None:
        if not ProviderCall.objects.filter(outcome=ProviderCall.COMPLETE).exists():
            _row(outcome=ProviderCall.COMPLETE, answer="The first answer, useful.")

    assert complete(question, tick=answered_elsewhere).text == "The first answer, useful."

    assert sorted(_outcomes()) == ["complete", "interrupted"]
    assert ProviderCall.objects.get(outcome="interrupted").answer == "The later answer, useful too."


def test_the_model_chosen_is_the_model_called(question: Question, vendor: VendorSimulator) -> None:
    vendor.script("useful", "useful")
    _ask(question)
    _ask(replace(question, model="large", step="2:ask"))

    assert [request.json()["model"] for request in vendor.seen("/v1/chat")] == ["small", "large"]
    assert list(ProviderCall.objects.order_by("pk").values_list("model", flat=True)) == ["small", "large"]


@pytest.mark.parametrize(
    ("structure", "form"), [("json_schema", "json_schema"), ("json_object", "json_object"), ("text", None), ("", None)]
)
def test_an_answer_is_held_to_the_accounts_form(
    structure: str, form: str | None, question: Question, vendor: VendorSimulator
) -> None:
    ProviderAccount.objects.update(structure=structure)
    vendor.script("useful")

    _ask(question)

    assert vendor.seen("/v1/chat")[0].json().get("response_format", {}).get("type") == form


def test_the_owners_row_comes_before_the_vendors_file(account: ProviderAccount) -> None:
    groq = declare_account("Groq", "groq", "gsk_0123456789", model="llama-3.3-70b-versatile")
    known = choose_model(groq.pk, "")
    ProviderAccount.objects.filter(pk=groq.pk).update(context_window=1024, structure="text", max_output_tokens=64)

    chosen = choose_model(groq.pk, "")

    assert known.context_window != 1024
    assert (chosen.context_window, chosen.max_output, chosen.structure) == (1024, 64, Structure.TEXT)
    assert choose_model(account.pk, "typed by the owner").model == "typed by the owner"
    assert choose_model(account.pk, "").price is None


FAILURES: dict[str, tuple[dict[str, Any], type[Exception], int]] = {
    "overloaded": ({"kind": "status", "status": 503}, Overloaded, 3),
    "told to come tomorrow": ({"kind": "status", "status": 429, "headers": {"Retry-After": "86400"}}, RateLimited, 1),
    "out of money": (
        {"kind": "status", "status": 429, "body": '{"error": {"code": "insufficient_quota"}}'},
        QuotaExhausted,
        1,
    ),
    "unauthorized": ({"kind": "status", "status": 401}, AuthenticationFailed, 1),
    "no such model": ({"kind": "status", "status": 404}, NotFound, 1),
    "hung up": ({"kind": "drop"}, ConnectionFailed, 3),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_only_what_may_pass_soon_is_tried_again(failure: str, question: Question, vendor: VendorSimulator) -> None:
    fault, error, attempts = FAILURES[failure]
    vendor.fault(path="/v1/chat", times=-1, **fault)

    with pytest.raises(error):
        _ask(question)

    assert len(vendor.seen("/v1/chat")) == attempts
    assert _outcomes() == [error.category] * attempts  # type: ignore[attr-defined]  # ours have one
    assert all(call.said and call.finished_at for call in ProviderCall.objects.all())


def test_trouble_that_passes_costs_an_attempt_and_not_the_answer(question: Question, vendor: VendorSimulator) -> None:
    vendor.fault("status", status=503, times=2)
    vendor.script("Something useful.")

    assert _ask(question) == "Something useful."
    assert _outcomes() == ["overloaded", "overloaded", "complete"]


def test_an_empty_answer_is_no_answer(question: Question, vendor: VendorSimulator) -> None:
    vendor.script(scripted.EMPTY, scripted.EMPTY, scripted.EMPTY)

    with pytest.raises(EmptyAnswer):
        _ask(question)

    assert _outcomes() == ["empty"] * 3


def test_a_refusal_is_written_down_and_not_argued_with(question: Question, vendor: VendorSimulator) -> None:
    vendor.script(scripted.REFUSAL)

    with pytest.raises(ContentRefused):
        _ask(question)

    assert _outcomes() == ["refused"]


def test_an_answer_cut_at_the_limit_is_used_if_it_is_of_use(question: Question, vendor: VendorSimulator) -> None:
    vendor.script(scripted.Answer("useful as far as it", finish="length"))

    assert _ask(question) == "useful as far as it"
    assert _outcomes() == ["output_limit"]


def test_an_answer_cut_before_anything_of_use_is_told_again_and_not_paid_again(
    question: Question, vendor: VendorSimulator
) -> None:
    vendor.script(scripted.Answer("Well, let me", finish="length"))

    for _ in range(2):
        with pytest.raises(CutOff, match="Vendor stopped at the output limit") as cut:
            _ask(question)
        assert cut.value.text == "Well, let me"

    assert len(vendor.seen("/v1/chat")) == 1


def test_what_came_before_the_line_broke_is_kept_if_it_is_of_use(question: Question, vendor: VendorSimulator) -> None:
    vendor.script("It is useful to know that some lines break.", "Whole and useful.")
    vendor.fault("drop", path="/v1/chat", after=3)

    assert _ask(question).startswith("It is useful")
    assert _outcomes() == ["partial"]


def test_what_came_before_the_line_broke_is_asked_for_again_if_not(question: Question, vendor: VendorSimulator) -> None:
    vendor.script("It is needless to know that some lines break.", "Whole and useful.")
    vendor.fault("drop", path="/v1/chat", after=3)

    assert _ask(question) == "Whole and useful."
    assert _outcomes() == ["connection", "complete"]


def test_a_vendor_that_never_says_a_word_is_given_up_on_in_the_accounts_time(
    question: Question, vendor: VendorSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.guard.retry.RETRIES", 0)
    ProviderAccount.objects.update(base_timeout_seconds=1)
    vendor.fault("stall", path="/v1/chat", times=-1, seconds=30)
    began = time.monotonic()

    with pytest.raises(TimedOut, match="raise the account's time limits"):
        _ask(question)

    assert time.monotonic() - began < 3


def test_a_vendor_that_falls_silent_is_given_up_on_in_time(
    question: Question, vendor: VendorSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.guard.retry.RETRIES", 0)
    AccountPatience.objects.create(account_id=question.account_id, heartbeat_s=0.5, stall_multiplier=2)
    vendor.fault("stall", path="/v1/chat", times=-1, after=2, seconds=30)
    began = time.monotonic()

    with pytest.raises(TimedOut, match="raise the account's time limits"):
        _ask(question)

    assert time.monotonic() - began < 3


class Cancelled(Exception):
    """Raised by a tick."""


@pytest.mark.parametrize("fault", [{"kind": "stall", "seconds": 30}, {"kind": "status", "status": 503}])
def test_a_cancelled_call_ends_at_once_waiting_or_pausing(
    fault: dict[str, Any], question: Question, vendor: VendorSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.guard.retry.FIRST_WAIT", timedelta(seconds=10))
    vendor.fault(path="/v1/chat", times=-1, **fault)
    began = time.monotonic()

    def tick() -> None:
        if time.monotonic() - began > 0.4:
            raise Cancelled

    with pytest.raises(Cancelled):
        complete(question, tick=tick)

    assert time.monotonic() - began < 1.5
    assert "started" not in _outcomes()
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("read ")] == []


def test_an_answer_waits_for_room_on_the_disk(question: Question, vendor: VendorSimulator) -> None:
    vendor.script("Something useful.")
    full = iter([True, True])

    def refuse(instance: ProviderCall, **_: Any) -> None:
        if instance.outcome == ProviderCall.COMPLETE and next(full, False):
            raise OperationalError(str(sqlite3.OperationalError("database or disk is full")))

    pre_save.connect(refuse, sender=ProviderCall)
    try:
        assert _ask(question) == "Something useful."
    finally:
        pre_save.disconnect(refuse, sender=ProviderCall)

    assert _outcomes() == ["complete"]
    assert len(vendor.seen("/v1/chat")) == 1


def test_a_key_is_needed_where_the_vendor_needs_one(question: Question) -> None:
    keyless = declare_account("Groq", "groq", "", model="llama")

    with pytest.raises(AuthenticationFailed, match="no API key is set up"):
        _ask(replace(question, account_id=keyless.pk))

    assert _outcomes() == []


PRICE = Price(input=Decimal(3), output=Decimal(15), read_on=date(2026, 11, 1), cached_input=Decimal("0.3"))


@pytest.mark.parametrize(
    ("usage", "price", "cost"),
    [
        (Usage(input_tokens=1_000_000, output_tokens=100_000), PRICE, "4.5"),
        (Usage(input_tokens=1_000_000, output_tokens=0, cached_input_tokens=500_000), PRICE, "1.65"),
        (Usage(input_tokens=0, output_tokens=0), PRICE, "0"),
        (Usage(input_tokens=10, output_tokens=None), PRICE, None),
        (Usage(input_tokens=10, output_tokens=10), None, None),
        (Usage(cost=Decimal("0.02")), None, "0.02"),
        (Usage(input_tokens=1_000_000, output_tokens=0, cost=Decimal(0)), PRICE, "0"),
    ],
)
def test_a_cost_is_the_vendors_own_figure_else_the_list_price_else_unknown(
    usage: Usage, price: Price | None, cost: str | None
) -> None:
    assert cost_of(usage, price) == (None if cost is None else Decimal(cost))
