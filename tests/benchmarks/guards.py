"""What the guards add to a call: the whole way there and back around a call that takes no time at all."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median, quantiles

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from providers import registry
from providers.contracts import ModelKey
from providers.gateway.guards.budget import Charged
from providers.gateway.guards.flag import features_for
from providers.gateway.guards.keys import key_for
from providers.gateway.guards.limiter import limits_of
from providers.gateway.guards.passage import Traveler, passage
from providers.gateway.guards.timeout import base_for
from providers.guard.budget import Amounts
from providers.models import ApiKey, Budget, ProviderAccount, ProviderCall
from tests.benchmarks.measuring import Row, seconds

ROUNDS = 300
MOST_MS = 5.0
COST = Amounts(Decimal("0.001"), 1000)


def measure(folder: Path) -> list[Row]:
    # So fast that nobody waits for a permit, which would be the limiter at work and not what it costs.
    account = ProviderAccount.objects.create(name="Instant", provider="groq", model="m", requests_per_minute=100_000)
    ApiKey.objects.create(account=account, secret="sk-0000000000")
    _make_calls(account)
    rows = [_row("a call without budgets", account)]
    Budget.objects.create(name="everything a month", limit=Decimal(1000))
    rows.append(_row("a call under a budget", account))
    return rows


def _row(what: str, account: ProviderAccount) -> Row:
    def call() -> None:
        _guarded_call(account)

    call()
    times = sorted(1000 * seconds(call) for _ in range(ROUNDS))
    with CaptureQueriesContext(connection) as captured:
        call()
    middle, p99 = median(times), quantiles(times, n=100)[98]
    return Row(
        what,
        f"{middle:.2f} ms (median of {ROUNDS}; p99 {p99:.1f} ms; {len(captured)} statements)",
        f"< {MOST_MS:.0f} ms",
        middle < MOST_MS,
    )


def _guarded_call(account: ProviderAccount) -> None:
    """Every guard of providers.gateway.complete, in its order, with nothing in the middle."""
    key = ModelKey(account.pk, account.model)
    features_for(key, "run 1")
    key_for(account, timezone.now(), is_needed=True)
    defaults, limits = registry.guard_defaults(account.provider), limits_of(account)
    traveler = Traveler(key, account.name, defaults, limits, Charged(account.pk, list_id=1), worst=lambda: COST)
    with passage(traveler, tick=lambda: None) as way:
        base_for(key, timedelta(seconds=30))
        way.actual = COST


def _make_calls(account: ProviderAccount) -> None:
    """A ledger of a year, so that the adaptive time limit has something to search."""
    now = timezone.now()
    ProviderCall.objects.bulk_create(
        ProviderCall(
            account=account,
            model=account.model if number % 2 else f"another {number % 20}",
            correlation=str(number),
            step="1",
            attempt=1,
            outcome=ProviderCall.COMPLETE,
            started_at=now - timedelta(minutes=number),
            took=timedelta(seconds=3),
        )
        for number in range(20_000)
    )
