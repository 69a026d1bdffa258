"""Starts runs, hands them to one worker at a time, follows their progress, and ends them."""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone
from pydantic import TypeAdapter

from providers.gateway import Decision, choose_model, decide, pending_decision, release_lock
from recommendations import queue
from recommendations.domain.names import artist_key
from recommendations.domain.types import Batch, Brief, Discovery, Mode, ReviewPolicy, Sampling, Sensitivity
from recommendations.models import Checkpoint, DroppedCandidate, RecommendationList, Run, StageReport
from recommendations.services.owners import is_gone, new_owner

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=45)
RENEW_EVERY_S = 10.0
LOOK_EVERY_S = 0.5
MOST_ATTEMPTS = 3
# The last step of every run.
PUBLISHED = "0:publish"

BRIEFS = TypeAdapter(Brief)
BATCHES = TypeAdapter(Batch)


class RunRefused(Exception):
    """A run cannot start; the message says why and what to do."""


class RunCancelled(Exception):
    """The owner cancelled the run."""


class DeadlinePassed(Exception):
    """The run took longer than a run may."""


class LeaseLost(Exception):
    """Another worker holds the run now; this one must leave it alone."""


def brief_of(list_: RecommendationList) -> Brief:
    """What the list asks for, frozen for a run."""
    return Brief(
        list_id=list_.pk,
        slug=list_.slug,
        name=list_.name,
        mode=Mode(list_.mode),
        wish=list_.wish,
        styles=tuple(list_.styles),
        discovery=Discovery(list_.discovery),
        sampling=Sampling(list_.sampling),
        target=list_.target,
        minimum_confidence=list_.minimum_confidence,
        requires_mbid=list_.requires_mbid,
        review_policy=ReviewPolicy(list_.review_policy),
        per_artist_cap=list_.per_artist_cap,
        sensitivity=Sensitivity(list_.sensitivity),
        max_rounds=list_.max_rounds,
    )


def start_run(list_: RecommendationList, *, trigger: str, now: datetime, is_dry: bool = False) -> Run:
    """Queue a run of the list. Raises RunRefused with the reason when it cannot start."""
    account = list_.account
    if not list_.is_enabled:
        raise RunRefused(f"The list “{list_}” is switched off; switch it on to run it.")
    if account is None or not account.is_enabled:
        raise RunRefused(f"The list “{list_}” has no account to ask; choose an enabled one in its Provider field.")
    chosen = choose_model(account.pk, list_.model)
    if not chosen.model:
        raise RunRefused(f"No model is chosen; enter one on the list “{list_}” or on its account “{account}”.")
    if Run.objects.filter(status=Run.Status.QUEUED).count() >= settings.MAX_QUEUED_RUNS:
        raise RunRefused(
            f"{settings.MAX_QUEUED_RUNS} runs are waiting already; wait for them, or raise BRAINARR_MAX_QUEUED_RUNS."
        )
    try:
        with transaction.atomic():
            run = Run.objects.create(
                list=list_,
                trigger=trigger,
                is_dry=is_dry,
                account=account,
                provider=chosen.provider,
                model=chosen.model,
                table_version=chosen.table_version,
                brief=BRIEFS.dump_python(brief_of(list_), mode="json"),
                seed=list_.seed,
                queued_at=now,
            )
            RecommendationList.objects.filter(pk=list_.pk).update(seed=F("seed") + 1)
    except IntegrityError:
        raise RunRefused(f"A run of “{list_}” is under way already; wait for it or cancel it.") from None
    return run


def enqueue(run: Run) -> None:
    """Tell the workers about a run once its row is committed."""
    transaction.on_commit(lambda: queue.enqueue_run(run.pk))


def request_cancel(run_id: int, now: datetime, by: str = "the owner") -> None:
    """Cancel a run: at once if nobody works on it, else by its worker within two seconds. `by` names a person."""
    if _cancel_waiting(run_id, now):
        return
    if not Run.objects.filter(pk=run_id, status=Run.Status.RUNNING).update(is_cancel_requested=True):
        cancel_parked(run_id, by, now)
    # What has been published stays so: only its last line is missing, and whoever takes the run up writes that.
    with suppress(LeaseLost):
        if run_id in abandoned(now) and not has_published(run_id) and (lease := claim(run_id, now)):
            cancel(lease)


