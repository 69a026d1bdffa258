"""The breakers, in rows that every process shares."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from providers.contracts import GuardDefaults, ModelKey
from providers.errors import BreakerOpen, ProviderError
from providers.guard import breaker
from providers.guard.breaker import Outcome, Phase, State
from providers.models import Breaker, BreakerChange


def admit(key: ModelKey, call: str, now: datetime, *, label: str) -> None:
    """Let `call` go, or raise BreakerOpen with the reason."""
    after = _change(key, lambda state: breaker.admit(state, call, now)[0], now)
    if after.phase is Phase.CLOSED or after.trial == call:
        return
    raise BreakerOpen(label, after.reason, until=after.opens_until or after.trial_until)


def renew(key: ModelKey, call: str, now: datetime) -> None:
    """A sign of life from a call, which may be the trial of a half-open breaker."""
    _change(key, lambda state: breaker.renew(state, call, now), now)


def record(key: ModelKey, defaults: GuardDefaults, call: str, error: BaseException | None, now: datetime) -> None:
    """How a call that was let go ended; `error` None means well."""
    outcome = outcome_of(error)
    _change(key, lambda state: breaker.record(state, defaults, call, outcome, now, said=str(error)), now)


def outcome_of(error: BaseException | None) -> Outcome:
    """What a call's end says about the model."""
    if error is None:
        return Outcome.SUCCESS
    is_failure = isinstance(error, ProviderError) and error.counts_against_breaker
    return Outcome.FAILURE if is_failure else Outcome.NEITHER


def find_unhealthy(key: ModelKey, defaults: GuardDefaults, now: datetime, *, said: str) -> None:
    """Open the breaker because a probe failed."""
    _change(key, lambda state: breaker.find_unhealthy(state, defaults, now, said=said), now)


def open_by_hand(breaker_id: int, now: datetime, *, by: str) -> Breaker:
    """Open until reset. Raises Breaker.DoesNotExist."""
    return _change_by_hand(breaker_id, breaker.open_by_hand(by=by), now)


def reset(breaker_id: int, now: datetime, *, by: str) -> Breaker:
    """Close, with nothing held against the model. Raises Breaker.DoesNotExist."""
    return _change_by_hand(breaker_id, breaker.reset(by=by), now)


def _change_by_hand(breaker_id: int, wanted: State, now: datetime) -> Breaker:
    row = Breaker.objects.get(pk=breaker_id)
    _change(ModelKey(row.account_id, row.model), lambda _: wanted, now)
    return Breaker.objects.select_related("account").get(pk=breaker_id)


def _change(key: ModelKey, decide: Callable[[State], State], now: datetime) -> State:
    while True:
        row, _ = Breaker.objects.get_or_create(account_id=key.account_id, model=key.model)
        before = _state(row)
        after = decide(before)
        if after == before or _stored(row, before, after, now):
            return after


def _stored(row: Breaker, before: State, after: State, now: datetime) -> bool:
    if after.phase is before.phase:
        return row.swap(**asdict(after))
    with transaction.atomic():
        if not row.swap(**asdict(after)):
            return False
        BreakerChange.objects.create(breaker=row, before=before.phase, after=after.phase, reason=after.reason, at=now)
        return True


def _state(row: Breaker) -> State:
    return State(
        phase=Phase(row.phase),
        in_a_row=row.in_a_row,
        recent=row.recent,
        opens_until=row.opens_until,
        trial=row.trial,
        trial_until=row.trial_until,
        successes=row.successes,
        reason=row.reason,
    )
