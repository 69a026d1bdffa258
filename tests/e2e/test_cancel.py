"""The owner says stop: within two seconds, wherever the run is, and nothing is published."""

import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from tests.e2e.conftest import House, wait_for

pytestmark = pytest.mark.e2e

LIST = {"name": "Quiet", "slug": "quiet", "target": 6}
WITHIN_S = 2.0

PLACES: dict[str, tuple[Callable[[House], None], Callable[[House], object]]] = {
    "a library that takes its time": (
        lambda house: house.lidarr.fault("slow", path="/api/v1/artist", times=-1, seconds=60),
        lambda house: house.lidarr.seen("/api/v1/artist"),
    ),
    "the model's thinking": (
        lambda house: house.vendor.fault("stall", path="/v1/chat", times=-1, seconds=60),
        lambda house: house.vendor.seen("/v1/chat"),
    ),
    "the middle of a stream": (
        lambda house: setattr(house.vendor, "pace", 0.2),
        lambda house: house.vendor.seen("/v1/chat"),
    ),
    "a pause the vendor asked for": (
        lambda house: house.vendor.fault(
            "status", path="/v1/chat", times=-1, status=429, headers={"Retry-After": "60"}
        ),
        lambda house: house.vendor.seen("/v1/chat"),
    ),
    "a look-up": (
        lambda house: house.musicbrainz.fault("stall", path="/ws/2", times=-1, seconds=60),
        lambda house: house.musicbrainz.seen("/ws/2"),
    ),
    "a pause MusicBrainz asked for": (
        lambda house: house.musicbrainz.fault(
            "status", path="/ws/2", times=-1, status=503, headers={"Retry-After": "25"}
        ),
        lambda house: house.musicbrainz.seen("/ws/2"),
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_run_is_cancelled_in(place: str, house: House) -> None:
    hold, is_there = PLACES[place]
    house.provision(LIST)
    hold(house)
    running = house.start("manage.py", "run_list", "quiet")
    wait_for(lambda: is_there(house))
    time.sleep(0.4)

    took = _cancelled_after(house, running)

    assert took < WITHIN_S
    said, _ = running.communicate(timeout=10)
    assert running.returncode == 1
    assert "Run 1 of quiet: cancelled" in said
    assert "nothing was published" in said
    assert house.published("quiet") == ([], [])
    assert house.rows("SELECT * FROM recommendations_recommendation") == []
    assert house.rows("SELECT * FROM recommendations_checkpoint") == []
    assert house.rows("SELECT * FROM providers_providercall WHERE outcome = 'started'") == []


def test_a_run_in_the_cluster_is_cancelled_and_its_worker_free_again(house: House) -> None:
    house.up()
    house.provision(LIST)
    house.vendor.pace = 0.2
    running = house.start("manage.py", "run_list", "quiet", "--queue")
    wait_for(lambda: house.vendor.seen("/v1/chat"))

    took = _cancelled_after(house, running)

    assert took < WITHIN_S
    house.vendor.pace = 0.0
    house.manage("run_list", "quiet", "--queue")
    assert house.status() == "complete"


def _cancelled_after(house: House, running: subprocess.Popen[str]) -> float:
    running.send_signal(signal.SIGINT)
    return wait_for(lambda: house.status() == "cancelled", 10)
