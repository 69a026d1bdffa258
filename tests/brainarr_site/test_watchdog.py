"""When the watchdog bites: silence, while a worker is free, for longer than its patience."""

from datetime import UTC, datetime, timedelta

import pytest
from django_q.models import OrmQ

from brainarr_site.watchdog import EVERY_SECONDS, PATIENCE_SECONDS, Watchdog
from recommendations import queue, tasks
from recommendations.models import Run
from tests.factories import make_list

pytestmark = pytest.mark.django_db

TODAY = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def _work_off() -> None:
    """What a worker does with a beat."""
    for queued in OrmQ.objects.all():
        if queued.func() == queue.TaskName.BEAT:
            tasks.beat(*queued.args())
            queued.delete()


def _run(number: int) -> Run:
    return Run.objects.create(
        list=make_list(f"list-{number}"),
        status=Run.Status.RUNNING,
        brief={},
        queued_at=TODAY,
        lease_until=TODAY + timedelta(hours=1),
    )


def test_one_beat_is_outstanding_at_a_time_and_the_next_comes_after_ten_seconds() -> None:
    watchdog = Watchdog(workers=2)

    asked = []
    for second in range(int(EVERY_SECONDS) + 1):
        watchdog.is_stuck(second, TODAY)
        asked.append(OrmQ.objects.count())
        _work_off()

    assert asked == [1] + [0] * 9 + [1]
    assert watchdog.has_seen_life


def test_silence_is_borne_for_thirty_seconds_and_no_longer() -> None:
    watchdog = Watchdog(workers=2)
    watchdog.is_stuck(0.0, TODAY)

    assert not watchdog.is_stuck(PATIENCE_SECONDS, TODAY)
    assert watchdog.is_stuck(PATIENCE_SECONDS + 1, TODAY)
    assert OrmQ.objects.count() == 1


def test_a_late_answer_is_an_answer() -> None:
    watchdog = Watchdog(workers=2)
    watchdog.is_stuck(0.0, TODAY)
    _work_off()

    assert not watchdog.is_stuck(PATIENCE_SECONDS * 2, TODAY)


def test_busy_workers_are_not_disturbed_and_have_time_for_the_beat_afterwards() -> None:
    watchdog = Watchdog(workers=2)
    first, _ = _run(1), _run(2)
    for second in range(600):
        assert not watchdog.is_stuck(second, TODAY)

    first.status = Run.Status.COMPLETE
    first.save()

    assert not watchdog.is_stuck(600 + PATIENCE_SECONDS - 2, TODAY)
    assert watchdog.is_stuck(600 + PATIENCE_SECONDS, TODAY)


def test_a_lease_that_ran_out_excuses_nothing() -> None:
    watchdog = Watchdog(workers=1)
    _run(1)
    watchdog.is_stuck(0.0, TODAY)

    assert watchdog.is_stuck(PATIENCE_SECONDS + 1, TODAY + timedelta(hours=2))


def test_a_new_cluster_is_asked_at_once_and_owes_nothing_of_the_last_ones() -> None:
    watchdog = Watchdog(workers=2)
    watchdog.is_stuck(0.0, TODAY)
    queue.enqueue_run(7)

    watchdog.start_over()

    assert [queued.name() for queued in OrmQ.objects.all()] == ["run 7"]
    assert not watchdog.is_stuck(PATIENCE_SECONDS + 1, TODAY)
    assert OrmQ.objects.count() == 2
