"""What is set aside and spent together never passes the limit, and every unit is counted exactly."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from providers.guard.budget import (
    Amounts,
    Period,
    Purse,
    Unit,
    dollars_of,
    due_alerts,
    is_anomalous,
    next_period,
    period_start,
    project,
    reserve,
    settle,
    units_of,
)

CALLS = st.lists(st.tuples(st.integers(0, 400), st.floats(0, 1)), max_size=40)


@given(limit=st.integers(0, 1000), calls=CALLS, draw=st.data())
def test_calls_that_cost_at_most_what_they_set_aside_never_overspend(
    limit: int, calls: list[tuple[int, float]], draw: Any
) -> None:
    purse = Purse(limit)
    under_way: list[tuple[int, int]] = []
    for worst, share in calls:
        after = reserve(purse, worst)
        if after is not None:
            purse = after
            under_way.append((worst, int(worst * share)))
        if under_way and draw.draw(st.booleans()):
            held, actual = under_way.pop(draw.draw(st.integers(0, len(under_way) - 1)))
            purse = settle(purse, held, actual)
        assert purse.spent + purse.reserved <= limit
        assert purse.reserved == sum(held for held, _ in under_way)


def test_the_last_cent_can_be_spent_and_not_one_more() -> None:
    assert reserve(Purse(100, spent=60, reserved=30), 10) is not None
    assert reserve(Purse(100, spent=60, reserved=30), 11) is None


def test_zero_allows_what_is_free_and_nothing_else() -> None:
    assert reserve(Purse(0), 0) is not None
    assert reserve(Purse(0), 1) is None
    assert reserve(Purse(0), None) is None


def test_unlimited_refuses_nothing_and_still_counts() -> None:
    purse = reserve(Purse(None), 10**12)

    assert purse is not None
    assert settle(purse, 10**12, 5).spent == 5
    assert due_alerts(Purse(None, spent=10**15)) == ()


def test_a_call_without_a_price_goes_while_something_is_left() -> None:
    assert reserve(Purse(100, spent=99), None) == Purse(100, spent=99)
    assert reserve(Purse(100, spent=99, reserved=1), None) is None


def test_alerts_come_at_80_90_and_100_percent() -> None:
    assert due_alerts(Purse(1000, spent=799)) == ()
    assert due_alerts(Purse(1000, spent=800)) == (80,)
    assert due_alerts(Purse(1000, spent=950)) == (80, 90)
    assert due_alerts(Purse(1000, spent=1000)) == (80, 90, 100)


def test_money_is_counted_exactly_and_rounded_against_the_spender() -> None:
    assert sum(units_of(Decimal("0.1")) for _ in range(10)) == units_of(Decimal(1))
    assert dollars_of(units_of(Decimal("12345.67"))) == Decimal("12345.67")
    assert units_of(Decimal("0.000000001")) == 1


def test_a_call_is_counted_in_the_budgets_own_unit() -> None:
    amounts = Amounts(Decimal("0.05"), 1200)

    assert [amounts.of(unit) for unit in (Unit.MONEY, Unit.TOKENS, Unit.CALLS)] == [5_000_000, 1200, 1]
    assert Amounts(None, 1200).of(Unit.MONEY) is None


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (date(2026, 1, 31), date(2026, 1, 1), date(2026, 2, 1)),
        (date(2028, 2, 29), date(2028, 2, 1), date(2028, 3, 1)),
        (date(2026, 12, 1), date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_a_month_runs_from_its_first_day_to_the_next_first(day: date, start: date, end: date) -> None:
    assert (period_start(Period.MONTH, day), next_period(Period.MONTH, day)) == (start, end)


def test_the_projection_goes_on_as_it_began() -> None:
    month = timedelta(days=30)

    assert project(500, timedelta(days=15), month) == 1000
    assert project(500, timedelta(days=30), month) == 500
    assert project(500, timedelta(seconds=1), month) == 5000
    assert project(10**12, timedelta(days=15, microseconds=1), month) == pytest.approx(2 * 10**12, rel=1e-6)


def test_a_day_is_an_anomaly_above_three_times_the_usual_one() -> None:
    usual = [Decimal(n) for n in (1, 2, 1, 1, 90)]

    assert not is_anomalous(Decimal(3), usual)
    assert is_anomalous(Decimal("3.01"), usual)


def test_few_or_free_days_say_nothing_about_what_is_usual() -> None:
    assert not is_anomalous(Decimal(50), [Decimal(1)] * 4)
    assert not is_anomalous(Decimal(50), [Decimal(0)] * 14)
