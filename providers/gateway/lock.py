"""Locks a run to the provider its owner chose, and keeps the audit of it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from providers.errors import Phase, ProviderError, TimedOut
from providers.models import LockEvent, LockEventName, ProviderAccount, ProviderLock

SYSTEM = "Brainarr"


class Release(StrEnum):
    """Why a lock ended where the audit must be able to count it; other runs that end give their own status."""

    USER_FALLBACK = "user_fallback"
    AUTOMATIC_FALLBACK = "automatic_fallback"
    CANCELLED = "cancelled"


class Locked(Exception):
    """The run is locked to another account or model; nothing was asked."""


def create_lock(
    correlation: str,
    account_id: int,
    model: str,
    covers: Sequence[str],
    *,
    actor: str,
    now: datetime,
    is_fallback: bool = False,
) -> ProviderLock:
    """Lock the correlation to one model of one account. Raises Locked when it is locked to another.

    A run that is taken up again finds its lock as it left it.
    """
    lock = open_lock(correlation)
    if lock is not None:
        check_lock(correlation, account_id, model)
        return lock
    account = ProviderAccount.objects.get(pk=account_id)
    with transaction.atomic():
        lock = ProviderLock.objects.create(
            correlation=correlation,
            account_id=account_id,
            account_name=account.name,
            provider=account.provider,
            model=model,
            covers=list(covers),
            is_fallback=is_fallback,
            created_at=now,
        )
        record(LockEventName.LOCK_CREATED, lock, now, actor=actor, after=str(lock))
    return lock


def release_lock(
    correlation: str, reason: str, *, now: datetime, actor: str = SYSTEM, after: str = ""
) -> ProviderLock | None:
    """End the correlation's lock, if it has one; `after` says whom the run goes on with."""
    lock = open_lock(correlation)
    if lock is None:
        return None
    with transaction.atomic():
        still_open = ProviderLock.objects.filter(pk=lock.pk, released_at=None)
        if still_open.update(released_at=now, release_reason=reason) != 1:
            return None
        record(LockEventName.LOCK_RELEASED, lock, now, actor=actor, before=str(lock), after=after, reason_code=reason)
    return lock


def open_lock(correlation: str) -> ProviderLock | None:
    return ProviderLock.objects.filter(correlation=correlation, released_at=None).first()


def check_lock(correlation: str, account_id: int, model: str) -> None:
    """Raise Locked if the correlation may ask only somebody else."""
    lock = open_lock(correlation)
    if lock is not None and (lock.account_id, lock.model) != (account_id, model):
        raise Locked(f"locked to {lock}, not to {model} of account {account_id}")


def record(
    event: LockEventName,
    lock: ProviderLock,
    now: datetime,
    *,
    actor: str = SYSTEM,
    call_id: int | None = None,
    before: str = "",
    after: str = "",
    reason_code: str = "",
    detail: str = "",
) -> None:
    """Add to the audit."""
    LockEvent.objects.create(
        event=event,
        at=now,
        correlation=lock.correlation,
        account_id=lock.account_id,
        provider=lock.provider,
        call_id=call_id,
        before=before,
        after=after,
        reason_code=reason_code,
        actor=actor,
        detail=detail,
    )


def record_hard_error(correlation: str, error: ProviderError, now: datetime) -> None:
    """Write down what no further attempt will mend. A stall has been written down when it was suspected."""
    lock = open_lock(correlation)
    if lock is not None and not is_stall(error):
        record(LockEventName.HARD_ERROR, lock, now, reason_code=error.category, detail=str(error))


def is_stall(error: BaseException) -> bool:
    """Whether the provider went silent, as against failing."""
    return isinstance(error, TimedOut) and error.phase in (Phase.FIRST_TOKEN, Phase.IDLE)


def asked_accounts(correlation: str) -> set[int]:
    """The accounts that the correlation is or has been locked to."""
    return set(ProviderLock.objects.filter(correlation=correlation).values_list("account_id", flat=True))
