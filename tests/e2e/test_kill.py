"""Workers killed in every place: every run ends as if nobody had been killed, and nothing is paid for twice."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import House, MakeHouse, wait_for

pytestmark = pytest.mark.e2e

MORTAL = str(Path(__file__).with_name("mortal.py"))
KILLS = os.environ.get("BRAINARR_TEST_KILLS", "20")
LIST = {"name": "Quiet", "slug": "quiet", "target": 12}


@pytest.mark.parametrize("mode", ["artists", "albums"])
def test_a_death_around_every_checkpoint_changes_nothing(mode: str, make_house: MakeHouse) -> None:
    calm, killed = make_house("calm"), make_house("killed")
    for house in (calm, killed):
        house.provision({**LIST, "mode": mode})
    calm.manage("run_list", "quiet")

    told = _mortal(killed, "checkpoints")

    steps = [step for (step,) in calm.rows("SELECT round || ':' || stage FROM recommendations_stagereport ORDER BY id")]
    assert len(steps) > 20, "two rounds at least"
    assert told["deaths"] == len(told["at"]) == 2 * len(steps)
    assert killed.published("quiet") == calm.published("quiet")
    assert killed.asked() == calm.asked()
    _has_no_leftovers(killed)
    assert _story(killed) == _story(calm)


def test_deaths_at_random_moments_change_nothing(make_house: MakeHouse) -> None:
    calm, killed = make_house("calm"), make_house("killed")
    for house in (calm, killed):
        house.vendor.pace = 0.004
        house.provision(LIST)

    told = _mortal(killed, "random", KILLS, "5")

    # Counted in the rows: a worker may die between the end of its run and the telling of it.
    ((runs,),) = killed.rows("SELECT count(*) FROM recommendations_run")
    for _ in range(runs):
        calm.manage("run_list", "quiet")
    assert told["deaths"] == int(KILLS)
    assert killed.published("quiet") == calm.published("quiet")
    # A call that was killed before its answer was stored had to be made again; an answered one never.
    assert list(dict.fromkeys(killed.asked())) == list(dict.fromkeys(calm.asked()))
    assert _counts(killed, "complete") == len(calm.asked())
    assert len(killed.asked()) <= len(calm.asked()) + _counts(killed, "interrupted")
    _has_no_leftovers(killed)
    assert _story(killed) == _story(calm)


def test_a_worker_killed_in_mid_stream_asks_that_once_more(make_house: MakeHouse) -> None:
    calm, killed = make_house("calm"), make_house("killed")
    for house in (calm, killed):
        house.provision(LIST)
    calm.manage("run_list", "quiet")
    killed.vendor.pace = 0.02
    first = killed.start("manage.py", "run_list", "quiet")
    wait_for(lambda: killed.vendor.seen("/v1/chat"))
    time.sleep(0.5)
    first.kill()
    assert first.wait() == -signal.SIGKILL
    killed.vendor.pace = 0.0

    began = time.monotonic()
    killed.manage("run_list", "quiet")

    assert time.monotonic() - began < 20, "a dead worker's lease must not be waited for"
    assert killed.published("quiet") == calm.published("quiet")
    assert killed.asked() == [calm.asked()[0], *calm.asked()]
    assert (_counts(killed, "interrupted"), _counts(killed, "complete")) == (1, len(calm.asked()))
    _has_no_leftovers(killed)


def test_a_run_that_kills_its_worker_is_set_aside_after_three_deaths(house: House) -> None:
    house.provision(LIST)

    told = _mortal(house, "poison", "resolve")

    assert told["deaths"] == 3
    ((status, problem),) = house.rows("SELECT status, problem FROM recommendations_run")
    assert status == "set_aside"
    assert "died 3 times" in problem
    assert "Round 1: resolve" in problem
    assert len(house.asked()) == 1
    assert house.published("quiet") == ([], [])
    _has_no_leftovers(house)


def _mortal(house: House, *arguments: str) -> dict[str, Any]:
    running = house.start(MORTAL, "quiet", *arguments)
    said, complained = running.communicate(timeout=300)
    assert running.returncode == 0, complained
    assert "Traceback" not in complained, complained
    found: dict[str, Any] = json.loads(said)
    return found


def _counts(house: House, outcome: str) -> int:
    ((count,),) = house.rows("SELECT count(*) FROM providers_providercall WHERE outcome = ?", outcome)
    return int(count)


def _story(house: House) -> object:
    """What the owner is told of all runs: outcomes, summaries, recommendations and drops."""
    runs = "status, problem, summary, suggested, published, in_review, round"
    found = "status, artist_mbid, release_group_mbid, score, reason"
    return (
        house.rows(f"SELECT {runs} FROM recommendations_run ORDER BY id"),
        house.rows(f"SELECT {found} FROM recommendations_recommendation ORDER BY artist_mbid"),
        house.rows("SELECT run_id, round, stage, artist, reason FROM recommendations_droppedcandidate ORDER BY id"),
        house.rows("SELECT run_id, round, stage, came_in, went_out FROM recommendations_stagereport ORDER BY id"),
    )


def _has_no_leftovers(house: House) -> None:
    assert house.rows("SELECT * FROM recommendations_checkpoint") == []
    assert house.rows("SELECT * FROM recommendations_run WHERE status IN ('queued', 'running')") == []
    assert house.rows("SELECT * FROM providers_providercall WHERE outcome = 'started'") == []
    twice = "SELECT correlation, step FROM providers_providercall WHERE outcome = 'complete' GROUP BY 1, 2"
    assert house.rows(f"{twice} HAVING count(*) > 1") == []
    mbids = "SELECT artist_mbid, release_group_mbid FROM recommendations_recommendation GROUP BY 1, 2"
    assert house.rows(f"{mbids} HAVING count(*) > 1") == []
    assert house.rows("PRAGMA integrity_check") == [("ok",)]
