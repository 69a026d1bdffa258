"""Children of the supervisor: forked, each in a group of its own, dead as soon as their parent is."""

import contextlib
import ctypes
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from select import select
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
_WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_LIVED_WELL_SECONDS = 60.0


def tie_lives() -> None:
    """From now on every process forked from this one, and from those, is killed when its parent ends, however it ends.

    Without this, killing django-q2's parent leaves a cluster that goes on working beside the next one.
    """
    if sys.platform != "linux":
        return
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def remember() -> None:
        nonlocal parent
        parent = os.getpid()

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have ended before the line above.
        if os.getppid() != parent:
            os._exit(1)

    os.register_at_fork(before=remember, after_in_child=tie)


class Signals:
    """Signals as something to wait for, so that no code runs between two others."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._writer.settimeout(0)
        for number in _WATCHED:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def wait(self, seconds: float) -> set[int]:
        """The signals that came, or none once `seconds` are over."""
        readable, _, _ = select([self._reader], [], [], max(seconds, 0.0))
        return set(self._reader.recv(4096)) if readable else set()


class Child:
    """One forked process and the group it leads.

    idle → running → ended → (after a pause that grows from 1 to 30 seconds) running …
    """

    def __init__(self, name: str, body: Callable[[], None]) -> None:
        self.name = name
        self._body = body
        self._pid = 0
        self._started_at = 0.0
        self._pause = _FIRST_PAUSE
        self.start_again_at: float | None = None

    @property
    def is_running(self) -> bool:
        return self._pid != 0

    def is_pid(self, pid: int) -> bool:
        return self._pid == pid

    def start(self, now: float) -> None:
        """Fork. Database connections must be closed: a file lock of SQLite's does not survive a fork."""
        with _signals_held():
            pid = os.fork()
            if pid == 0:
                _become(self._body)
        self._pid = pid
        self._started_at = now
        self.start_again_at = None

    def ended(self, now: float) -> None:
        """The leader was reaped: end what is left of its group, and set the time for starting again."""
        self.kill()
        self._pid = 0
        if now - self._started_at > _LIVED_WELL_SECONDS:
            self._pause = _FIRST_PAUSE
        self.start_again_at = now + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def terminate(self) -> None:
        """Ask the leader to end; the others of the group are its business."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)

    def kill(self) -> None:
        """End the whole group now."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)


def reaped() -> Iterator[tuple[int, int]]:
    """(pid, exit code) of every child that ended, those adopted as process 1 included; killed by N is -N."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            yield ended[0], os.waitstatus_to_exitcode(ended[1])


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    # A signal between fork and reset would be told to the parent through the shared socket.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _become(body: Callable[[], None]) -> NoReturn:
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in _WATCHED:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        body()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
        if isinstance(stop.code, str):
            sys.stderr.write(f"{stop.code}\n")
    except BaseException:  # noqa: BLE001 (whatever happens, a child must not run on into its parent's code)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
