"""Asks the task queue for a sign of life and tells when none comes: a cluster can look alive and work nothing off."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.crypto import get_random_string

from recommendations.queries.liveness import busy_workers, has_beaten
from recommendations.queue import drop_beats, enqueue_beat

EVERY_SECONDS = 10.0
PATIENCE_SECONDS = 30.0
# The supervisor has signals to mind; it does not queue for a busy database as others do.
_LOCK_PATIENCE_MS = 2000


@dataclass
class Watchdog:
    """Watches one cluster. `now` is monotonic seconds, `today` the time of day that leases are written in.

    asleep → asked → (beaten) asleep …
                   → (silent for 30 s while a worker is free) stuck
    """

    workers: int
    has_seen_life: bool = False
    _token: str = ""
    _silent_since: float = 0.0
    _ask_next_at: float = 0.0

    def start_over(self) -> None:
        """Another cluster is being watched from now on; what the last one was asked is void."""
        self._token = ""
        self._ask_next_at = 0.0
        _mind_locks()
        drop_beats()

    def is_stuck(self, now: float, today: datetime) -> bool:
        """Ask when it is time; True when the answer is overdue. Raises django.db.Error."""
        if not self._token:
            if now >= self._ask_next_at:
                self._ask(now)
            return False
        _mind_locks()
        if has_beaten(self._token):
            self.has_seen_life = True
            self._token = ""
            return False
        # The beat waits behind runs, rightly, for as long as every worker has one.
        if busy_workers(today) >= self.workers:
            self._silent_since = now
        return now - self._silent_since > PATIENCE_SECONDS

    def _ask(self, now: float) -> None:
        _mind_locks()
        token = get_random_string(20)
        enqueue_beat(token)
        self._token = token
        self._silent_since = now
        self._ask_next_at = now + EVERY_SECONDS


def _mind_locks() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {_LOCK_PATIENCE_MS}")
