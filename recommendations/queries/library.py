"""The owner's library as a run reads it: streamed for the profile, looked up by key for everything else."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet
from pydantic import TypeAdapter

from recommendations.domain.names import album_key, artist_key
from recommendations.domain.reasons import DropReason
from recommendations.domain.types import Candidate, Mode, OwnedFacts, Profile
from recommendations.models import (
    LibraryAlbum,
    LibraryArtist,
    LibraryExclusion,
    LibraryProfile,
    Recommendation,
    RecommendationList,
)
from recommendations.stage import Known

PROFILES = TypeAdapter(Profile)
Status = Recommendation.Status


@dataclass(frozen=True, slots=True)
class OwnedLibrary:
    """The libraries a list draws on, as of `now`; satisfies stage.Library."""

    list: RecommendationList
    connection_ids: Sequence[int]
    now: datetime

    def artists(self) -> Iterator[OwnedFacts]:
        owned = self._owned_albums_by_artist()
        rows = LibraryArtist.objects.filter(connection__in=self.connection_ids).order_by("id")
        fields = ("connection_id", "source_id", "name", "genres", "album_count", "track_file_count", "rating")
        for row in rows.values_list(*fields, "added_at", "disambiguation").iterator(chunk_size=2000):
            connection, source, name, genres, albums, files, rating, added, disambiguation = row
            yield OwnedFacts(
                name=name,
                genres=tuple(genres),
                albums_owned=owned.get((connection, source), 0),
                albums_known=albums,
                tracks_owned=files,
                plays=0,
                rating=rating,
                added_at=added,
                disambiguation=disambiguation,
            )

    def decades(self) -> Mapping[int, int]:
        rows = self._albums().exclude(year=None).values_list((F("year") / 10) * 10).annotate(Count("id")).order_by()
        return {int(decade): count for decade, count in rows}

    def new_releases(self, since_year: int) -> int:
        return self._albums().filter(year__gte=since_year).count()

    def saved_profile(self, library_hash: str) -> Profile | None:
        row = LibraryProfile.objects.filter(library_hash=library_hash).first()
        return PROFILES.validate_python(row.profile) if row else None

    def save_profile(self, library_hash: str, profile: Profile) -> None:
        LibraryProfile.objects.update_or_create(
            library_hash=library_hash, defaults={"profile": PROFILES.dump_python(profile, mode="json")}
        )

    def known(self, candidates: Sequence[Candidate]) -> Sequence[Known | None]:
        lookup = _Lookup(self, candidates)
        return [lookup.judge(candidate) for candidate in candidates]

    def listed_by_artist(self) -> Mapping[str, int]:
        listed = Recommendation.objects.filter(list=self.list, status=Status.LISTED)
        return dict(listed.values_list("artist_mbid").annotate(Count("id")).order_by())

    def turned_down(self, limit: int) -> tuple[str, ...]:
        return self._names((Status.REJECTED, Status.NEVER), limit)

    def suggested(self, limit: int) -> tuple[str, ...]:
        return self._names((Status.LISTED, Status.WAITING, Status.IN_LIBRARY, Status.EXPIRED), limit)

    def _names(self, statuses: Sequence[str], limit: int) -> tuple[str, ...]:
        rows = Recommendation.objects.filter(list=self.list, status__in=statuses).order_by("-created_at", "id")
        names = rows.values_list("artist", "album")[:limit]
        return tuple(f"{artist} – {album}" if album else artist for artist, album in names)

    def _albums(self) -> QuerySet[LibraryAlbum]:
        return LibraryAlbum.objects.filter(connection__in=self.connection_ids, is_owned=True)

    def _owned_albums_by_artist(self) -> dict[tuple[int, int], int]:
        rows = self._albums().values_list("connection_id", "source_artist_id").annotate(Count("id")).order_by()
        return {(connection, source): count for connection, source, count in rows.iterator(chunk_size=5000)}


class _Lookup:
    """Everything that makes a candidate nothing new, fetched for a whole batch in four queries."""

    def __init__(self, library: OwnedLibrary, candidates: Sequence[Candidate]) -> None:
        self.list = library.list
        self.now = library.now
        self.is_albums = library.list.mode == Mode.ALBUMS
        self.artist_keys = {artist_key(candidate.artist) for candidate in candidates}
        self.album_keys = {self._album_key(candidate) for candidate in candidates}
        self.artist_mbids = {candidate.artist_mbid for candidate in candidates} - {""}
        self.group_mbids = {candidate.release_group_mbid for candidate in candidates} - {""}
        self.owned_keys, self.owned_mbids = self._owned(library)
        self.excluded = self._excluded(library)
        self.earlier = self._earlier()

    def judge(self, candidate: Candidate) -> Known | None:
        key = self._album_key(candidate) if self.is_albums else artist_key(candidate.artist)
        mbid = candidate.release_group_mbid if self.is_albums else candidate.artist_mbid
        if excluded := self.excluded & {candidate.artist_mbid, candidate.release_group_mbid}:
            return Known(DropReason.EXCLUDED_IN_LIDARR, excluded.pop())
        if mbid and mbid in self.owned_mbids:
            return Known(DropReason.OWNED, self.owned_mbids[mbid])
        if key in self.owned_keys:
            return Known(DropReason.OWNED, self.owned_keys[key])
        names = {artist_key(candidate.artist), candidate.artist_mbid, candidate.release_group_mbid} - {""}
        earlier = {row.pk: row for name in names for row in self.earlier[name]}.values()
        verdicts = [known for row in earlier if (known := self._judge_earlier(row, candidate, key, mbid))]
        return min(verdicts, key=lambda known: _GRAVITY.index(known.reason), default=None)

    def _judge_earlier(self, row: Recommendation, candidate: Candidate, key: str, mbid: str) -> Known | None:
        row_mbid = row.release_group_mbid if row.album_key else row.artist_mbid
        is_same = row.is_album == self.is_albums and (
            (bool(mbid) and row_mbid == mbid) or key == (row.album_key or row.artist_key)
        )
        if row.status == Status.NEVER:
            # An artist turned down for good takes the records along; a record turned down says nothing of the rest.
            is_artists = not row.is_album and (
                row.artist_key == artist_key(candidate.artist)
                or (bool(row.artist_mbid) and row.artist_mbid == candidate.artist_mbid)
            )
            return Known(DropReason.NEVER_AGAIN, str(row)) if is_same or is_artists else None
        if not is_same:
            return None
        if row.list_id != self.list.pk:
            return Known(DropReason.ON_ANOTHER_LIST, row.list.name) if row.status == Status.LISTED else None
        return self._judge_own(row)

    def _judge_own(self, row: Recommendation) -> Known | None:
        match row.status:
            case Status.LISTED:
                return Known(DropReason.ALREADY_ON_LIST, str(row))
            case Status.WAITING:
                return Known(DropReason.WAITING_FOR_REVIEW, str(row))
            case Status.REJECTED if self._is_within(row.decided_at, self.list.rejection_window_days):
                return Known(DropReason.REJECTED_BEFORE, f"{row.decided_at:%Y-%m-%d}")
            case Status.IN_LIBRARY | Status.EXPIRED if self._is_recent(row):
                return Known(DropReason.SUGGESTED_RECENTLY, f"{row.created_at:%Y-%m-%d}")
        return None

    def _is_within(self, moment: datetime | None, days: int) -> bool:
        return moment is None or days == 0 or self.now - moment < timedelta(days=days)

    def _is_recent(self, row: Recommendation) -> bool:
        return self.now - row.created_at < timedelta(days=self.list.suggestion_window_days)

    def _owned(self, library: OwnedLibrary) -> tuple[dict[str, str], dict[str, str]]:
        # Which library a row belongs to is looked at here: in the query it makes SQLite read whole libraries by their
        # connection instead of the few rows by their keys.
        rows: QuerySet[LibraryAlbum, tuple[int, str, str, str]] | QuerySet[LibraryArtist, tuple[int, str, str, str]]
        if self.is_albums:
            rows = LibraryAlbum.objects.filter(
                Q(album_key__in=self.album_keys) | Q(release_group_mbid__in=self.group_mbids), is_owned=True
            ).values_list("connection_id", "album_key", "release_group_mbid", "title")
        else:
            rows = LibraryArtist.objects.filter(
                Q(artist_key__in=self.artist_keys) | Q(artist_mbid__in=self.artist_mbids)
            ).values_list("connection_id", "artist_key", "artist_mbid", "name")
        found = [row for row in rows if row[0] in library.connection_ids]
        return {key: name for _, key, _, name in found}, {mbid: name for _, _, mbid, name in found if mbid}

    def _excluded(self, library: OwnedLibrary) -> set[str]:
        mbids = self.artist_mbids | self.group_mbids
        return set(
            LibraryExclusion.objects.filter(connection__in=library.connection_ids, mbid__in=mbids).values_list(
                "mbid", flat=True
            )
        )

    def _earlier(self) -> Mapping[str, Sequence[Recommendation]]:
        """Earlier recommendations under each name and id they may be met by."""
        same = Q(artist_key__in=self.artist_keys) | Q(artist_mbid__in=self.artist_mbids)
        rows = Recommendation.objects.filter(same | Q(release_group_mbid__in=self.group_mbids))
        met: defaultdict[str, list[Recommendation]] = defaultdict(list)
        for row in rows.exclude(status=Status.UNRESOLVED).select_related("list"):
            for name in {row.artist_key, row.artist_mbid, row.release_group_mbid}:
                met[name].append(row)
        return met

    def _album_key(self, candidate: Candidate) -> str:
        return album_key(candidate.artist, candidate.album)


# When several rows speak against a candidate, the owner is told the one that weighs most.
_GRAVITY = (
    DropReason.NEVER_AGAIN,
    DropReason.REJECTED_BEFORE,
    DropReason.ALREADY_ON_LIST,
    DropReason.WAITING_FOR_REVIEW,
    DropReason.ON_ANOTHER_LIST,
    DropReason.SUGGESTED_RECENTLY,
)
