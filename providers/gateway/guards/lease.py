"""The places at each model, in rows that every process shares."""

from datetime import datetime

from providers.contracts import ModelKey
from providers.guard.lease import LASTS, Place, free_place
from providers.models import Lease


def acquire(key: ModelKey, call: str, calls_at_once: int, now: datetime) -> int | None:
    """The number of the place `call` now holds; None when all are held."""
    rows = Lease.objects.filter(account_id=key.account_id, model=key.model)
    mine = {"holder": call, "expires_at": now + LASTS}
    while True:
        places = [Place(*columns) for columns in rows.values_list("number", "holder", "expires_at")]
        number = free_place(places, calls_at_once, now)
        if number is None:
            return None
        seen = next((place for place in places if place.number == number), None)
        if seen is None:
            is_mine = rows.get_or_create(account_id=key.account_id, model=key.model, number=number, defaults=mine)[1]
        else:
            as_seen = rows.filter(number=number, holder=seen.holder, expires_at=seen.expires_at)
            is_mine = as_seen.update(**mine) == 1
        if is_mine:
            return number


def renew(key: ModelKey, call: str, now: datetime) -> None:
    """A sign of life from the call that holds a place; one that has lost its place gets none back."""
    Lease.objects.filter(account_id=key.account_id, model=key.model, holder=call).update(expires_at=now + LASTS)


def release(key: ModelKey, call: str) -> None:
    """Give the place back; nothing happens to one that another call has taken meanwhile."""
    Lease.objects.filter(account_id=key.account_id, model=key.model, holder=call).update(holder="")


def under_way(key: ModelKey, now: datetime) -> int:
    """How many calls hold a place."""
    held = Lease.objects.filter(account_id=key.account_id, model=key.model, expires_at__gt=now)
    return held.exclude(holder="").count()
