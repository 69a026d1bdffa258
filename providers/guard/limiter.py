"""How fast a model is called: a bucket of permits that refills, slows down when told to, and bounds its own queue."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from providers.wire.allowance import Allowance

# Additive increase, multiplicative decrease, as TCP finds its rate (RFC 5681).
SLOWEST = 1 / 16
RECOVERY = 1 / 8
RECOVERS_EVERY = timedelta(minutes=1)
LONGEST_QUEUE = 20
LONGEST_WAIT = timedelta(minutes=2)
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """`level` permits were there at `at`; below zero, that many calls wait for theirs.

    `held_until`: nothing leaves before. `share` is the part of the full rate in use since `slowed_at`.
    """

    level: float
    at: datetime
    held_until: datetime | None = None
    share: float = 1.0
    slowed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to call after `wait`."""

    wait: timedelta


@dataclass(frozen=True, slots=True)
class Refusal:
    """The queue is too long by count or by time; the next permit is free at `until`."""

    waiting: int
    until: datetime


def full(per_minute: int, now: datetime) -> Bucket:
    """A bucket nobody has taken from."""
    return Bucket(level=_capacity(per_minute), at=now)


def take(bucket: Bucket, per_minute: int, now: datetime) -> tuple[Bucket, Permit | Refusal]:
    """The bucket after one call asked for a permit, and the answer.

    Permits leave in the order they were asked for and never more than `per_minute` of them in any minute. A refusal
    leaves the bucket as it was.
    """
    present = _refilled(bucket, per_minute, now)
    start = max(now, present.at, present.held_until or now)
    then = _refilled(present, per_minute, start)
    missing = max(0.0, 1.0 - then.level)
    # Rounded up: a microsecond too early would be one call too many in somebody's minute.
    wait = start - now + timedelta(microseconds=math.ceil(missing / _per_second(then, per_minute) * 1_000_000))
    queued = math.ceil(max(0.0, -then.level))
    if wait > LONGEST_WAIT or queued >= LONGEST_QUEUE:
        return bucket, Refusal(queued, now + wait)
    return replace(then, level=then.level - 1.0), Permit(wait)


def slow_down(bucket: Bucket, per_minute: int, now: datetime, *, retry_after: timedelta | None) -> Bucket:
    """The bucket after a 429: half the rate, nothing saved up, and nothing leaves for as long as the vendor asks."""
    bucket = _refilled(bucket, per_minute, now)
    slowed = replace(
        bucket, level=min(bucket.level, 0.0), share=max(SLOWEST, share_in_use(bucket, now) / 2), slowed_at=now
    )
    return hold(slowed, now + retry_after) if retry_after else slowed


def hold(bucket: Bucket, until: datetime) -> Bucket:
    """The bucket with nothing leaving before `until`; an earlier moment never shortens a later one."""
    return replace(bucket, held_until=max(until, bucket.held_until or until))


def heed(bucket: Bucket, per_minute: int, allowances: Iterable[Allowance], now: datetime) -> Bucket:
    """The bucket after a vendor's headers: never more saved up than it will take, and nothing when that is nothing."""
    for allowance in allowances:
        if allowance.remaining == 0:
            bucket = hold(bucket, allowance.resets_at)
        elif allowance.counts_requests:
            bucket = _refilled(bucket, per_minute, now)
            bucket = replace(bucket, level=min(bucket.level, float(allowance.remaining)))
    return bucket


def waiting(bucket: Bucket, per_minute: int, now: datetime) -> int:
    """How many calls wait for their permit."""
    return math.ceil(max(0.0, -_refilled(bucket, per_minute, now).level))


def share_in_use(bucket: Bucket, now: datetime) -> float:
    """The part of the full rate in use: after a slow-down an eighth comes back every minute."""
    if bucket.slowed_at is None:
        return 1.0
    steps = max(0, (now - bucket.slowed_at) // RECOVERS_EVERY)
    return min(1.0, bucket.share + RECOVERY * steps)


def _refilled(bucket: Bucket, per_minute: int, now: datetime) -> Bucket:
    share = share_in_use(bucket, now)
    if share >= 1.0:
        bucket = replace(bucket, share=1.0, slowed_at=None)
    if bucket.at > now + LONGEST_WAIT:
        # No permit is given that far ahead: a clock that has since gone back set it.
        return replace(bucket, at=now)
    if now <= bucket.at:
        return bucket
    gained = (now - bucket.at).total_seconds() * _per_second(bucket, per_minute)
    return replace(bucket, level=min(float(_capacity(per_minute)), bucket.level + gained), at=now)


def _capacity(per_minute: int) -> int:
    return max(1, per_minute // 6)


def _per_second(bucket: Bucket, per_minute: int) -> float:
    """Chosen so that a full bucket and a minute's refill together make `per_minute`."""
    return (per_minute - _capacity(per_minute) + 1) * share_in_use(bucket, bucket.at) / MINUTE
