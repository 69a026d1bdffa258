"""Reads what a vendor says in its headers about how much more it will take, and until when."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_OPENAI = re.compile(r"x-ratelimit-remaining-([a-z-]+)")
_ANTHROPIC = re.compile(r"anthropic-ratelimit-([a-z-]+)-remaining")
_SPAN = re.compile(r"([0-9]{1,9}(?:\.[0-9]+)?)(ms|h|m|s|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many more requests, or tokens, a vendor will take before `resets_at`."""

    counts_requests: bool
    remaining: int
    resets_at: datetime


def read_allowances(headers: Mapping[str, str], now: datetime) -> tuple[Allowance, ...]:
    """What the headers of one answer say; empty when they say nothing. `headers` have lower-case names.

    OpenAI, Groq and most compatible servers: `x-ratelimit-{remaining,reset}-{requests,tokens}`, the reset as a span
    ("6m0s", "12ms") or in seconds. Anthropic: `anthropic-ratelimit-{requests,tokens,…}-{remaining,reset}`, the reset as
    an RFC 3339 moment. A reset that has passed or is further off than seven days is no reset.
    """
    return tuple(
        Allowance(what == "requests", remaining, resets_at)
        for what, remaining, reset in _pairs(headers)
        if (resets_at := _moment(reset, now)) and now < resets_at <= now + _LONGEST
    )


def _pairs(headers: Mapping[str, str]) -> Iterator[tuple[str, int, str]]:
    for name, value in headers.items():
        if match := _OPENAI.fullmatch(name):
            reset = headers.get(f"x-ratelimit-reset-{match[1]}", "")
        elif match := _ANTHROPIC.fullmatch(name):
            reset = headers.get(f"anthropic-ratelimit-{match[1]}-reset", "")
        else:
            continue
        if re.fullmatch(r"[0-9]{1,15}", plain := value.strip()):
            yield match[1], int(plain), reset.strip()


def _moment(reset: str, now: datetime) -> datetime | None:
    try:
        if re.fullmatch(r"[0-9]{1,7}(?:\.[0-9]+)?", reset):
            return now + timedelta(seconds=float(reset))
        if (spans := _SPAN.findall(reset)) and _SPAN.sub("", reset) == "":
            return now + timedelta(seconds=sum(float(amount) * _UNITS[unit] for amount, unit in spans))
        moment = datetime.fromisoformat(reset)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
