"""`manage.py up` as its owner runs it: real processes, killed in every place."""

import contextlib
import functools
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]


class Up:
    """A running Brainarr: supervisor → web server → web worker, and → sentinel → workers, monitor, pusher."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.process = _start(folder, port)

    def is_ready(self) -> bool:
        return self.status("/readyz") == 200

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code
        except OSError:
            return 0

    def last_beat(self) -> str:
        with closing(sqlite3.connect(self.folder / "brainarr.sqlite3", timeout=20)) as database:
            return str(database.execute("SELECT token FROM recommendations_heartbeat").fetchone()[0])

    @property
    def web(self) -> int:
        return _children(self.process.pid)[0]

    @property
    def web_worker(self) -> int:
        return _children(self.web)[0]

    @property
    def sentinel(self) -> int:
        return _children(self.process.pid)[-1]

    @property
    def workers(self) -> list[int]:
        # The sentinel forks its workers first, then the monitor, then the pusher.
        return _children(self.sentinel)[:2]

    @property
    def everyone(self) -> set[int]:
        found, new = set(), {self.process.pid}
        while new:
            found |= new
            new = {child for parent in new for child in _children(parent)} - found
        return found


def _start(folder: Path, port: int, **variables: str) -> subprocess.Popen[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "BRAINARR_DATA": str(folder),
        "BRAINARR_PORT": str(port),
        "BRAINARR_HOST": "127.0.0.1",
        **variables,
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _children(pid: int) -> list[int]:
    """In the order they were forked."""
    with_parent = [
        (int(fields[19]), int(path.name))
        for path in Path("/proc").iterdir()
        if path.name.isdigit() and (fields := _stat(path)) and int(fields[1]) == pid
    ]
    return [child for _, child in sorted(with_parent)]


def _stat(path: Path) -> list[str]:
    try:
        return (path / "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def _are_gone(pids: set[int]) -> bool:
    return all(_stat(Path(f"/proc/{pid}"))[:1] in ([], ["Z"], ["X"]) for pid in pids)


def _wait_for(is_so: Callable[[], bool], seconds: float) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, f"waited {seconds} s in vain"
        time.sleep(0.1)


def _free_port() -> int:
    """Below the ports that the system hands out by itself, some of which other tests hold for a moment."""
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Up]]:
    """Starts Brainarr on the test's folder; whatever the test does, nothing of it is left behind."""
    started: list[Up] = []

    def begin() -> Up:
        started.append(Up(tmp_path, _free_port()))
        return started[-1]

    yield begin
    for running in started:
        everyone = running.everyone
        running.process.kill()
        running.process.communicate()
        _wait_for(functools.partial(_are_gone, everyone), 5)


@pytest.fixture
def up(start: Callable[[], Up]) -> Up:
    running = start()
    _wait_for(running.is_ready, 30)
    return running


def _works_off_tasks_again_after(up: Up, kill: Callable[[], None]) -> None:
    _wait_for(lambda: up.last_beat() != "", 5)
    kill()
    before = up.last_beat()
    # A beat that was under way may still arrive; the one after it cannot have been.
    _wait_for(lambda: up.last_beat() != before, 60)
    between = up.last_beat()
    _wait_for(lambda: up.last_beat() != between, 60)
    assert up.is_ready()


def test_it_starts_says_so_and_stops_cleanly(start: Callable[[], Up], tmp_path: Path) -> None:
    running = start()
    assert running.process.stdout is not None
    greeted, said = running.process.stdout.readline(), running.process.stdout.readline()
    assert running.is_ready()
    everyone = running.everyone
    assert len(everyone) >= 7

    running.process.terminate()
    _, logged = running.process.communicate(timeout=15)

    assert running.process.returncode == 0
    assert f"sign in at http://127.0.0.1:{running.port}/admin/" in greeted
    assert (tmp_path / "first_password").read_text().strip() not in greeted + said + logged
    assert said.startswith(f"Brainarr is ready at http://127.0.0.1:{running.port} (")
    assert _are_gone(everyone)
    assert not (tmp_path / "migrating").exists()
    assert "Traceback" not in logged