def _cancel_waiting(run_id: int, now: datetime) -> bool:
    with transaction.atomic():
        waiting = Run.objects.filter(pk=run_id, status=Run.Status.QUEUED)
        if not waiting.update(status=Run.Status.CANCELLED, finished_at=now, summary="Cancelled before it started."):
            return False
        # One that was parked before has a lock and a way behind it.
        _let_go(run_id, Run.Status.CANCELLED, now)
        return True


def cancel_parked(run_id: int, by: str, now: datetime) -> None:
    """Cancel a run that waits for a decision, by deciding that. Raises DecisionRefused when somebody was quicker."""
    run = Run.objects.filter(pk=run_id, status=Run.Status.PARKED).first()
    request = pending_decision(run.correlation) if run else None
    if run is None or request is None:
        return
    with transaction.atomic():
        decide(request.pk, Decision.CANCEL, by, "", now)
        cancel(parked_lease(run))


def claim(run_id: int, now: datetime) -> "Lease | None":
    """Take the run for this worker, or None when it is over or somebody else's.

    The attempt is counted before any work: a run that kills its worker is set aside after three.
    """
    owner = new_owner()
    holder = Run.objects.filter(pk=run_id).values_list("lease_owner", flat=True).first()
    free = _is_unheld(now) | Q(lease_owner=holder) if holder and is_gone(holder) else _is_unheld(now)
    taken = Run.objects.filter(free, pk=run_id, status__in=Run.UNDER_WAY).update(
        status=Run.Status.RUNNING, lease_owner=owner, lease_until=now + LEASE, attempts=F("attempts") + 1
    )
    if taken != 1:
        return None
    run = Run.objects.get(pk=run_id)
    if run.started_at is None or run.deadline_at is None:
        run.started_at = now
        run.deadline_at = now + settings.RUN_DEADLINE
        run.save(update_fields=["started_at", "deadline_at"])
    lease = Lease(run_id, owner, run.deadline_at)
    if run.attempts > MOST_ATTEMPTS:
        finish(
            lease,
            Run.Status.SET_ASIDE,
            problem=f"Its worker died {MOST_ATTEMPTS} times in a row at “{run.progress or 'the start'}”; "
            "look at the log around that time, then start the list again.",
        )
        return None
    return lease


def abandoned(now: datetime) -> Sequence[int]:
    """Runs whose worker is gone or let its lease run out, and queued ones that nobody was told about."""
    is_expired = Q(status=Run.Status.RUNNING) & _is_unheld(now)
    is_forgotten = Q(status=Run.Status.QUEUED, queued_at__lt=now - LEASE)
    left = set(Run.objects.filter(is_expired | is_forgotten).values_list("pk", flat=True))
    held = Run.objects.filter(status=Run.Status.RUNNING).exclude(pk__in=left).values_list("pk", "lease_owner")
    return sorted(left | {pk for pk, owner in held if is_gone(owner)})


def _is_unheld(now: datetime) -> Q:
    # A lease that ends further off than any lease lasts was written by a clock that has since been set back.
    return Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * LEASE)


