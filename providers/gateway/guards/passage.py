"""The way of one attempt through the guards: budget, breaker, permit, place; and back, whatever becomes of it."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from providers.contracts import GuardDefaults, ModelKey
from providers.errors import ProviderError, RateLimited, TooManyRequests
from providers.gateway.guards import breaker, budget, lease, limiter
from providers.gateway.guards.budget import Charged
from providers.gateway.guards.limiter import Limits
from providers.guard.budget import NOTHING, Amounts
from providers.guard.lease import LONGEST_WAIT, RENEWED_EVERY
from providers.wire.allowance import read_allowances

PAUSE = timedelta(milliseconds=200)


@dataclass(frozen=True, slots=True)
class Traveler:
    """Who wants through: the model and what the owner calls its account; who is charged, and what at worst."""

    key: ModelKey
    label: str
    defaults: GuardDefaults
    limits: Limits
    charged: Charged
    worst: Callable[[], Amounts]


@dataclass(slots=True)
class Passage:
    """An attempt under way. Set `actual` to what it cost, whatever its end, and `headers` to the vendor's answer's.

    Set `error` to what it failed with unless the body of the `with` raises it. Call `tick` often while the attempt
    lives; it raises what the caller's own `tick` raises.
    """

    tick: Callable[[], None]
    has_budget: bool
    actual: Amounts = NOTHING
    error: ProviderError | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def passage(traveler: Traveler, *, tick: Callable[[], None]) -> Iterator[Passage]:
    """Wait for leave to make one attempt, and hold it for the length of a `with`.

    The breaker and the limiter learn from how it ended. Raises BudgetExceeded, BreakerOpen, TooManyRequests, and what
    `tick` raises.
    """
    call, key = uuid.uuid4().hex, traveler.key
    pulse = _Pulse(key, call, tick)
    with ExitStack() as way_back:
        budgets = budget.budgets_for(traveler.charged)
        way = Passage(tick=pulse.beat, has_budget=bool(budgets))
        if budgets:
            budget.reserve(budgets, call, traveler.worst(), timezone.now(), label=traveler.label)
            way_back.callback(lambda: budget.settle(call, way.actual, timezone.now()))
        breaker.admit(key, call, timezone.now(), label=traveler.label)
        way_back.push(lambda kind, error, trace: _record(traveler, call, way.error or error))
        limits = traveler.limits
        _wait_for_permit(traveler, limits.requests_per_minute, pulse)
        way_back.push(lambda kind, error, trace: _learn(key, limits.requests_per_minute, way, error))
        _wait_for_place(traveler, call, limits.calls_at_once, pulse)
        way_back.callback(lambda: lease.release(key, call))
        yield way


class _Pulse:
    """Ticks for the caller, and now and then shows the rows that the call is alive."""

    def __init__(self, key: ModelKey, call: str, tick: Callable[[], None]) -> None:
        self._key = key
        self._call = call
        self._tick = tick
        self._shown_at = time.monotonic()

    def beat(self) -> None:
        self._tick()
        if time.monotonic() - self._shown_at >= RENEWED_EVERY.total_seconds():
            self._shown_at = time.monotonic()
            now = timezone.now()
            lease.renew(self._key, self._call, now)
            breaker.renew(self._key, self._call, now)

    def wait(self, span: timedelta) -> None:
        until = time.monotonic() + span.total_seconds()
        while (left := until - time.monotonic()) > 0:
            self.beat()
            time.sleep(min(left, PAUSE.total_seconds()))


def _wait_for_permit(traveler: Traveler, per_minute: int, pulse: _Pulse) -> None:
    wait = limiter.take(traveler.key, per_minute, timezone.now(), label=traveler.label)
    while wait > timedelta(0):
        pulse.wait(wait)
        if not limiter.is_held(traveler.key, timezone.now()):
            return
        # The vendor asked for silence while we waited: a permit from before that no longer counts.
        wait = limiter.take(traveler.key, per_minute, timezone.now(), label=traveler.label)


def _wait_for_place(traveler: Traveler, call: str, calls_at_once: int, pulse: _Pulse) -> None:
    give_up_at = time.monotonic() + LONGEST_WAIT.total_seconds()
    while lease.acquire(traveler.key, call, calls_at_once, timezone.now()) is None:
        if time.monotonic() >= give_up_at:
            minutes = int(LONGEST_WAIT.total_seconds() // 60)
            raise TooManyRequests(
                traveler.label, f"all {calls_at_once} places were taken for {minutes} minutes", until=timezone.now()
            )
        pulse.wait(PAUSE)


def _record(traveler: Traveler, call: str, error: BaseException | None) -> None:
    breaker.record(traveler.key, traveler.defaults, call, error, timezone.now())


def _learn(key: ModelKey, per_minute: int, way: Passage, raised: BaseException | None) -> None:
    now, error = timezone.now(), way.error or raised
    if isinstance(error, RateLimited):
        limiter.slow_down(key, per_minute, error.retry_after, now)
    elif isinstance(error, ProviderError) and error.retry_after is not None and error.is_retryable:
        limiter.hold(key, per_minute, now + error.retry_after, now)
    if allowances := read_allowances(way.headers, now):
        limiter.heed(key, per_minute, allowances, now)
