"""Several workers and one run, in foreground and in the task cluster."""

import json
import os
import signal
import time

import pytest

from tests.e2e.conftest import House, wait_for

pytestmark = pytest.mark.e2e

LIST = {"name": "Quiet", "slug": "quiet", "target": 6}


def test_two_workers_on_one_run_ask_once_and_tell_the_same(house: House) -> None:
    house.vendor.pace = 0.01
    house.provision(LIST)
    first = house.start("manage.py", "run_list", "quiet", "--json")
    wait_for(lambda: house.rows("SELECT 1 FROM recommendations_run WHERE status = 'running'"))

    second = house.start("manage.py", "run_list", "quiet", "--json")

    told = [json.loads(process.communicate(timeout=60)[0]) for process in (first, second)]
    assert told[0] == told[1]
    assert told[0]["status"] == "complete"
    assert house.rows("SELECT count(*), max(attempts) FROM recommendations_run") == [(1, 1)]
    assert len(house.asked()) == len(set(house.asked()))


def test_a_lease_that_ran_out_is_taken_and_its_slow_owner_stops(house: House) -> None:
    house.vendor.pace = 0.1
    house.provision(LIST)
    slow = house.start("manage.py", "run_list", "quiet", "--json")
    wait_for(lambda: house.vendor.seen("/v1/chat"))
    # As if its host had slept: the lease is over while the owner lives on.
    house.change("UPDATE recommendations_run SET lease_until = '2020-01-01 00:00:00'")

    taker = house.start("manage.py", "run_list", "quiet", "--json")

    wait_for(lambda: len(house.vendor.seen("/v1/chat")) == 2)
    # The slow one looks at its lease twice a second.
    time.sleep(1.0)
    house.vendor.pace = 0.0
    told = [json.loads(process.communicate(timeout=60)[0]) for process in (slow, taker)]
    assert told[0] == told[1]
    assert told[1]["status"] == "complete", told[1]["problem"]
    assert house.rows("SELECT count(*) FROM recommendations_recommendation WHERE status = 'listed'") == [(6,)]
    outcomes = house.rows("SELECT outcome FROM providers_providercall WHERE step = '1:ask' ORDER BY id")
    assert outcomes == [("interrupted",), ("complete",)]


def test_a_killed_worker_of_the_cluster_is_replaced_and_the_run_goes_on(house: House) -> None:
    up = house.up()
    house.provision(LIST)
    house.vendor.pace = 0.03
    following = house.start("manage.py", "run_list", "quiet", "--json", "--queue")
    wait_for(lambda: house.vendor.seen("/v1/chat"))
    time.sleep(0.3)
    ((owner,),) = house.rows("SELECT lease_owner FROM recommendations_run")

    os.kill(int(owner.split(":")[1]), signal.SIGKILL)
    house.vendor.pace = 0.0

    told = json.loads(following.communicate(timeout=40)[0])
    assert told["status"] == "complete"
    assert house.rows("SELECT outcome FROM providers_providercall WHERE step = '1:ask' ORDER BY id") == [
        ("interrupted",),
        ("complete",),
    ]
    assert up.poll() is None


def test_a_killed_brainarr_takes_its_run_up_when_it_is_started_again(house: House) -> None:
    up = house.up()
    house.provision(LIST)
    house.vendor.pace = 0.1
    following = house.start("manage.py", "run_list", "quiet", "--json", "--queue")
    wait_for(lambda: house.vendor.seen("/v1/chat"))

    up.kill()
    up.wait()
    house.up()
    house.vendor.pace = 0.0

    assert json.loads(following.communicate(timeout=40)[0])["status"] == "complete"
    assert len(house.asked()) == len(set(house.asked())) + 1


def test_a_run_nobody_was_told_about_is_found(house: House) -> None:
    """As when the process that queued it died before its task was stored."""
    house.provision(LIST)
    house.shell(
        "from recommendations.services.runs import start_run\n"
        "from recommendations.models import RecommendationList\n"
        "start_run(RecommendationList.objects.get(), trigger='owner', now=timezone.now())"
    )
    house.change("UPDATE recommendations_run SET queued_at = '2026-01-01 00:00:00'")

    house.up()

    wait_for(lambda: house.status() == "complete", 40)
