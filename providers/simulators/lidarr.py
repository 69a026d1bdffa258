"""Lidarr as a small local server with a library in it, and Lidarr's two ways of reading our lists.

The answers have the fields of Lidarr's API description (v1).
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import httpx

from providers.simulators.catalog import SimulatedLibrary, demo_library, world
from providers.simulators.lidarr_resources import (
    METADATA_PROFILE,
    QUALITY_PROFILE,
    ROOT_FOLDER,
    albums_of,
    artist_resource,
    one_album,
    system_status,
)
from providers.simulators.server import Reply, Request, Simulator

_PIECE = 50
_MBID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Quirk(StrEnum):
    """Broken items seen in the wild, added to the lists of artists and albums after the sound ones."""

    REPEATED_ID = "repeated id"
    NULL_ID = "null id"
    NULL_NAME = "null name"
    MALFORMED_MBID = "malformed mbid"
    SPARSE = "everything optional is null"
    ONE_GENRE_TAG = "all genres in one tag"


class LidarrSimulator(Simulator):
    """A strict Lidarr. `url_base` is Lidarr's own setting: requests outside of it are redirected into it.

    `library` and `exclusions` ([{id, foreignId, artistName}]) may be replaced while it runs.
    """

    name = "lidarr"

    def __init__(
        self,
        library: SimulatedLibrary | None = None,
        port: int = 0,
        *,
        api_key: str = "0123456789abcdef0123456789abcdef",
        url_base: str = "",
        app_name: str = "Lidarr",
        quirks: Iterable[Quirk] = (),
    ) -> None:
        self.library = library or demo_library()
        self.exclusions: list[dict[str, Any]] = []
        self.api_key = api_key
        self.url_base = url_base.rstrip("/")
        self._app_name = app_name
        self._quirks = tuple(quirks)
        self._answers: dict[tuple[str, str], Callable[[Request], Reply]] = {
            ("GET", "/system/status"): self._status,
            ("GET", "/artist"): self._artists,
            ("GET", "/artist/lookup"): self._lookup,
            ("GET", "/album"): self._albums,
            ("GET", "/importlistexclusion"): lambda _: Reply.of(self.exclusions),
            ("POST", "/importlistexclusion"): self._exclude,
            ("GET", "/qualityprofile"): lambda _: Reply.of([QUALITY_PROFILE]),
            ("GET", "/metadataprofile"): lambda _: Reply.of([METADATA_PROFILE]),
            ("GET", "/rootfolder"): lambda _: Reply.of([ROOT_FOLDER]),
            ("GET", "/tag"): lambda _: Reply.of([{"id": 1, "label": "favorites"}]),
        }
        super().__init__(port)

    @property
    def base_url(self) -> str:
        """What the owner types into Brainarr."""
        return self.url + self.url_base

    def answer(self, request: Request) -> Reply:
        if not request.path.startswith(f"{self.url_base}/"):
            return Reply(307, b"", {"Location": self.url_base + request.path})
        path = request.path.removeprefix(self.url_base)
        if path == "/ping":
            return Reply.of({"status": "OK"})
        if self.api_key not in (request.headers.get("x-api-key"), request.parameter("apikey")):
            return Reply(401)
        found = self._answers.get((request.method, path.removeprefix("/api/v1")))
        if found is None or not path.startswith("/api/v1/"):
            return Reply.of({"message": "NotFound"}, 404)
        return found(request)

    def _status(self, _: Request) -> Reply:
        return Reply.of(system_status(self._app_name, self.url_base))

    def _artists(self, request: Request) -> Reply:
        numbered = enumerate(self.library.artists, start=1)
        if wanted := request.parameter("mbId").lower():
            return Reply.of([artist_resource(number, artist) for number, artist in numbered if artist.mbid == wanted])
        items = (artist_resource(number, artist) for number, artist in numbered)
        return _streamed(self._with_quirks(items, "artistName", "foreignArtistId"))

    def _albums(self, request: Request) -> Reply:
        if mbid := request.parameter("foreignAlbumId").lower():
            return Reply.of([item for item in self._every_album() if item["foreignAlbumId"] == mbid])
        if ids := {int(number) for value in request.query.get("albumIds", ()) for number in value.split(",")}:
            wanted = (one_album(self.library, number) for number in sorted(ids))
            return Reply.of([item for item in wanted if item is not None])
        if number := request.parameter("artistId"):
            position = int(number) - 1
            known = 0 <= position < len(self.library.artists)
            return Reply.of(list(albums_of(position + 1, self.library.artists[position])) if known else [])
        return _streamed(self._with_quirks(self._every_album(), "title", "foreignAlbumId"))

    def _every_album(self) -> Iterator[dict[str, Any]]:
        for number, artist in enumerate(self.library.artists, start=1):
            yield from albums_of(number, artist)

    def _with_quirks(self, items: Iterator[dict[str, Any]], name: str, mbid: str) -> Iterator[dict[str, Any]]:
        model: dict[str, Any] = {}
        for item in items:
            model = model or item
            yield item
        fresh = {**model, "id": 2_000_000_000}
        broken: dict[Quirk, dict[str, Any]] = {
            Quirk.REPEATED_ID: model,
            Quirk.NULL_ID: {**model, "id": None},
            Quirk.NULL_NAME: {**fresh, name: None},
            Quirk.MALFORMED_MBID: {**fresh, mbid: "not-an-id"},
            Quirk.SPARSE: {**fresh, **dict.fromkeys(("genres", "ratings", "statistics", "images", "links", "added"))},
            Quirk.ONE_GENRE_TAG: {**fresh, "id": fresh["id"] + 1, "genres": ["Post-Rock; Ambient;ambient ; "]},
        }
        yield from (broken[quirk] for quirk in self._quirks)

    def _lookup(self, request: Request) -> Reply:
        term = request.parameter("term").strip().lower()
        _, is_id, mbid = term.partition(":")
        if is_id and term.startswith(("lidarr:", "lidarrid:", "mbid:")):
            found = [artist for artist in world().artists if artist.mbid == mbid.strip()]
        else:
            found = [artist for artist in world().artists if term in artist.name.casefold()][:10]
        numbers = {artist.mbid: number for number, artist in enumerate(self.library.artists, start=1)}
        return Reply.of([artist_resource(numbers.get(artist.mbid, 0), artist) for artist in found])

    def _exclude(self, request: Request) -> Reply:
        sent = request.json()
        problems = [
            {"propertyName": name, "errorMessage": f"'{name}' must not be empty.", "severity": "error"}
            for name in ("foreignId", "artistName")
            if not sent.get(name)
        ]
        if any(known["foreignId"] == sent.get("foreignId") for known in self.exclusions):
            message = "This exclusion has already been added."
            problems.append({"propertyName": "ForeignId", "errorMessage": message, "severity": "error"})
        if problems:
            return Reply.of(problems, 400)
        row = {"id": len(self.exclusions) + 1, "foreignId": sent["foreignId"], "artistName": sent["artistName"]}
        self.exclusions.append(row)
        return Reply.of(row, 201)


@dataclass(frozen=True, slots=True)
class Import:
    """What Lidarr would add; an artist import has no album."""

    artist_mbid: str
    artist: str = ""
    release_group_mbid: str = ""
    album: str = ""


class LidarrComplaint(Exception):
    """What Lidarr would write into its log, or show beside the list."""


def read_custom_list(url: str) -> list[Import]:
    """Read a list as Lidarr's "Custom List" does. Raises LidarrComplaint.

    A null id is passed over, as Lidarr does; a malformed one ends the sync for every list.
    """
    if not url.startswith("http") or not urlsplit(url).hostname:
        raise LidarrComplaint("Invalid URL")
    items = _fetch(url.rstrip("/"), {"Accept": "application/json"})
    ids = []
    for item in items:
        properties = {name.casefold(): value for name, value in item.items()}
        if mbid := properties.get("musicbrainzid"):
            ids.append(mbid)
    return [Import(_valid(mbid)) for mbid in dict.fromkeys(ids)]


def read_lidarr_list(base_url: str, api_key: str) -> list[Import]:
    """Read a list as Lidarr's list type "Lidarr" does from another Lidarr. Raises LidarrComplaint."""
    api, headers = f"{base_url.rstrip('/')}/api/v1", {"X-Api-Key": api_key, "Accept": "application/json"}
    albums = _fetch(f"{api}/album", headers)
    artists: dict[int, dict[str, Any]] = {}
    for artist in _fetch(f"{api}/artist", headers):
        if artist["id"] in artists:
            raise LidarrComplaint(f"An item with the same key has already been added. Key: {artist['id']}")
        artists[artist["id"]] = artist
    imports = []
    for album in albums:
        if album["artistId"] not in artists:
            raise LidarrComplaint(f"The given key '{album['artistId']}' was not present in the dictionary.")
        artist = artists[album["artistId"]]
        if album["monitored"] and artist["monitored"]:
            ids = _valid(artist["foreignArtistId"]), _valid(album["foreignAlbumId"])
            imports.append(Import(ids[0], artist["artistName"], ids[1], album["title"]))
    return list(dict.fromkeys(imports))


