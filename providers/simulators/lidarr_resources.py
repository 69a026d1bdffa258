"""The JSON that Lidarr answers with, field by field as in its API description (v1)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.simulators.catalog import Album, Artist, SimulatedLibrary

_EPOCH = datetime(2019, 1, 1, 20, 15, tzinfo=UTC)
_ALBUMS_PER_ARTIST = 1000
_ROOT = "/music"

QUALITY_PROFILE = {
    "id": 1,
    "name": "Lossless",
    "upgradeAllowed": False,
    "cutoff": 1005,
    "items": [],
    "minFormatScore": 0,
    "cutoffFormatScore": 0,
    "formatItems": [],
}
METADATA_PROFILE = {
    "id": 1,
    "name": "Standard",
    "primaryAlbumTypes": [],
    "secondaryAlbumTypes": [],
    "releaseStatuses": [],
}
ROOT_FOLDER = {
    "id": 1,
    "name": "Music",
    "path": f"{_ROOT}/",
    "defaultMetadataProfileId": 1,
    "defaultQualityProfileId": 1,
    "defaultMonitorOption": "all",
    "defaultNewItemMonitorOption": "all",
    "defaultTags": [],
    "accessible": True,
    "freeSpace": 512_000_000_000,
    "totalSpace": 4_000_000_000_000,
}


def system_status(app_name: str, url_base: str) -> dict[str, Any]:
    """Who answers; Sonarr and Radarr say the same under their own names."""
    started = _EPOCH.isoformat()
    return {
        "appName": app_name,
        "instanceName": app_name,
        "version": "2.13.3.4711",
        "buildTime": started,
        "isDebug": False,
        "isProduction": True,
        "isAdmin": False,
        "isUserInteractive": False,
        "startupPath": "/app/bin",
        "appData": "/config",
        "osName": "alpine",
        "osVersion": "3.22",
        "isNetCore": True,
        "isLinux": True,
        "isOsx": False,
        "isWindows": False,
        "isDocker": True,
        "mode": "console",
        "branch": "master",
        "databaseType": "sqLite",
        "databaseVersion": "3.49.2",
        "authentication": "forms",
        "migrationVersion": 82,
        "urlBase": url_base,
        "runtimeVersion": "8.0.12",
        "runtimeName": ".NET",
        "startTime": started,
        "packageVersion": "2.13.3.4711",
        "packageAuthor": "",
        "packageUpdateMechanism": "docker",
        "packageUpdateMechanismMessage": "",
    }


def albums_of(number: int, artist: Artist) -> Iterator[dict[str, Any]]:
    """The albums of the artist with this number."""
    for position, album in enumerate(artist.albums):
        yield _album(number * _ALBUMS_PER_ARTIST + position, number, artist, album)


def one_album(library: SimulatedLibrary, number: int) -> dict[str, Any] | None:
    """The album with this number, if there is one."""
    artist_number, position = divmod(number, _ALBUMS_PER_ARTIST)
    if not 0 < artist_number <= len(library.artists):
        return None
    artist = library.artists[artist_number - 1]
    return _album(number, artist_number, artist, artist.albums[position]) if position < len(artist.albums) else None


def artist_resource(number: int, artist: Artist) -> dict[str, Any]:
    """An artist; number 0 is one that the library does not have."""
    wanted = [album for album in artist.albums if album.is_monitored]
    return {
        "status": "ended" if artist.end else "continuing",
        "ended": artist.end is not None,
        "artistName": artist.name,
        "foreignArtistId": artist.mbid,
        "mbId": artist.mbid,
        "tadbId": 0,
        "discogsId": 0,
        "overview": f"{artist.name} makes music.",
        "artistType": artist.kind,
        "disambiguation": artist.disambiguation,
        "links": [{"url": f"https://music.example/artist/{artist.mbid}", "name": "homepage"}],
        "images": [{"url": f"/MediaCover/{number}/poster.jpg", "coverType": "poster", "extension": ".jpg"}],
        "path": f"{_ROOT}/{artist.name.replace('/', '+')}",
        "qualityProfileId": 1,
        "metadataProfileId": 1,
        "monitored": artist.is_monitored,
        "monitorNewItems": "all",
        "rootFolderPath": f"{_ROOT}/",
        "genres": [tag.title() for tag in artist.tags],
        "cleanName": "".join(filter(str.isalnum, artist.name.casefold())),
        "sortName": artist.sort_name.casefold(),
        "tags": [],
        "added": (_EPOCH + timedelta(days=number % 2500)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ratings": _ratings(artist.mbid),
        "statistics": {"albumCount": len(artist.albums), **_statistics(artist.albums, wanted)},
        "id": number,
    }


def _album(album_number: int, artist_number: int, artist: Artist, album: Album) -> dict[str, Any]:
    medium = {"mediumNumber": 1, "mediumName": "", "mediumFormat": "CD"}
    return {
        "title": album.title,
        "disambiguation": "",
        "overview": "",
        "artistId": artist_number,
        "foreignAlbumId": album.mbid,
        "monitored": album.is_monitored,
        "anyReleaseOk": True,
        "profileId": 1,
        "duration": album.tracks * 245_000,
        "albumType": "Album",
        "secondaryTypes": list(album.secondary_types),
        "mediumCount": 1,
        "ratings": _ratings(album.mbid),
        "releaseDate": f"{album.year}-01-01T00:00:00Z",
        "releases": [
            {
                "id": album_number,
                "albumId": album_number,
                "foreignReleaseId": album.mbid,
                "title": album.title,
                "status": "Official",
                "duration": album.tracks * 245_000,
                "trackCount": album.tracks,
                "media": [medium],
                "mediumCount": 1,
                "disambiguation": "",
                "country": [artist.country],
                "label": [],
                "format": "CD",
                "monitored": True,
            }
        ],
        "genres": [tag.title() for tag in artist.tags[:2]],
        "media": [medium],
        "images": [{"url": f"/MediaCover/Albums/{album_number}/cover.jpg", "coverType": "cover", "extension": ".jpg"}],
        "links": [],
        "statistics": _statistics([album], [album]),
        "id": album_number,
    }


def _statistics(albums: Iterable[Album], wanted: Iterable[Album]) -> dict[str, Any]:
    owned = sum(album.tracks_owned for album in albums)
    tracks = sum(album.tracks for album in wanted)
    return {
        "trackFileCount": owned,
        "trackCount": tracks,
        "totalTrackCount": sum(album.tracks for album in albums),
        "sizeOnDisk": owned * 31_457_280,
        "percentOfTracks": 100.0 * owned / tracks if tracks else 0.0,
    }


def _ratings(mbid: str) -> dict[str, Any]:
    votes = int(mbid[:2], 16)
    return {"votes": votes, "value": 5.0 + 5.0 * votes / 255}
