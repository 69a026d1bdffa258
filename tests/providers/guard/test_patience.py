"""Slow is told from stalled, whatever the rhythm in which a provider shows that it lives."""

from datetime import timedelta
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.guard.patience import (
    CLOUD,
    FALLBACK,
    LOCAL,
    Category,
    Patience,
    Profile,
    Verdict,
    Watch,
    heard,
    judge,
    scaled,
)

ANY = st.sampled_from([LOCAL, CLOUD, FALLBACK])
PROFILED = st.builds(scaled, ANY, st.sampled_from(list(Profile)))
GAPS = st.lists(st.integers(min_value=0, max_value=120_000), min_size=1, max_size=40)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def watched(patience: Patience, beats: list[timedelta]) -> Watch:
    watch = Watch(patience)
    for beat in beats:
        watch = heard(watch, beat)
    return watch


@pytest.mark.parametrize(
    ("patience", "normal", "extended", "deep_wait", "silence"),
    [(LOCAL, 30, 180, 300, 45), (CLOUD, 15, 60, 120, 20), (FALLBACK, 5, 15, 30, 10)],
)
def test_each_kind_of_provider_has_its_own_patience(
    patience: Patience, normal: float, extended: float, deep_wait: float, silence: float
) -> None:
    assert (patience.normal, patience.extended) == (seconds(normal), seconds(extended))
    assert (patience.deep_wait, patience.longest_silence) == (seconds(deep_wait), seconds(silence))


def test_a_conservative_owner_is_asked_sooner_and_a_patient_one_later() -> None:
    sooner, later = scaled(CLOUD, Profile.CONSERVATIVE), scaled(CLOUD, Profile.LONG_FORM)

    assert (sooner.normal, sooner.extended, sooner.deep_wait) == (seconds(10.5), seconds(42), seconds(84))
    assert (later.normal, later.extended, later.deep_wait) == (seconds(30), seconds(120), seconds(240))
    assert (sooner.longest_silence, later.longest_silence) == (seconds(16), seconds(30))
    assert scaled(CLOUD, Profile.BALANCED) == CLOUD


@pytest.mark.parametrize(
    ("waited", "category"),
    [
        (0, Category.NORMAL),
        (15, Category.NORMAL),
        (15.1, Category.EXTENDED),
        (60, Category.EXTENDED),
        (60.1, Category.DEEP_WAIT),
        (3600, Category.DEEP_WAIT),
    ],
)
def test_a_wait_is_called_by_how_long_it_is(waited: float, category: Category) -> None:
    assert CLOUD.category(seconds(waited)) is category


@given(patience=PROFILED, gaps=GAPS, after=st.integers(min_value=0, max_value=600_000))
def test_only_silence_after_a_sign_of_life_is_a_stall(patience: Patience, gaps: list[int], after: int) -> None:
    beats = [timedelta(milliseconds=at) for at in accumulate(gaps)]
    at = beats[-1] + timedelta(milliseconds=after)

    verdict = judge(watched(patience, beats), at)

    assert (verdict is Verdict.STALLED) == (at - beats[-1] >= patience.heartbeat * patience.stall_multiplier)


@given(patience=PROFILED, beats=st.integers(min_value=1, max_value=200), share=st.floats(0.01, 0.99))
def test_whoever_keeps_beating_is_never_stalled_however_long_it_takes(
    patience: Patience, beats: int, share: float
) -> None:
    watch = Watch(patience)
    for number in range(1, beats + 1):
        at = patience.longest_silence * share * number
        assert judge(watch, at) is not Verdict.STALLED
        watch = heard(watch, at)


@given(patience=PROFILED, at=st.integers(min_value=0, max_value=10**9))
def test_before_the_first_sign_of_life_nothing_has_stalled(patience: Patience, at: int) -> None:
    waited = timedelta(milliseconds=at)

    expected = Verdict.STAY if waited <= patience.normal else Verdict.WAIT
    assert judge(Watch(patience), waited) is expected


@given(patience=PROFILED, gaps=GAPS, after=st.integers(min_value=0, max_value=10**9))
def test_where_silence_means_nothing_nothing_stalls(patience: Patience, gaps: list[int], after: int) -> None:
    watch = Watch(patience, can_stall=False)
    for at in accumulate(gaps):
        watch = heard(watch, timedelta(milliseconds=at))

    assert judge(watch, timedelta(milliseconds=sum(gaps) + after)) is not Verdict.STALLED


@given(patience=PROFILED, moments=st.lists(st.integers(0, 10**7), min_size=2, max_size=20))
def test_categories_only_ever_rise_with_the_wait(patience: Patience, moments: list[int]) -> None:
    order = list(Category)
    ranks = [order.index(patience.category(timedelta(milliseconds=at))) for at in sorted(moments)]

    assert all(earlier <= later for earlier, later in pairwise(ranks))


def test_a_beat_that_is_told_late_takes_nothing_back() -> None:
    watch = watched(CLOUD, [seconds(10), seconds(4)])

    assert watch.beat_at == seconds(10)


def test_a_quiet_moment_is_waited_for_knowingly() -> None:
    watch = watched(CLOUD, [seconds(1)])

    assert judge(watch, seconds(6)) is Verdict.STAY
    assert judge(watch, seconds(6.1)) is Verdict.WAIT
    assert judge(watch, seconds(20.9)) is Verdict.WAIT
    assert judge(watch, seconds(21)) is Verdict.STALLED
