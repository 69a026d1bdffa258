"""What vendors say in their headers about how much more they take."""

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
from hypothesis import given

from providers.wire.allowance import Allowance, read_allowances

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def test_openai_gives_spans() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "6m0s",
    }

    assert set(read_allowances(headers, NOW)) == {
        Allowance(True, 59, NOW + timedelta(seconds=1)),
        Allowance(False, 0, NOW + timedelta(minutes=6)),
    }


def test_spans_may_be_fractions_and_milliseconds() -> None:
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2m59.56s"}
    brief = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "12ms"}

    assert read_allowances(headers, NOW)[0].resets_at == NOW + timedelta(seconds=179.56)
    assert read_allowances(brief, NOW)[0].resets_at == NOW + timedelta(milliseconds=12)


def test_anthropic_gives_moments() -> None:
    headers = {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-11-21T04:00:30Z",
        "anthropic-ratelimit-input-tokens-remaining": "1000",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-21T04:01:00Z",
    }

    assert set(read_allowances(headers, NOW)) == {
        Allowance(True, 0, NOW + timedelta(seconds=30)),
        Allowance(False, 1000, NOW + timedelta(minutes=1)),
    }


def test_a_reset_that_has_passed_or_is_absurdly_far_is_none() -> None:
    for reset in ("0s", "2026-11-21T03:59:00Z", "9999999", "40d", "soon", ""):
        headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": reset}
        assert read_allowances(headers, NOW) == ()


@given(st.dictionaries(st.sampled_from(["x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"]), st.text()))
def test_no_header_breaks_the_reading(headers: dict[str, str]) -> None:
    assert all(allowance.resets_at > NOW for allowance in read_allowances(headers, NOW))
