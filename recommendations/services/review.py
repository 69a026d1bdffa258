"""Saves what a run brings, and carries out what the owner decides about it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from recommendations.domain.names import album_key, artist_key
from recommendations.domain.reasons import ReviewReason
from recommendations.domain.types import Candidate, IdentityOption, Mode
from recommendations.models import LibraryAlbum, LibraryArtist, Recommendation, RecommendationList, Run
from recommendations.services import publishing

Status = Recommendation.Status


class DecisionRefused(Exception):
    """A decision cannot be carried out; the message says why and what to do."""


def save_candidates(run: Run, candidates: Iterable[Candidate], now: datetime) -> tuple[int, int]:
    """Store a run's survivors and render the list. Returns how many are on the list and how many wait for review.

    Saving the same candidates twice changes nothing. Call it inside the transaction that records the step.
    """
    list_ = run.list
    rows = [_row(run, candidate, now) for candidate in candidates]
    # Whatever was to be looked up again has been, and stands among the rows if it is still open.
    Recommendation.objects.filter(list=list_, status=Status.UNRESOLVED).delete()
    _join_earlier(list_, rows)
    for row in rows:
        row.save()
    settle_owned(list_)
    publishing.render(list_.pk, now)
    saved = Recommendation.objects.filter(run=run)
    return saved.filter(status=Status.LISTED).count(), saved.filter(
        status__in=(Status.WAITING, Status.UNRESOLVED)
    ).count()


def settle_owned(list_: RecommendationList) -> int:
    """Take what the library has by now off the list; returns how many left."""
    connections = list_.connections.all()
    listed = Recommendation.objects.filter(list=list_, status__in=(Status.LISTED, Status.WAITING))
    if list_.mode == Mode.ALBUMS:
        owned = LibraryAlbum.objects.filter(connection__in=connections, is_owned=True)
        arrived = listed.filter(release_group_mbid__in=owned.values("release_group_mbid")).exclude(
            release_group_mbid=""
        )
    else:
        artists = LibraryArtist.objects.filter(connection__in=connections)
        arrived = listed.filter(artist_mbid__in=artists.values("artist_mbid")).exclude(artist_mbid="")
    return arrived.update(status=Status.IN_LIBRARY)


def approve(rows: Iterable[Recommendation], by: AbstractBaseUser | None, now: datetime) -> int:
    """Put recommendations on their lists. Raises DecisionRefused for one whose identity is still open."""
    return _decide(list(rows), Status.LISTED, by, now)


def reject(rows: Iterable[Recommendation], by: AbstractBaseUser | None, now: datetime) -> int:
    """Turn recommendations down for the list's rejection window; other records of the artist are unaffected."""
    return _decide(list(rows), Status.REJECTED, by, now)


def reject_for_good(rows: Iterable[Recommendation], by: AbstractBaseUser | None, now: datetime) -> int:
    """Never again, on no list: this record, or in artist mode this artist with all records."""
    return _decide(list(rows), Status.NEVER, by, now)


def choose_identity(row: Recommendation, option: IdentityOption) -> None:
    """Settle who is meant, as the owner chose. Raises DecisionRefused when that one is already recommended."""
    row.artist = option.name
    row.artist_key = artist_key(option.name)
    row.artist_mbid = option.artist_mbid
    row.release_group_mbid = option.release_group_mbid
    row.review_reason = ReviewReason.POLICY
    row.options = []
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise DecisionRefused(f"“{row}” is already on “{row.list}” under that identity; reject this one.") from None


def unresolved_candidates(list_: RecommendationList) -> tuple[Candidate, ...]:
    """What earlier runs could not look up, to be looked up again."""
    rows = Recommendation.objects.filter(list=list_, status=Status.UNRESOLVED).order_by("created_at")[:200]
    return tuple(
        Candidate(
            artist=row.artist,
            album=row.album or row.evidence,
            year=row.year,
            genres=tuple(row.genres),
            confidence=row.confidence,
            reason=row.reason,
            because_of=tuple(row.because_of),
        )
        for row in rows
    )


def _join_earlier(list_: RecommendationList, rows: Sequence[Recommendation]) -> None:
    """Let a row whose record was recommended before, and may be again, take that row's place."""
    earlier = Recommendation.objects.filter(
        list=list_, artist_mbid__in=[row.artist_mbid for row in rows if row.artist_mbid]
    )
    places = {(row.artist_mbid, row.release_group_mbid): row for row in earlier}
    for row in rows:
        if place := places.get((row.artist_mbid, row.release_group_mbid)):
            row.pk = place.pk
            row.first_listed_at = place.first_listed_at or row.first_listed_at


def _decide(rows: Sequence[Recommendation], status: str, by: AbstractBaseUser | None, now: datetime) -> int:
    open_ones = [row for row in rows if status == Status.LISTED and not row.is_identified]
    if open_ones:
        raise DecisionRefused(f"“{open_ones[0]}” has no certain identity yet; choose the right one first.")
    with transaction.atomic():
        chosen = Recommendation.objects.filter(pk__in=[row.pk for row in rows])
        changed = chosen.update(status=status, decided_at=now, decided_by=by)
        if status == Status.LISTED:
            chosen.filter(first_listed_at=None).update(first_listed_at=now)
        for list_id in sorted({row.list_id for row in rows}):
            publishing.render(list_id, now)
    return changed


def _row(run: Run, candidate: Candidate, now: datetime) -> Recommendation:
    is_album = run.list.mode == Mode.ALBUMS
    return Recommendation(
        list=run.list,
        run=run,
        status=_status(candidate),
        artist=candidate.artist[:500],
        album=candidate.album[:1000] if is_album else "",
        artist_key=artist_key(candidate.artist)[:500],
        album_key=album_key(candidate.artist, candidate.album)[:1500] if is_album else "",
        artist_mbid=candidate.artist_mbid,
        release_group_mbid=candidate.release_group_mbid if is_album else "",
        year=candidate.year,
        genres=list(candidate.tags or candidate.genres),
        confidence=candidate.confidence,
        score=candidate.score,
        score_parts=[asdict(part) for part in candidate.parts],
        reason=candidate.reason,
        because_of=list(candidate.because_of),
        evidence="" if is_album else candidate.album[:1000],
        provider=run.provider,
        model=run.model,
        review_reason=candidate.review or "",
        options=[asdict(option) for option in candidate.options],
        created_at=now,
        first_listed_at=now if _status(candidate) == Status.LISTED else None,
    )


def _status(candidate: Candidate) -> str:
    if candidate.review is ReviewReason.UNRESOLVED:
        return Status.UNRESOLVED
    return Status.WAITING if candidate.review else Status.LISTED
