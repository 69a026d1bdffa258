"""How the providers are: health, breakers, limits and budgets, for the owner's own programs and pages."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from ninja.errors import HttpError
from ninja.security import django_auth_is_staff
from pydantic import Field

from providers.contracts import ModelKey
from providers.gateway.guards import breaker as breakers
from providers.gateway.guards import budget as budgets
from providers.gateway.guards import lease, limiter
from providers.guard import budget as counting
from providers.guard.limiter import share_in_use, waiting
from providers.models import (
    AccountHealth,
    Breaker,
    Budget,
    BudgetPeriod,
    HealthCheck,
    PermitBucket,
    ProviderAccount,
)

router = Router(tags=["providers"], auth=django_auth_is_staff)


class AccountHealthOut(Schema):
    """How an account was at its latest probe; `status` is empty before the first."""

    account_id: int
    account: str
    status: str
    said: str
    latency_ms: int | None
    error_rate: float | None = Field(description="Share of the latest calls that failed; null when there were too few.")
    checked_at: datetime | None


class HealthCheckOut(Schema):
    """One probe of the past."""

    account_id: int
    status: str
    said: str
    latency_ms: int
    checked_at: datetime


class BreakerChangeOut(Schema):
    """One change of a breaker and why it came."""

    before: str
    after: str
    reason: str
    at: datetime


class BreakerOut(Schema):
    """The breaker of one model of an account. `opens_until` null while open means until it is reset."""

    id: int
    account_id: int
    account: str
    model: str
    phase: str
    reason: str
    failures_in_a_row: int
    opens_until: datetime | None
    changes: list[BreakerChangeOut] = Field(description="The latest ten, newest first.")


class RateLimitOut(Schema):
    """How fast a model of an account is called just now."""

    account_id: int
    account: str
    model: str
    requests_per_minute: int
    share_in_use: float = Field(description="1 is the full rate; less for a while after the vendor said 429.")
    held_until: datetime | None
    waiting: int
    calls_at_once: int
    calls_under_way: int


class BudgetOut(Schema):
    """A budget and its current period; amounts in dollars, tokens or calls, as `unit` says.

    `limit` null is unlimited when `is_unlimited`, else not set: then nothing is counted or refused.
    """

    id: int
    name: str
    is_enabled: bool
    unit: str
    period: str
    scope: str
    subject: str
    limit: Decimal | None
    is_unlimited: bool
    starts_at: datetime
    ends_at: datetime
    spent: Decimal
    reserved: Decimal
    projected: Decimal = Field(description="What the period comes to if it goes on like this.")
    alerts: list[int] = Field(description="The percentages that were reported in this period.")


@router.get("/api/health/providers", response=list[AccountHealthOut])
def provider_health(request: HttpRequest) -> list[dict[str, Any]]:
    """How each enabled account is."""
    rows = {row.account_id: row for row in AccountHealth.objects.all()}
    accounts = ProviderAccount.objects.filter(is_enabled=True)
    return [_health(account, rows.get(account.pk) or AccountHealth()) for account in accounts]


@router.get("/api/health/history", response=list[HealthCheckOut])
def health_history(
    request: HttpRequest, account_id: int | None = None, limit: Annotated[int, Field(ge=1, le=1000)] = 200
) -> Any:
    """The latest probes, newest first; kept for seven days."""
    checks = HealthCheck.objects.all()
    return checks.filter(account_id=account_id)[:limit] if account_id is not None else checks[:limit]


@router.get("/api/circuit-breakers", response=list[BreakerOut])
def circuit_breakers(request: HttpRequest) -> list[dict[str, Any]]:
    """The breaker of every model that was called."""
    return [_breaker(row) for row in Breaker.objects.select_related("account")]


@router.post("/api/circuit-breakers/{breaker_id}/reset", response=BreakerOut)
def reset_breaker(request: HttpRequest, breaker_id: int) -> dict[str, Any]:
    """Close a breaker and forget what was held against the model."""
    _require_leave(request, breaker_id)
    return _breaker(breakers.reset(breaker_id, timezone.now(), by=request.user.get_username()))


@router.post("/api/circuit-breakers/{breaker_id}/open", response=BreakerOut)
def open_breaker(request: HttpRequest, breaker_id: int) -> dict[str, Any]:
    """Open a breaker until it is reset."""
    _require_leave(request, breaker_id)
    return _breaker(breakers.open_by_hand(breaker_id, timezone.now(), by=request.user.get_username()))


@router.get("/api/rate-limits", response=list[RateLimitOut])
def rate_limits(request: HttpRequest) -> list[dict[str, Any]]:
    """The limits of every model that was called."""
    now = timezone.now()
    return [
        _rate_limit(row, now) for row in PermitBucket.objects.select_related("account").order_by("account", "model")
    ]


@router.get("/api/costs/budgets", response=list[BudgetOut])
def cost_budgets(request: HttpRequest) -> list[dict[str, Any]]:
    """Every budget with what was spent of it in its current period."""
    now = timezone.now()
    return [_budget(row, now) for row in Budget.objects.all()]


def _require_leave(request: HttpRequest, breaker_id: int) -> None:
    get_object_or_404(Breaker, pk=breaker_id)
    if not request.user.has_perm("providers.change_breaker"):
        raise HttpError(403, "Your login may look at breakers but not change them.")


def _health(account: ProviderAccount, row: AccountHealth) -> dict[str, Any]:
    return {
        "account_id": account.pk,
        "account": account.name,
        "status": row.status,
        "said": row.said,
        "latency_ms": row.latency_ms,
        "error_rate": row.error_rate,
        "checked_at": row.checked_at,
    }


def _breaker(row: Breaker) -> dict[str, Any]:
    return {
        "id": row.pk,
        "account_id": row.account_id,
        "account": row.account.name,
        "model": row.model,
        "phase": row.phase,
        "reason": row.reason,
        "failures_in_a_row": row.in_a_row,
        "opens_until": row.opens_until,
        "changes": list(row.changes.all()[:10]),
    }


def _rate_limit(row: PermitBucket, now: datetime) -> dict[str, Any]:
    key = ModelKey(row.account_id, row.model)
    limits = limiter.limits_of(row.account)
    bucket = limiter.bucket_of(row)
    return {
        "account_id": row.account_id,
        "account": row.account.name,
        "model": row.model,
        "requests_per_minute": limits.requests_per_minute,
        "share_in_use": share_in_use(bucket, now),
        "held_until": row.held_until if row.held_until and row.held_until > now else None,
        "waiting": waiting(bucket, limits.requests_per_minute, now),
        "calls_at_once": limits.calls_at_once,
        "calls_under_way": lease.under_way(key, now),
    }


def _budget(row: Budget, now: datetime) -> dict[str, Any]:
    start, end = budgets.period_bounds(row, now)
    period = BudgetPeriod.objects.filter(budget=row, starts_on=timezone.localdate(start)).first()
    purse = budgets.purse_of(row, period)
    projected = counting.project(purse.spent, now - start, end - start)
    return {
        "id": row.pk,
        "name": row.name,
        "is_enabled": row.is_enabled,
        "unit": row.unit,
        "period": row.period,
        "scope": row.scope,
        "subject": row.subject,
        "limit": row.limit,
        "is_unlimited": row.is_unlimited,
        "starts_at": start,
        "ends_at": end,
        "spent": budgets.amount_of(row, purse.spent),
        "reserved": budgets.amount_of(row, purse.reserved),
        "projected": budgets.amount_of(row, projected),
        "alerts": sorted(period.alerts.values_list("percent", flat=True)) if period else [],
    }
