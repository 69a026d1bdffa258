"""When an account is probed, and what to make of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from providers.errors import ProviderError

LOCAL_EVERY = timedelta(seconds=30)
CLOUD_EVERY = timedelta(minutes=10)
SLOW = timedelta(seconds=5)
MANY_ERRORS = 0.2
FEWEST_CALLS = 5


class Status(StrEnum):
    """DEGRADED answers, but slowly, or refuses us, or lately failed many calls; UNHEALTHY does not answer."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`said` is for the owner; empty when all is well."""

    status: Status
    said: str = ""


def is_due(last: datetime | None, *, is_local: bool, now: datetime) -> bool:
    """Whether it is time to probe. A last probe far in the future was made by a clock that has since gone back.

    One a moment ahead was made by another process, which read the clock a little later.
    """
    return last is None or abs(now - last) >= (LOCAL_EVERY if is_local else CLOUD_EVERY)


def error_rate(failures: Sequence[bool]) -> float | None:
    """The share of the latest calls that failed; None when there were too few to say."""
    return sum(failures) / len(failures) if len(failures) >= FEWEST_CALLS else None


def judge(error: ProviderError | None, latency: timedelta, rate: float | None) -> Verdict:
    """What a probe that ended in `error`, or well, after `latency` says, given the error rate of the latest calls."""
    if error is not None:
        return Verdict(Status.UNHEALTHY if error.counts_against_breaker else Status.DEGRADED, str(error))
    if latency >= SLOW:
        return Verdict(Status.DEGRADED, f"It took {latency.total_seconds():.1f} s to answer.")
    if rate is not None and rate >= MANY_ERRORS:
        return Verdict(Status.DEGRADED, f"{rate:.0%} of the latest calls failed.")
    return Verdict(Status.HEALTHY)
