"""How many calls to a model are under way at once: numbered places, each held for a while and renewed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# Renewed while its call lives; that of a killed worker frees itself after this time.
LASTS = timedelta(seconds=20)
RENEWED_EVERY = timedelta(seconds=5)
# A local server answers one at a time, and a long answer on a small box takes minutes.
LONGEST_WAIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Place:
    """A place that has been used; `holder` is empty when it was given back."""

    number: int
    holder: str
    expires_at: datetime

    def is_held(self, now: datetime) -> bool:
        return bool(self.holder) and now < self.expires_at


def free_place(places: Sequence[Place], calls_at_once: int, now: datetime) -> int | None:
    """The lowest place (from 0) that may be taken; None when as many calls are under way as are allowed.

    Places beyond `calls_at_once`, held since it was larger, count as calls under way.
    """
    held = {place.number for place in places if place.is_held(now)}
    if len(held) >= calls_at_once:
        return None
    return next(number for number in range(calls_at_once) if number not in held)
