"""A disk that is full in the middle of a run: nothing is lost, nothing is paid for twice, the run goes on."""

import json
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import House, MakeHouse, wait_for

pytestmark = pytest.mark.e2e

LIST = {"name": "Quiet", "slug": "quiet", "target": 6}


@pytest.fixture
def small_disk(make_house: MakeHouse) -> Iterator[House]:
    """A house whose data folder is a disk of a few megabytes; only root may mount one."""
    house = make_house("small")
    database = (house.folder / "brainarr.sqlite3").read_bytes()
    mounted = os.getuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(house.folder)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        (house.folder / "brainarr.sqlite3").write_bytes(database)
        yield house
    finally:
        house.close()
        subprocess.run(["umount", "-l", str(house.folder)], check=True)


def test_a_disk_that_fills_up_during_the_answer_costs_no_answer(small_disk: House) -> None:
    house = small_disk

    def fill() -> Callable[[], None]:
        ballast = house.folder / "ballast"
        with ballast.open("wb", buffering=0) as file:
            while shutil.disk_usage(house.folder).free:
                file.write(b"\0" * min(shutil.disk_usage(house.folder).free, 65536))
        return ballast.unlink

    _survives(house, lambda pid: fill())


def test_a_limit_on_files_during_the_answer_costs_no_answer(house: House) -> None:
    def limit(pid: int) -> Callable[[], None]:
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        return lambda: bool(resource.prlimit(pid, resource.RLIMIT_FSIZE, before))  # type: ignore[return-value]

    _survives(house, limit)


def _survives(house: House, spoil: Callable[[int], Callable[[], None]]) -> None:
    house.provision(LIST)
    house.vendor.pace = 0.02
    running = house.start("manage.py", "run_list", "quiet", "--json")
    wait_for(lambda: house.vendor.seen("/v1/chat"))

    mend = spoil(running.pid)
    house.vendor.pace = 0.0
    time.sleep(3.0)
    assert running.poll() is None, running.communicate()
    assert house.rows("SELECT outcome FROM providers_providercall") == [("started",)], "the disk was not full"
    mend()

    said, complained = running.communicate(timeout=90)
    assert running.returncode == 0, complained
    assert "Traceback" not in complained, complained
    assert json.loads(said)["status"] == "complete"
    assert len(house.asked()) == len(set(house.asked()))
    assert house.rows("SELECT count(*) FROM recommendations_recommendation WHERE status = 'listed'") == [(6,)]
    assert house.rows("PRAGMA integrity_check") == [("ok",)]
    assert sorted(path.suffix for path in Path(house.folder / "published").iterdir()) == ["", ".json"]
