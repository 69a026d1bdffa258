"""Whole runs whose provider fails or stalls, over real HTTP: nothing switches unasked, and nothing is asked twice."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from providers.accounts import declare_account
from providers.gateway import DecisionRefused, FallbackRequest
from providers.models import AccountPatience, LockEvent, LockEventName, ProviderAccount, ProviderLock
from providers.simulators.catalog import Artist
from providers.simulators.openai_chat import SimulatedModel, VendorSimulator
from recommendations.domain.types import OnTrouble
from recommendations.execution import continue_run
from recommendations.models import LibraryArtist, Recommendation, RecommendationList, Run
from recommendations.services.decisions import decide, open_questions
from recommendations.services.lists import delete_list, set_fallbacks
from recommendations.services.runs import RunRefused, abandoned, request_cancel, start_run

pytestmark = pytest.mark.django_db

Status = Run.Status
Answer = Callable[..., str]
QUICK = {"normal_s": 0.2, "extended_s": 0.4, "deep_wait_s": 0.1, "heartbeat_s": 0.1, "stall_multiplier": 3}
NOT_ALLOWED = '{"error": {"message": "Not today.", "type": "x", "code": null}}'


@pytest.fixture(autouse=True)
def patience(account: ProviderAccount) -> None:
    """The first vendor is given up after a third of a second, instead of after twenty."""
    AccountPatience.objects.create(account=account, **QUICK)


@pytest.fixture
def asking(list_: RecommendationList) -> RecommendationList:
    RecommendationList.objects.filter(pk=list_.pk).update(on_trouble=OnTrouble.ASK)
    return list_


@pytest.fixture
def other() -> Iterator[VendorSimulator]:
    with VendorSimulator([SimulatedModel("other-model")]) as simulator:
        yield simulator


@pytest.fixture
def second(other: VendorSimulator) -> ProviderAccount:
    return declare_account("Second", "lm_studio", "", base_url=f"{other.url}/v1", model="other-model")


def stall(vendor: VendorSimulator, **more: Any) -> None:
    vendor.fault("stall", path="/v1/chat", after=2, seconds=30, **more)


def run_once(list_: RecommendationList) -> Run:
    list_.refresh_from_db()
    run = start_run(list_, trigger=Run.Trigger.OWNER, now=timezone.now())
    return go_on(run)


def go_on(run: Run) -> Run:
    continue_run(run.pk)
    run.refresh_from_db()
    return run


def question_of(run: Run) -> FallbackRequest:
    return FallbackRequest.objects.get(correlation=run.correlation, decided_at=None)


def offered(run: Run) -> list[str]:
    return [option["decision"] for option in question_of(run).options]


def models_asked(vendor: VendorSimulator) -> list[str]:
    return [request.json()["model"] for request in vendor.seen("/v1/chat")]


def told(run: Run) -> list[str]:
    """The audit, with heartbeats and passed boundaries left out: how many of those there are is the clock's affair."""
    noise = (LockEventName.HEARTBEAT, LockEventName.LATENCY_CATEGORY_CHANGE)
    events = LockEvent.objects.filter(correlation=run.correlation).exclude(event__in=noise)
    return list(events.values_list("event", flat=True))


def test_a_stalled_model_parks_the_run_without_a_worker(
    asking: RecommendationList, vendor: VendorSimulator, second: ProviderAccount, other: VendorSimulator
) -> None:
    stall(vendor)

    run = run_once(asking)

    assert (run.status, run.lease_until, run.lease_owner) == (Status.PARKED, None, "")
    assert offered(run) == ["keep_waiting", "retry", f"use_account:{second.pk}", "cancel"]
    assert question_of(run).reason_code == "stall"
    assert run.problem == question_of(run).message
    assert [(question.pk, about.pk) for question, about in open_questions()] == [(question_of(run).pk, run.pk)]
    assert (models_asked(vendor), models_asked(other)) == (["gpt-simulated"], [])


def test_a_parked_run_survives_restarts_and_is_nobodys_to_take_up(
    asking: RecommendationList, vendor: VendorSimulator
) -> None:
    stall(vendor)
    run = run_once(asking)

    later = timezone.now() + timedelta(days=30)

    assert abandoned(later) == []
    assert continue_run(run.pk) == ""
    run.refresh_from_db()
    assert run.status == Status.PARKED
    assert len(vendor.seen("/v1/chat")) == 1
    asking.refresh_from_db()
    with pytest.raises(RunRefused):
        start_run(asking, trigger=Run.Trigger.SCHEDULE, now=later)


