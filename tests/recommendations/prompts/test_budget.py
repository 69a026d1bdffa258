"""Estimates are upper bounds, and a prompt with its answer fits every window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.types import Sampling
from recommendations.prompts.budget import (
    answer_tokens,
    answerable,
    estimate_tokens,
    library_budget,
    sample_size,
    token_budget,
)


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("abc", 2), ("a" * 300, 115), ("音" * 100, 115), ("é" * 3, 3)])
def test_an_estimate_is_a_third_of_the_bytes_and_fifteen_percent(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


def test_a_calibration_scales_the_estimate_and_is_rounded_up() -> None:
    assert estimate_tokens("a" * 300, 0.5) == 58


def test_half_a_surrogate_pair_can_be_counted() -> None:
    assert estimate_tokens("\ud83d") == 1


@pytest.mark.parametrize("sampling", list(Sampling))
@pytest.mark.parametrize("window", [2048, 4096, 8192, 32_768, 200_000])
@pytest.mark.parametrize("asked_for", [1, 5, 30, 60])
def test_prompt_and_answer_fit_the_window(window: int, sampling: Sampling, asked_for: int) -> None:
    asked = answerable(window, asked_for)

    assert 1 <= asked <= asked_for
    assert token_budget(window, sampling, asked) + answer_tokens(asked) < window


@pytest.mark.parametrize("sampling", list(Sampling))
def test_local_windows_leave_a_useful_prompt(sampling: Sampling) -> None:
    assert answerable(4096, 30) >= 20
    assert token_budget(4096, sampling, answerable(4096, 30)) >= 1_400
    assert answerable(8192, 30) == 30


def test_a_strategy_takes_its_share_of_a_large_window_and_no_more_than_the_ceiling() -> None:
    budgets = [token_budget(200_000, sampling, 30) for sampling in Sampling]

    assert budgets == [4_200, 7_200, 12_000]


def test_an_unknown_window_counts_as_a_small_one() -> None:
    assert token_budget(None, Sampling.BALANCED, 20) == token_budget(8192, Sampling.BALANCED, 20)


@pytest.mark.parametrize(
    ("artists", "tokens"), [(0, 1_950), (50, 1_950), (1_000, 1_950), (3_000, 5_850), (50_000, 12_000)]
)
def test_a_larger_library_may_take_more_of_the_budget(artists: int, tokens: int) -> None:
    assert library_budget(12_000, artists) == tokens


@given(st.integers(0, 300_000), st.sampled_from(list(Sampling)), st.integers(1, 100), st.integers(0, 100_000))
def test_no_window_breaks_the_arithmetic(window: int, sampling: Sampling, asked_for: int, artists: int) -> None:
    budget = token_budget(window, sampling, asked_for)

    assert 0 <= budget <= 12_000
    assert sample_size(budget, artists) >= 24
