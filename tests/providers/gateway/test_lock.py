"""A lock holds, is told of for ever, and a question is decided once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from providers.accounts import declare_account
from providers.gateway import (
    Decision,
    DecisionRefused,
    Locked,
    Option,
    Question,
    Release,
    alternatives,
    complete,
    create_lock,
    decide,
    open_request,
    pending_decision,
    release_lock,
    statistics,
)
from providers.gateway.lock import record
from providers.guard.patience import Category
from providers.models import (
    FallbackRequest,
    HistoryIsFinal,
    LockEvent,
    LockEventName,
    ProviderAccount,
    ProviderLock,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
OPTIONS = [Option(Decision.RETRY, "Ask again"), Option(Decision.CANCEL, "Cancel the run")]


def make_account(name: str = "Mine", provider: str = "demo", **fields: Any) -> ProviderAccount:
    return declare_account(name, provider, "", **fields)


def lock(account: ProviderAccount, correlation: str = "run", model: str = "m", **more: Any) -> ProviderLock:
    return create_lock(correlation, account.pk, model, ("ask",), actor="owner", now=NOW, **more)


def ask(request: str = "run") -> FallbackRequest:
    return open_request(request, "stall", "It went silent.", OPTIONS, NOW)


def test_a_run_that_is_taken_up_again_finds_its_lock() -> None:
    account = make_account()

    assert lock(account).pk == lock(account).pk
    assert [event.event for event in LockEvent.objects.all()] == ["PROVIDER_LOCK_CREATED"]


def test_a_locked_run_is_not_locked_to_another() -> None:
    lock(make_account())

    with pytest.raises(Locked):
        lock(make_account("Other"))
    with pytest.raises(Locked):
        lock(make_account("Mine"), model="another")


def test_nobody_is_asked_but_whom_the_run_is_locked_to() -> None:
    lock(make_account())
    other = make_account("Other")

    with pytest.raises(Locked):
        complete(Question(other.pk, "m", "", "Hello", "run", "1:ask"), tick=lambda: None)


def test_a_lock_is_released_once_and_names_why() -> None:
    account = make_account()
    lock(account)

    released = [release_lock("run", "complete", now=NOW) for _ in range(2)]

    assert [row is None for row in released] == [False, True]
    row = ProviderLock.objects.get()
    assert (row.released_at, row.release_reason) == (NOW, "complete")
    event = LockEvent.objects.get(event=LockEventName.LOCK_RELEASED)
    assert (event.before, event.reason_code, event.actor) == ("Mine · m", "complete", "Brainarr")


def test_two_locks_of_one_run_cannot_be_open() -> None:
    made = lock(make_account())

    with pytest.raises(IntegrityError), transaction.atomic():
        ProviderLock.objects.create(
            correlation="run", account_id=made.account_id, provider="demo", model="m", covers=[], created_at=NOW
        )


def test_a_lock_and_its_history_cannot_be_changed() -> None:
    made = lock(make_account())
    event = LockEvent.objects.get()

    made.model = event.actor = "another"
    for change in (
        made.save,
        made.delete,
        event.save,
        event.delete,
        LockEvent.objects.all().delete,
        lambda: LockEvent.objects.update(actor="nobody"),
        lambda: LockEvent.objects.bulk_update([event], ["actor"]),
    ):
        with pytest.raises(HistoryIsFinal):
            change()

    assert LockEvent.objects.get().actor == "owner"


def test_history_outlives_the_account() -> None:
    account = make_account()
    lock(account)

    account.delete()

    assert (LockEvent.objects.get().after, ProviderLock.objects.get().account_name) == ("Mine · m", "Mine")


def test_one_question_of_a_run_is_open_at_a_time() -> None:
    ask()

    with pytest.raises(IntegrityError), transaction.atomic():
        ask()


def test_a_decision_has_a_person_a_time_and_a_reason() -> None:
    request = ask()

    decided = decide(request.pk, Decision.RETRY, "ann", "", NOW)

    assert (decided.decision, decided.decided_by, decided.decided_at) == ("retry", "ann", NOW)
    assert decided.reason == "Ask again"
    assert pending_decision("run") is None


@pytest.mark.parametrize("missing", [{"decided_by": ""}, {"decided_at": None}, {"reason": ""}, {"decision": ""}])
def test_the_database_refuses_half_a_decision(missing: dict[str, Any]) -> None:
    whole = {"decision": "retry", "decided_by": "ann", "decided_at": NOW, "reason": "because"}

    with pytest.raises(IntegrityError), transaction.atomic():
        FallbackRequest.objects.filter(pk=ask().pk).update(**{**whole, **missing})


def test_of_two_deciders_the_second_is_told_who_was_first() -> None:
    request = ask()
    decide(request.pk, Decision.RETRY, "ann", "", NOW)

    with pytest.raises(DecisionRefused, match="ann has already decided"):
        decide(request.pk, Decision.CANCEL, "bob", "", NOW)

    request.refresh_from_db()
    assert (request.decision, request.decided_by) == ("retry", "ann")


@pytest.mark.parametrize(("decision", "by"), [("use_account:7", "ann"), ("", "ann"), ("retry", "")])
def test_what_was_not_offered_or_has_no_person_is_refused(decision: str, by: str) -> None:
    with pytest.raises(DecisionRefused):
        decide(ask().pk, decision, by, "", NOW)

    assert pending_decision("run") is not None


def test_only_accounts_that_can_be_asked_are_alternatives() -> None:
    current = make_account("Current")
    ready = make_account("Ready")
    make_account("Off")
    ProviderAccount.objects.filter(name="Off").update(is_enabled=False)
    make_account("Keyless", "anthropic", model="m")
    make_account("Modelless", "lm_studio")

    assert [other.account_id for other in alternatives(current.pk)] == [ready.pk]


def test_statistics_count_what_the_audit_tells() -> None:
    account, other = make_account(), make_account("Other", "lm_studio", model="m")
    for number in range(4):
        made = lock(account, f"run {number}")
        for call in range(2):
            record(LockEventName.REQUEST_START, made, NOW, call_id=10 * number + call)
    for number, category in ((0, Category.EXTENDED), (1, Category.EXTENDED), (1, Category.DEEP_WAIT)):
        record(LockEventName.LATENCY_CATEGORY_CHANGE, lock(account, f"run {number}"), NOW, after=category)
    record(LockEventName.STALL_SUSPECTED, lock(account, "run 1"), NOW)
    release_lock("run 1", Release.USER_FALLBACK, actor="ann", now=NOW)
    release_lock("run 2", Release.CANCELLED, now=NOW)
    lock(other, "run 1")

    told = statistics(NOW)

    assert told["demo"].shares == {Category.NORMAL: 6 / 8, Category.EXTENDED: 1 / 8, Category.DEEP_WAIT: 1 / 8}
    assert (told["demo"].fallback_rate, told["demo"].stall_rate, told["demo"].cancellations) == (1 / 4, 1 / 8, 1)
    assert (told["lm_studio"].fallback_rate, told["lm_studio"].shares) == (0.0, None)
    assert statistics(NOW + timedelta(seconds=1)) == {}