def test_lists_are_answered_before_and_during_the_first_migration(start: Callable[[], Up]) -> None:
    running = start()
    seen = set()
    while not running.is_ready():
        seen.add((running.status("/healthz"), running.status("/lists/any?apikey=x"), running.status("/admin/login/")))
    running.process.terminate()
    running.process.communicate(timeout=15)

    # Nothing listens at first; then lists are 503 (there is no copy yet) and, once migrated, 404; never 500.
    assert {alive for alive, _, _ in seen} <= {0, 200}
    assert {status for _, status, _ in seen} <= {0, 503, 404}
    assert {status for _, _, status in seen} <= {0, 503, 200}


def test_a_second_one_on_the_same_folder_is_refused(up: Up) -> None:
    second = _start(up.folder, _free_port())

    _, said = second.communicate(timeout=15)

    assert second.returncode == 1
    assert "Another Brainarr already runs" in said
    assert up.is_ready()


def test_a_port_that_is_taken_is_named(up: Up, tmp_path_factory: pytest.TempPathFactory) -> None:
    second = _start(tmp_path_factory.mktemp("other"), up.port)

    _, said = second.communicate(timeout=15)

    assert second.returncode == 1
    assert f"Port {up.port} is in use by another program" in said
    assert "BRAINARR_PORT" in said


@pytest.mark.parametrize("who", ["web", "web_worker"])
def test_a_killed_web_process_is_replaced(who: str, up: Up) -> None:
    killed = {getattr(up, who)} | set(_children(getattr(up, who)))

    os.kill(getattr(up, who), signal.SIGKILL)

    _wait_for(lambda: _are_gone(killed), 2)
    _wait_for(lambda: up.status("/healthz") == 200, 15)


@pytest.mark.parametrize("count", [1, 2])
def test_tasks_are_worked_off_again_after_idle_workers_were_killed(count: int, up: Up) -> None:
    def kill() -> None:
        for worker in up.workers[:count]:
            os.kill(worker, signal.SIGKILL)

    _works_off_tasks_again_after(up, kill)


def test_a_killed_sentinel_leaves_no_orphan_and_is_replaced(up: Up) -> None:
    cluster = {up.sentinel, *_children(up.sentinel)}

    _works_off_tasks_again_after(up, lambda: os.kill(up.sentinel, signal.SIGKILL))

    assert _are_gone(cluster)


def test_a_stopped_cluster_is_replaced(up: Up) -> None:
    """As after a deadlock: every process is there, and nothing moves."""
    sentinel = up.sentinel

    _works_off_tasks_again_after(up, lambda: os.killpg(sentinel, signal.SIGSTOP))

    assert _are_gone({sentinel})


def test_a_killed_supervisor_leaves_no_orphan_and_can_be_started_at_once(up: Up) -> None:
    everyone = up.everyone

    up.process.kill()
    up.process.communicate()

    up.process = _start(up.folder, up.port)
    _wait_for(lambda: _are_gone(everyone), 2)
    _wait_for(up.is_ready, 30)


def test_a_failed_backup_stops_the_start_and_a_failed_migration_leaves_the_data(up: Up, tmp_path: Path) -> None:
    up.process.terminate()
    up.process.communicate(timeout=15)
    database = tmp_path / "brainarr.sqlite3"
    # As if two migrations waited: django-q's last can be applied once more, ours finds its columns already there.
    with closing(sqlite3.connect(database)) as changed:
        changed.execute("DELETE FROM django_migrations WHERE name LIKE '0019_alter_task%' OR name = '0002_thinking'")
        changed.commit()
        before = list(changed.iterdump())
    (tmp_path / "backups").write_text("in the way")

    no_backup = _start(tmp_path, up.port)
    _, said = no_backup.communicate(timeout=15)

    assert no_backup.returncode == 1
    assert "the backup before the upgrade failed" in said
    (tmp_path / "backups").unlink()

    no_migration = _start(tmp_path, up.port)
    _, said = no_migration.communicate(timeout=15)

    assert no_migration.returncode == 1
    [backup] = (tmp_path / "backups").iterdir()
    assert f"a copy is {backup}" in said
    for kept in (database, backup):
        with closing(sqlite3.connect(kept)) as read:
            assert list(read.iterdump()) == before
