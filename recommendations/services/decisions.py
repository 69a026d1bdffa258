"""Carries out what a person decided about a parked run: it goes on where it stood, with whom they chose, or ends."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from providers import gateway
from providers.gateway import Alternative, Decision, DecisionRefused, FallbackRequest, Release, alternatives
from recommendations.models import Run
from recommendations.services.runs import cancel, enqueue, parked_lease
from recommendations.services.trouble import move


def open_questions() -> Sequence[tuple[FallbackRequest, Run]]:
    """What waits for somebody's decision, oldest first, with the run it is about."""
    runs = {run.correlation: run for run in Run.objects.filter(status=Run.Status.PARKED).select_related("list")}
    return [(request, runs[request.correlation]) for request in gateway.open_requests(list(runs))]


def decide(request_id: int, decision: str, by: str, reason: str, now: datetime) -> Run:
    """Write the decision down and carry it out; returns the run.

    Raises DecisionRefused when the decision is not among the options, comes second or can no longer be carried out,
    and FallbackRequest.DoesNotExist; then nothing is changed.
    """
    with transaction.atomic():
        request = gateway.decide(request_id, decision, by, reason, now)
        run = Run.objects.filter(correlation=request.correlation, status=Run.Status.PARKED).first()
        if run is None:
            raise DecisionRefused("The run does not wait for a decision any more.")
        match decision:
            case Decision.CANCEL:
                cancel(parked_lease(run))
            case Decision.USE_WHAT_WE_HAVE:
                _resume(run, request, now, settled_because=f"Ended early: {by} settled for what had been found.")
            case Decision.RETRY:
                _resume(run, request, now, turn=F("turn") + 1)
            case Decision.KEEP_WAITING:
                _resume(run, request, now)
            case _:
                _resume(run, request, now, **_move_to(_chosen(run, decision), run, request, now))
    run.refresh_from_db()
    return run


def _chosen(run: Run, decision: str) -> Alternative:
    account_id = int(decision.removeprefix(Decision.USE_ACCOUNT))
    for other in alternatives(run.account_id or 0):
        if other.account_id == account_id:
            return other
    raise DecisionRefused("That account cannot be asked any more: it is gone, switched off, or without a key or model.")


def _move_to(to: Alternative, run: Run, request: FallbackRequest, now: datetime) -> dict[str, object]:
    gateway.record_fallback(request, f"{to.chosen.label} · {to.chosen.model}", now)
    return move(run, to, Release.USER_FALLBACK, actor=request.decided_by, now=now)


def _resume(run: Run, request: FallbackRequest, now: datetime, **changes: object) -> None:
    """Queue the run again; the time it waited for a decision is not held against its deadline."""
    waited = now - request.opened_at
    deadline_at = run.deadline_at + waited if run.deadline_at else None
    parked = Run.objects.filter(pk=run.pk, status=Run.Status.PARKED)
    parked.update(status=Run.Status.QUEUED, deadline_at=deadline_at, progress="", problem="", **changes)
    enqueue(run)
