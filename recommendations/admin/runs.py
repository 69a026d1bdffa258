"""Runs: what each did, stage by stage, what came of it, and why the rest did not. Read-only but for cancelling."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from providers.admin.buttons import Button, LedgerAdmin
from providers.admin.calls import cost_shown, outcome_badge
from providers.admin.shown import BAD, GOING_ON, GOOD, PLAIN, WAITING, badge, duration
from providers.gateway import calls_of, pending_decision
from recommendations.admin.decisions import decision_buttons
from recommendations.admin.verdicts import score_parts, standing, why
from recommendations.models import Recommendation, Run
from recommendations.services.runs import request_cancel

TONES = {
    Run.Status.QUEUED: GOING_ON,
    Run.Status.RUNNING: GOING_ON,
    Run.Status.PARKED: WAITING,
    Run.Status.COMPLETE: GOOD,
    Run.Status.PARTIAL: WAITING,
    Run.Status.FAILED: BAD,
    Run.Status.SET_ASIDE: BAD,
    Run.Status.CANCELLED: PLAIN,
}
MOST_SHOWN = 500


def status_badge(status: str) -> SafeString:
    known = Run.Status(status)
    return badge(str(known.label), TONES[known])


@admin.register(Run)
class RunAdmin(LedgerAdmin):
    change_form_template = "admin/recommendations/run.html"
    list_display = ("number", "list", "status_shown", "queued_at", "trigger", "model", "brought", "took", "progress")
    list_filter = ("status", "list", "trigger", "is_dry")
    list_select_related = ("list",)
    search_fields = ("list__name", "list__slug", "correlation", "model")
    date_hierarchy = "queued_at"
    actions = ("cancel_runs",)
    list_intro = "Every press of the button, newest first. Open one for its stages, its answers and what it dropped."

    @admin.display(description="run", ordering="pk")
    def number(self, run: Run) -> str:
        return f"Run {run.pk}" + (" (dry)" if run.is_dry else "")

    @admin.display(description="status", ordering="status")
    def status_shown(self, run: Run) -> SafeString:
        return status_badge(run.status)

    @admin.display(description="brought")
    def brought(self, run: Run) -> str:
        waiting = f", {run.in_review} to review" if run.in_review else ""
        return f"{run.published} of {run.suggested}{waiting}"

    @admin.display(description="took")
    def took(self, run: Run) -> str:
        return duration(run.finished_at - run.started_at if run.finished_at and run.started_at else None)

    @admin.action(description="Cancel: stop these runs; nothing of them is published", permissions=["press"])
    def cancel_runs(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        active = list(queryset.filter(status__in=Run.ACTIVE))
        for run in active:
            request_cancel(run.pk, timezone.now(), request.user.get_username())
        messages.success(request, f"{len(active)} being cancelled; runs that had ended stay as they are.")

    def buttons(self, request: HttpRequest, row: Run) -> Sequence[Button]:
        if not row.is_active or row.is_cancel_requested:
            return ()
        question = pending_decision(row.correlation) if row.status == Run.Status.PARKED else None
        if question is not None:
            return decision_buttons(question)
        return (Button("cancel", "Cancel run", self._cancel, "Stops within two seconds; nothing of it is published."),)

    def shown(self, request: HttpRequest, row: Run) -> dict[str, Any]:
        with_calls = request.user.has_perm("providers.view_providercall")
        return {**super().shown(request, row), **run_shown(row, with_calls=with_calls)}

    def _cancel(self, request: HttpRequest, run: Run) -> None:
        request_cancel(run.pk, timezone.now(), request.user.get_username())


def run_shown(run: Run, *, with_calls: bool) -> dict[str, Any]:
    """What the run's page shows, in a fixed number of queries."""
    until = run.finished_at or timezone.now()
    saved = Recommendation.objects.filter(run=run).order_by("-score", "pk")[:MOST_SHOWN]
    headline, *causes = run.summary.splitlines() or [""]
    return {
        "run": run,
        "status": status_badge(run.status),
        "took": duration(until - run.started_at if run.started_at else None),
        "headline": headline,
        "causes": causes,
        "reports": [(report.round, report.stage.replace("_", " "), report) for report in run.reports.all()],
        "recommendations": [(row, standing(row), score_parts(row)) for row in saved],
        "drops": [(drop, why(drop), drop.stage.replace("_", " ")) for drop in run.drops.all()[:MOST_SHOWN]],
        "calls": _calls(run) if with_calls else [],
    }


def _calls(run: Run) -> list[dict[str, Any]]:
    rows = calls_of(run.correlation)
    return [
        {
            "row": call,
            "outcome": outcome_badge(call.outcome),
            "took": duration(call.finished_at - call.started_at if call.finished_at else None),
            "cost": cost_shown(call),
        }
        for call in rows.defer("system", "prompt", "answer")
    ]
