"""The budgets a call falls under: set aside at worst before it, settled at what it was after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from statistics import median

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from providers.errors import BudgetExceeded
from providers.guard import budget
from providers.guard.budget import Amounts, Period, Purse, Scope, Unit
from providers.models import Budget, BudgetAlert, BudgetPeriod, CostAnomaly, ProviderCall, Reservation

# Longer than the longest wait for a permit and a place and the longest call together: what is older has no worker.
RESERVED_FOR = timedelta(minutes=45)
_STATE = ("spent", "reserved", "version")


@dataclass(frozen=True, slots=True)
class Charged:
    """Whom a call is made for; each may have budgets of its own."""

    account_id: int
    list_id: int | None = None
    user_id: int | None = None

    def subjects(self) -> dict[Scope, str]:
        numbers = {Scope.ACCOUNT: self.account_id, Scope.LIST: self.list_id, Scope.USER: self.user_id}
        named = {scope: str(number) for scope, number in numbers.items() if number is not None}
        return {Scope.EVERYTHING: "", **named}


def budgets_for(charged: Charged) -> list[Budget]:
    """The budgets that a call falls under; those that are not set are left out."""
    subjects = charged.subjects()
    return [
        row
        for row in Budget.objects.filter(is_enabled=True)
        if (row.is_unlimited or row.limit is not None) and subjects.get(Scope(row.scope)) == row.subject
    ]


def reserve(budgets: Sequence[Budget], call: str, worst: Amounts, now: datetime, *, label: str) -> None:
    """Set `worst` aside in every budget, or in none and raise BudgetExceeded naming the one that is too small."""
    held = [(period, worst.of(Unit(period.budget.unit))) for period in _periods(budgets, now)]
    refused = None
    with transaction.atomic():
        refused = next(((period, amount) for period, amount in held if not _is_set_aside(period, amount)), None)
        if refused is None:
            Reservation.objects.bulk_create(
                Reservation(period=period, call=call, amount=amount or 0, expires_at=now + RESERVED_FOR)
                for period, amount in held
            )
        else:
            transaction.set_rollback(True)
    if refused is not None:
        error = _refusal(*refused, now, label)
        _alert(refused[0], 100, str(error), now)
        raise error


def settle(call: str, actual: Amounts, now: datetime) -> None:
    """Replace what `call` had set aside by what it cost; a price nobody knows counts as nothing."""
    with transaction.atomic():
        # In the order of the budgets, as `reserve` takes them: two settlements must not wait for each other.
        for held in Reservation.objects.filter(call=call).select_related("period__budget").order_by("period__budget"):
            _settled(held, actual.of(Unit(held.period.budget.unit)) or 0, now)


def charge_expired(now: datetime) -> None:
    """Charge in full what killed workers had set aside: their calls may have been billed."""
    for held in Reservation.objects.filter(expires_at__lte=now).select_related("period__budget"):
        with transaction.atomic():
            _settled(held, held.amount, now)


def note_anomaly(now: datetime) -> None:
    """Write down a day that costs more than three times the median of the days before it, once."""
    today = timezone.localdate(now)
    since = timezone.make_aware(datetime.combine(today - timedelta(days=budget.TRAILING_DAYS), time.min))
    days = (
        ProviderCall.objects.filter(started_at__gte=since, cost__gt=0)
        .order_by()
        .annotate(day=TruncDate("started_at"))
        .values_list("day")
        .annotate(total=Sum("cost"))
    )
    costs: dict[object, Decimal] = {day: total for day, total in days if total is not None}
    cost = costs.pop(today, Decimal(0))
    earlier = list(costs.values())
    if budget.is_anomalous(cost, earlier):
        CostAnomaly.objects.update_or_create(
            day=today,
            defaults={"cost": cost},
            create_defaults={"cost": cost, "usual": median(earlier), "noticed_at": now},
        )


def period_bounds(row: Budget, now: datetime) -> tuple[datetime, datetime]:
    """When the budget's current period began and when the next begins, at midnight in the owner's time zone."""
    today = timezone.localdate(now)
    days = (budget.period_start(Period(row.period), today), budget.next_period(Period(row.period), today))
    start, end = (timezone.make_aware(datetime.combine(day, time.min)) for day in days)
    return start, end


def purse_of(row: Budget, period: BudgetPeriod | None) -> Purse:
    """A period as `guard.budget` counts it; a period without a row has seen no call."""
    spent, reserved = (period.spent, period.reserved) if period is not None else (0, 0)
    if row.is_unlimited or row.limit is None:
        return Purse(None, spent, reserved)
    return Purse(budget.units_of(row.limit) if row.unit == Unit.MONEY else int(row.limit), spent, reserved)


def amount_of(row: Budget, units: int) -> Decimal:
    """In dollars, tokens or calls."""
    return budget.dollars_of(units) if row.unit == Unit.MONEY else Decimal(units)


def _shown(row: Budget, units: int) -> str:
    return f"${budget.dollars_of(units):.2f}" if row.unit == Unit.MONEY else f"{units:,} {row.unit}"


def _periods(budgets: Sequence[Budget], now: datetime) -> list[BudgetPeriod]:
    """The current period of each budget, in their order."""
    starts = {row.pk: timezone.localdate(period_bounds(row, now)[0]) for row in budgets}
    known = {
        (period.budget_id, period.starts_on): period
        for period in BudgetPeriod.objects.filter(budget__in=starts, starts_on__in=set(starts.values()))
    }
    periods = []
    for row in budgets:
        period = known.get((row.pk, starts[row.pk]))
        if period is None:
            period, _ = BudgetPeriod.objects.get_or_create(budget=row, starts_on=starts[row.pk])
        period.budget = row
        periods.append(period)
    return periods


def _is_set_aside(period: BudgetPeriod, amount: int | None) -> bool:
    is_fresh = False
    while True:
        after = budget.reserve(purse_of(period.budget, period), amount)
        if after is not None and period.swap(reserved=after.reserved):
            return True
        if after is None and is_fresh:
            return False
        period.refresh_from_db(fields=_STATE)
        is_fresh = True


def _refusal(period: BudgetPeriod, amount: int | None, now: datetime, label: str) -> BudgetExceeded:
    row, purse = period.budget, purse_of(period.budget, period)
    limit = _shown(row, purse.limit or 0)
    worst = "what this call costs is not known" if amount is None else f"this call may take up to {_shown(row, amount)}"
    said = f"“{row.name}”: {_shown(row, purse.spent)} of {limit} spent this {row.period}"
    if purse.reserved:
        said += f", {_shown(row, purse.reserved)} set aside for calls under way"
    return BudgetExceeded(label, f"{said}; {worst}", budget=row.name, until=period_bounds(row, now)[1])


def _settled(held: Reservation, actual: int, now: datetime) -> None:
    if Reservation.objects.filter(pk=held.pk).delete()[0] == 0:
        return
    period = held.period
    while True:
        after = budget.settle(purse_of(period.budget, period), held.amount, actual)
        if period.swap(spent=after.spent, reserved=after.reserved):
            break
        period.refresh_from_db(fields=_STATE)
    for percent in budget.due_alerts(after):
        _alert(period, percent, _alert_words(period.budget, after, percent), now)


def _alert_words(row: Budget, purse: Purse, percent: int) -> str:
    return (
        f"The budget “{row.name}” is {percent} % spent this {row.period}: "
        f"{_shown(row, purse.spent)} of {_shown(row, purse.limit or 0)}."
    )


def _alert(period: BudgetPeriod, percent: int, message: str, now: datetime) -> None:
    alert = BudgetAlert(period=period, percent=percent, message=message, at=now)
    BudgetAlert.objects.bulk_create([alert], ignore_conflicts=True)
