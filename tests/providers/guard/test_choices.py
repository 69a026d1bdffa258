"""Small decisions: which key, which runs, how long, and how healthy."""

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from providers.contracts import ModelKey
from providers.errors import AuthenticationFailed, ConnectionFailed, Overloaded, QuotaExhausted, RateLimited
from providers.guard.health import Status, error_rate, is_due, judge
from providers.guard.key_choice import KnownKey, all_rest_until, choose_key, rest_after
from providers.guard.rollout import Feature, is_included
from providers.guard.timeout import adaptive_base

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
MODEL = ModelKey(1, "a-model")


def test_the_first_key_that_does_not_rest_is_used() -> None:
    keys = [KnownKey(1, NOW + HOUR), KnownKey(2, NOW), KnownKey(3)]

    assert choose_key(keys, NOW) == 2
    assert choose_key(keys[:1], NOW) is None
    assert choose_key([], NOW) is None


def test_when_all_rest_the_first_one_back_says_until_when() -> None:
    assert all_rest_until([KnownKey(1, NOW + 2 * HOUR), KnownKey(2, NOW + HOUR)]) == NOW + HOUR
    assert all_rest_until([]) is None


def test_a_key_rests_after_a_rejection_or_a_spent_quota_only() -> None:
    assert rest_after(AuthenticationFailed("x", status=401), NOW) == NOW + HOUR
    assert rest_after(AuthenticationFailed("x", "the key cannot be read"), NOW) is None
    assert rest_after(QuotaExhausted("x", retry_after=3 * HOUR), NOW) == NOW + 3 * HOUR
    assert rest_after(QuotaExhausted("x", retry_after=timedelta(days=30)), NOW) == NOW + timedelta(days=1)
    assert rest_after(QuotaExhausted("x", retry_after=timedelta(0)), NOW) == NOW + HOUR
    assert rest_after(RateLimited("x", retry_after=HOUR), NOW) is None
    assert rest_after(Overloaded("x"), NOW) is None


@given(correlation=st.text(), less=st.integers(0, 100), more=st.integers(0, 100))
def test_a_run_that_is_in_stays_in_when_the_share_grows(correlation: str, less: int, more: int) -> None:
    less, more = sorted((less, more))

    if is_included(MODEL, Feature.THINKING, correlation, less):
        assert is_included(MODEL, Feature.THINKING, correlation, more)
    assert not is_included(MODEL, Feature.THINKING, correlation, 0)
    assert is_included(MODEL, Feature.THINKING, correlation, 100)


def test_ten_percent_are_about_ten_percent() -> None:
    included = [is_included(MODEL, Feature.STREAMING, f"run {n}", 10) for n in range(5000)]

    assert 400 < sum(included) < 600


def test_features_are_tried_on_different_runs() -> None:
    thinking, streaming = (
        {n for n in range(2000) if is_included(MODEL, feature, f"run {n}", 10)}
        for feature in (Feature.THINKING, Feature.STREAMING)
    )

    assert len(thinking & streaming) < 60


def test_the_owners_time_limit_stands_until_twenty_calls_are_known() -> None:
    assert adaptive_base(30 * SECOND, [SECOND] * 19) == 30 * SECOND
    assert adaptive_base(30 * SECOND, [10 * SECOND] * 20) == 15 * SECOND


def test_the_slowest_twentieth_of_the_calls_does_not_set_the_limit() -> None:
    assert adaptive_base(30 * SECOND, [10 * SECOND] * 95 + [300 * SECOND] * 5) == 15 * SECOND
    assert adaptive_base(30 * SECOND, [10 * SECOND] * 94 + [300 * SECOND] * 6) == 450 * SECOND


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=1)), min_size=20, max_size=100))
def test_the_limit_stays_between_five_seconds_and_ten_minutes(durations: list[timedelta]) -> None:
    assert 5 * SECOND <= adaptive_base(30 * SECOND, durations) <= timedelta(minutes=10)


@pytest.mark.parametrize(("is_local", "seconds"), [(True, 30), (False, 600)])
def test_local_servers_are_probed_often_and_vendors_seldom(is_local: bool, seconds: int) -> None:
    assert is_due(None, is_local=is_local, now=NOW)
    assert not is_due(NOW - (seconds - 1) * SECOND, is_local=is_local, now=NOW)
    assert is_due(NOW - seconds * SECOND, is_local=is_local, now=NOW)
    assert is_due(NOW + HOUR, is_local=is_local, now=NOW)
    assert not is_due(NOW + SECOND, is_local=is_local, now=NOW)


def test_a_server_is_unhealthy_when_it_does_not_answer_and_degraded_when_it_refuses() -> None:
    assert judge(ConnectionFailed("x"), SECOND, None).status is Status.UNHEALTHY
    assert judge(AuthenticationFailed("x"), SECOND, None).status is Status.DEGRADED
    assert judge(None, 6 * SECOND, None).status is Status.DEGRADED
    assert judge(None, SECOND, 0.5).status is Status.DEGRADED
    assert judge(None, SECOND, 0.1).status is Status.HEALTHY


def test_a_handful_of_calls_is_needed_for_a_rate() -> None:
    assert error_rate([True] * 4) is None
    assert error_rate([True, False, False, False, False]) == 0.2
