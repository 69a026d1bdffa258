"""What calls may cost: reserved at worst before, settled at what it was after, so that together they never overspend.

Amounts are whole numbers: hundred-millionths of a US dollar for money, single tokens, single calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from statistics import median

DOLLAR = 100_000_000
ALERTS_AT = (80, 90, 100)
# Days without spending would make any first call of a week an anomaly.
FEWEST_DAYS = 5
TRAILING_DAYS = 14
ANOMALY_FACTOR = 3


class Unit(StrEnum):
    MONEY = "money"
    TOKENS = "tokens"
    CALLS = "calls"


class Period(StrEnum):
    DAY = "day"
    MONTH = "month"


class Scope(StrEnum):
    EVERYTHING = "everything"
    ACCOUNT = "account"
    LIST = "list"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a call costs in every unit. `dollars` None means not estimated, never a guess."""

    dollars: Decimal | None
    tokens: int
    calls: int = 1

    def of(self, unit: Unit) -> int | None:
        """In the budget's whole numbers, rounded up."""
        if unit is Unit.MONEY:
            return None if self.dollars is None else units_of(self.dollars)
        return self.tokens if unit is Unit.TOKENS else self.calls


NOTHING = Amounts(Decimal(0), 0, 0)


@dataclass(frozen=True, slots=True)
class Purse:
    """A budget's current period. `limit` None is unlimited: counted, alerting nobody, refusing nothing."""

    limit: int | None
    spent: int = 0
    reserved: int = 0

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.spent - self.reserved)


def units_of(dollars: Decimal) -> int:
    return int((dollars * DOLLAR).to_integral_value(ROUND_CEILING))


def dollars_of(units: int) -> Decimal:
    return Decimal(units) / DOLLAR


def reserve(purse: Purse, amount: int | None) -> Purse | None:
    """The purse with `amount` set aside, or None when it does not fit.

    A call whose price nobody knows (None) sets nothing aside, and is refused only when nothing is left.
    """
    if purse.limit is not None:
        if amount is None and purse.left == 0:
            return None
        # Nothing costs nothing: a zero budget for money still lets free models work.
        if amount and purse.spent + purse.reserved + amount > purse.limit:
            return None
    return replace(purse, reserved=purse.reserved + (amount or 0))


def settle(purse: Purse, reserved: int, actual: int) -> Purse:
    """The purse after a call that had `reserved` set aside came to `actual`."""
    return replace(purse, spent=purse.spent + actual, reserved=purse.reserved - reserved)


def due_alerts(purse: Purse) -> tuple[int, ...]:
    """The percentages that spending has reached; a zero budget has none until a call is refused."""
    if not purse.limit:
        return ()
    return tuple(percent for percent in ALERTS_AT if purse.spent * 100 >= purse.limit * percent)


def period_start(period: Period, day: date) -> date:
    """The first day of the period `day` lies in."""
    return day if period is Period.DAY else day.replace(day=1)


def next_period(period: Period, day: date) -> date:
    """The first day of the period after the one `day` lies in."""
    if period is Period.DAY:
        return day + timedelta(days=1)
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def project(spent: int, elapsed: timedelta, length: timedelta) -> int:
    """What a period of `length` comes to if it goes on like this; the first tenth alone says too little to multiply."""
    return round(spent * (length / max(elapsed, length / 10))) if elapsed < length else spent


def is_anomalous(today: Decimal, earlier: Sequence[Decimal]) -> bool:
    """Whether a day costs more than three times the median of the trailing days that cost anything."""
    costly = [cost for cost in earlier if cost > 0]
    return len(costly) >= FEWEST_DAYS and today > ANOMALY_FACTOR * median(costly)
