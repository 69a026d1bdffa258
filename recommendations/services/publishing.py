"""Renders a list into the bytes Lidarr reads, when it changes, and keeps a copy on disk for bad days."""

import fcntl
import hashlib
import json
import logging
import os
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from providers.gateway import is_special_purpose
from recommendations.domain.types import Mode
from recommendations.models import ListedArtist, PublishedList, Recommendation, RecommendationList
from recommendations.queries.published import (
    artist_numbers,
    ever_listed_artists,
    listed_recommendations,
    snapshot_path,
)

logger = logging.getLogger(__name__)

MOST_ITEMS = 1000
_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def render(list_id: int, now: datetime) -> None:
    """Publish the list as it stands. Call it in, or after, the transaction that changed the list.

    Lidarr reads a list's albums first and their artists next, and one album without its artist fails the whole list:
    so an artist once published is published for good, under the same number.
    """
    with transaction.atomic():
        source = RecommendationList.objects.get(pk=list_id)
        before = PublishedList.objects.filter(list=source).first()
        fresh = _rendered(source, before)
        if before is None or any(_plain(before, name) != value for name, value in fresh.items()):
            PublishedList.objects.update_or_create(list=source, defaults={**fresh, "rendered_at": now})
        renamed_from = before.slug if before is not None and before.slug != source.slug else ""
        transaction.on_commit(lambda: _keep_copy(list_id, renamed_from))


def forget(slug: str) -> None:
    """Remove the copy on disk of a list that is gone."""
    snapshot_path(slug).unlink(missing_ok=True)


def _rendered(source: RecommendationList, before: PublishedList | None) -> dict[str, Any]:
    listed = [row for row in listed_recommendations(source.pk) if _is_servable(row.artist_mbid)]
    if source.mode == Mode.ALBUMS:
        listed = [row for row in listed if _MBID.fullmatch(row.release_group_mbid)]
    numbers = _numbered(source.pk)
    custom = _json(_custom_items(listed, source.mode))
    artists = _json(_artist_items(numbers.values(), before))
    albums = _json(_album_items(listed, numbers) if source.mode == Mode.ALBUMS else [])
    return {
        "slug": source.slug,
        "token_digest": source.token_digest,
        "is_enabled": source.is_enabled,
        "custom": custom,
        "artists": artists,
        "albums": albums,
        "etag": hashlib.sha256(b"\0".join((custom, artists, albums))).hexdigest()[:40],
    }


def _is_servable(artist_mbid: str) -> bool:
    # Lidarr aborts its whole import-list sync over one id its metadata server calls malformed.
    return _MBID.fullmatch(artist_mbid) is not None and not is_special_purpose(artist_mbid, "")


def _custom_items(listed: Iterable[Recommendation], mode: str) -> list[dict[str, str]]:
    """One item per artist, in album mode too: Lidarr reads the artist alone. The best-scored album stands with it."""
    items: dict[str, dict[str, str]] = {}
    for row in listed:
        if row.artist_mbid in items:
            continue
        item = {"MusicBrainzId": row.artist_mbid, "ArtistName": row.artist}
        if mode == Mode.ALBUMS:
            item |= {"AlbumId": row.release_group_mbid, "AlbumTitle": row.album}
        items[row.artist_mbid] = item
    return list(items.values())[:MOST_ITEMS]


def _numbered(list_id: int) -> dict[str, ListedArtist]:
    names = {mbid: name for mbid, name in ever_listed_artists(list_id) if _is_servable(mbid)}
    known = artist_numbers(set(names))
    missing = [ListedArtist(artist_mbid=mbid, name=name) for mbid, name in names.items() if mbid not in known]
    if missing:
        # Another list may number the same artist at this moment; whoever is first names it for both.
        ListedArtist.objects.bulk_create(missing, ignore_conflicts=True)
        known = artist_numbers(set(names))
    return known


def _artist_items(numbered: Iterable[ListedArtist], before: PublishedList | None) -> list[dict[str, Any]]:
    """The fields of Lidarr's ArtistResource that its importer reads, and none of them null."""
    items: dict[int, dict[str, Any]] = {}
    if before is not None:
        items = {item["id"]: item for item in json.loads(bytes(before.artists))}
    for artist in numbered:
        items[artist.pk] = {
            "id": artist.pk,
            "artistName": artist.name,
            "foreignArtistId": artist.artist_mbid,
            "monitored": True,
            "qualityProfileId": 1,
            "metadataProfileId": 1,
            "rootFolderPath": "/",
            "tags": [],
        }
    return [items[number] for number in sorted(items)]


def _album_items(listed: Iterable[Recommendation], numbers: dict[str, ListedArtist]) -> list[dict[str, Any]]:
    items: dict[str, dict[str, Any]] = {}
    for row in listed:
        items.setdefault(
            row.release_group_mbid,
            {
                "id": row.pk,
                "artistId": numbers[row.artist_mbid].pk,
                "title": row.album,
                "foreignAlbumId": row.release_group_mbid,
                "monitored": True,
                "anyReleaseOk": True,
                "profileId": 1,
                "disambiguation": "",
                "genres": row.genres,
                "secondaryTypes": [],
                "images": [],
                "links": [],
            },
        )
    return list(items.values())[:MOST_ITEMS]


def _json(items: list[dict[str, Any]]) -> bytes:
    return json.dumps(items, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(row: PublishedList, name: str) -> Any:
    value = getattr(row, name)
    # PostgreSQL gives bytes back as a memoryview.
    return bytes(value) if isinstance(value, memoryview) else value


def _keep_copy(list_id: int, renamed_from: str) -> None:
    try:
        _write_copy(list_id, renamed_from)
    except OSError as error:
        # The row is safe; losing it over its copy would be the worse trade.
        logger.warning(
            "The list is published, but its copy on disk could not be written (%s): while the database is away, "
            "Lidarr would be given the copy before it. Make room in the data folder, then save the list again.",
            error,
        )


def _write_copy(list_id: int, renamed_from: str) -> None:
    """Copy the row as it stands now. Two writers take turns, so the newer row can never be overwritten by the older."""
    folder = snapshot_path("any").parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if renamed_from and not PublishedList.objects.filter(slug=renamed_from).exists():
            forget(renamed_from)
        row = PublishedList.objects.filter(list_id=list_id).first()
        if row is None:
            return
        copy = {
            "slug": row.slug,
            "token_digest": row.token_digest,
            "is_enabled": row.is_enabled,
            "etag": row.etag,
            "custom": bytes(row.custom).decode(),
            "artists": bytes(row.artists).decode(),
            "albums": bytes(row.albums).decode(),
        }
        content = json.dumps(copy, ensure_ascii=False).encode()
        path = snapshot_path(row.slug)
        if path.exists() and path.read_bytes() == content:
            return
        unfinished = path.with_suffix(".new")
        descriptor = os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
