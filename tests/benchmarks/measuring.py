"""What every figure is made of: rows, clocks, memory, and processes that end with the figure."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

MIB = 1 << 20
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `is_met` is None where nothing is required."""

    what: str
    figure: str
    requirement: str = ""
    is_met: bool | None = None


def seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def median_seconds(action: Callable[[], object], rounds: int) -> float:
    return median(seconds(action) for _ in range(rounds))


def forget_peak() -> None:
    """Start measuring the peak of this process's memory anew (Linux, proc_pid_clear_refs(5))."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_mib() -> float:
    """The most memory this process has held resident, in MiB, since `forget_peak`."""
    return _field(Path("/proc/self/status"), "VmHWM:") / 1024


def pss_mib(pid: int) -> float:
    """A process's memory in MiB, what it shares with others counted in proportion."""
    return _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") / 1024


def _field(path: Path, name: str) -> float:
    return next(
        float(line.split()[1]) for line in path.read_text(encoding="utf-8").splitlines() if line.startswith(name)
    )


@contextmanager
def running(command: Sequence[str], **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A process with pipes for its standard input and output, asked to end at the end of the `with`."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def product(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """Brainarr as its owner starts it, on a data folder of its own, from the moment it says that it is ready."""
    settings = {"BRAINARR_DATA": str(folder), "BRAINARR_PORT": str(port), "BRAINARR_HOST": "127.0.0.1"}
    with running([sys.executable, "manage.py", "up"], **settings) as process:
        while "is ready" not in (line := said(process)):
            if not line:
                raise RuntimeError("Brainarr did not become ready; what it wrote stands above")
        yield process


def said(process: subprocess.Popen[str]) -> str:
    """The next line the process writes, or nothing when it ends."""
    assert process.stdout is not None
    return process.stdout.readline()


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The next line the process writes, which is JSON."""
    answer: dict[str, Any] = json.loads(said(process))
    return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
