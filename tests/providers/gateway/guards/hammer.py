"""One of several processes that work on the same guards at once; prints what it saw as JSON.

Run as `python hammer.py <number> <of> <meeting folder>` with BRAINARR_DATA set and the database migrated.
"""

import json
import os
import random
import sys
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).parents[4]
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "brainarr_site.settings"
django.setup()

from django.utils import timezone  # noqa: E402 (Django has to be set up first)

from providers.contracts import GuardDefaults, ModelKey  # noqa: E402
from providers.errors import BreakerOpen, BudgetExceeded, Overloaded, TooManyRequests  # noqa: E402
from providers.gateway.guards import breaker, budget, health, lease, limiter  # noqa: E402
from providers.gateway.guards.budget import Charged  # noqa: E402
from providers.guard.budget import Amounts  # noqa: E402
from providers.models import Budget, ProviderAccount  # noqa: E402

RESTLESS = GuardDefaults(failures_in_a_row=3, open_for=timedelta(milliseconds=5))


class Meeting:
    """Where the processes wait for each other, so that all of them start a task at the same time."""

    def __init__(self, number: int, of: int, folder: Path) -> None:
        self.number, self.of, self.folder = number, of, folder

    def at(self, task: str) -> None:
        (self.folder / f"{task}.{self.number}").touch()
        give_up_at = time.monotonic() + 120
        while len(list(self.folder.glob(f"{task}.*"))) < self.of:
            assert time.monotonic() < give_up_at
            time.sleep(0.002)


def spend(number: int) -> dict[str, Any]:
    """Set aside, settle at less, again and again."""
    dice = random.Random(number)
    rows = budget.budgets_for(Charged(account_id=1, user_id=1))
    spent, refused = Decimal(0), 0
    for turn in range(40):
        worst = Decimal(dice.randint(10, 60)) / 100
        actual = (worst * dice.randint(0, 100) / 100).quantize(Decimal("0.00000001"))
        call = f"spend-{number}-{turn}"
        try:
            budget.reserve(rows, call, Amounts(worst, 100), timezone.now(), label="x")
        except BudgetExceeded:
            refused += 1
            continue
        budget.settle(call, Amounts(actual, 50), timezone.now())
        spent += actual
    return {"spent": str(spent), "refused": refused}


def set_aside(number: int) -> int:
    """Many calls under way at once: how many of them were let go."""
    rows = [Budget.objects.get(name="set aside")]
    let_go = 0
    for turn in range(13):
        try:
            budget.reserve(rows, f"aside-{number}-{turn}", Amounts(Decimal("0.15"), 1), timezone.now(), label="x")
        except BudgetExceeded:
            continue
        let_go += 1
    return let_go


def take_places(number: int) -> list[tuple[float, float]]:
    """When this process held one of three places."""
    held = []
    for turn in range(15):
        call = f"place-{number}-{turn}"
        while lease.acquire(ModelKey(1, "places"), call, 3, timezone.now()) is None:
            time.sleep(0.003)
        began = time.monotonic()
        time.sleep(0.002)
        held.append((began, time.monotonic()))
        lease.release(ModelKey(1, "places"), call)
    return held


def take_permits(number: int) -> list[str]:
    """When the permits of this process may be used."""
    moments = []
    for _ in range(12):
        now = timezone.now()
        try:
            wait = limiter.take(ModelKey(1, "permits"), 120, now, label="x")
        except TooManyRequests:
            continue
        moments.append((now + wait).isoformat())
    return moments


def break_and_mend(number: int) -> int:
    """Calls that fail and succeed as it comes, against a breaker that opens and closes all the time."""
    dice = random.Random(number)
    gone = 0
    for turn in range(60):
        call = f"break-{number}-{turn}"
        try:
            breaker.admit(ModelKey(1, "broken"), call, timezone.now(), label="x")
        except BreakerOpen:
            time.sleep(0.004)
            continue
        gone += 1
        error = Overloaded("x") if dice.random() < 0.5 else None
        breaker.record(ModelKey(1, "broken"), RESTLESS, call, error, timezone.now())
    return gone


def ask_for_the_trial(number: int) -> bool:
    """Whether this process was the one that may try an open breaker."""
    try:
        breaker.admit(ModelKey(1, "trial"), f"trial-{number}", timezone.now(), label="x")
    except BreakerOpen:
        return False
    return True


def probe(number: int) -> int:
    """How many accounts this process probed."""
    return health.probe_accounts(timezone.now())


if __name__ == "__main__":
    meeting = Meeting(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
    assert ProviderAccount.objects.filter(pk=1).exists()
    seen: dict[str, Any] = {}
    for task in (spend, set_aside, take_places, take_permits, break_and_mend, ask_for_the_trial, probe):
        meeting.at(task.__name__)
        began = time.monotonic()
        seen[task.__name__] = task(meeting.number)
        seen[f"{task.__name__} took"] = time.monotonic() - began
    json.dump(seen, sys.stdout)
