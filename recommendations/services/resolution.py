"""Finds out at MusicBrainz who candidates are: in batches, from the cache where it knows, and never by guessing."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from pydantic import TypeAdapter

from providers.contracts import CatalogArtist, CatalogReleaseGroup, Found
from providers.errors import NotFound
from providers.gateway import CatalogUnavailable, OpenCatalog, open_catalog
from recommendations.domain.identity import Certainty, Verdict, agreeing_artists, judge_artists, judge_records
from recommendations.domain.names import artist_key, title_key
from recommendations.domain.types import Candidate, Mode
from recommendations.models import Resolution

T = TypeVar("T")

PAIRS_PER_REQUEST = 20
NAMES_PER_REQUEST = 20
KEPT_FOR = {
    Certainty.CERTAIN: timedelta(days=90),
    Certainty.AMBIGUOUS: timedelta(days=7),
    Certainty.NOT_FOUND: timedelta(days=7),
}
# MusicBrainz merges artists every day: an id known for so long is looked up before it is used again, a few at a time.
CONFIRMED_FOR = timedelta(days=30)
MOST_CONFIRMED = 10
CANDIDATES = TypeAdapter(Candidate)


def resolve_candidates(
    candidates: Sequence[Candidate], mode: Mode, *, now: datetime, tick: Callable[[], None]
) -> list[Verdict]:
    """One verdict for each candidate, in order. What cannot be asked now is UNRESOLVED; nothing is raised for that."""
    _follow_merges(candidates, mode, now, tick)
    verdicts = _remembered(candidates, mode, now)
    open_questions = [i for i, verdict in enumerate(verdicts) if verdict is None]
    if open_questions:
        with open_catalog(tick=tick) as catalog:
            enquiry = _Enquiry(catalog, mode, [candidates[i] for i in open_questions])
            # An outage leaves the rest unresolved, to be looked up by a later run; see `Certainty.UNRESOLVED`.
            with suppress(CatalogUnavailable):
                enquiry.run()
        for i, verdict in zip(open_questions, enquiry.verdicts(), strict=True):
            verdicts[i] = verdict
        _remember([candidates[i] for i in open_questions], enquiry.verdicts(), mode, now)
    return [verdict for verdict in verdicts if verdict is not None]


class _Enquiry:
    """The questions that a set of candidates needs: records by name, then artists by name, then records by artist."""

    def __init__(self, catalog: OpenCatalog, mode: Mode, candidates: Sequence[Candidate]) -> None:
        self.catalog = catalog
        self.mode = mode
        self.candidates = candidates
        self.settled: dict[int, Verdict] = {}

    def verdicts(self) -> list[Verdict]:
        return [
            self.settled.get(i, Verdict(Certainty.UNRESOLVED, candidate)) for i, candidate in enumerate(self.candidates)
        ]

    def run(self) -> None:
        self._by_record([i for i, candidate in enumerate(self.candidates) if candidate.album])
        remaining = [i for i in range(len(self.candidates)) if i not in self.settled]
        artists = self._artists(remaining)
        if self.mode is Mode.ALBUMS:
            self._by_artist_and_record(remaining, artists)
            return
        for i in remaining:
            if i in artists:
                self.settled[i] = judge_artists(self.candidates[i], artists[i])

    def _by_record(self, wanted: Sequence[int]) -> None:
        """Settle what (artist, title) pairs settle: a record whose title and artist credit both agree."""
        pairs = {i: (self.candidates[i].artist, self.candidates[i].album) for i in wanted}
        for part in _parts(wanted, PAIRS_PER_REQUEST, lambda some: self.catalog.fits([pairs[i] for i in some])):
            found = self.catalog.find_release_groups([pairs[i] for i in part])
            for i in part:
                verdict = judge_records(self.candidates[i], found.hits)
                if verdict.certainty is Certainty.CERTAIN or (
                    verdict.certainty is Certainty.AMBIGUOUS and self.mode is Mode.ALBUMS
                ):
                    self.settled[i] = verdict

    def _artists(self, wanted: Sequence[int]) -> dict[int, list[CatalogArtist]]:
        """All artists of each candidate's name. Asks again in smaller parts where the catalog had more than it sent."""
        known: dict[int, list[CatalogArtist]] = {}
        names = {i: self.candidates[i].artist for i in wanted}
        fits = self.catalog.fits_names
        parts = list(_parts(wanted, NAMES_PER_REQUEST, lambda some: fits([names[i] for i in some])))
        while parts:
            part = parts.pop(0)
            found = self.catalog.find_artists([names[i] for i in part])
            for i in part:
                known[i] = agreeing_artists(self.candidates[i].artist, found.hits)
            if not found.is_complete and len(part) > 1:
                # The best hits of one name can crowd out another's, so nobody is unique or missing until asked alone
                # or in a part that came back whole.
                middle = len(part) // 2
                parts = [part[:middle], part[middle:], *parts]
        return known

    def _by_artist_and_record(self, wanted: Sequence[int], artists: dict[int, list[CatalogArtist]]) -> None:
        """Settle records whose artist goes by an alias, or whose title drowned among others."""
        questions = [(i, artist) for i in wanted for artist in artists.get(i, [])]
        hits: dict[int, list[CatalogReleaseGroup]] = {i: [] for i in wanted}
        for part in _parts(questions, PAIRS_PER_REQUEST):
            found = self.catalog.find_release_groups_by(
                [(artist.artist_mbid, self.candidates[i].album) for i, artist in part]
            )
            for i, artist in part:
                hits[i].extend(_called_as_suggested(self.candidates[i].artist, artist, found))
        for i in wanted:
            self.settled[i] = judge_records(self.candidates[i], hits[i])


