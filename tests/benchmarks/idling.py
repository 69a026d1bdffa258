"""Brainarr with nothing to do: how soon it is ready, what memory it holds, and what it costs the processor."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

from tests.benchmarks.measuring import Row, free_port, product, pss_mib

IDLE_S = 20
MOST_MIB = 150
_TICKS = os.sysconf("SC_CLK_TCK")


def measure(folder: Path) -> list[Row]:
    """`manage.py up` on a folder with an empty database, then again, as after a restart."""
    first_s, _, _ = _started(folder / "new", idle_s=0)
    again_s, memory, busy = _started(folder / "new", idle_s=IDLE_S)
    whole = sum(memory.values())
    return [
        Row("ready after the first start", f"{first_s:.1f} s"),
        Row("ready after another start", f"{again_s:.1f} s"),
        Row(f"memory after {IDLE_S} s (PSS)", f"{whole:.0f} MiB", f"<= {MOST_MIB} MiB", whole <= MOST_MIB),
        *(Row(f"  of process {name}", f"{mib:.1f} MiB") for name, mib in memory.items()),
        Row("processor, of one core", f"{busy:.1%}"),
    ]


def _started(folder: Path, *, idle_s: float) -> tuple[float, dict[str, float], float]:
    """Seconds until it is ready, MiB by process after `idle_s`, and the share of a core it used meanwhile."""
    port = free_port()
    began = time.perf_counter()
    with product(folder, port) as process:
        ready_s = time.perf_counter() - began
        urlopen(f"http://127.0.0.1:{port}/readyz").close()
        pids = list(_tree(process.pid))
        before = sum(_used_s(pid) for pid in pids)
        time.sleep(idle_s)
        used_s = sum(_used_s(pid) for pid in pids) - before
        memory = {f"{number} ({_name(pid)})": pss_mib(pid) for number, pid in enumerate(_tree(process.pid), start=1)}
    return ready_s, memory, used_s / idle_s if idle_s else 0.0


def _tree(pid: int) -> Iterator[int]:
    """The process and all that descend from it."""
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
        yield from _tree(int(child))


def _used_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