@pytest.mark.parametrize("decision", ["keep_waiting", "retry"])
def test_the_same_model_is_asked_again_when_its_owner_says_so(
    asking: RecommendationList,
    vendor: VendorSimulator,
    strangers: Sequence[Artist],
    answer: Answer,
    decision: str,
) -> None:
    stall(vendor)
    run = run_once(asking)
    vendor.script(answer(strangers[:5]))

    decide(question_of(run).pk, decision, "ann", "It is only slow.", timezone.now())
    run = go_on(run)

    assert (run.status, run.problem) == (Status.COMPLETE, "")
    assert models_asked(vendor) == ["gpt-simulated", "gpt-simulated"]
    assert told(run) == [
        LockEventName.LOCK_CREATED,
        LockEventName.REQUEST_START,
        LockEventName.STALL_SUSPECTED,
        LockEventName.REQUEST_START,
        LockEventName.REQUEST_COMPLETE,
        LockEventName.LOCK_RELEASED,
    ]


def test_a_decided_run_finishes_with_the_other_provider_and_all_of_it_is_told(
    asking: RecommendationList,
    vendor: VendorSimulator,
    second: ProviderAccount,
    other: VendorSimulator,
    strangers: Sequence[Artist],
    answer: Answer,
) -> None:
    stall(vendor)
    run = run_once(asking)
    other.script(answer(strangers[:5]))

    decide(question_of(run).pk, f"use_account:{second.pk}", "ann", "It is too slow.", timezone.now())
    run.refresh_from_db()
    assert (run.status, run.account, run.model) == (Status.QUEUED, second, "other-model")
    run = go_on(run)

    assert run.status == Status.COMPLETE
    assert (models_asked(vendor), models_asked(other)) == (["gpt-simulated"], ["other-model"])
    assert told(run) == [
        LockEventName.LOCK_CREATED,
        LockEventName.REQUEST_START,
        LockEventName.STALL_SUSPECTED,
        LockEventName.USER_FALLBACK_INITIATED,
        LockEventName.LOCK_RELEASED,
        LockEventName.LOCK_CREATED,
        LockEventName.REQUEST_START,
        LockEventName.REQUEST_COMPLETE,
        LockEventName.LOCK_RELEASED,
    ]
    moved = LockEvent.objects.get(event=LockEventName.USER_FALLBACK_INITIATED)
    assert (moved.actor, moved.before, moved.after) == ("ann", "Vendor · gpt-simulated", "Second · other-model")
    assert (moved.reason_code, moved.detail) == ("stall", "It is too slow.")
    reasons = list(ProviderLock.objects.order_by("pk").values_list("release_reason", flat=True))
    assert reasons == ["user_fallback", "complete"]


def test_what_had_been_found_is_kept_and_the_next_round_goes_to_the_other(
    asking: RecommendationList,
    vendor: VendorSimulator,
    second: ProviderAccount,
    other: VendorSimulator,
    strangers: Sequence[Artist],
    answer: Answer,
) -> None:
    vendor.script(answer(strangers[:2]))
    stall(vendor, skip=1)
    run = run_once(asking)
    assert (run.status, run.round) == (Status.PARKED, 2)
    other.script(answer(strangers[2:5]))

    decide(question_of(run).pk, f"use_account:{second.pk}", "ann", "", timezone.now())
    run = go_on(run)

    assert (run.status, run.published, run.round) == (Status.COMPLETE, 5, 2)
    assert (len(models_asked(vendor)), len(models_asked(other))) == (2, 1)
    assert strangers[0].name in str(other.seen("/v1/chat")[0].json())


def test_the_owner_may_settle_for_what_there_is(
    asking: RecommendationList, vendor: VendorSimulator, strangers: Sequence[Artist], answer: Answer
) -> None:
    vendor.script(answer(strangers[:2]))
    stall(vendor, skip=1)
    run = run_once(asking)
    assert "use_what_we_have" in offered(run)

    decide(question_of(run).pk, "use_what_we_have", "ann", "", timezone.now())
    run = go_on(run)

    assert (run.status, run.published) == (Status.PARTIAL, 2)
    assert "ann settled for what had been found" in run.summary
    assert len(models_asked(vendor)) == 2


