"""What a run does, in order. The table of contents of the product.

A run prepares once, then goes round until the list has what it wants or a rule says stop, then publishes. After every
stage the batch is stored, so a run that loses its worker goes on where it was: a stage that is behind it is not
repeated, a model that has answered is not asked again, and nothing is published twice.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace

from django.db import transaction

from recommendations.domain.reasons import ReviewReason
from recommendations.domain.top_up import Progress, next_round
from recommendations.domain.types import Batch, Discovery
from recommendations.services.runs import PUBLISHED, DeadlinePassed, Lease, save_step, saved_steps
from recommendations.stage import RunContext, Stage
from recommendations.stages.analyze import analyze
from recommendations.stages.ask import ask
from recommendations.stages.build_prompt import build_prompt
from recommendations.stages.dedupe import dedupe
from recommendations.stages.gate import gate
from recommendations.stages.parse import parse
from recommendations.stages.publish import publish
from recommendations.stages.resolve import resolve
from recommendations.stages.sanitize import sanitize
from recommendations.stages.score import score
from recommendations.stages.screen import screen
from recommendations.stages.sync_library import sync_library
from recommendations.stages.validate import validate

logger = logging.getLogger(__name__)

# Once: what the owner has, and what that says of their taste.
PREPARE: tuple[Stage, ...] = (sync_library, analyze)

# Again and again, asking only for what is still missing: domain/top_up.py says whether and for how many.
ROUND: tuple[Stage, ...] = (
    build_prompt,
    ask,
    parse,
    sanitize,
    validate,
    screen,
    resolve,
    dedupe,
    score,
    gate,
)

# Once: what survived becomes rows and the bytes that Lidarr reads, in one transaction with the checkpoint.
FINISH: tuple[Stage, ...] = (publish,)


def execute(context: RunContext, lease: Lease) -> Batch:
    """Take a run from where it stands to its end, and return what came of it.

    A deadline that passes after some rounds have brought something ends the rounds, not the run. Raises DeadlinePassed
    when there is nothing to publish yet, ProviderError when whoever is asked fails, and whatever `lease.tick` raises.
    """
    journey = Journey(context, lease)
    if PUBLISHED in journey.done:
        return journey.batch
    journey.through(PREPARE)
    if context.settled_because:
        journey.note(context.settled_because)
    else:
        _go_round_and_round(journey)
    journey.through(FINISH)
    return journey.batch


def _go_round_and_round(journey: "Journey") -> None:
    try:
        while True:
            journey.through(ROUND)
            decision = next_round(_progress(journey.batch, journey.context))
            if decision.stop is not None:
                journey.note(decision.stop.sentence)
                return
            if _is_unchecked(journey.batch):
                journey.note("While MusicBrainz is away nothing more can be checked, so nothing more was asked for")
                return
            journey.go_round(wanted=decision.ask_for, discovery=decision.discovery)
    except DeadlinePassed:
        if not journey.batch.accepted:
            raise
        logger.warning("Run %d reached its deadline and publishes what it has", journey.context.run_id)
        journey.note("Ended early: the run reached its deadline.")


def preview(context: RunContext) -> Batch:
    """The batch as far as its prompt: what would be sent, with nothing asked and nothing stored."""
    batch = _first_batch(context)
    for stage in (*PREPARE, build_prompt):
        batch = stage(batch, context)
    return batch


@dataclass(slots=True)
class Journey:
    """A run's way through the stages, remembering after each where it is."""

    context: RunContext
    lease: Lease
    batch: Batch
    done: set[str]

    def __init__(self, context: RunContext, lease: Lease) -> None:
        self.context = context
        self.lease = lease
        self.done, saved = saved_steps(context.run_id)
        self.batch = saved or _first_batch(context)

    def through(self, stages: Sequence[Stage]) -> None:
        """Take the batch through the stages, passing over those it has behind it."""
        for stage in stages:
            step = f"{self.batch.round if stages is ROUND else 0}:{stage.__name__}"
            if step not in self.done:
                self._take(stage, step, is_atomic=stages is FINISH)

    def go_round(self, *, wanted: int, discovery: Discovery) -> None:
        self.batch = replace(
            self.batch,
            round=self.batch.round + 1,
            wanted=wanted,
            discovery=discovery,
            suggested=0,
            candidates=(),
            answer="",
        )

    def note(self, sentence: str) -> None:
        self.batch = replace(self.batch, notes=(*self.batch.notes, sentence))

    def _take(self, stage: Stage, step: str, *, is_atomic: bool) -> None:
        # A deadline ends the rounds; what they brought is published all the same.
        with suppress(DeadlinePassed) if is_atomic else nullcontext():
            self.lease.tick()
        self.lease.report(f"Round {self.batch.round}: {stage.__name__.replace('_', ' ')}")
        began = time.perf_counter()
        with transaction.atomic() if is_atomic else nullcontext():
            after = stage(self.batch, self.context)
            took_ms = round((time.perf_counter() - began) * 1000)
            save_step(self.lease, step, self.batch, after, stage=stage.__name__, took_ms=took_ms)
        self.batch = after
        self.done.add(step)


def _first_batch(context: RunContext) -> Batch:
    batch = Batch(discovery=context.brief.discovery)
    return replace(batch, wanted=next_round(_progress(batch, context)).ask_for)


def _is_unchecked(batch: Batch) -> bool:
    """The round brought names and no certainty: another would pay for more of the same."""
    is_open = any(candidate.review is ReviewReason.UNRESOLVED for candidate in batch.candidates)
    return is_open and batch.rounds[-1].published == 0


def _progress(batch: Batch, context: RunContext) -> Progress:
    return Progress(context.brief, context.brief.target, batch.discovery, batch.rounds)
