"""What Brainarr costs while nothing happens, and how fast it answers Lidarr: the numbers, with their limits."""

import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int, str]]:
    """(pid, port, what it said)"""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "BRAINARR_DATA": str(tmp_path_factory.mktemp("data")),
        "BRAINARR_PORT": str(port),
        "BRAINARR_HOST": "127.0.0.1",
    }
    command = [sys.executable, "manage.py", "up"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.pid, port, process.stdout.readline()
        process.send_signal(signal.SIGTERM)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _tree(int(child))


def _pss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


def test_idle_web_and_worker_together_use_at_most_150_mib(running: tuple[int, int, str]) -> None:
    pid, _, said = running
    # Long enough for two beats, so that what they touch is counted.
    time.sleep(12)

    total = sum(_pss_mib(member) for member in _tree(pid))

    print(f"\n{said.strip()}; {total:.0f} MiB PSS in {len(list(_tree(pid)))} processes")
    assert total <= 150


def test_a_list_is_answered_within_ten_milliseconds(running: tuple[int, int, str]) -> None:
    _, port, _ = running
    connection = http.client.HTTPConnection("127.0.0.1", port)
    took = []
    for _ in range(500):
        started = time.perf_counter()
        connection.request("GET", "/lists/any?apikey=token")
        connection.getresponse().read()
        took.append((time.perf_counter() - started) * 1000)
    connection.close()

    print(f"\nA list: median {statistics.median(took):.2f} ms, 99 of 100 within {sorted(took)[494]:.2f} ms")
    assert sorted(took)[494] <= 10
