"""Names whoever holds a run, so that anybody on the same host can tell when that holder is gone."""

import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

from django.utils.crypto import get_random_string


def new_owner() -> str:
    """A name for one hold on one run: host, process, when that process started, and a word of its own."""
    return f"{_host()}:{os.getpid()}:{_started(os.getpid())}:{get_random_string(6)}"


def is_gone(owner: str) -> bool:
    """Whether the owner was a process of this host that has ended; of other hosts' processes nothing is known."""
    host, _, rest = owner.partition(":")
    pid, _, rest = rest.partition(":")
    started = rest.partition(":")[0]
    return host == _host() and bool(started) and _started(int(pid)) != started


@cache
def _host() -> str:
    """This machine, or this container: a process number means nothing outside of its namespace."""
    namespace = ""
    with suppress(OSError):
        namespace = f"/{Path('/proc/self/ns/pid').stat().st_ino}"
    return f"{socket.gethostname()[:24]}{namespace}"


def _started(pid: int) -> str:
    """When the process started, in clock ticks since boot; "" when there is none, or only its remains.

    Fields 3 and 22 of /proc/<pid>/stat, see man 5 proc_pid_stat.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
