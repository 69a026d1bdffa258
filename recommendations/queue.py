"""The only door to django-q2: names of tasks, putting them in the queue, and the cluster that works them off."""

import signal
import threading
import time
import uuid
from enum import StrEnum

from django_q.brokers import get_broker
from django_q.cluster import Sentinel
from django_q.models import OrmQ
from django_q.tasks import async_task


class TaskName(StrEnum):
    """Where each task lives. The path is stored with every queued task: renaming one needs a migration."""

    CONTINUE_RUN = "recommendations.tasks.continue_run"
    BEAT = "recommendations.tasks.beat"
    LOOK_AFTER_PROVIDERS = "recommendations.tasks.look_after_providers"


def enqueue_run(run_id: int) -> None:
    """Ask for run `run_id` to be continued. Delivered at least once, so the task must bear being told twice."""
    async_task(TaskName.CONTINUE_RUN.value, run_id, task_name=f"run {run_id}")


def enqueue_beat(token: str) -> None:
    """Ask the cluster for a sign of life that carries `token`."""
    async_task(TaskName.BEAT.value, token, task_name="beat", save=False)


def enqueue_look_after_providers() -> None:
    """Ask for accounts to be probed and the budgets' books to be kept."""
    async_task(TaskName.LOOK_AFTER_PROVIDERS.value, task_name="look after providers", save=False)


def drop_beats() -> None:
    """Forget beats nobody waits for any more, those a dead cluster had taken included."""
    beats = [queued.pk for queued in OrmQ.objects.all() if queued.func() == TaskName.BEAT.value]
    OrmQ.objects.filter(pk__in=beats).delete()


def waiting() -> int:
    """How many tasks no worker has been handed yet."""
    return int(get_broker().queue_size())


def start_cluster() -> None:
    """Run django-q2's cluster in this process; SIGTERM ends it after the tasks at hand.

    Its sentinel runs here and not in a child of a `Cluster`, which would be a whole process with nothing to do but
    pass a signal on.
    """
    stop = _Stop()
    sentinel = Sentinel(stop, threading.Event(), uuid.uuid4(), start=False)
    # After the sentinel has set its own handlers, which leave the stopping to the cluster we do without.
    signal.signal(signal.SIGTERM, stop.request)
    sentinel.start()


class _Stop:
    """Stands in for an event, which a signal handler must not set while the same thread waits for it."""

    def __init__(self) -> None:
        self._is_requested = False

    def request(self, *_: object) -> None:
        self._is_requested = True

    def is_set(self) -> bool:
        return self._is_requested

    def wait(self, seconds: float) -> bool:
        time.sleep(seconds)
        return self._is_requested
