"""A blocking source read aside: in order, in time, and stopped from the caller's thread."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from providers.errors import Phase, TimedOut
from providers.gateway.reader import BACKLOG, call_aside, read_aside
from providers.http import Limits

QUICK = Limits(
    connect=timedelta(seconds=1),
    first_token=timedelta(seconds=0.5),
    idle=timedelta(seconds=0.5),
    total=timedelta(seconds=1.5),
)
PATIENT = Limits()


class Cancelled(Exception):
    """Raised by a tick."""


class Source:
    """Yields numbers until it is aborted; waits before the one it is told to wait before."""

    def __init__(self, count: int = 1_000_000, wait_before: int = -1) -> None:
        self.aborted = threading.Event()
        self.yielded = 0
        self._count, self._wait_before = count, wait_before

    def __call__(self) -> Iterator[int]:
        for number in range(self._count):
            if number == self._wait_before and self.aborted.wait(30):
                raise ConnectionError("aborted")
            self.yielded += 1
            yield number


def _read(source: Source, limits: Limits = PATIENT, tick: Callable[[], None] = lambda: None) -> Iterator[int]:
    return read_aside(source, provider="Vendor", limits=limits, abort=source.aborted.set, tick=tick)


def _readers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "read Vendor"]


def test_items_come_in_order_and_the_thread_ends() -> None:
    source = Source(3 * BACKLOG)

    assert list(_read(source)) == list(range(3 * BACKLOG))
    assert _readers() == []
    assert not source.aborted.is_set()


def test_what_the_source_raises_is_raised_here_after_what_it_gave() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ConnectionError("the line broke")

    events = read_aside(broken, provider="Vendor", limits=PATIENT, abort=lambda: None, tick=lambda: None)

    assert next(events) == 1
    with pytest.raises(ConnectionError, match="the line broke"):
        next(events)
    assert _readers() == []


def test_a_cancelled_reading_ends_at_once_though_the_source_blocks() -> None:
    source = Source(wait_before=2)
    began = time.monotonic()

    def tick() -> None:
        if time.monotonic() - began > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(_read(source, tick=tick))

    assert time.monotonic() - began < 1.0
    assert source.aborted.is_set()
    assert _readers() == []


def test_a_source_that_never_pauses_is_cancelled_too() -> None:
    began = time.monotonic()

    def tick() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        for _ in _read(Source(10_000_000), tick=tick):
            pass

    assert time.monotonic() - began < 1.0


def test_silence_is_told_by_its_phase() -> None:
    with pytest.raises(TimedOut) as before_the_first:
        list(_read(Source(wait_before=0), QUICK))
    with pytest.raises(TimedOut) as later:
        list(_read(Source(wait_before=1), QUICK))

    assert (before_the_first.value.phase, later.value.phase) == (Phase.FIRST_TOKEN, Phase.IDLE)


def test_a_source_that_trickles_for_ever_meets_the_total() -> None:
    def trickle() -> Iterator[int]:
        for number in range(100):
            time.sleep(0.1)
            yield number

    began = time.monotonic()
    with pytest.raises(TimedOut) as total:
        list(read_aside(trickle, provider="Vendor", limits=QUICK, abort=lambda: None, tick=lambda: None))

    assert total.value.phase is Phase.TOTAL
    assert 1.4 < time.monotonic() - began < 2.5


def test_a_slow_caller_holds_the_source_back_and_is_not_taken_for_silence() -> None:
    source = Source(BACKLOG * 4)
    limits = Limits(first_token=timedelta(seconds=0.3), idle=timedelta(seconds=0.3), total=timedelta(seconds=30))
    events = _read(source, limits)

    next(events)
    time.sleep(0.6)

    assert source.yielded <= BACKLOG + 2
    assert sum(1 for _ in events) == BACKLOG * 4 - 1


def test_a_caller_that_stops_half_way_leaves_no_thread() -> None:
    source = Source(wait_before=5)
    events = _read(source)
    next(events)

    events.close()  # type: ignore[attr-defined]  # it is a generator

    assert source.aborted.is_set()
    assert _readers() == []


def test_one_request_gives_its_answer_or_its_error() -> None:
    def fail() -> int:
        raise ConnectionError("no")

    def ask(request: Callable[[], int]) -> int:
        return call_aside(request, provider="Vendor", limits=PATIENT, abort=lambda: None, tick=lambda: None)

    assert ask(lambda: 7) == 7
    with pytest.raises(ConnectionError, match="no"):
        ask(fail)
