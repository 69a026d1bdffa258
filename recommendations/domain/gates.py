"""The last word before a candidate is kept: the list's own conditions, its review policy and the room it has."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from recommendations.domain.reasons import DropReason, ReviewReason
from recommendations.domain.scoring import candidate_styles
from recommendations.domain.styles import find_style, is_within
from recommendations.domain.types import Brief, Candidate, Drop, Mode, ReviewPolicy

BORDERLINE = 0.10

_OPEN_IDENTITY = frozenset({ReviewReason.AMBIGUOUS_IDENTITY, ReviewReason.UNRESOLVED})


def gate(
    candidates: Sequence[Candidate], brief: Brief, room: int, per_artist: Mapping[str, int]
) -> tuple[list[Candidate], list[Drop]]:
    """Those that stay, best score first, and those that leave, each with its reason. Every candidate is in one of them.

    Who stays without a `review` may be published; there are at most `room` of them. Who stays with one waits for the
    owner: it takes no room, but a queue of more than twice the list's target helps nobody, so the rest is over target.
    `per_artist` counts what the list already holds, by `artist_key`.

    A confidence up to 0.10 under the minimum goes to review, except under the automatic policy, which drops it: its
    owner asked not to be asked. A confidence not given goes to review likewise, and passes under the automatic policy:
    a figure nobody gave cannot be too low. Who is not identified yet keeps that mark under every policy, and needs no
    MBID to wait.
    """
    kept: list[Candidate] = []
    drops: list[Drop] = []
    by_artist = Counter(per_artist)
    taken: Counter[bool] = Counter()
    limits = {True: 2 * brief.target, False: room}
    for candidate in sorted(candidates, key=_best_first):
        judged = replace(candidate, review=_review(candidate, brief))
        waits = judged.review is not None
        fault = _fault(candidate, brief)
        if fault is None and by_artist[artist_key(candidate)] >= brief.per_artist_cap:
            fault = DropReason.ARTIST_CAP, f"cap {brief.per_artist_cap}"
        if fault is None and taken[waits] >= limits[waits]:
            fault = DropReason.OVER_TARGET, ""
        if fault is not None:
            drops.append(Drop(candidate, *fault))
            continue
        by_artist[artist_key(candidate)] += 1
        taken[waits] += 1
        kept.append(judged)
    return kept, drops


def artist_key(candidate: Candidate) -> str:
    """What one artist's candidates are counted under: the MBID, or the name in lower case while there is none."""
    return candidate.artist_mbid or candidate.artist.casefold()


def _best_first(candidate: Candidate) -> tuple[float, float, str, str]:
    return -(candidate.score or 0.0), -(candidate.confidence or 0.0), candidate.artist, candidate.album


def _fault(candidate: Candidate, brief: Brief) -> tuple[DropReason, str] | None:
    """The first of the list's conditions that the candidate fails, with the particulars."""
    if brief.requires_mbid and candidate.review not in _OPEN_IDENTITY:
        if not candidate.artist_mbid:
            return DropReason.NO_MBID, "artist"
        if brief.mode is Mode.ALBUMS and not candidate.release_group_mbid:
            return DropReason.NO_MBID, "album"
    if _is_unsure(candidate, brief):
        return DropReason.LOW_CONFIDENCE, f"under {brief.minimum_confidence:.2f}"
    if outside := _outside(candidate, brief):
        return DropReason.OFF_STYLE, ", ".join(sorted(outside))
    return None


def _is_unsure(candidate: Candidate, brief: Brief) -> bool:
    allowance = 0.0 if brief.review_policy is ReviewPolicy.AUTOMATIC else BORDERLINE
    return candidate.confidence is not None and _shortfall(candidate.confidence, brief) > allowance


def _shortfall(confidence: float, brief: Brief) -> float:
    # Rounded, because 0.8 - 0.7 is a hair more than 0.1 in floating point.
    return round(brief.minimum_confidence - confidence, 6)


def _outside(candidate: Candidate, brief: Brief) -> set[str]:
    """The candidate's styles, if they are known and none lies within the list's.

    Where all of them are merely wider ("rock" on a list of shoegaze) it stays open whether the candidate belongs.
    """
    wanted = {style.slug for text in brief.styles if (style := find_style(text))}
    styles = candidate_styles(candidate)
    belongs = any(is_within(slug, want) for slug in styles for want in wanted)
    is_open = all(any(is_within(want, slug) for want in wanted) for slug in styles)
    return set() if belongs or is_open or not wanted else styles


def _review(candidate: Candidate, brief: Brief) -> ReviewReason | None:
    """Why it waits for the owner; what is already marked keeps its mark."""
    if candidate.review is not None:
        return candidate.review
    if brief.review_policy is ReviewPolicy.AUTOMATIC:
        return None
    if candidate.confidence is None and brief.minimum_confidence > 0:
        return ReviewReason.CONFIDENCE_NOT_GIVEN
    if candidate.confidence is not None and _shortfall(candidate.confidence, brief) > 0:
        return ReviewReason.BORDERLINE_CONFIDENCE
    return ReviewReason.POLICY if brief.review_policy is ReviewPolicy.EVERYTHING else None
