"""Brings the owner's library in from Lidarr: streamed, in batches, and only what changed since the last time."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from providers.contracts import OwnedAlbum, OwnedArtist
from providers.errors import ProviderError
from providers.gateway import OpenLibrary, open_library
from recommendations.domain.names import album_key, artist_key
from recommendations.domain.sanitizing import clean_name
from recommendations.models import LibraryAlbum, LibraryArtist, LibraryExclusion, LibrarySync

T = TypeVar("T")
logger = logging.getLogger(__name__)

BATCH = 1000
# One answer with every album costs Lidarr about as much as this many answers for one artist each.
FEW_ARTISTS = 200
# Album details can change without the artist's counts changing; a full reading catches those.
FULL_READING_EVERY = timedelta(days=7)
FRESH_FOR = timedelta(seconds=60)
HASH_BITS = 64


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The reading that holds, and what kept a newer one from taking its place, if anything did."""

    library_hash: str
    problem: str = ""


class LibraryUnavailable(Exception):
    """A Lidarr could not be read and was never read before, so there is no library to go by."""


def import_library(connection_id: int, *, now: datetime, tick: Callable[[], None]) -> Snapshot:
    """Read a Lidarr and return the snapshot that holds: this one, or the last good one when it cannot be read.

    A failed reading changes nothing that is stored. Raises LibraryUnavailable when there is no earlier one.
    """
    last = LibrarySync.objects.filter(connection=connection_id, is_complete=True).first()
    if last and last.finished_at and timedelta(0) <= now - last.finished_at < FRESH_FOR:
        return Snapshot(last.library_hash)
    sync = LibrarySync.objects.create(connection_id=connection_id, started_at=now)
    try:
        with open_library(connection_id, tick=tick) as library:
            _Reading(library, sync).read()
    except ProviderError as error:
        logger.warning("Library not read", extra={"connection": connection_id, "problem": str(error)})
        sync.problem = str(error)
        sync.finished_at = timezone.now()
        sync.save()
        if last is None:
            raise LibraryUnavailable(str(error)) from error
        return Snapshot(last.library_hash, f"{error} The library of {last.started_at:%Y-%m-%d %H:%M} is used instead.")
    return Snapshot(sync.library_hash)


