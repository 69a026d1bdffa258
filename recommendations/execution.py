"""Takes a claimed run to its end and writes down how it ended, whatever happens on the way."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.db import DatabaseError, OperationalError
from django.utils import timezone

from providers.contracts import ModelKey
from providers.errors import ProviderError
from providers.gateway import choose_model
from providers.queries import retiring_soon
from recommendations.domain.top_up import funnel
from recommendations.domain.types import Batch
from recommendations.models import Recommendation, RecommendationList, Run
from recommendations.pipeline import execute, preview
from recommendations.prompts.sections import PROMPT_VERSION
from recommendations.queries.library import OwnedLibrary
from recommendations.services.library import LibraryUnavailable
from recommendations.services.review import unresolved_candidates
from recommendations.services.runs import (
    BRIEFS,
    DeadlinePassed,
    Lease,
    LeaseLost,
    RunCancelled,
    brief_of,
    cancel,
    claim,
    finish,
)
from recommendations.services.trouble import lock_to_chosen, settle
from recommendations.stage import RunContext
from recommendations.stages.gate import is_publishable

logger = logging.getLogger(__name__)


def continue_run(run_id: int) -> str:
    """Take the run up where it stands and bring it to an end; returns its status.

    Returns "" when the run is not ours, and when it must wait: a database that cannot be written to (a full disk) ends
    the attempt, not the run, which is taken up again when its lease has run out.
    """
    lease = None
    try:
        lease = claim(run_id, timezone.now())
        if lease is None:
            return ""
        _bring_to_an_end(lease)
    except LeaseLost:
        logger.warning("Run %d was taken over by another worker", run_id)
        return ""
    except OperationalError as trouble:
        logger.error("Run %d waits: the database cannot be used (%s). Make room on its disk.", run_id, trouble)  # noqa: TRY400 (nothing of ours broke)
        if lease is not None:
            with suppress(DatabaseError):
                lease.excuse()
        return ""
    return Run.objects.values_list("status", flat=True).get(pk=run_id)


def _bring_to_an_end(lease: Lease) -> None:
    """Work, and write down how it ended. Raises LeaseLost and OperationalError."""
    try:
        run = Run.objects.select_related("list").get(pk=lease.run_id)
        lock_to_chosen(run, now=timezone.now())
        batch = _work(run, lease)
        if batch is not None:
            _finish_well(run, lease, batch)
    except RunCancelled:
        cancel(lease)
    except DeadlinePassed:
        finish(
            lease,
            Run.Status.FAILED,
            problem="The run reached its deadline before anything came of it. Choose a quicker model, or raise "
            "BRAINARR_RUN_DEADLINE_MINUTES.",
        )
    except (ProviderError, LibraryUnavailable) as problem:
        finish(lease, Run.Status.FAILED, problem=str(problem))
    except (LeaseLost, OperationalError):
        raise
    except Exception as error:
        # The last stop: a bug must leave a row and a traceback, not a run that seems to go on for ever.
        logger.exception("Run %d failed", lease.run_id)
        finish(
            lease,
            Run.Status.FAILED,
            problem=f"Something broke inside Brainarr ({type(error).__name__}: {error}). The log has the details; "
            "starting the list again is safe.",
        )


def _work(run: Run, lease: Lease) -> Batch | None:
    """The run's batch at its end, or None when it is parked until somebody has decided."""
    while True:
        try:
            return execute(_context(run, lease.tick, lease.report), lease)
        except ProviderError as error:
            if not settle(run, lease, error, timezone.now()):
                return None


def preview_list(list_: RecommendationList, now: datetime) -> Batch:
    """What a run of the list would send now. Reads the library; asks no model, stores no run."""
    run = Run(
        list=list_,
        pk=0,
        account=list_.account,
        model=list_.model,
        seed=list_.seed,
        brief=BRIEFS.dump_python(brief_of(list_), mode="json"),
        started_at=now,
    )
    return preview(_context(run, lambda: None, lambda sentence: None))


def _context(run: Run, tick: Callable[[], None], show: Callable[[str], None]) -> RunContext:
    connections = tuple(run.list.connections.filter(is_enabled=True).order_by("pk").values_list("pk", flat=True))
    now = run.started_at or timezone.now()
    return RunContext(
        run_id=run.pk,
        correlation=run.correlation,
        brief=BRIEFS.validate_python(run.brief),
        account_id=run.account_id or 0,
        chosen=choose_model(run.account_id or 0, run.model),
        connection_ids=connections,
        seed=run.seed,
        now=now,
        library=OwnedLibrary(run.list, connections, now),
        kept_for_later=unresolved_candidates(run.list),
        tick=tick,
        show=show,
        turn=run.turn,
        settled_because=run.settled_because,
    )


def _finish_well(run: Run, lease: Lease, batch: Batch) -> None:
    saved = Recommendation.objects.filter(run=run)
    published = saved.filter(status=Recommendation.Status.LISTED).count()
    in_review = saved.filter(status__in=(Recommendation.Status.WAITING, Recommendation.Status.UNRESOLVED)).count()
    wanted = BRIEFS.validate_python(run.brief).target
    brought = sum(is_publishable(candidate) for candidate in batch.accepted)
    suggested = sum(done.suggested for done in batch.rounds)
    about_to_go = [
        f"“{gone.model}” is retired on {gone.retires_on:%-d %B %Y}; choose another model for this list."
        for gone in retiring_soon(timezone.now(), [ModelKey(run.account_id or 0, run.model)])
        if (gone.account_id, gone.model) == (run.account_id, run.model)
    ]
    lines = [*funnel(batch.drops, suggested, published, in_review), *batch.notes, *about_to_go]
    finish(
        lease,
        Run.Status.COMPLETE if brought >= wanted else Run.Status.PARTIAL,
        suggested=suggested,
        published=published,
        in_review=in_review,
        prompt_version=PROMPT_VERSION,
        summary="\n".join(lines),
    )
