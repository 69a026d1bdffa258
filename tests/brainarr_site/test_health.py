"""Ready means that a run could be worked off now."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from brainarr_site.schema import unapplied_migrations
from recommendations.models import Run
from recommendations.services import liveness
from tests.factories import make_list

pytestmark = pytest.mark.django_db


def _problems(client: Client) -> str:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    [problem] = answer.json()["problems"]
    return str(problem)


def _busy(number: int, lease: timedelta) -> None:
    Run.objects.create(
        list=make_list(f"list-{number}"),
        status=Run.Status.RUNNING,
        brief={},
        queued_at=timezone.now(),
        lease_until=timezone.now() + lease,
    )


def test_ready_while_tasks_are_worked_off(client: Client) -> None:
    liveness.record_beat("token", timezone.now() - timedelta(seconds=55))

    assert client.get("/readyz").json() == {"status": "ready"}


def test_not_ready_before_the_first_beat_nor_after_a_minute_of_silence(client: Client) -> None:
    assert "No task" in _problems(client)

    liveness.record_beat("token", timezone.now() - timedelta(seconds=65))

    assert "No task" in _problems(client)


def test_silence_is_no_fault_while_every_worker_has_a_run(client: Client, settings: Any) -> None:
    settings.WORKERS = 2
    _busy(1, timedelta(minutes=1))
    assert "No task" in _problems(client)

    _busy(2, timedelta(minutes=1))

    assert client.get("/readyz").status_code == 200


def test_a_run_whose_lease_ran_out_keeps_no_worker_busy(client: Client, settings: Any) -> None:
    settings.WORKERS = 1
    _busy(1, timedelta(seconds=-1))

    assert "No task" in _problems(client)


def test_not_ready_while_a_migration_waits(client: Client) -> None:
    assert unapplied_migrations() == []

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'recommendations'")

    assert "recommendations.0001_initial first" in _problems(client)
    assert set(unapplied_migrations()) >= {"recommendations.0001_initial"}


def test_not_ready_without_a_database(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE recommendations_heartbeat")

    assert "The database cannot be read (no such table" in _problems(client)


def test_alive_says_nothing_of_the_rest(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.post("/healthz").status_code == 405
