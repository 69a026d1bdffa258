"""Which of an account's keys a call goes out with: the first that is not resting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from providers.errors import AuthenticationFailed, ProviderError, QuotaExhausted

REST = timedelta(hours=1)
SHORTEST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that is turned on, by its row's id."""

    id: int
    rests_until: datetime | None = None

    def is_resting(self, now: datetime) -> bool:
        return self.rests_until is not None and now < self.rests_until


def choose_key(keys: Sequence[KnownKey], now: datetime) -> int | None:
    """The id of the key to use, in the owner's order; None when there is none or all are resting."""
    return next((key.id for key in keys if not key.is_resting(now)), None)


def all_rest_until(keys: Sequence[KnownKey]) -> datetime | None:
    """When the first of them is back; None when there are no keys or one has not rested."""
    moments = [key.rests_until for key in keys]
    return min((moment for moment in moments if moment), default=None) if all(moments) else None


def rest_after(error: ProviderError, now: datetime) -> datetime | None:
    """Until when the key that met `error` is left alone; None when it is not the key's fault."""
    if isinstance(error, QuotaExhausted):
        return now + min(max(error.retry_after or REST, SHORTEST_REST), LONGEST_REST)
    # Without a status nobody was asked: it was we who could not read or send the key.
    is_rejected = isinstance(error, AuthenticationFailed) and error.status is not None
    return now + REST if is_rejected else None
