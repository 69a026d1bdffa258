"""Runs: one worker at a time, one active per list, no lease for the dead, and an end that is written down."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from providers.accounts import declare_account
from providers.models import ProviderAccount
from recommendations.domain.reasons import DropReason
from recommendations.domain.types import Batch, Candidate, Mode
from recommendations.models import Checkpoint, DroppedCandidate, RecommendationList, Run, StageReport
from recommendations.services import runs
from recommendations.services.owners import is_gone, new_owner
from recommendations.services.runs import (
    LEASE,
    DeadlinePassed,
    LeaseLost,
    RunCancelled,
    RunRefused,
    abandoned,
    claim,
    finish,
    request_cancel,
    save_step,
    saved_steps,
    start_run,
)
from tests.factories import NOW, make_list

pytestmark = pytest.mark.django_db

Status = Run.Status
TELL_OWNER = "from recommendations.services.owners import new_owner; print(new_owner(), flush=True)"


@pytest.fixture
def list_() -> RecommendationList:
    return make_list(account=declare_account("Demo", "demo", ""))


@pytest.fixture
def run(list_: RecommendationList) -> Run:
    return _start(list_)


@pytest.fixture
def dead() -> str:
    """The owner's name of a process that has ended."""
    ended = subprocess.run(
        [sys.executable, "-c", TELL_OWNER],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.strip()


@pytest.fixture
def undead() -> Iterator[str]:
    """The owner's name of a process that was killed and whose parent has not looked yet."""
    killed = subprocess.Popen(
        [sys.executable, "-c", f"{TELL_OWNER}; input()"],
        env={**os.environ, "PYTHONPATH": "."},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert killed.stdin is not None
    assert killed.stdout is not None
    owner = killed.stdout.readline().strip()
    os.kill(killed.pid, signal.SIGKILL)
    os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
    yield owner
    killed.stdin.close()
    killed.stdout.close()
    killed.wait()


def _start(list_: RecommendationList) -> Run:
    return start_run(list_, trigger=Run.Trigger.OWNER, now=NOW)


def _now(run: Run) -> Run:
    run.refresh_from_db()
    return run


# Starting.


def test_a_run_is_queued_with_all_it_needs_to_know(list_: RecommendationList) -> None:
    run = _start(list_)

    assert (run.status, run.provider, run.model, run.seed) == (Status.QUEUED, "demo", "curated", 0)
    assert run.brief["target"] == 20
    list_.refresh_from_db()
    assert list_.seed == 1


def test_one_list_has_one_active_run(list_: RecommendationList, run: Run) -> None:
    with pytest.raises(RunRefused, match="under way already; wait for it or cancel it"):
        _start(list_)
    assert Run.objects.count() == 1


def test_the_queue_is_bounded_and_says_by_what(list_: RecommendationList, run: Run, settings: Any) -> None:
    settings.MAX_QUEUED_RUNS = 1

    with pytest.raises(RunRefused, match="BRAINARR_MAX_QUEUED_RUNS"):
        _start(make_list("other", account=list_.account))


def test_a_run_that_cannot_start_says_why(list_: RecommendationList) -> None:
    account = ProviderAccount.objects.get()
    nobody = declare_account("Groq", "groq", "gsk_0123456789")
    with pytest.raises(RunRefused, match=r"has no account.*Provider field"):
        _start(make_list("none"))
    with pytest.raises(RunRefused, match="No model is chosen"):
        _start(make_list("modelless", account=nobody))
    with pytest.raises(RunRefused, match="switched off"):
        _start(make_list("off", account=account, is_enabled=False))
    ProviderAccount.objects.update(is_enabled=False)
    list_.refresh_from_db()
    with pytest.raises(RunRefused, match="choose an enabled one"):
        _start(list_)
    assert not Run.objects.exists()


# Claiming.


def test_of_two_workers_one_gets_the_run(run: Run) -> None:
    lease = claim(run.pk, NOW)

    assert lease is not None
    assert claim(run.pk, NOW) is None
    assert (_now(run).status, run.attempts, run.started_at) == (Status.RUNNING, 1, NOW)


def test_a_lease_holds_for_its_time_and_no_longer(run: Run) -> None:
    claim(run.pk, NOW)

    assert claim(run.pk, NOW + LEASE) is None
    assert abandoned(NOW + LEASE) == []
    later = NOW + LEASE + timedelta(seconds=1)
    assert abandoned(later) == [run.pk]
    assert claim(run.pk, later) is not None
    assert (_now(run).attempts, run.started_at) == (2, NOW)


def test_a_lease_from_a_clock_that_was_set_back_does_not_hold_for_hours(run: Run) -> None:
    claim(run.pk, NOW + timedelta(hours=5))

    assert abandoned(NOW) == [run.pk]
    assert claim(run.pk, NOW) is not None


def test_a_dead_owner_on_this_host_is_noticed_at_once(run: Run, dead: str) -> None:
    claim(run.pk, NOW)
    Run.objects.update(lease_owner=dead)

    assert abandoned(NOW) == [run.pk]
    assert claim(run.pk, NOW) is not None
    assert claim(run.pk, NOW) is None


def test_a_killed_owner_whose_remains_are_still_there_is_dead(undead: str) -> None:
    assert is_gone(undead)


def test_who_lives_or_lives_elsewhere_is_not_gone(dead: str) -> None:
    mine = new_owner()
    host, _, rest = dead.partition(":")

    assert not is_gone(mine)
    assert not is_gone(f"{host}x:{rest}")
    assert not is_gone("")
    assert not is_gone("a name of another version")
    # The same number, given to another process since.
    number, started = str(os.getpid()), mine.split(":")[2]
    assert is_gone(f"{host}:{number}:{int(started) - 1}:abcdef")
    # Where there is no /proc, nobody can be told dead.
    assert not is_gone(f"{host}:999999999::abcdef")
    assert len(mine) <= 64, "the column takes no more"


def test_a_run_that_killed_its_worker_three_times_at_one_stage_is_set_aside(run: Run) -> None:
    now = NOW
    for _ in range(3):
        lease = claim(run.pk, now)
        assert lease is not None
        lease.report("Round 1: resolve")
        now += 2 * LEASE

    assert claim(run.pk, now) is None

    assert _now(run).status == Status.SET_ASIDE
    assert "died 3 times in a row at “Round 1: resolve”" in run.problem
    assert abandoned(now + 2 * LEASE) == []


def test_progress_makes_earlier_deaths_forgotten(run: Run) -> None:
    now = NOW
    for number in range(5):
        lease = claim(run.pk, now)
        assert lease is not None
        save_step(lease, f"{number}:resolve", Batch(), Batch(), stage="resolve", took_ms=1)
        # Saving renews the lease by the clock on the wall.
        Run.objects.update(lease_until=now)
        now += 2 * LEASE

    assert claim(run.pk, now) is not None


def test_an_excused_attempt_does_not_count(run: Run) -> None:
    now = NOW
    for _ in range(5):
        lease = claim(run.pk, now)
        assert lease is not None
        lease.excuse()
        now += 2 * LEASE

    assert claim(run.pk, now) is not None


def test_a_queued_run_nobody_was_told_about_is_found_later(run: Run) -> None:
    assert abandoned(NOW + LEASE) == []
    assert abandoned(NOW + LEASE + timedelta(seconds=1)) == [run.pk]


# Holding.


def test_a_worker_that_lost_its_lease_changes_nothing_any_more(run: Run) -> None:
    slow = claim(run.pk, NOW)
    taker = claim(run.pk, NOW + 2 * LEASE)
    assert slow is not None
    assert taker is not None

    with pytest.raises(LeaseLost):
        slow.tick()
    with pytest.raises(LeaseLost):
        save_step(slow, "1:parse", Batch(), Batch(), stage="parse", took_ms=1)
    with pytest.raises(LeaseLost):
        finish(slow, Status.COMPLETE)
    slow.report("Round 9: confusion")
    slow.excuse()

    assert not Checkpoint.objects.exists()
    assert (_now(run).status, run.progress, run.attempts) == (Status.RUNNING, "", 2)
    taker.hold(progress="")


def test_a_tick_keeps_the_lease(run: Run) -> None:
    lease = claim(run.pk, timezone.now() - LEASE)
    assert lease is not None
    lease._renewed -= runs.RENEW_EVERY_S

    lease.tick()

    assert abandoned(timezone.now() + LEASE / 2) == []


def test_a_tick_tells_of_a_cancel_and_of_the_deadline(run: Run) -> None:
    lease = claim(run.pk, timezone.now())
    assert lease is not None
    lease.deadline_at = timezone.now() - timedelta(seconds=1)
    with pytest.raises(DeadlinePassed):
        lease.tick()

    request_cancel(run.pk, timezone.now())
    lease._looked = 0.0

    with pytest.raises(RunCancelled):
        lease.tick()


def test_the_deadline_counts_from_the_first_start(run: Run, settings: Any) -> None:
    first = claim(run.pk, NOW)
    second = claim(run.pk, NOW + timedelta(hours=2))

    assert first is not None
    assert second is not None
    assert first.deadline_at == second.deadline_at == NOW + settings.RUN_DEADLINE


# Remembering.


def test_a_step_is_stored_whole_or_not_at_all(run: Run) -> None:
    lease = claim(run.pk, NOW)
    assert lease is not None
    candidate = Candidate("Talk Talk", "Laughing Stock")
    before = Batch(candidates=(candidate,))
    after = before.drop(candidate, DropReason.OWNED, "Talk Talk")
    save_step(lease, "1:screen", before, after, stage="screen", took_ms=7)

    with pytest.raises(IntegrityError), transaction.atomic():
        save_step(lease, "1:screen", before, after, stage="screen", took_ms=7)

    assert saved_steps(run.pk) == ({"1:screen"}, after)
    assert StageReport.objects.values_list("came_in", "went_out", "dropped", "took_ms").get() == (1, 0, 1, 7)
    assert DroppedCandidate.objects.get().detail == "Talk Talk"


def test_the_end_leaves_no_checkpoint_and_frees_the_list(list_: RecommendationList, run: Run) -> None:
    lease = claim(run.pk, NOW)
    assert lease is not None
    save_step(lease, "1:parse", Batch(), Batch(answer="private"), stage="parse", took_ms=1)

    finish(lease, Status.COMPLETE, summary="Done")

    assert not Checkpoint.objects.exists()
    assert (_now(run).status, run.summary, run.lease_until) == (Status.COMPLETE, "Done", None)
    assert claim(run.pk, NOW) is None
    assert _start(list_).pk != run.pk


# Cancelling.


def test_a_queued_run_is_cancelled_at_once(run: Run) -> None:
    request_cancel(run.pk, NOW)

    assert (_now(run).status, run.finished_at) == (Status.CANCELLED, NOW)
    assert claim(run.pk, NOW) is None


def test_a_run_whose_worker_is_dead_is_cancelled_at_once(run: Run, dead: str) -> None:
    claim(run.pk, NOW)
    Run.objects.update(lease_owner=dead)

    request_cancel(run.pk, NOW)

    assert _now(run).status == Status.CANCELLED


def test_what_is_published_is_not_called_cancelled(run: Run, dead: str) -> None:
    lease = claim(run.pk, NOW)
    assert lease is not None
    save_step(lease, runs.PUBLISHED, Batch(), Batch(), stage="publish", took_ms=1)
    Run.objects.update(lease_owner=dead)

    request_cancel(run.pk, NOW)

    assert _now(run).status == Status.RUNNING
    assert abandoned(NOW) == [run.pk]


def test_a_run_at_work_is_left_to_its_worker_and_one_that_is_over_to_itself(run: Run) -> None:
    lease = claim(run.pk, timezone.now())
    assert lease is not None
    request_cancel(run.pk, timezone.now())
    assert (_now(run).status, run.is_cancel_requested) == (Status.RUNNING, True)
    finish(lease, Status.PARTIAL)

    request_cancel(run.pk, timezone.now())

    assert _now(run).status == Status.PARTIAL


def test_a_brief_is_frozen_when_the_run_starts(list_: RecommendationList, run: Run) -> None:
    RecommendationList.objects.update(mode=Mode.ALBUMS, target=3)

    assert runs.BRIEFS.validate_python(_now(run).brief).mode is Mode.ARTISTS
