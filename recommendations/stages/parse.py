"""Turn the model's answer into candidates, and in the first round add those that wait from earlier runs."""

from dataclasses import replace

from recommendations.domain.salvage import parse_answer
from recommendations.domain.types import Batch
from recommendations.stage import RunContext


def parse(batch: Batch, context: RunContext) -> Batch:
    parsed = parse_answer(batch.answer, context.brief.mode)
    notes = (*batch.notes, parsed.problem) if parsed.problem else batch.notes
    waiting = context.kept_for_later if batch.round == 1 else ()
    return replace(batch, candidates=waiting + parsed.items, suggested=len(parsed.items), notes=notes)
