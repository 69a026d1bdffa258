"""Which MusicBrainz entity a candidate means: certain, several possible, none, or not yet known. Never a guess.

An artist is taken only when the name agrees (or an alias does); in album mode also the record's title and its artist
credit. Among several artists of one name, the named record decides first, then genre and years; otherwise the owner.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from providers.contracts import CatalogArtist, CatalogReleaseGroup, Credit
from recommendations.domain.names import artist_key, same_title
from recommendations.domain.styles import genre_styles, similarity
from recommendations.domain.types import Candidate, IdentityOption

YEAR_TOLERANCE = 1
MOST_OPTIONS = 8
RELATED_STYLE = 0.75


class Certainty(StrEnum):
    """How a question of identity ended."""

    CERTAIN = "certain"
    AMBIGUOUS = "ambiguous"
    NOT_FOUND = "not_found"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The candidate with what is now known of it. `rests_on_evidence` when genre or year decided, not names alone."""

    certainty: Certainty
    candidate: Candidate
    rests_on_evidence: bool = False


def judge_records(candidate: Candidate, hits: Iterable[CatalogReleaseGroup]) -> Verdict:
    """Which of the release groups is the candidate's record, by title and by artist credit."""
    agreeing = [
        (record, credit)
        for record in hits
        if same_title(candidate.album, record.title)
        for credit in [agreeing_credit(candidate.artist, record.credits)]
        if credit is not None
    ]
    if not agreeing:
        return Verdict(Certainty.NOT_FOUND, candidate)
    artists = {credit.artist_mbid for _, credit in agreeing}
    chosen, rests_on_evidence = _choose_record(candidate, agreeing)
    if chosen is None:
        options = tuple(_record_option(record, credit) for record, credit in agreeing[:MOST_OPTIONS])
        return Verdict(Certainty.AMBIGUOUS, replace(candidate, options=options), rests_on_evidence=True)
    record, credit = chosen
    return Verdict(
        Certainty.CERTAIN,
        replace(
            candidate,
            artist=credit.name,
            album=record.title,
            year=record.first_release_year or candidate.year,
            artist_mbid=credit.artist_mbid,
            release_group_mbid=record.release_group_mbid,
            tags=tuple(name for name, _ in record.tags),
        ),
        rests_on_evidence=rests_on_evidence or len(artists) > 1,
    )


def judge_artists(candidate: Candidate, hits: Iterable[CatalogArtist]) -> Verdict:
    """Which of the artists the candidate means; several of one name are told apart by genre and years alone."""
    same = agreeing_artists(candidate.artist, hits)
    if not same:
        return Verdict(Certainty.NOT_FOUND, candidate)
    possible = [artist for artist in same if not _is_contradicted(candidate, artist)]
    if len(same) == 1 and possible:
        return Verdict(Certainty.CERTAIN, _with_artist(candidate, same[0]))
    supported = [artist for artist in possible if _shares_a_style(candidate, artist)]
    if len(supported) == 1:
        return Verdict(Certainty.CERTAIN, _with_artist(candidate, supported[0]), rests_on_evidence=True)
    options = tuple(_artist_option(artist) for artist in same[:MOST_OPTIONS])
    return Verdict(Certainty.AMBIGUOUS, replace(candidate, options=options), rests_on_evidence=True)


def agreeing_artists(name: str, hits: Iterable[CatalogArtist]) -> list[CatalogArtist]:
    """The artists of that very name; where there are none, those that have it as an alias."""
    key = artist_key(name)
    unique = list({artist.artist_mbid: artist for artist in hits}.values())
    named = [artist for artist in unique if artist_key(artist.name) == key]
    return named or [artist for artist in unique if key in {artist_key(alias) for alias in artist.aliases}]


def agreeing_credit(name: str, credits: Sequence[Credit]) -> Credit | None:
    """The credit that carries the name: as printed, as the artist is called, by an alias; the first of a joint name."""
    key = artist_key(name)
    for credit in credits:
        if key in {artist_key(credit.name), artist_key(credit.credited_as)}:
            return credit
    for credit in credits:
        if key in {artist_key(alias) for alias in credit.aliases}:
            return credit
    if len(credits) > 1 and key == artist_key(" & ".join(credit.credited_as for credit in credits)):
        return credits[0]
    return None


def _choose_record(
    candidate: Candidate, agreeing: Sequence[tuple[CatalogReleaseGroup, Credit]]
) -> tuple[tuple[CatalogReleaseGroup, Credit] | None, bool]:
    """The one record that fits best, and whether more than names had to decide."""
    by_year = [pair for pair in agreeing if _year_agrees(candidate, pair[0])]
    if len({credit.artist_mbid for _, credit in agreeing}) > 1:
        artists = {credit.artist_mbid for _, credit in by_year}
        if len(artists) != 1:
            return None, True
        agreeing = by_year
    best = [pair for pair in agreeing if _rank(candidate, pair[0]) == min(_rank(candidate, p[0]) for p in agreeing)]
    if len(best) == 1:
        return best[0], False
    exact_year = [pair for pair in best if pair[0].first_release_year == candidate.year]
    if len(exact_year) == 1:
        return exact_year[0], True
    dated = [pair for pair in best if _year_agrees(candidate, pair[0])]
    return (dated[0] if len(dated) == 1 else None), True


def _rank(candidate: Candidate, record: CatalogReleaseGroup) -> tuple[int, int, int]:
    """Lower is better: the title to the letter, then an album rather than a single, then without a secondary type."""
    is_literal = candidate.album.casefold() == record.title.casefold()
    kinds = {"Album": 0, "EP": 1, "Single": 3}
    return (0 if is_literal else 1, kinds.get(record.primary_type, 2), 1 if record.secondary_types else 0)


def _year_agrees(candidate: Candidate, record: CatalogReleaseGroup) -> bool:
    if candidate.year is None or record.first_release_year is None:
        return False
    return abs(candidate.year - record.first_release_year) <= YEAR_TOLERANCE


def _is_contradicted(candidate: Candidate, artist: CatalogArtist) -> bool:
    """True when the candidate's record is older than the artist."""
    return candidate.year is not None and artist.begin_year is not None and candidate.year < artist.begin_year


def _shares_a_style(candidate: Candidate, artist: CatalogArtist) -> bool:
    wanted = genre_styles(candidate.genres)
    offered = genre_styles(name for name, _ in artist.tags)
    return any(similarity(one, other) >= RELATED_STYLE for one in wanted for other in offered)


def _with_artist(candidate: Candidate, artist: CatalogArtist) -> Candidate:
    return replace(
        candidate,
        artist=artist.name,
        artist_mbid=artist.artist_mbid,
        tags=tuple(name for name, _ in artist.tags),
        country=artist.country,
    )


def _artist_option(artist: CatalogArtist) -> IdentityOption:
    return IdentityOption(
        artist_mbid=artist.artist_mbid,
        name=artist.name,
        disambiguation=artist.disambiguation,
        country=artist.country,
        begin_year=artist.begin_year,
        tags=tuple(name for name, _ in artist.tags[:5]),
    )


def _record_option(record: CatalogReleaseGroup, credit: Credit) -> IdentityOption:
    return IdentityOption(
        artist_mbid=credit.artist_mbid,
        name=credit.name,
        disambiguation=f"{record.title}, {record.primary_type or 'record'}",
        begin_year=record.first_release_year,
        tags=tuple(name for name, _ in record.tags[:5]),
        release_group_mbid=record.release_group_mbid,
    )
