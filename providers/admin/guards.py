"""What guards the calls: budgets and flags to set, breakers to reset, and the history of all of it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from providers.admin.buttons import Button, LedgerAdmin
from providers.admin.shown import BAD, GOOD, WAITING, badge
from providers.admin.unfolded import ModelAdmin, TabularInline
from providers.gateway.guards.breaker import open_by_hand, reset
from providers.gateway.guards.budget import amount_of
from providers.guard.breaker import Phase
from providers.models import (
    AccountHealth,
    Breaker,
    BreakerChange,
    Budget,
    BudgetAlert,
    BudgetPeriod,
    CostAnomaly,
    Flag,
    HealthCheck,
)

TONES = {Phase.CLOSED.value: GOOD, Phase.HALF_OPEN.value: WAITING, Phase.OPEN.value: BAD}


class _Spent(TabularInline):
    model = BudgetPeriod
    extra = 0
    fields = readonly_fields = ("starts_on", "spent_shown", "reserved_shown")
    verbose_name_plural = "what was spent"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="spent")
    def spent_shown(self, period: BudgetPeriod) -> str:
        return f"{amount_of(period.budget, period.spent).normalize():f}"

    @admin.display(description="set aside for calls under way")
    def reserved_shown(self, period: BudgetPeriod) -> str:
        return f"{amount_of(period.budget, period.reserved).normalize():f}"


@admin.register(Budget)
class BudgetAdmin(ModelAdmin):
    list_display = ("name", "unit", "period", "scope", "subject", "limit", "is_unlimited", "is_enabled")
    list_filter = ("unit", "period", "scope", "is_enabled")
    inlines = (_Spent,)


@admin.register(BudgetAlert)
class BudgetAlertAdmin(LedgerAdmin):
    list_display = ("at", "period", "percent", "message")
    list_select_related = ("period__budget",)
    list_intro = "You are told once a period at 80, 90 and 100 % of a budget."


@admin.register(CostAnomaly)
class CostAnomalyAdmin(LedgerAdmin):
    list_display = ("day", "cost", "usual", "noticed_at")
    list_intro = "Days that cost more than three times the usual."


@admin.register(Flag)
class FlagAdmin(ModelAdmin):
    list_display = ("account", "model", "feature", "percent", "is_enabled")
    list_select_related = ("account",)
    list_editable = ("percent", "is_enabled")


@admin.register(Breaker)
class BreakerAdmin(LedgerAdmin):
    list_display = ("account", "model", "phase_shown", "in_a_row", "opens_until", "reason")
    list_select_related = ("account",)
    list_filter = ("phase", "account")
    list_intro = "A model that fails too often is left alone for a while. Open one to reset it, or to keep it away."

    def buttons(self, request: HttpRequest, row: Any) -> Sequence[Button]:
        offered = [Button("open", "Leave alone", self._open, "No call until you reset it.", "No list can use it.")]
        if row.phase != Phase.CLOSED.value:
            offered.insert(0, Button("reset", "Reset", self._reset, "The next call goes through.", is_main=True))
        return offered

    @admin.display(description="breaker", ordering="phase")
    def phase_shown(self, breaker: Breaker) -> SafeString:
        return badge(breaker.get_phase_display(), TONES[breaker.phase])

    def _reset(self, request: HttpRequest, row: Any) -> None:
        reset(row.pk, timezone.now(), by=request.user.get_username())
        messages.success(request, f"The breaker of {row} is closed; the next call goes through.")

    def _open(self, request: HttpRequest, row: Any) -> None:
        open_by_hand(row.pk, timezone.now(), by=request.user.get_username())
        messages.success(request, f"{row} is left alone until you reset its breaker.")


@admin.register(BreakerChange)
class BreakerChangeAdmin(LedgerAdmin):
    list_display = ("at", "breaker", "before", "after", "reason")
    list_select_related = ("breaker__account",)
    list_filter = ("after",)


@admin.register(AccountHealth)
class AccountHealthAdmin(LedgerAdmin):
    list_display = ("account", "status", "said", "latency_ms", "error_rate", "checked_at")
    list_select_related = ("account",)
    list_intro = "Every account is looked at now and then, without ever paying for an answer."


@admin.register(HealthCheck)
class HealthCheckAdmin(LedgerAdmin):
    list_display = ("checked_at", "account", "status", "latency_ms", "said")
    list_select_related = ("account",)
    list_filter = ("status", "account")