@dataclass(slots=True)
class Lease:
    """This worker's hold on a run. `tick` keeps it and raises when the run must stop.

    `owner` names the worker; see `owners.new_owner`.
    """

    run_id: int
    owner: str
    deadline_at: datetime
    _looked: float = field(default=0.0)
    _renewed: float = field(default_factory=time.monotonic)

    def tick(self) -> None:
        """Cheap to call often: looks at the row twice a second. Raises RunCancelled, DeadlinePassed or LeaseLost."""
        moment = time.monotonic()
        if moment - self._looked < LOOK_EVERY_S:
            return
        self._looked = moment
        now = timezone.now()
        mine = Run.objects.filter(pk=self.run_id, lease_owner=self.owner)
        if moment - self._renewed >= RENEW_EVERY_S:
            # A disk that is full just now must not end a call that has been paid for; the lease outlasts some tries.
            with suppress(OperationalError):
                mine.update(lease_until=now + LEASE)
                self._renewed = moment
        is_cancelled = mine.values_list("is_cancel_requested", flat=True).first()
        if is_cancelled is None:
            raise LeaseLost
        if is_cancelled:
            raise RunCancelled
        if now > self.deadline_at:
            raise DeadlinePassed

    def report(self, progress: str) -> None:
        """Show the owner what is going on."""
        Run.objects.filter(pk=self.run_id, lease_owner=self.owner).update(progress=progress[:200])

    def excuse(self) -> None:
        """Do not count this attempt: its end was not the run's fault. The lease runs out by itself."""
        Run.objects.filter(pk=self.run_id, lease_owner=self.owner).update(attempts=F("attempts") - 1)

    def hold(self, **changes: object) -> None:
        """Change the run's row as its holder. Raises LeaseLost: whatever else the transaction did is undone."""
        if Run.objects.filter(pk=self.run_id, lease_owner=self.owner).update(**changes) != 1:
            raise LeaseLost


def parked_lease(run: Run) -> Lease:
    """The hold on a run that nobody works on, for ending it where it stands; parking left it without an owner."""
    return Lease(run.pk, "", run.deadline_at or timezone.now())


def save_step(lease: Lease, step: str, before: Batch, after: Batch, *, stage: str, took_ms: int) -> None:
    """Store what a stage did: its report, its drops, and the checkpoint to resume from; all or nothing."""
    dropped = after.drops[len(before.drops) :]
    with transaction.atomic():
        lease.hold(stage=stage, round=after.round, attempts=1, lease_until=timezone.now() + LEASE)
        position = Checkpoint.objects.filter(run_id=lease.run_id).count()
        Checkpoint.objects.create(
            run_id=lease.run_id, position=position, step=step, batch=BATCHES.dump_python(after, mode="json")
        )
        StageReport.objects.create(
            run_id=lease.run_id,
            round=after.round,
            stage=stage,
            came_in=len(before.candidates),
            went_out=len(after.candidates),
            dropped=len(dropped),
            took_ms=took_ms,
            note=" ".join(after.notes[len(before.notes) :]),
        )
        DroppedCandidate.objects.bulk_create(
            DroppedCandidate(
                run_id=lease.run_id,
                round=after.round,
                stage=stage,
                artist=drop.candidate.artist[:500],
                album=drop.candidate.album[:1000],
                artist_key=artist_key(drop.candidate.artist)[:500],
                confidence=drop.candidate.confidence,
                reason=drop.reason,
                detail=drop.detail,
            )
            for drop in dropped
        )


def saved_steps(run_id: int) -> tuple[set[str], Batch | None]:
    """The steps a run has behind it, and the batch as the last of them left it."""
    rows = list(Checkpoint.objects.filter(run=run_id).values_list("step", flat=True))
    last = Checkpoint.objects.filter(run=run_id).last()
    return set(rows), BATCHES.validate_python(last.batch) if last else None


def has_published(run_id: int) -> bool:
    """Whether all that the run was to do is done, and only its end is not written down yet."""
    return Checkpoint.objects.filter(run=run_id, step=PUBLISHED).exists()


def cancel(lease: Lease) -> None:
    """End the run as its owner wished."""
    finish(lease, Run.Status.CANCELLED, summary="Cancelled; nothing was published.")


def finish(lease: Lease, status: str, **outcome: object) -> None:
    """End the run. Checkpoints go with it: they hold the answer's text, and there is nothing left to resume."""
    with transaction.atomic():
        lease.hold(status=status, finished_at=timezone.now(), lease_until=None, progress="", **outcome)
        _let_go(lease.run_id, status, timezone.now())
    logger.info("Run ended", extra={"run": lease.run_id, "status": status})


def _let_go(run_id: int, status: str, now: datetime) -> None:
    Checkpoint.objects.filter(run=run_id).delete()
    correlation = Run.objects.values_list("correlation", flat=True).get(pk=run_id)
    release_lock(correlation, status, now=now)
