"""Say of each candidate how well it fits the listener, and the list as it fills up."""

from recommendations.domain import scoring
from recommendations.domain.types import Batch, Candidate
from recommendations.stage import RunContext


def score(batch: Batch, context: RunContext) -> Batch:
    scored: list[Candidate] = []
    for candidate in batch.candidates:
        chosen = (*batch.accepted, *scored)
        scored.append(scoring.score(candidate, batch.profile, chosen, context.now, context.brief.styles))
    return batch.keep(scored)
