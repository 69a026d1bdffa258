"""MusicBrainz as a small local server: its search, its lookups, and its rules about rate and User-Agent.

Field names are those of the real JSON, see https://musicbrainz.org/doc/MusicBrainz_API.
"""

import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from providers.simulators.catalog import Album, Artist, World, world
from providers.simulators.lucene import Index, LuceneSyntaxError, parse
from providers.simulators.server import Reply, Request, Simulator

_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
# "Application/version ( contact )", where the contact is an address of the web or of mail.
_MEANINGFUL = re.compile(r"[^\s/]+/[^\s/]+ +\( *\S*(?:://|@)\S+ *\)")
_HELP = "For usage, please see: https://musicbrainz.org/development/mmd"
_TYPE_IDS = {"Group": "e431f5f6-b5d2-343d-8b36-72607fffb74b", "Person": "b6e035f4-3ce9-331c-97df-83397230b0df"}
_ALBUM_TYPE_ID = "f529b476-6e62-324f-b0aa-1f3e33d313fc"


class MusicBrainzSimulator(Simulator):
    """A strict MusicBrainz; `rate` is in requests a second, on average and for all clients, and 0 lifts the limit.

    An outage is a fault for every request: `simulator.fault("status", status=503, times=-1)`.
    """

    name = "musicbrainz"

    def __init__(self, known: World | None = None, port: int = 0, *, rate: float = 1.0) -> None:
        self.world = known or world()
        self._limit = _Limit(rate)
        super().__init__(port)

    def answer(self, request: Request) -> Reply:
        if not _MEANINGFUL.search(request.headers.get("user-agent", "")):
            return _error(403, "Your User-Agent names no application, version and contact.")
        wait, headers = self._limit.admit(time.time())
        if wait:
            message = "Your requests are exceeding the allowable rate limit."
            return _error(503, message, {**headers, "Retry-After": str(math.ceil(wait))})
        if request.parameter("fmt") != "json":
            xml = b'<?xml version="1.0" encoding="UTF-8"?><metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#"/>'
            return Reply(200, xml, {**headers, "Content-Type": "application/xml; charset=utf-8"})
        reply = self._route(request)
        return Reply(reply.status, reply.body, {**reply.headers, **headers})

    def _route(self, request: Request) -> Reply:
        match request.path.rstrip("/").split("/"):
            case ["", "ws", "2", "artist"]:
                return self._search(request, "artists", self._artists, self._artist_hit)
            case ["", "ws", "2", "release-group"]:
                return self._search(request, "release-groups", self._release_groups, self._release_group_hit)
            case ["", "ws", "2", "artist", mbid]:
                return self._lookup(request, mbid)
        return _error(404, "Not Found")

    def _search(self, request: Request, name: str, index: Index, describe: Callable[[int], Mapping[str, Any]]) -> Reply:
        query = request.parameter("query")
        try:
            hits = index.search(parse(query))
        except LuceneSyntaxError:
            return _error(400, f"Unable to parse search:{query}")
        limit, offset = request.parameter("limit", "25"), request.parameter("offset", "0")
        if not (limit.isdecimal() and offset.isdecimal()):
            return _error(400, "limit and offset must be whole numbers")
        start, stop = int(offset), int(offset) + min(int(limit), 100)
        best = hits[0][1] if hits else 1.0
        return Reply.of(
            {
                "created": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "count": len(hits),
                "offset": start,
                name: [{**describe(number), "score": round(100 * score / best)} for number, score in hits[start:stop]],
            }
        )

    def _lookup(self, request: Request, mbid: str) -> Reply:
        if not _MBID.fullmatch(mbid):
            return _error(400, "Invalid mbid.")
        wanted = set(re.split(r"[ +]", request.parameter("inc"))) - {""}
        if unknown := wanted - {"aliases", "tags"}:
            return _error(400, f"{min(unknown)} is not a valid inc parameter for the artist resource.")
        if survivor := self.world.survivors.get(mbid):
            inc = request.parameter("inc").replace(" ", "+")
            return Reply(301, b"", {"Location": f"{self.url}/ws/2/artist/{survivor}?inc={inc}&fmt=json"})
        artist = self.world.by_mbid.get(mbid)
        if artist is None:
            return _error(404, "Not Found")
        life = {"begin": _date(artist.begin), "end": _date(artist.end), "ended": artist.end is not None}
        found = {**_artist(artist), "country": artist.country or None, "disambiguation": artist.disambiguation}
        return Reply.of({**found, "life-span": life, **{key: found.get(key, []) for key in sorted(wanted)}})

    @cached_property
    def _artists(self) -> Index:
        return Index(
            (
                {
                    "arid": [artist.mbid],
                    "artist": [artist.name],
                    "alias": artist.aliases,
                    "sortname": [artist.sort_name],
                    "comment": [artist.disambiguation],
                    "country": [artist.country],
                    "tag": artist.tags,
                    "type": [artist.kind],
                }
                for artist in self.world.artists
            ),
            ("artist", "alias", "sortname"),
        )

    @cached_property
    def _albums(self) -> list[tuple[Artist, Album]]:
        return [(artist, album) for artist in self.world.artists for album in artist.albums]

    @cached_property
    def _release_groups(self) -> Index:
        return Index(
            (
                {
                    "rgid": [album.mbid],
                    "releasegroup": [album.title],
                    "arid": [member.mbid for member in self._members(artist, album)],
                    "artist": [" & ".join(member.name for member in self._members(artist, album))],
                    "artistname": [member.name for member in self._members(artist, album)],
                    "primarytype": ["Album"],
                    "secondarytype": album.secondary_types,
                    "firstreleasedate": [str(album.year)],
                    "tag": artist.tags,
                }
                for artist, album in self._albums
            ),
            ("releasegroup", "artist"),
        )

    def _members(self, artist: Artist, album: Album) -> list[Artist]:
        return [artist, *(self.world.by_mbid[mbid] for mbid in album.credited)]

    def _artist_hit(self, number: int) -> dict[str, Any]:
        artist = self.world.artists[number]
        life = {"begin": _date(artist.begin), "end": _date(artist.end), "ended": True if artist.end else None}
        return {**_artist(artist), "life-span": {key: value for key, value in life.items() if value or key == "ended"}}

    def _release_group_hit(self, number: int) -> dict[str, Any]:
        artist, album = self._albums[number]
        credit: list[dict[str, Any]] = []
        for member in self._members(artist, album):
            if credit:
                credit[-1]["joinphrase"] = " & "
            shown = ("id", "name", "sort-name", "disambiguation", "aliases")
            entry = {key: value for key, value in _artist(member).items() if key in shown}
            credit.append({"name": member.name, "artist": entry})
        hit = {
            "id": album.mbid,
            "type-id": _ALBUM_TYPE_ID,
            "primary-type-id": _ALBUM_TYPE_ID,
            "count": 1,
            "title": album.title,
            "first-release-date": str(album.year),
            "primary-type": "Album",
            "artist-credit": credit,
            "releases": [{"id": album.mbid, "title": album.title, "status": "Official"}],
            "tags": _tags(artist),
        }
        return {**hit, "secondary-types": list(album.secondary_types)} if album.secondary_types else hit


