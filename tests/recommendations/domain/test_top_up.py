"""Rounds ask for what is missing, reach farther when saturated, end for a stated reason, and explain themselves."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.reasons import DropReason
from recommendations.domain.top_up import Next, Progress, StopReason, count_repeats, funnel, next_round
from recommendations.domain.types import Brief, Candidate, Discovery, Drop, Mode, ReviewPolicy, Round, Sensitivity

BRIEF = Brief(1, "late", "Late night", Mode.ARTISTS, target=20)
GOOD = Round(suggested=30, published=10, in_review=2, repeats=3)
POOR = Round(suggested=30, published=1, in_review=0, repeats=3)
BARREN = Round(suggested=30, published=0, in_review=0, repeats=3)
SATURATED = Round(suggested=30, published=1, in_review=0, repeats=25)


def after(
    *rounds: Round,
    wanted: int = 20,
    brief: Brief = BRIEF,
    discovery: Discovery = Discovery.SIMILAR,
    **limits: bool,
) -> Next:
    return next_round(Progress(brief, wanted, discovery, rounds, **limits))


@pytest.mark.parametrize(
    ("rounds", "wanted", "ask_for"),
    [((), 20, 30), ((), 7, 11), ((GOOD,), 20, 20), ((GOOD, POOR), 20, 27), ((GOOD, GOOD, GOOD), 31, 3), ((), 100, 60)],
)
def test_each_round_asks_for_what_is_missing_by_a_growing_factor(
    rounds: tuple[Round, ...], wanted: int, ask_for: int
) -> None:
    brief = replace(BRIEF, sensitivity=Sensitivity.OFF)

    assert after(*rounds, wanted=wanted, brief=brief) == Next(None, ask_for, Discovery.SIMILAR)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"wanted": 0}, StopReason.TARGET_MET),
        ({"is_past_deadline": True}, StopReason.DEADLINE),
        ({"is_out_of_budget": True}, StopReason.BUDGET),
        ({"wanted": 0, "is_past_deadline": True}, StopReason.TARGET_MET),
    ],
)
def test_a_run_ends_at_its_limits(state: dict[str, Any], reason: StopReason) -> None:
    assert after(**state) == Next(reason, 0, Discovery.SIMILAR)


def test_a_run_ends_after_its_rounds() -> None:
    assert after(*[GOOD] * 5, wanted=100).stop is StopReason.MAX_ROUNDS
    assert after(*[GOOD] * 4, wanted=100).stop is None


@pytest.mark.parametrize(
    ("sensitivity", "found", "stop"),
    [
        (Sensitivity.OFF, 1, None),
        (Sensitivity.LENIENT, 4, StopReason.LOW_YIELD),
        (Sensitivity.LENIENT, 5, None),
        (Sensitivity.NORMAL, 9, StopReason.LOW_YIELD),
        (Sensitivity.NORMAL, 10, None),
        (Sensitivity.STRICT, 19, StopReason.LOW_YIELD),
        (Sensitivity.STRICT, 20, None),
        (Sensitivity.AGGRESSIVE, 34, StopReason.LOW_YIELD),
        (Sensitivity.AGGRESSIVE, 35, None),
    ],
)
def test_the_sensitivity_sets_how_little_is_too_little(
    sensitivity: Sensitivity, found: int, stop: StopReason | None
) -> None:
    brief = replace(BRIEF, sensitivity=sensitivity)

    assert after(Round(100, found, 0, 10), wanted=60, brief=brief).stop is stop


@pytest.mark.parametrize(
    ("sensitivity", "borne"),
    [
        (Sensitivity.OFF, 2),
        (Sensitivity.LENIENT, 2),
        (Sensitivity.NORMAL, 1),
        (Sensitivity.STRICT, 0),
        (Sensitivity.AGGRESSIVE, 0),
    ],
)
def test_rounds_with_nothing_new_end_a_run(sensitivity: Sensitivity, borne: int) -> None:
    brief = replace(BRIEF, sensitivity=sensitivity)

    assert after(*[BARREN] * borne, brief=brief).stop is None
    assert after(*[BARREN] * (borne + 1), brief=brief).stop is StopReason.NO_PROGRESS


def test_one_good_round_makes_the_barren_ones_before_it_forgotten() -> None:
    assert after(BARREN, GOOD, BARREN).stop is None


def test_a_saturated_round_reaches_one_step_farther_before_it_gives_up() -> None:
    assert after(SATURATED) == Next(None, 38, Discovery.ADJACENT)
    assert after(SATURATED, SATURATED, discovery=Discovery.ADJACENT).discovery is Discovery.EXPLORATORY
    assert after(SATURATED, discovery=Discovery.EXPLORATORY).stop is StopReason.LOW_YIELD


def test_only_the_last_round_decides_how_far_to_reach() -> None:
    assert after(SATURATED, GOOD, discovery=Discovery.ADJACENT).discovery is Discovery.ADJACENT


def test_review_counts_as_found_only_where_everything_is_reviewed() -> None:
    waiting = Round(suggested=30, published=0, in_review=20, repeats=0)

    assert after(waiting).stop is None
    assert after(waiting, brief=replace(BRIEF, review_policy=ReviewPolicy.EVERYTHING)).stop is StopReason.TARGET_MET


@given(
    st.lists(st.builds(Round, *[st.integers(0, 60)] * 4), max_size=6).map(tuple),
    st.integers(0, 100),
    st.sampled_from(list(Sensitivity)),
    st.sampled_from(list(Discovery)),
)
def test_a_run_always_asks_for_something_or_says_why_not(
    rounds: tuple[Round, ...], wanted: int, sensitivity: Sensitivity, discovery: Discovery
) -> None:
    brief = replace(BRIEF, sensitivity=sensitivity)

    decided = next_round(Progress(brief, wanted, discovery, rounds))

    assert (decided.stop is None) == (1 <= decided.ask_for <= 60)
    assert list(Discovery).index(decided.discovery) - list(Discovery).index(discovery) in (0, 1)
    assert decided.stop is None or decided.stop.sentence


def drops(**counts: int) -> list[Drop]:
    return [
        Drop(Candidate(f"{name} {number}"), DropReason(name), "under 0.60" if name == "low_confidence" else "")
        for name, count in counts.items()
        for number in range(count)
    ]


def test_the_funnel_says_where_everything_went_and_what_to_do_about_it() -> None:
    lines = funnel(drops(low_confidence=6, owned=3, not_found=9), 18, 0, 0)

    assert lines == (
        "18 suggested, 3 owned, 9 not found, 6 under 0.60",
        "9 not found: MusicBrainz knows nothing by that name. A larger model invents less.",
        "6 under 0.60: The model is not sure enough. Lower the list's minimum confidence.",
        "3 owned: Already in the library. Widen the discovery mode of the list.",
    )


def test_the_funnel_counts_the_survivors_too() -> None:
    assert funnel(drops(no_mbid=1), 6, 3, 2)[0] == "6 suggested, 1 no MBID, 2 waiting for review, 3 on the list"


def test_a_silent_model_is_never_a_bare_nothing() -> None:
    lines = funnel([], 0, 0, 0)

    assert lines[0] == "0 suggested"
    assert "choose another model" in lines[1]


def test_repeats_are_what_the_owner_has_or_has_seen() -> None:
    assert count_repeats(drops(owned=2, already_in_run=1, not_found=4, low_confidence=1)) == 3
