"""Turn the model's answer into candidates, and in the first round add those that wait from earlier runs."""

from dataclasses import replace

from recommendations.domain.salvage import parse_answer
from recommendations.domain.types import Batch
from recommendations.stage import RunContext

# A model that runs wild names thousands; each one would cost the rest of the run a look-up.
MOST_ITEMS = 200


def parse(batch: Batch, context: RunContext) -> Batch:
    parsed = parse_answer(batch.answer, context.brief.mode)
    items, notes = parsed.items[:MOST_ITEMS], batch.notes
    if len(parsed.items) > MOST_ITEMS:
        notes = (*notes, f"The model named {len(parsed.items)}; the first {MOST_ITEMS} were looked at.")
    waiting = context.kept_for_later if batch.round == 1 else ()
    return replace(batch, candidates=waiting + items, suggested=len(items), notes=notes)
