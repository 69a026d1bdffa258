"""Starts the web server, prepares the database, starts the task cluster, and keeps all of them alive."""

import gc
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import Error, connections
from django.utils import timezone

from brainarr_site import children, preparation, web
from brainarr_site.children import Child
from brainarr_site.front import MIGRATING
from brainarr_site.watchdog import Watchdog

# Not called here: what workers need is imported before they are forked, so that they share its memory.
from recommendations import queue, tasks  # noqa: F401

logger = logging.getLogger(__name__)

STOP_WITHIN = timedelta(seconds=10)
_STOPPING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_TICK_SECONDS = 1.0


class Supervisor:
    """One process that works nothing off itself. Lists are served from the first moment: the web server starts before
    the database is migrated, the cluster after."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._web = Child("web server", web.serve)
        self._preparation = Child("preparation", preparation.prepare)
        self._cluster = Child("task cluster", queue.start_cluster)
        self._watchdog = Watchdog(settings.WORKERS)
        self._is_unprepared = False
        self._is_announced = False

    def run(self) -> int:
        """Blocks until SIGTERM, SIGINT or SIGHUP (0), or until the database cannot be prepared (1)."""
        signals = children.Signals()
        children.tie_lives()
        connections.close_all()
        gc.collect()
        # Frozen objects are left alone by the collector, so their pages stay shared with the children.
        gc.freeze()
        MIGRATING.touch()
        try:
            self._web.start(time.monotonic())
            self._preparation.start(time.monotonic())
            code = self._supervise(signals)
        finally:
            MIGRATING.unlink(missing_ok=True)
        self._stop(signals)
        return code

    def _supervise(self, signals: children.Signals) -> int:
        pause = 0.0
        while not signals.wait(pause) & _STOPPING:
            now = time.monotonic()
            for pid, code in children.reaped():
                self._mourn(pid, code, now)
                if self._is_unprepared:
                    return 1
            self._start_due(now)
            self._watch(now)
            # Until Brainarr is ready, its owner is waiting.
            pause = _TICK_SECONDS if self._is_announced else 0.1
        return 0

    def _mourn(self, pid: int, code: int, now: float) -> None:
        if self._preparation.is_pid(pid):
            self._preparation.ended(now)
            self._is_unprepared = code != 0
            if not self._is_unprepared:
                MIGRATING.unlink(missing_ok=True)
                self._cluster.start_again_at = now
        for child in (self._web, self._cluster):
            if child.is_pid(pid):
                child.ended(now)
                logger.warning("The %s ended with code %d and is started again", child.name, code)

    def _start_due(self, now: float) -> None:
        for child in (self._web, self._cluster):
            if child.is_running or child.start_again_at is None or now < child.start_again_at:
                continue
            if child is self._cluster:
                with _database("What the last task cluster was asked could not be dropped"):
                    self._watchdog.start_over()
            child.start(now)

    def _watch(self, now: float) -> None:
        if not self._cluster.is_running:
            return
        with _database("The watchdog could not look at the database"):
            if self._watchdog.is_stuck(now, timezone.now()):
                logger.error("The task cluster works nothing off although workers are free; it is replaced")
                self._cluster.kill()
        if self._watchdog.has_seen_life and not self._is_announced and _is_listening():
            self._is_announced = True
            self._say(f"Brainarr is ready at {settings.PUBLIC_URL} ({_age_seconds():.1f} s)")

    def _stop(self, signals: children.Signals) -> None:
        alive = [child for child in (self._web, self._cluster, self._preparation) if child.is_running]
        for child in alive:
            child.terminate()
        give_up_at = time.monotonic() + STOP_WITHIN.total_seconds()
        while alive and time.monotonic() < give_up_at:
            ended = {pid for pid, _ in children.reaped()}
            for child in [child for child in alive if any(child.is_pid(pid) for pid in ended)]:
                child.ended(time.monotonic())
                alive.remove(child)
            if alive:
                signals.wait(min(give_up_at - time.monotonic(), _TICK_SECONDS))
        for child in alive:
            logger.warning("The %s did not stop in %d s and is killed", child.name, STOP_WITHIN.seconds)
            child.kill()
        logger.info("Brainarr has stopped")


@contextmanager
def _database(trouble: str) -> Iterator[None]:
    """A moment with the database, closed again before the next fork. Trouble with it does not end the supervisor."""
    try:
        yield
    except Error as error:
        logger.warning("%s: %s", trouble, error)
    finally:
        connections.close_all()


def _is_listening() -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104 (asked, not bound)
    try:
        socket.create_connection((host, settings.PORT), timeout=1).close()
    except OSError:
        return False
    return True


def _age_seconds() -> float:
    """Since this process was started, its interpreter and imports included."""
    if sys.platform != "linux":
        return time.process_time()
    started_ticks = int(Path("/proc/self/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started_ticks / 100