def test_the_owner_may_cancel(asking: RecommendationList, vendor: VendorSimulator) -> None:
    stall(vendor)
    run = run_once(asking)

    decide(question_of(run).pk, "cancel", "ann", "", timezone.now())

    run.refresh_from_db()
    assert (run.status, Recommendation.objects.count()) == (Status.CANCELLED, 0)
    assert ProviderLock.objects.get().release_reason == "cancelled"
    assert run.checkpoints.count() == 0


def test_cancelling_a_parked_run_answers_its_question(asking: RecommendationList, vendor: VendorSimulator) -> None:
    stall(vendor)
    run = run_once(asking)

    request_cancel(run.pk, timezone.now(), "bob")

    run.refresh_from_db()
    decided = FallbackRequest.objects.get(correlation=run.correlation)
    assert (run.status, decided.decision, decided.decided_by) == (Status.CANCELLED, "cancel", "bob")


def test_a_list_that_goes_leaves_no_question_behind(asking: RecommendationList, vendor: VendorSimulator) -> None:
    stall(vendor)
    run_once(asking)

    delete_list(asking)

    assert FallbackRequest.objects.filter(decided_at=None).count() == 0


def test_the_time_a_question_was_open_is_not_held_against_the_run(
    asking: RecommendationList, vendor: VendorSimulator, strangers: Sequence[Artist], answer: Answer
) -> None:
    stall(vendor)
    run = run_once(asking)
    next_morning = timedelta(hours=9)
    FallbackRequest.objects.update(opened_at=timezone.now() - next_morning)
    Run.objects.update(deadline_at=timezone.now() - next_morning + timedelta(minutes=50))
    vendor.script(answer(strangers[:5]))

    decide(question_of(run).pk, "retry", "ann", "", timezone.now())

    assert go_on(run).status == Status.COMPLETE


def test_a_hard_error_is_asked_about_without_offering_to_wait(
    asking: RecommendationList, vendor: VendorSimulator, second: ProviderAccount
) -> None:
    vendor.fault("status", path="/v1/chat", status=403, body=NOT_ALLOWED)

    run = run_once(asking)

    assert offered(run) == ["retry", f"use_account:{second.pk}", "cancel"]
    assert told(run)[-1] == LockEventName.HARD_ERROR
    assert "Not today." in question_of(run).message


def test_an_answer_nobody_can_read_is_asked_about_and_not_read_again(
    asking: RecommendationList, vendor: VendorSimulator, strangers: Sequence[Artist], answer: Answer
) -> None:
    vendor.script("I would rather not.", "Really not.", "No.")
    run = run_once(asking)
    assert (run.status, question_of(run).reason_code) == (Status.PARKED, "unreadable")
    vendor.script(answer(strangers[:5]))

    decide(question_of(run).pk, "retry", "ann", "", timezone.now())

    assert go_on(run).status == Status.COMPLETE


def test_a_run_may_be_parked_again_and_again(
    asking: RecommendationList, vendor: VendorSimulator, strangers: Sequence[Artist], answer: Answer
) -> None:
    stall(vendor, times=4)
    run = run_once(asking)
    for _ in range(3):
        decide(question_of(run).pk, "retry", "ann", "", timezone.now())
        assert go_on(run).status == Status.PARKED
    vendor.script(answer(strangers[:5]))

    decide(question_of(run).pk, "retry", "ann", "", timezone.now())

    assert go_on(run).status == Status.COMPLETE


def test_the_other_provider_is_told_only_what_it_may_know(
    asking: RecommendationList,
    vendor: VendorSimulator,
    second: ProviderAccount,
    other: VendorSimulator,
    strangers: Sequence[Artist],
    answer: Answer,
) -> None:
    ProviderAccount.objects.filter(pk=second.pk).update(shares="nothing")
    stall(vendor)
    run = run_once(asking)
    other.script(answer(strangers[:5]))

    decide(question_of(run).pk, f"use_account:{second.pk}", "ann", "", timezone.now())
    go_on(run)

    told_first, told_second = (str(server.seen("/v1/chat")[0].json()) for server in (vendor, other))
    names = [name for name in LibraryArtist.objects.values_list("name", flat=True) if name in told_first]
    assert names
    assert [name for name in names if name in told_second] == []


