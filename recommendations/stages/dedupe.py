"""Drop what turns out, now that its ids are known, to be owned, turned down, or in this run under another name."""

from recommendations.domain.reasons import DropReason
from recommendations.domain.types import Batch, Candidate, Mode
from recommendations.stage import RunContext


def dedupe(batch: Batch, context: RunContext) -> Batch:
    known = context.library.known(batch.candidates)
    seen = {_id(candidate, context) for candidate in batch.accepted} - {""}
    for candidate, earlier in zip(batch.candidates, known, strict=True):
        mbid = _id(candidate, context)
        if earlier:
            batch = batch.drop(candidate, earlier.reason, earlier.detail)
        elif mbid in seen:
            batch = batch.drop(candidate, DropReason.ALREADY_IN_RUN)
        elif mbid:
            seen.add(mbid)
    return batch


def _id(candidate: Candidate, context: RunContext) -> str:
    return candidate.release_group_mbid if context.brief.mode is Mode.ALBUMS else candidate.artist_mbid