def _fetch(url: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    try:
        response = httpx.get(url, headers=headers, timeout=100, follow_redirects=False)
    except httpx.HTTPError as error:
        raise LidarrComplaint(f"Unable to connect: {error}") from error
    if response.status_code == httpx.codes.UNAUTHORIZED:
        raise LidarrComplaint("API Key is invalid (unauthorized)")
    if response.is_redirect:
        raise LidarrComplaint(f"Redirected to {response.headers.get('Location')}: are you missing a URL base?")
    if response.status_code >= httpx.codes.MULTIPLE_CHOICES:
        raise LidarrComplaint(f"HTTP request failed: [{response.status_code}]")
    try:
        items = response.json()
    except ValueError as error:
        raise LidarrComplaint("Unable to parse the response") from error
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise LidarrComplaint("Unable to parse the response: not an array of objects")
    return items


def _valid(mbid: object) -> str:
    if not isinstance(mbid, str) or not _MBID.fullmatch(mbid):
        raise LidarrComplaint(f"Sync aborted: the metadata server rejects the id {mbid!r}")
    return mbid


def _streamed(items: Iterator[dict[str, Any]]) -> Reply:
    def pieces() -> Iterator[bytes]:
        opening = "["
        while batch := list(islice(items, _PIECE)):
            yield (opening + ",".join(json.dumps(item, ensure_ascii=False) for item in batch)).encode()
            opening = ","
        yield b"]" if opening == "," else b"[]"

    return Reply(200, pieces(), {"Content-Type": "application/json; charset=utf-8"})
