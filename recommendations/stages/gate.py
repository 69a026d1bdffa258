"""Let through what meets the list's conditions, and count what the round brought."""

from collections import Counter
from dataclasses import replace

from recommendations.domain import gates
from recommendations.domain.reasons import ReviewReason
from recommendations.domain.top_up import count_repeats
from recommendations.domain.types import Batch, Candidate, Round
from recommendations.stage import RunContext


def gate(batch: Batch, context: RunContext) -> Batch:
    room = context.brief.target - sum(is_publishable(candidate) for candidate in batch.accepted)
    by_artist = Counter(context.library.listed_by_artist())
    by_artist.update(gates.artist_key(candidate) for candidate in batch.accepted)
    kept, drops = gates.gate(batch.candidates, context.brief, room, by_artist)
    after = batch.keep(kept, drops)
    published = sum(is_publishable(candidate) for candidate in kept)
    done = Round(
        suggested=batch.suggested,
        published=published,
        in_review=len(kept) - published,
        repeats=count_repeats(after.drops) - sum(earlier.repeats for earlier in batch.rounds),
    )
    return replace(after, accepted=(*batch.accepted, *kept), rounds=(*batch.rounds, done))


def is_publishable(candidate: Candidate) -> bool:
    """True for what goes onto the list by itself, or would if the list's policy did not send everything to review."""
    return candidate.review in (None, ReviewReason.POLICY)
