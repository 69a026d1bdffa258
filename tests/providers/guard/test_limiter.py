"""Permits leave no faster than allowed, slow down when told to, come back step by step, and never queue for ever."""

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from providers.guard.limiter import (
    LONGEST_QUEUE,
    LONGEST_WAIT,
    Bucket,
    Permit,
    Refusal,
    full,
    heed,
    hold,
    share_in_use,
    slow_down,
    take,
    waiting,
)
from providers.wire.allowance import Allowance

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def take_all(bucket: Bucket, per_minute: int, now: datetime) -> tuple[Bucket, list[datetime], Refusal]:
    """Ask until refused; the moments at which the permits may be used."""
    leaving: list[datetime] = []
    while True:
        bucket, answer = take(bucket, per_minute, now)
        if isinstance(answer, Refusal):
            return bucket, leaving, answer
        leaving.append(now + answer.wait)


def test_a_few_calls_go_at_once_and_the_next_ones_wait_in_order() -> None:
    _, leaving, _ = take_all(full(30, NOW), 30, NOW)

    assert leaving[:5] == [NOW] * 5
    assert leaving[5] > NOW
    assert leaving == sorted(leaving)


def test_one_a_minute_is_one_a_minute() -> None:
    _, leaving, refusal = take_all(full(1, NOW), 1, NOW)

    assert leaving == [NOW, NOW + MINUTE, NOW + 2 * MINUTE]
    assert refusal.until == NOW + 3 * MINUTE


def test_waiting_is_bounded_by_count() -> None:
    _, leaving, refusal = take_all(full(600, NOW), 600, NOW)

    assert len([moment for moment in leaving if moment > NOW]) == LONGEST_QUEUE
    assert refusal.waiting == LONGEST_QUEUE


def test_waiting_is_bounded_by_time() -> None:
    _, leaving, refusal = take_all(full(6, NOW), 6, NOW)

    assert max(leaving) <= NOW + LONGEST_WAIT
    assert refusal.until > NOW + LONGEST_WAIT


def test_a_refusal_leaves_the_bucket_as_it_was() -> None:
    bucket, _, _ = take_all(full(6, NOW), 6, NOW)

    assert take(bucket, 6, NOW)[0] == bucket


def test_how_many_wait_can_be_told() -> None:
    bucket, leaving, _ = take_all(full(60, NOW), 60, NOW)

    assert waiting(bucket, 60, NOW) == len([moment for moment in leaving if moment > NOW])
    assert waiting(bucket, 60, NOW + 10 * MINUTE) == 0


def test_a_429_halves_the_rate_and_it_comes_back_step_by_step() -> None:
    slowed = slow_down(full(60, NOW), 60, NOW, retry_after=None)

    assert share_in_use(slowed, NOW) == 0.5
    assert share_in_use(slowed, NOW + MINUTE) == 0.625
    assert share_in_use(slowed, NOW + 10 * MINUTE) == 1.0
    assert share_in_use(slow_down(slowed, 60, NOW, retry_after=None), NOW) == 0.25


def test_after_a_429_the_permits_come_at_half_the_pace() -> None:
    def gap(bucket: Bucket) -> timedelta:
        _, leaving, _ = take_all(bucket, 60, NOW)
        return leaving[-1] - leaving[-2]

    assert gap(slow_down(full(60, NOW), 60, NOW, retry_after=None)).total_seconds() == pytest.approx(
        2 * gap(full(60, NOW)).total_seconds(), abs=0.001
    )


def test_many_429s_never_stop_the_calls_for_good() -> None:
    bucket = full(60, NOW)
    for _ in range(50):
        bucket = slow_down(bucket, 60, NOW, retry_after=None)

    assert isinstance(take(bucket, 60, NOW)[1], Permit)


def test_nothing_leaves_before_the_vendor_said() -> None:
    bucket = slow_down(full(60, NOW), 60, NOW, retry_after=45 * SECOND)

    _, leaving, _ = take_all(bucket, 60, NOW)

    assert min(leaving) >= NOW + 45 * SECOND


def test_a_vendor_that_asks_for_hours_is_not_waited_for() -> None:
    _, answer = take(hold(full(60, NOW), NOW + timedelta(hours=3)), 60, NOW)

    assert isinstance(answer, Refusal)
    assert answer.until >= NOW + timedelta(hours=3)


def test_a_shorter_silence_never_shortens_a_longer_one() -> None:
    held = hold(hold(full(60, NOW), NOW + MINUTE), NOW + SECOND)

    assert held.held_until == NOW + MINUTE


def test_headers_that_say_nothing_is_left_stop_the_calls_until_the_reset() -> None:
    bucket = heed(full(60, NOW), 60, [Allowance(False, 0, NOW + 20 * SECOND)], NOW)

    _, leaving, _ = take_all(bucket, 60, NOW)

    assert min(leaving) >= NOW + 20 * SECOND


def test_headers_that_say_little_is_left_take_what_was_saved_up() -> None:
    bucket = heed(full(60, NOW), 60, [Allowance(True, 2, NOW + 20 * SECOND)], NOW)

    _, leaving, _ = take_all(bucket, 60, NOW)

    assert leaving.count(NOW) == 2


def test_headers_about_tokens_say_nothing_about_requests() -> None:
    assert heed(full(60, NOW), 60, [Allowance(False, 2, NOW + 20 * SECOND)], NOW) == full(60, NOW)


def test_a_clock_that_goes_back_does_not_stop_the_calls() -> None:
    ahead = full(60, NOW + timedelta(hours=2))

    assert isinstance(take(ahead, 60, NOW)[1], Permit)


EVENTS = st.one_of(
    st.tuples(st.just("wait"), st.integers(0, 40_000)),
    st.tuples(st.just("take"), st.just(0)),
    st.tuples(st.just("429"), st.integers(0, 90)),
    st.tuples(st.just("headers"), st.integers(0, 5)),
)


@settings(max_examples=80, deadline=None)
@given(per_minute=st.integers(1, 120), events=st.lists(EVENTS, max_size=120))
def test_never_more_than_allowed_in_any_minute(per_minute: int, events: list[tuple[str, int]]) -> None:
    bucket, now = full(per_minute, NOW), NOW
    leaving: list[datetime] = []
    for kind, number in events:
        if kind == "wait":
            now += timedelta(milliseconds=number)
        elif kind == "429":
            bucket = slow_down(bucket, per_minute, now, retry_after=timedelta(seconds=number) if number else None)
        elif kind == "headers":
            bucket = heed(bucket, per_minute, [Allowance(True, number, now + number * SECOND)], now)
        else:
            bucket, answer = take(bucket, per_minute, now)
            if isinstance(answer, Permit):
                assert answer.wait <= LONGEST_WAIT
                leaving.append(now + answer.wait)

    leaving.sort()
    for first, moment in enumerate(leaving):
        assert sum(1 for other in leaving[first:] if other < moment + MINUTE) <= per_minute