def _called_as_suggested(
    name: str, artist: CatalogArtist, found: Found[CatalogReleaseGroup]
) -> Iterator[CatalogReleaseGroup]:
    """The artist's records, credited by the suggested name too: that it is theirs is known from the alias."""
    for record in found.hits:
        if any(credit.artist_mbid == artist.artist_mbid for credit in record.credits):
            credits = tuple(
                replace(credit, credited_as=name) if credit.artist_mbid == artist.artist_mbid else credit
                for credit in record.credits
            )
            yield replace(record, credits=credits)


def _parts(items: Sequence[T], size: int, fits: Callable[[Sequence[T]], int] = len) -> Iterator[Sequence[T]]:
    """The items in runs of at most `size`, and of no more than `fits` says one request carries."""
    start = 0
    while start < len(items):
        part = items[start : start + size]
        part = part[: max(1, fits(part))]
        yield part
        start += len(part)


def _follow_merges(candidates: Sequence[Candidate], mode: Mode, now: datetime, tick: Callable[[], None]) -> None:
    """Bring remembered ids up to date that were settled long ago: a merged artist's becomes the surviving one's."""
    questions = {digest for candidate in candidates for digest in _questions(candidate, mode)}
    old = Resolution.objects.filter(
        question__in=questions,
        verdict=Certainty.CERTAIN,
        expires_at__gt=now,
        expires_at__lte=now + KEPT_FOR[Certainty.CERTAIN] - CONFIRMED_FOR,
    ).order_by("expires_at")
    rows = list(old[:MOST_CONFIRMED])
    if not rows:
        return
    # What cannot be confirmed now is used as it is known.
    with open_catalog(tick=tick) as catalog, suppress(CatalogUnavailable):
        for row in rows:
            known = CANDIDATES.validate_python(row.candidate)
            try:
                artist = catalog.artist(known.artist_mbid)
            except NotFound:
                row.delete()
                continue
            row.candidate = CANDIDATES.dump_python(
                replace(known, artist=artist.name, artist_mbid=artist.artist_mbid), mode="json"
            )
            row.expires_at = now + KEPT_FOR[Certainty.CERTAIN]
            row.save()


def _remembered(candidates: Sequence[Candidate], mode: Mode, now: datetime) -> list[Verdict | None]:
    """What earlier enquiries settled, in one query."""
    questions = {digest for candidate in candidates for digest in _questions(candidate, mode)}
    rows = {
        row.question: row for row in Resolution.objects.filter(question__in=questions, expires_at__gt=now).iterator()
    }
    return [_recall(candidate, mode, rows) for candidate in candidates]


def _recall(candidate: Candidate, mode: Mode, rows: dict[str, Resolution]) -> Verdict | None:
    for digest in _questions(candidate, mode):
        if row := rows.get(digest):
            known = CANDIDATES.validate_python(row.candidate)
            merged = replace(
                candidate,
                artist=known.artist,
                album=known.album or candidate.album,
                year=known.year if known.year is not None else candidate.year,
                artist_mbid=known.artist_mbid,
                release_group_mbid=known.release_group_mbid,
                tags=known.tags,
                country=known.country,
                options=known.options,
            )
            return Verdict(Certainty(row.verdict), merged)
    return None


def _remember(candidates: Sequence[Candidate], verdicts: Iterable[Verdict], mode: Mode, now: datetime) -> None:
    rows = []
    for asked, verdict in zip(candidates, verdicts, strict=True):
        if verdict.certainty is Certainty.UNRESOLVED:
            continue
        by_names, with_evidence = _questions(asked, mode)
        rows.append(
            Resolution(
                question=with_evidence if verdict.rests_on_evidence else by_names,
                candidate=CANDIDATES.dump_python(verdict.candidate, mode="json"),
                verdict=verdict.certainty,
                expires_at=now + KEPT_FOR[verdict.certainty],
            )
        )
    with transaction.atomic():
        Resolution.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["question"],
            update_fields=["candidate", "verdict", "expires_at"],
        )


def _questions(candidate: Candidate, mode: Mode) -> tuple[str, str]:
    """Digests of the question by names alone, and with the genre and year that may have decided it."""
    names = [mode.value, artist_key(candidate.artist), title_key(candidate.album)]
    evidence = [*names, candidate.year, sorted(candidate.genres)]
    return _digest(names), _digest(evidence)


def _digest(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
