"""Budgets over time: periods, alerts, crashes and unusual days."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from providers.errors import BudgetExceeded
from providers.gateway.guards import budget
from providers.gateway.guards.budget import Charged
from providers.guard.budget import Amounts
from providers.models import Budget, BudgetAlert, BudgetPeriod, CostAnomaly, ProviderCall, Reservation

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
HERE = Charged(account_id=1)


def spend(dollars: str, now: datetime = NOW, *, actual: str | None = None, call: str = "call") -> None:
    budget.reserve(budget.budgets_for(HERE), call, Amounts(Decimal(dollars), 1), now, label="x")
    budget.settle(call, Amounts(Decimal(actual or dollars), 1), now)


def test_alerts_are_raised_once_each() -> None:
    Budget.objects.create(name="all", limit="10")

    for dollars in ("7.99", "0.01", "0.50", "0.50", "0.50", "0.50"):
        spend(dollars)
    with pytest.raises(BudgetExceeded):
        spend("0.01")

    assert sorted(BudgetAlert.objects.values_list("percent", flat=True)) == [80, 90, 100]
    assert "$8.00 of $10.00" in BudgetAlert.objects.get(percent=80).message


def test_a_new_period_starts_afresh() -> None:
    Budget.objects.create(name="all", limit="1", period="day")
    spend("1")

    spend("1", NOW + timedelta(days=1))

    assert BudgetPeriod.objects.count() == 2


def test_a_day_ends_at_midnight_where_the_owner_lives(settings: Any) -> None:
    settings.TIME_ZONE = "America/New_York"
    row = Budget.objects.create(name="all", limit="1", period="day")

    start, end = budget.period_bounds(row, NOW)

    assert (start, end) == (datetime(2026, 11, 20, 5, tzinfo=UTC), datetime(2026, 11, 21, 5, tzinfo=UTC))


def test_the_refusal_says_when_the_next_period_begins() -> None:
    Budget.objects.create(name="all", limit="1")

    with pytest.raises(BudgetExceeded) as refused:
        spend("1.01")

    assert refused.value.until == datetime(2026, 12, 1, tzinfo=UTC)


def test_what_a_killed_worker_had_set_aside_is_charged_in_full_and_once() -> None:
    Budget.objects.create(name="all", limit="10")
    budget.reserve(budget.budgets_for(HERE), "killed", Amounts(Decimal(3), 1), NOW, label="x")

    budget.charge_expired(NOW + timedelta(minutes=44))
    early = BudgetPeriod.objects.get().spent
    budget.charge_expired(NOW + timedelta(hours=1))
    budget.charge_expired(NOW + timedelta(hours=1))
    budget.settle("killed", Amounts(Decimal(1), 1), NOW)

    period = BudgetPeriod.objects.get()
    assert early == 0
    assert (period.spent, period.reserved) == (300_000_000, 0)
    assert Reservation.objects.count() == 0


def test_only_the_budgets_of_those_it_is_for_are_charged() -> None:
    Budget.objects.create(name="account 1", scope="account", subject="1", limit="1")
    Budget.objects.create(name="account 2", scope="account", subject="2", limit="1")
    Budget.objects.create(name="list 1", scope="list", subject="1", limit="1")
    Budget.objects.create(name="user 5", scope="user", subject="5", limit="1")

    rows = budget.budgets_for(Charged(account_id=1, list_id=4, user_id=5))

    assert [row.name for row in rows] == ["account 1", "user 5"]


def test_a_budget_must_say_whom_it_is_for() -> None:
    with pytest.raises(ValidationError, match="Name the account, list or user"):
        Budget(name="whose?", scope="list", limit="1").full_clean()


def make_day(days_ago: int, cost: str) -> None:
    ProviderCall.objects.create(
        correlation=f"{days_ago} {cost}",
        step="1",
        attempt=1,
        cost=Decimal(cost),
        started_at=NOW - timedelta(days=days_ago),
    )


def test_a_day_far_above_the_usual_is_noted_once_with_its_latest_cost() -> None:
    for days_ago in range(1, 7):
        make_day(days_ago, "1")
    make_day(0, "2.5")
    budget.note_anomaly(NOW)
    assert CostAnomaly.objects.count() == 0

    make_day(0, "1")
    budget.note_anomaly(NOW)
    make_day(0, "4")
    budget.note_anomaly(NOW + timedelta(hours=1))

    anomaly = CostAnomaly.objects.get()
    assert (anomaly.cost, anomaly.usual, anomaly.noticed_at) == (Decimal("7.5"), Decimal(1), NOW)
