"""The buckets of permits, in rows that every process shares, and the limits in force."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from providers import registry
from providers.contracts import ModelKey
from providers.errors import TooManyRequests
from providers.guard import limiter
from providers.guard.limiter import Bucket, Refusal
from providers.models import PermitBucket, ProviderAccount
from providers.wire.allowance import Allowance


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force for each model of an account."""

    requests_per_minute: int
    calls_at_once: int


def limits_of(account: ProviderAccount) -> Limits:
    """The owner's limits, else those in the vendor's file."""
    defaults = registry.guard_defaults(account.provider)
    own_rate, own_calls = account.requests_per_minute, account.calls_at_once
    return Limits(
        requests_per_minute=own_rate if own_rate is not None else defaults.requests_per_minute,
        calls_at_once=own_calls if own_calls is not None else defaults.calls_at_once or 1,
    )


def take(key: ModelKey, per_minute: int, now: datetime, *, label: str) -> timedelta:
    """Take a permit and return how long to wait before using it. Raises TooManyRequests."""
    while True:
        row = _row(key, per_minute, now)
        after, answer = limiter.take(bucket_of(row), per_minute, now)
        if isinstance(answer, Refusal):
            said = f"{answer.waiting} wait, the next may go at {answer.until:%Y-%m-%d %H:%M:%S} UTC"
            raise TooManyRequests(label, said, until=answer.until)
        if row.swap(**asdict(after)):
            return answer.wait


def is_held(key: ModelKey, now: datetime) -> bool:
    """Whether the vendor asked for silence, perhaps since a permit was taken."""
    return PermitBucket.objects.filter(account_id=key.account_id, model=key.model, held_until__gt=now).exists()


def slow_down(key: ModelKey, per_minute: int, retry_after: timedelta | None, now: datetime) -> None:
    """The vendor said 429."""
    _change(key, per_minute, lambda bucket: limiter.slow_down(bucket, per_minute, now, retry_after=retry_after), now)


def hold(key: ModelKey, per_minute: int, until: datetime, now: datetime) -> None:
    """The vendor asks for silence without saying 429."""
    _change(key, per_minute, lambda bucket: limiter.hold(bucket, until), now)


def heed(key: ModelKey, per_minute: int, allowances: Iterable[Allowance], now: datetime) -> None:
    """The vendor's headers said how much more it takes."""
    said = tuple(allowances)
    _change(key, per_minute, lambda bucket: limiter.heed(bucket, per_minute, said, now), now)


def _change(key: ModelKey, per_minute: int, decide: Callable[[Bucket], Bucket], now: datetime) -> None:
    while True:
        row = _row(key, per_minute, now)
        before = bucket_of(row)
        after = decide(before)
        if after == before or row.swap(**asdict(after)):
            return


def _row(key: ModelKey, per_minute: int, now: datetime) -> PermitBucket:
    fresh = asdict(limiter.full(per_minute, now))
    row, _ = PermitBucket.objects.get_or_create(account_id=key.account_id, model=key.model, defaults=fresh)
    return row


def bucket_of(row: PermitBucket) -> Bucket:
    """The row as `guard.limiter` reads it."""
    return Bucket(row.level, row.at, row.held_until, row.share, row.slowed_at)
