"""What is put into the queue can be found and called by a worker."""

import pydoc
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from recommendations import queue
from recommendations.queue import TaskName


def test_every_beat_names_a_function_that_exists() -> None:
    assert callable(pydoc.locate(TaskName.BEAT.value))


@pytest.mark.django_db
def test_a_run_is_queued_by_its_number() -> None:
    queue.enqueue_run(7)

    [queued] = OrmQ.objects.all()
    assert (queued.func(), queued.args()) == ("recommendations.tasks.continue_run", (7,))
    assert queue.waiting() == 1


@pytest.mark.django_db
def test_beats_are_dropped_even_when_a_dead_cluster_had_taken_them() -> None:
    queue.enqueue_beat("old")
    OrmQ.objects.update(lock=timezone.now() + timedelta(hours=1))
    queue.enqueue_run(7)
    queue.enqueue_beat("new")

    queue.drop_beats()

    assert [queued.name() for queued in OrmQ.objects.all()] == ["run 7"]


@pytest.mark.django_db
def test_what_was_queued_under_another_secret_key_is_left_alone() -> None:
    OrmQ.objects.create(key="brainarr", payload="signed:by:another", lock=timezone.now())

    queue.drop_beats()

    assert OrmQ.objects.count() == 1
