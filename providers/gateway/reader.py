"""Reads a blocking source in a thread of its own, so that the caller's thread can tick, time out and cancel."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TypeVar

from providers.errors import Phase, TimedOut
from providers.http import Limits

T = TypeVar("T")

TICK = timedelta(milliseconds=200)
BACKLOG = 256


class _Exhausted:
    """Stands at the end of the queue."""


class _Failed:
    """Carries the reader's exception to the caller's thread."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def read_aside(
    source: Callable[[], Iterator[T]],
    *,
    provider: str,
    limits: Limits,
    abort: Callable[[], None],
    tick: Callable[[], None],
) -> Iterator[T]:
    """The items of `source`, which runs in a reader thread behind a bounded queue.

    `tick` is called about five times a second, item or no item; whatever it raises ends the reading. `abort` must wake
    a blocked source. Raises TimedOut by `limits` and whatever the source raises. The thread has ended on return.
    """
    items: queue.Queue[T | _Exhausted | _Failed] = queue.Queue(maxsize=BACKLOG)
    is_over = threading.Event()
    reader = threading.Thread(target=_pump, args=(source, items, is_over), name=f"read {provider}", daemon=True)
    reader.start()
    try:
        yield from _take(items, provider, limits, tick)
    except BaseException:
        # Also when the caller stops half-way (GeneratorExit): the source may sit in a read that nothing else would end.
        abort()
        raise
    finally:
        is_over.set()
        reader.join(timeout=5)


def call_aside(
    request: Callable[[], T], *, provider: str, limits: Limits, abort: Callable[[], None], tick: Callable[[], None]
) -> T:
    """The result of one blocking request, under the same terms as `read_aside`."""
    (answer,) = read_aside(lambda: iter([request()]), provider=provider, limits=limits, abort=abort, tick=tick)
    return answer


def _pump(
    source: Callable[[], Iterator[T]], items: "queue.Queue[T | _Exhausted | _Failed]", is_over: threading.Event
) -> None:
    try:
        for item in source():
            if not _put(items, item, is_over):
                return
        _put(items, _Exhausted(), is_over)
    except Exception as error:  # noqa: BLE001 (handed whole to the caller's thread, which raises it)
        _put(items, _Failed(error), is_over)


def _put(
    items: "queue.Queue[T | _Exhausted | _Failed]", item: T | _Exhausted | _Failed, is_over: threading.Event
) -> bool:
    """False when the caller has stopped listening; blocks while it is merely slow."""
    while not is_over.is_set():
        try:
            items.put(item, timeout=TICK.total_seconds())
        except queue.Full:
            continue
        return True
    return False


def _take(
    items: "queue.Queue[T | _Exhausted | _Failed]", provider: str, limits: Limits, tick: Callable[[], None]
) -> Iterator[T]:
    began = last = ticked = time.monotonic()
    is_first = True
    while True:
        now = time.monotonic()
        if now - ticked >= TICK.total_seconds():
            tick()
            ticked = now
        try:
            item = items.get(timeout=TICK.total_seconds())
        except queue.Empty:
            _check(provider, limits, waited=time.monotonic() - last, is_first=is_first)
            item = None
        now = time.monotonic()
        if now - began > limits.total.total_seconds():
            raise TimedOut(provider, phase=Phase.TOTAL)
        if item is None:
            continue
        if isinstance(item, _Failed):
            raise item.error
        if isinstance(item, _Exhausted):
            return
        is_first = False
        yield item
        last = time.monotonic()


def _check(provider: str, limits: Limits, *, waited: float, is_first: bool) -> None:
    """Raise TimedOut when nothing has come for longer than this phase allows."""
    allowed = limits.first_token if is_first else limits.idle
    if waited > allowed.total_seconds():
        raise TimedOut(provider, phase=Phase.FIRST_TOKEN if is_first else Phase.IDLE)
