"""What readers of a list are given: from its one row, or from the last good copy on disk."""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import connection

from recommendations.models import ListedArtist, PublishedList, Recommendation


class Body(StrEnum):
    """The bodies kept for a list; the values are columns of `PublishedList` and keys of the copy on disk."""

    CUSTOM = "custom"
    ARTISTS = "artists"
    ALBUMS = "albums"


# Written out because building the statement takes Django ten times as long as the database takes to answer it, and a
# list's p99 is mostly that.
_STATEMENTS = {
    body: f"SELECT token_digest, is_enabled, etag, {body.value} FROM {PublishedList._meta.db_table} WHERE slug = %s"  # noqa: S608 (no part comes from outside)
    for body in Body
}


@dataclass(frozen=True, slots=True)
class Published:
    """Who may read a list, and one body of it."""

    token_digest: str
    is_enabled: bool
    etag: str
    body: bytes


def published(slug: str, body: Body) -> Published | None:
    """One query; None when there is no such list. Raises django.db.Error when the database cannot be read."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS[body], [slug])
        row = cursor.fetchone()
    if row is None:
        return None
    token_digest, is_enabled, etag, stored = row
    return Published(token_digest, bool(is_enabled), etag, bytes(stored))


def snapshot_path(slug: str) -> Path:
    """Where the last good copy of a list is kept."""
    return Path(settings.DATA_DIR) / "published" / f"{slug}.json"


def snapshot(slug: str, body: Body) -> Published | None:
    """The last good copy; None when there is none that can be read."""
    try:
        kept = json.loads(snapshot_path(slug).read_bytes())
        return Published(kept["token_digest"], kept["is_enabled"], kept["etag"], kept[body.value].encode())
    except (OSError, ValueError, KeyError):
        return None


def listed_recommendations(list_id: int) -> list[Recommendation]:
    """What is on the list now, best score first."""
    listed = Recommendation.objects.filter(list_id=list_id, status=Recommendation.Status.LISTED)
    return sorted(listed, key=lambda row: (-(row.score or 0.0), row.pk))


def ever_listed_artists(list_id: int) -> list[tuple[str, str]]:
    """(artist_mbid, name) of every artist that is or once was on the list, oldest first."""
    listed = Recommendation.objects.filter(list_id=list_id, status=Recommendation.Status.LISTED)
    once_listed = Recommendation.objects.filter(list_id=list_id, first_listed_at__isnull=False)
    return list((listed | once_listed).order_by("pk").values_list("artist_mbid", "artist"))


def artist_numbers(artist_mbids: set[str]) -> dict[str, ListedArtist]:
    """The numbered artists among these, by MBID."""
    return {row.artist_mbid: row for row in ListedArtist.objects.filter(artist_mbid__in=artist_mbids)}
