"""What runs in trouble ask: the question, what may be decided, and afterwards who decided what, when and why."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from providers.admin.buttons import Button, LedgerAdmin
from providers.admin.shown import WAITING, badge, row_link
from providers.gateway import DecisionRefused, FallbackRequest
from recommendations.models import Run
from recommendations.services.decisions import decide


def decision_buttons(question: FallbackRequest) -> list[Button]:
    """A button for each option, none once it is decided; each carries the option's own words."""
    if question.decided_at is not None:
        return []
    return [
        Button(option["decision"], option["label"], partial(_press, question.pk, option["decision"]))
        for option in question.options
    ]


def _press(question_id: int, decision: str, request: HttpRequest, row: Any) -> None:
    try:
        run = decide(question_id, decision, request.user.get_username(), "", timezone.now())
    except DecisionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Decided. Run {run.pk} is {run.get_status_display().lower()}.")


@admin.register(FallbackRequest)
class DecisionAdmin(LedgerAdmin):
    list_display = ("opened_at", "run", "message", "decided", "decided_by", "decided_at", "reason")
    list_filter = ("reason_code", ("decided_at", admin.EmptyFieldListFilter))
    search_fields = ("correlation", "message", "decided_by")
    date_hierarchy = "opened_at"
    list_intro = "A run whose provider fails or falls silent waits here, without a worker, until you have decided."
    fields = ("run", "message", "opened_at", "decided", "decided_by", "decided_at", "reason", "correlation")
    readonly_fields = ("run", "decided")

    def buttons(self, request: HttpRequest, row: FallbackRequest) -> Sequence[Button]:
        return decision_buttons(row)

    @admin.display(description="decision", ordering="decision")
    def decided(self, row: FallbackRequest) -> SafeString | str:
        return row.decision or badge("waiting for you", WAITING)

    @admin.display(description="run")
    def run(self, row: FallbackRequest) -> SafeString | str:
        run = Run.objects.filter(correlation=row.correlation).first()
        return row_link("recommendations_run", run.pk, run) if run else "gone"