class _Limit:
    """Requests evenly spaced on average; one may come early, and refused ones do not count."""

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._due = 0.0
        self._lock = threading.Lock()

    def admit(self, now: float) -> tuple[float, dict[str, str]]:
        """Seconds to wait, 0 when the request may pass, and the headers that say so."""
        with self._lock:
            due = max(now, self._due)
            wait = due - self._interval - now
            if wait <= 0:
                wait, self._due = 0.0, due + self._interval
        remaining = "0" if wait else "1"
        headers = {"X-RateLimit-Limit": "1", "X-RateLimit-Remaining": remaining}
        return wait, {**headers, "X-RateLimit-Reset": str(math.ceil(now + wait))}


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply.of({"error": message, "help": _HELP}, status, headers)


def _artist(artist: Artist) -> dict[str, Any]:
    """What searches and lookups say alike; as in the real answers, what is empty is left out."""
    fields = {
        "id": artist.mbid,
        "type": artist.kind,
        "type-id": _TYPE_IDS.get(artist.kind),
        "name": artist.name,
        "sort-name": artist.sort_name,
        "country": artist.country,
        "disambiguation": artist.disambiguation,
        "aliases": [_alias(name) for name in artist.aliases],
        "tags": _tags(artist),
    }
    return {key: value for key, value in fields.items() if value}


def _alias(name: str) -> dict[str, Any]:
    unknown = dict.fromkeys(("locale", "type", "primary", "begin-date", "end-date"))
    return {"name": name, "sort-name": name, **unknown}


def _tags(artist: Artist) -> list[dict[str, Any]]:
    # In alphabetical order as the real ones come, so that nobody takes the first for the most voted.
    votes = [{"count": max(12 - 3 * place, 1), "name": tag} for place, tag in enumerate(artist.tags)]
    return sorted(votes, key=lambda tag: str(tag["name"]))


def _date(year: int | None) -> str | None:
    return str(year) if year else None
