"""Tells inventions from records by their looks, before MusicBrainz is asked. When in doubt, it keeps.

Each rule has a shape that no record in MusicBrainz is known to have, or that only its listed exceptions have.
"""

import re
from collections.abc import Callable
from datetime import datetime

from recommendations.domain import fillers, inventions
from recommendations.domain.editions import edition_notes
from recommendations.domain.reasons import DropReason
from recommendations.domain.types import Candidate, Drop, Mode

# Scott de Martinville's phonautograms of 1860 are the oldest recordings there are.
FIRST_RECORDING_YEAR = 1860
# The long-playing record is of 1948; hardly a record older than that has been given an anniversary edition.
_FIRST_ALBUM_YEAR = 1948
_FIRST_REMASTER_YEAR = 1970
_FIRST_DIGITAL_YEAR = 1979

_Finding = tuple[DropReason, str] | None


def judge(candidate: Candidate, mode: Mode, now: datetime) -> Drop | None:
    """The drop for a candidate that cannot be a real artist or record, with what gave it away; None keeps it.

    The candidate is sanitized. In artist mode an album is evidence: an invented one discredits its artist as well.
    """
    if not candidate.artist:
        return Drop(candidate, DropReason.NO_ARTIST)
    if mode is Mode.ALBUMS and not candidate.album:
        return Drop(candidate, DropReason.NO_ALBUM)
    for rule in _RULES:
        if found := rule(candidate, now.year):
            return Drop(candidate, *found)
    return None


def _judge_placeholder(candidate: Candidate, this_year: int) -> _Finding:
    if fillers.is_special_purpose(candidate.artist):
        return DropReason.SPECIAL_PURPOSE, candidate.artist
    if fillers.is_filler_artist(candidate.artist):
        return DropReason.GENERATED_NAME, candidate.artist
    if candidate.album and fillers.is_filler_title(candidate.album):
        return DropReason.FILLER_TITLE, candidate.album
    return None


def _judge_year(candidate: Candidate, this_year: int) -> _Finding:
    year = candidate.year
    if year is not None and not FIRST_RECORDING_YEAR <= year <= this_year + 1:
        return DropReason.IMPOSSIBLE_DATE, str(year)
    return None


_YEAR = re.compile(r"(?<![\d:])([12]\d\d\d)(?!\d)")
# A year that opens the title may be the title: "2112 Remastered".
_DATED_TAIL = re.compile(
    r"(?<=\S\s)((?:19|2\d)\d\d)\s+(?:\w+\s+){0,3}(?:remaster(?:ed)?|reissue|edition|anniversary)\b"
    r"|\b(?:remaster(?:ed)?|reissued?|edition|anniversary)(?:\s+\w+){0,2}\s+((?:19|2\d)\d\d)\b",
    re.IGNORECASE,
)
_LIVE_IN = re.compile(r"\blive\b.*?\b((?:19|2\d)\d\d)\W*$", re.IGNORECASE)
_ANNIVERSARY = re.compile(r"\b(\d{1,4})(?:st|nd|rd|th)?(?:[- ]year)?\s+anniversary\b", re.IGNORECASE)
_REMASTER = re.compile(r"\bre-?master", re.IGNORECASE)


def _judge_edition_year(candidate: Candidate, this_year: int) -> _Finding:
    notes = [note for note in edition_notes(candidate.album) if inventions.names_an_edition(note)]
    notes += [found[0] for found in _DATED_TAIL.finditer(candidate.album)]
    years = {int(year) for note in notes for year in _YEAR.findall(note)}
    if live := _LIVE_IN.search(candidate.album):
        years.add(int(live[1]))
        if candidate.year is not None and int(live[1]) > candidate.year:
            return DropReason.IMPOSSIBLE_DATE, f"live in {live[1]}, released in {candidate.year}"
    if late := [year for year in years if year > this_year + 1]:
        return DropReason.IMPOSSIBLE_DATE, f"an edition of {max(late)}"
    for note in notes:
        if _REMASTER.search(note) and (found := _judge_remaster(note, candidate.year)):
            return found
    return None


def _judge_remaster(note: str, released: int | None) -> _Finding:
    years = [int(year) for year in _YEAR.findall(note)]
    for year in years:
        if year < _FIRST_REMASTER_YEAR or (year < _FIRST_DIGITAL_YEAR and "digital" in note.lower()):
            return DropReason.IMPOSSIBLE_DATE, f"a remaster of {year}"
        if released is not None and len(years) == 1 and year < released:
            return DropReason.IMPOSSIBLE_DATE, f"remastered in {year}, released in {released}"
    return None


def _judge_anniversary(candidate: Candidate, this_year: int) -> _Finding:
    for found in _ANNIVERSARY.finditer(candidate.album):
        age = int(found[1])
        is_too_old = not 0 < age <= 100
        # The year may be the record's or the edition's: it is only impossible when it can be neither.
        year = candidate.year
        is_neither = year is not None and year + age > this_year + 1 and year - age < _FIRST_ALBUM_YEAR
        if is_too_old or is_neither:
            return DropReason.IMPOSSIBLE_DATE, found[0]
    return None


def _judge_contradiction(candidate: Candidate, this_year: int) -> _Finding:
    if what := inventions.contradiction(candidate.album, candidate.artist):
        return DropReason.CONTRADICTORY_EDITION, what
    return None


def _judge_phrases(candidate: Candidate, this_year: int) -> _Finding:
    for text in (candidate.album, candidate.artist):
        if what := inventions.machine_phrase(text):
            return DropReason.GENERATED_NAME, what
    return None


def _judge_repetition(candidate: Candidate, this_year: int) -> _Finding:
    for text in (candidate.artist, candidate.album):
        if what := inventions.repetition(text, candidate.artist):
            return DropReason.GENERATED_NAME, what
    artist = candidate.artist.lower()
    times = len(re.findall(rf"\b{re.escape(artist)}\b", candidate.album.lower())) if len(artist) > 2 else 0
    if times >= 3:
        return DropReason.GENERATED_NAME, f"the artist {times} times in the title"
    if times == 2 and re.search(r"\b(?:play|cover|imitat)(?:s|ing|ed)?\b", candidate.album, re.IGNORECASE):
        return DropReason.GENERATED_NAME, "the artist plays the artist"
    return None


def _judge_noise(candidate: Candidate, this_year: int) -> _Finding:
    for text in (candidate.artist, candidate.album):
        if what := inventions.noise(text):
            return DropReason.GENERATED_NAME, what
    if sum((candidate.artist + candidate.album).count(sign) for sign in "™®©") > 1:
        return DropReason.GENERATED_NAME, "trademark signs"
    return None


_RULES: tuple[Callable[[Candidate, int], _Finding], ...] = (
    _judge_placeholder,
    _judge_year,
    _judge_edition_year,
    _judge_anniversary,
    _judge_contradiction,
    _judge_phrases,
    _judge_repetition,
    _judge_noise,
)
