"""Ask MusicBrainz who each candidate is, together with what an outage kept from being looked up in earlier runs."""

from dataclasses import replace

from providers.gateway import is_special_purpose
from recommendations.domain.identity import Certainty, Verdict
from recommendations.domain.reasons import DropReason, ReviewReason
from recommendations.domain.types import Batch, Candidate, Drop
from recommendations.services.resolution import resolve_candidates
from recommendations.stage import RunContext


def resolve(batch: Batch, context: RunContext) -> Batch:
    verdicts = resolve_candidates(batch.candidates, context.brief.mode, now=context.now, tick=context.tick)
    kept: list[Candidate] = []
    drops: list[Drop] = []
    for verdict in verdicts:
        outcome = _outcome(verdict)
        if isinstance(outcome, Drop):
            drops.append(outcome)
        else:
            kept.append(outcome)
    waiting = sum(verdict.certainty is Certainty.UNRESOLVED for verdict in verdicts)
    notes = (f"MusicBrainz could not be asked about {waiting}; they are looked up again in the next run.",)
    return replace(batch.keep(kept, drops), notes=batch.notes + (notes if waiting else ()))


def _outcome(verdict: Verdict) -> Candidate | Drop:
    candidate = verdict.candidate
    match verdict.certainty:
        case Certainty.NOT_FOUND:
            return Drop(candidate, DropReason.NOT_FOUND)
        case Certainty.AMBIGUOUS:
            return replace(candidate, review=ReviewReason.AMBIGUOUS_IDENTITY)
        case Certainty.UNRESOLVED:
            return replace(candidate, review=ReviewReason.UNRESOLVED)
        case Certainty.CERTAIN:
            if is_special_purpose(candidate.artist_mbid, candidate.artist):
                return Drop(candidate, DropReason.SPECIAL_PURPOSE)
    return candidate
