"""Asks the owner whom a run in trouble is to go on with, and writes the decision down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from providers import registry
from providers.contracts import ChosenModel
from providers.gateway.choosing import choose_model
from providers.gateway.lock import open_lock, record
from providers.models import FallbackRequest, LockEventName, ProviderAccount


@dataclass(frozen=True, slots=True)
class Option:
    """Something to decide for, and how it is put to the owner."""

    decision: str
    label: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """An account that could be asked instead, with its own model."""

    account_id: int
    chosen: ChosenModel


class DecisionRefused(Exception):
    """The decision cannot be taken; the message says why."""


def alternatives(account_id: int) -> list[Alternative]:
    """The other accounts that could be asked as they are set up: enabled, with a model and, where needed, a key.

    Asks no vendor: an account without a model of its own is no alternative, for which one to take costs somebody money.
    """
    found = []
    for account in ProviderAccount.objects.filter(is_enabled=True).exclude(pk=account_id):
        adapter = registry.language_adapters().get(account.provider)
        if adapter is None or not (account.model or len(adapter.models) == 1):
            continue
        if not adapter.needs_key or account.keys.filter(is_enabled=True).exists():
            found.append(Alternative(account.pk, choose_model(account.pk, "")))
    return found


def open_request(
    correlation: str, reason_code: str, message: str, options: Sequence[Option], now: datetime
) -> FallbackRequest:
    """Ask the owner. Raises IntegrityError when a request of the correlation is open already."""
    return FallbackRequest.objects.create(
        correlation=correlation,
        reason_code=reason_code,
        message=message,
        options=[{"decision": option.decision, "label": option.label} for option in options],
        opened_at=now,
    )


def pending_decision(correlation: str) -> FallbackRequest | None:
    """The open request of the correlation."""
    return FallbackRequest.objects.filter(correlation=correlation, decided_at=None).first()


def open_requests(correlations: Sequence[str]) -> Sequence[FallbackRequest]:
    """The open requests of these correlations, oldest first."""
    return list(FallbackRequest.objects.filter(correlation__in=correlations, decided_at=None).order_by("pk"))


def decide(request_id: int, decision: str, by: str, reason: str, now: datetime) -> FallbackRequest:
    """Write the decision down; of two deciders one is told that it is too late.

    An empty reason becomes the label of the option. Raises DecisionRefused, and FallbackRequest.DoesNotExist.
    """
    request = FallbackRequest.objects.get(pk=request_id)
    label = next((option["label"] for option in request.options if option["decision"] == decision), None)
    if label is None:
        offered = ", ".join(option["decision"] for option in request.options)
        raise DecisionRefused(f"“{decision}” is not among the options: {offered}.")
    if not by:
        raise DecisionRefused("A decision needs a person; sign in.")
    still_open = FallbackRequest.objects.filter(pk=request_id, decided_at=None)
    if still_open.update(decision=decision, decided_by=by, decided_at=now, reason=reason or label) != 1:
        request.refresh_from_db()
        raise DecisionRefused(f"{request.decided_by} has already decided: “{request.reason}”")
    request.refresh_from_db()
    return request


def record_fallback(request: FallbackRequest, after: str, now: datetime) -> None:
    """Write down that a person moves a run from the provider it is locked to."""
    lock = open_lock(request.correlation)
    if lock is not None:
        record(
            LockEventName.USER_FALLBACK_INITIATED,
            lock,
            now,
            actor=request.decided_by,
            before=str(lock),
            after=after,
            reason_code=request.reason_code,
            detail=request.reason,
        )