class _Reading:
    """One pass over a Lidarr: artists first, then the albums of those that changed, then the exclusions."""

    def __init__(self, library: OpenLibrary, sync: LibrarySync) -> None:
        self.library = library
        self.sync = sync
        self.connection_id = sync.connection_id

    def read(self) -> None:
        self.library.status()
        changed, gone = self._read_artists()
        self._read_albums(changed)
        self._read_exclusions()
        # Only a reading that ended well may remove anything.
        self._remove(gone)
        self.sync.skipped = self.library.skipped
        self.sync.is_complete = True
        self.sync.finished_at = timezone.now()
        self.sync.albums = LibraryAlbum.objects.filter(connection=self.connection_id).count()
        self.sync.save()

    def _read_artists(self) -> tuple[set[int], set[int]]:
        """Store new and changed artists; return their source ids, and those that are gone."""
        rows = LibraryArtist.objects.filter(connection=self.connection_id).values_list("source_id", "fingerprint")
        stored = dict(rows.iterator(chunk_size=5000))
        changed: set[int] = set()
        total, count = 0, 0
        for batch in _batches(self.library.artists()):
            fresh = [artist for artist in batch if stored.get(artist.source_id) != artist.fingerprint]
            changed.update(artist.source_id for artist in fresh)
            if fresh:
                self.sync.changed = len(changed)
                self.sync.save(update_fields=["changed"])
                self._store_artists(fresh)
            count += len(batch)
            total += sum(int(artist.fingerprint, 16) for artist in batch)
            for artist in batch:
                stored.pop(artist.source_id, None)
        self.sync.artists = count
        self.sync.library_hash = f"{total % 2**HASH_BITS:016x}"
        return changed, set(stored)

    def _store_artists(self, artists: list[OwnedArtist]) -> None:
        rows = [self._artist_row(artist) for artist in artists]
        fields = [f.name for f in LibraryArtist._meta.fields if f.name not in {"id", "connection", "source_id"}]
        LibraryArtist.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["connection", "source_id"], update_fields=fields
        )

    def _artist_row(self, artist: OwnedArtist) -> LibraryArtist:
        name = clean_name(artist.name)
        return LibraryArtist(
            connection_id=self.connection_id,
            source_id=artist.source_id,
            artist_mbid=artist.artist_mbid,
            name=name[:500],
            artist_key=artist_key(name)[:500],
            disambiguation=clean_name(artist.disambiguation)[:500],
            genres=[clean_name(genre)[:100] for genre in artist.genres],
            is_monitored=artist.is_monitored,
            added_at=artist.added_at,
            rating=artist.rating,
            album_count=artist.album_count,
            track_file_count=artist.track_file_count,
            fingerprint=artist.fingerprint,
        )

    def _read_albums(self, changed: set[int]) -> None:
        """Store the albums of changed artists, or all of them where that is cheaper or due."""
        names = self._names()
        if len(changed) > FEW_ARTISTS or self._is_full_reading_due():
            everything = LibraryAlbum.objects.filter(connection=self.connection_id)
            self._store_albums(self.library.albums(), names, _fingerprints(everything))
            self.sync.read_all_albums = True
            return
        for source_artist_id in sorted(changed):
            theirs = LibraryAlbum.objects.filter(connection=self.connection_id, source_artist_id=source_artist_id)
            self._store_albums(self.library.albums(source_artist_id), names, _fingerprints(theirs))

    def _is_full_reading_due(self) -> bool:
        earlier = LibrarySync.objects.filter(connection=self.connection_id).exclude(pk=self.sync.pk)
        last_full = earlier.filter(is_complete=True, read_all_albums=True).first()
        if last_full is None or self.sync.started_at - last_full.started_at >= FULL_READING_EVERY:
            return True
        # A reading that broke off after storing artists leaves them looking unchanged, their albums unread.
        return earlier.filter(is_complete=False, changed__gt=0, started_at__gt=last_full.started_at).exists()

    def _names(self) -> dict[int, str]:
        rows = LibraryArtist.objects.filter(connection=self.connection_id).values_list("source_id", "name")
        return dict(rows.iterator(chunk_size=5000))

    def _store_albums(self, albums: Iterable[OwnedAlbum], names: dict[int, str], stored: dict[int, int]) -> None:
        fields = [f.name for f in LibraryAlbum._meta.fields if f.name not in {"id", "connection", "source_id"}]
        for batch in _batches(iter(albums)):
            rows = []
            for album in batch:
                is_same = stored.pop(album.source_id, None) == int(album.fingerprint, 16)
                if album.source_artist_id in names and not is_same:
                    rows.append(self._album_row(album, names[album.source_artist_id]))
            LibraryAlbum.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["connection", "source_id"], update_fields=fields
            )
        for gone in _batches(iter(stored)):
            LibraryAlbum.objects.filter(connection=self.connection_id, source_id__in=gone).delete()

    def _album_row(self, album: OwnedAlbum, artist: str) -> LibraryAlbum:
        title = clean_name(album.title)
        return LibraryAlbum(
            connection_id=self.connection_id,
            source_id=album.source_id,
            source_artist_id=album.source_artist_id,
            release_group_mbid=album.release_group_mbid,
            title=title[:1000],
            album_key=album_key(artist, title)[:1500],
            album_type=album.album_type[:100],
            year=album.released_on.year if album.released_on else None,
            is_owned=album.track_file_count > 0 or album.is_monitored,
            track_file_count=album.track_file_count,
            fingerprint=album.fingerprint,
        )

    def _read_exclusions(self) -> None:
        exclusions = list(self.library.exclusions())
        with transaction.atomic():
            LibraryExclusion.objects.filter(connection=self.connection_id).delete()
            LibraryExclusion.objects.bulk_create(
                [
                    LibraryExclusion(connection_id=self.connection_id, mbid=e.mbid, name=clean_name(e.name)[:500])
                    for e in exclusions
                ],
                ignore_conflicts=True,
            )

    def _remove(self, gone: set[int]) -> None:
        for batch in _batches(iter(sorted(gone))):
            with transaction.atomic():
                LibraryAlbum.objects.filter(connection=self.connection_id, source_artist_id__in=batch).delete()
                LibraryArtist.objects.filter(connection=self.connection_id, source_id__in=batch).delete()
        self.sync.removed = len(gone)


def _fingerprints(rows: QuerySet[LibraryAlbum]) -> dict[int, int]:
    """Stored fingerprints by source id, as numbers: half a million of them stay under 50 MB."""
    stored = rows.values_list("source_id", "fingerprint").iterator(chunk_size=5000)
    return {source_id: int(fingerprint, 16) for source_id, fingerprint in stored}


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(items, BATCH)):
        yield batch