def test_an_account_that_went_away_meanwhile_cannot_be_chosen(
    asking: RecommendationList, vendor: VendorSimulator, second: ProviderAccount
) -> None:
    stall(vendor)
    run = run_once(asking)
    ProviderAccount.objects.filter(pk=second.pk).update(is_enabled=False)

    with pytest.raises(DecisionRefused, match="cannot be asked any more"):
        decide(question_of(run).pk, f"use_account:{second.pk}", "ann", "", timezone.now())

    assert question_of(run).decision == ""
    run.refresh_from_db()
    assert run.status == Status.PARKED


def test_a_chain_is_gone_along_in_its_order_and_told_of(
    list_: RecommendationList,
    vendor: VendorSimulator,
    second: ProviderAccount,
    other: VendorSimulator,
    strangers: Sequence[Artist],
    answer: Answer,
) -> None:
    with VendorSimulator([SimulatedModel("third-model")]) as last:
        third = declare_account("Third", "lm_studio", "", base_url=f"{last.url}/v1", model="third-model")
        RecommendationList.objects.update(on_trouble=OnTrouble.AUTOMATIC)
        set_fallbacks(list_, [second.pk, third.pk])
        vendor.fault("status", path="/v1/chat", status=403, body=NOT_ALLOWED)
        other.fault("status", path="/v1/chat", status=403, body=NOT_ALLOWED)
        last.script(answer(strangers[:5]))

        run = run_once(list_)

        asked = [models_asked(server) for server in (vendor, other, last)]
    assert (run.status, run.account) == (Status.COMPLETE, third)
    assert asked == [["gpt-simulated"], ["other-model"], ["third-model"]]
    failed = [LockEventName.REQUEST_START, LockEventName.HARD_ERROR, LockEventName.LOCK_RELEASED]
    assert told(run) == [
        LockEventName.LOCK_CREATED,
        *failed,
        LockEventName.LOCK_CREATED,
        *failed,
        LockEventName.LOCK_CREATED,
        LockEventName.REQUEST_START,
        LockEventName.REQUEST_COMPLETE,
        LockEventName.LOCK_RELEASED,
    ]
    released = LockEvent.objects.filter(event=LockEventName.LOCK_RELEASED).first()
    assert released is not None
    assert (released.actor, released.after) == ("the list's chain", "Second · other-model")
    assert list(ProviderLock.objects.order_by("pk").values_list("is_fallback", flat=True)) == [False, True, True]


def test_at_the_end_of_the_chain_the_run_ends_with_the_last_ones_words(
    list_: RecommendationList, vendor: VendorSimulator, second: ProviderAccount, other: VendorSimulator
) -> None:
    RecommendationList.objects.update(on_trouble=OnTrouble.AUTOMATIC)
    set_fallbacks(list_, [second.pk])
    for server in (vendor, other):
        server.fault("status", path="/v1/chat", status=403, body=NOT_ALLOWED)

    run = run_once(list_)

    assert (run.status, len(models_asked(vendor)), len(models_asked(other))) == (Status.FAILED, 1, 1)
    assert run.problem.startswith("Second ")


def test_without_a_chain_no_other_account_is_ever_asked(
    list_: RecommendationList, vendor: VendorSimulator, second: ProviderAccount, other: VendorSimulator
) -> None:
    vendor.fault("status", path="/v1/chat", status=403, body=NOT_ALLOWED, times=-1)
    for policy in OnTrouble:
        RecommendationList.objects.update(on_trouble=policy)
        run = run_once(list_)
        request_cancel(run.pk, timezone.now())

    assert models_asked(other) == []


def test_a_list_that_stops_publishes_what_there_is(
    list_: RecommendationList, vendor: VendorSimulator, strangers: Sequence[Artist], answer: Answer
) -> None:
    vendor.script(answer(strangers[:2]))
    stall(vendor, skip=1)

    run = run_once(list_)

    assert (run.status, run.published) == (Status.PARTIAL, 2)
    assert "Ended early: Vendor took too long" in run.summary
    assert FallbackRequest.objects.count() == 0
