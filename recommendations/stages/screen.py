"""Drop by name what is nothing new, before MusicBrainz is asked: its answers cost a second each."""

from recommendations.domain.names import album_key, artist_key
from recommendations.domain.reasons import DropReason
from recommendations.domain.types import Batch, Candidate, Drop, Mode
from recommendations.stage import RunContext


def screen(batch: Batch, context: RunContext) -> Batch:
    earlier = {_key(candidate, context) for candidate in batch.accepted}
    earlier |= {_key(drop.candidate, context) for drop in batch.drops}
    seen: set[str] = set()
    fresh: list[Candidate] = []
    drops: list[Drop] = []
    for candidate in batch.candidates:
        key = _key(candidate, context)
        if key in seen:
            drops.append(Drop(candidate, DropReason.REPEATED_IN_ANSWER))
        elif key in earlier:
            drops.append(Drop(candidate, DropReason.ALREADY_IN_RUN))
        else:
            fresh.append(candidate)
        seen.add(key)
    known = context.library.known(fresh)
    drops += [Drop(c, k.reason, k.detail) for c, k in zip(fresh, known, strict=True) if k]
    fresh = [c for c, k in zip(fresh, known, strict=True) if k is None]
    return batch.keep(fresh, drops)


def _key(candidate: Candidate, context: RunContext) -> str:
    if context.brief.mode is Mode.ALBUMS:
        return album_key(candidate.artist, candidate.album)
    return artist_key(candidate.artist)
