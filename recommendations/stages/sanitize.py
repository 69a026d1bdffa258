"""Clean every text the model wrote, and drop what tries to be more than a name."""

from recommendations.domain.sanitizing import sanitize_candidate
from recommendations.domain.types import Batch, Drop
from recommendations.stage import RunContext


def sanitize(batch: Batch, context: RunContext) -> Batch:
    cleaned = [sanitize_candidate(candidate, context.brief.mode) for candidate in batch.candidates]
    drops = [outcome for outcome in cleaned if isinstance(outcome, Drop)]
    return batch.keep([outcome for outcome in cleaned if not isinstance(outcome, Drop)], drops)
