"""Lidarr as the source of the library: whole arrays are read item by item, so that no library sits in memory.

Facts are from Lidarr's API description (v1) and its source.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, TypeVar

import httpx
import ijson
from ijson.backends import yajl2_c

from providers.contracts import Endpoint, Exclusion, LibraryStatus, OwnedAlbum, OwnedArtist
from providers.errors import (
    AuthenticationFailed,
    InvalidRequest,
    MalformedAnswer,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProviderError,
    RateLimited,
)
from providers.http import redact, translate

T = TypeVar("T")

_MBID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LARGEST_ID = 2**31 - 1
_encode = json.JSONEncoder(default=str).encode


class Lidarr:
    """A Lidarr server; satisfies `LibrarySource`.

    The base URL may end in Lidarr's URL base ("http://nas:8686/lidarr"). Every iterator either yields the whole
    collection or raises from `providers.errors`: a broken or cut-off answer never looks like a shorter library.
    `skipped` counts, by reason, the items that could not be used since this object was made.
    """

    def __init__(self, client: httpx.Client, endpoint: Endpoint) -> None:
        self.skipped: Counter[str] = Counter()
        self._client = client
        self._endpoint = endpoint
        self._api = f"{endpoint.base_url.rstrip('/')}/api/v1"

    def status(self) -> LibraryStatus:
        """Who answers at this address. Raises InvalidRequest when it is some other application."""
        with self._get("/system/status") as response:
            try:
                body = json.loads(b"".join(response.iter_bytes()))
            except ValueError:
                raise MalformedAnswer(self._endpoint.label, "the status page is not JSON") from None
        if not isinstance(body, dict) or not (app_name := _text(body.get("appName"))):
            raise MalformedAnswer(self._endpoint.label, "the status page does not say which application it is")
        if app_name.casefold() != "lidarr":
            raise InvalidRequest(self._endpoint.label, f"that is {app_name}, not Lidarr")
        return LibraryStatus(app_name, _text(body.get("version")), _text(body.get("instanceName")))

    def artists(self) -> Iterator[OwnedArtist]:
        """Every artist of the library."""
        yield from self._unique(self._items("/artist"), self._artist, lambda artist: artist.source_id)

    def albums(self, source_artist_id: int | None = None) -> Iterator[OwnedAlbum]:
        """Every album Lidarr knows of its artists, owned or not, or those of one artist."""
        parameters = {} if source_artist_id is None else {"artistId": str(source_artist_id)}
        yield from self._unique(self._items("/album", parameters), self._album, lambda album: album.source_id)

    def exclusions(self) -> Iterator[Exclusion]:
        """What the owner told Lidarr never to import."""
        for item in self._items("/importlistexclusion"):
            if mbid := _mbid(item.get("foreignId")):
                yield Exclusion(mbid, _text(item.get("artistName")))
            else:
                self.skipped["exclusion without a MusicBrainz id"] += 1

    def _unique(
        self, items: Iterator[dict[str, Any]], read: Callable[[dict[str, Any]], T | None], number: Callable[[T], int]
    ) -> Iterator[T]:
        seen = _Seen()
        for item in items:
            if (owned := read(item)) is None:
                continue
            if seen.add(number(owned)):
                yield owned
            else:
                self.skipped["id repeated"] += 1

    def _artist(self, item: dict[str, Any]) -> OwnedArtist | None:
        source_id, mbid, name = _id(item.get("id")), _mbid(item.get("foreignArtistId")), _text(item.get("artistName"))
        if not (source_id and mbid and name):
            self._skip("artist", source_id, mbid)
            return None
        statistics = _mapping(item.get("statistics"))
        rating, votes = _rating(item.get("ratings"))
        fields: dict[str, Any] = {
            "source_id": source_id,
            "artist_mbid": mbid,
            "name": name,
            "genres": _genres(item.get("genres")),
            "disambiguation": _text(item.get("disambiguation")),
            "artist_type": _text(item.get("artistType")),
            "is_monitored": item.get("monitored") is not False,
            "has_ended": item.get("ended") is True,
            "added_at": _moment(item.get("added")),
            "rating": rating,
            "rating_votes": votes,
            "album_count": _count(statistics.get("albumCount")),
            "track_count": _tracks(statistics),
            "track_file_count": _count(statistics.get("trackFileCount")),
            "size_on_disk": _count(statistics.get("sizeOnDisk")),
        }
        return OwnedArtist(**fields, fingerprint=_fingerprint(fields))

    def _album(self, item: dict[str, Any]) -> OwnedAlbum | None:
        source_id, mbid, title = _id(item.get("id")), _mbid(item.get("foreignAlbumId")), _text(item.get("title"))
        artist_id = _id(item.get("artistId"))
        if not (source_id and mbid and title and artist_id):
            self._skip("album", source_id and artist_id, mbid)
            return None
        statistics = _mapping(item.get("statistics"))
        rating, votes = _rating(item.get("ratings"))
        moment = _moment(item.get("releaseDate"))
        fields: dict[str, Any] = {
            "source_id": source_id,
            "source_artist_id": artist_id,
            "release_group_mbid": mbid,
            "title": title,
            "album_type": _text(item.get("albumType")),
            "secondary_types": tuple(filter(None, map(_text, _list(item.get("secondaryTypes"))))),
            "released_on": moment.date() if moment else None,
            "genres": _genres(item.get("genres")),
            "is_monitored": item.get("monitored") is not False,
            "rating": rating,
            "rating_votes": votes,
            "track_count": _tracks(statistics),
            "track_file_count": _count(statistics.get("trackFileCount")),
        }
        return OwnedAlbum(**fields, fingerprint=_fingerprint(fields))

    def _skip(self, what: str, source_id: int, mbid: str) -> None:
        missing = "a usable id" if not source_id else "a MusicBrainz id" if not mbid else "a name"
        self.skipped[f"{what} without {missing}"] += 1

    def _items(self, path: str, parameters: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        label = self._endpoint.label
        found = ijson.sendable_list()
        reader = yajl2_c.items_coro(found, "item", use_float=True)
        is_array = False
        with self._get(path, parameters) as response:
            for chunk in response.iter_bytes():
                # An object where the array should be has no items either, and must not pass for an empty library.
                if not is_array and (head := chunk.lstrip()):
                    if not head.startswith(b"["):
                        raise MalformedAnswer(label, f"{path} is not a list: {_excerpt(head)}")
                    is_array = True
                _read(reader.send, chunk, label, path)
                for item in found:
                    if isinstance(item, dict):
                        yield item
                    else:
                        self.skipped["not an object"] += 1
                found.clear()
            # Closing in the middle of the array is how the parser says that the rest is missing.
            _read(lambda _: reader.close(), b"", label, path)

    @contextmanager
    def _get(self, path: str, parameters: Mapping[str, str] | None = None) -> Iterator[httpx.Response]:
        endpoint = self._endpoint
        headers = {"X-Api-Key": endpoint.secret, "Accept": "application/json"}
        with (
            translate(endpoint.label),
            self._client.stream("GET", self._api + path, params=parameters, headers=headers) as response,
        ):
            if not response.is_success:
                raise _refusal(response, endpoint)
            if "html" in response.headers.get("Content-Type", ""):
                raise MalformedAnswer(endpoint.label, "a web page came back instead of the API")
            yield response


class _Seen:
    """Whole numbers met before, as bits: half a million consecutive ids take less than 100 kB."""

    def __init__(self) -> None:
        self._pages: dict[int, int] = {}

    def add(self, number: int) -> bool:
        """Whether the number is new."""
        page, bit = divmod(number, 4096)
        bits = self._pages.get(page, 0)
        self._pages[page] = bits | 1 << bit
        return not bits >> bit & 1


def _refusal(response: httpx.Response, endpoint: Endpoint) -> ProviderError:
    label, status = endpoint.label, response.status_code
    response.read()
    said = redact(_excerpt(response.content), (endpoint.secret,))
    if status == httpx.codes.NOT_FOUND:
        return NotFound(label, f"no Lidarr API at {endpoint.base_url}: is the URL base missing?", status=status)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        seconds = response.headers.get("Retry-After", "")
        retry_after = timedelta(seconds=int(seconds)) if seconds.isdecimal() else None
        return RateLimited(label, said, status=status, retry_after=retry_after)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Overloaded(label, said, status=status)
    kinds: dict[int, type[ProviderError]] = {
        httpx.codes.UNAUTHORIZED: AuthenticationFailed,
        httpx.codes.FORBIDDEN: PermissionDenied,
    }
    return kinds.get(status, InvalidRequest)(label, said, status=status)


def _read(parse: Callable[[bytes], Any], chunk: bytes, label: str, path: str) -> None:
    try:
        parse(chunk)
    except ijson.JSONError as error:
        reason = str(error).splitlines()[0]
        raise MalformedAnswer(label, f"{path} is broken or was cut off: {reason}") from error


def _excerpt(body: bytes) -> str:
    text = " ".join(body[:2000].decode("utf-8", "replace").split())
    return "a web page" if text.startswith("<") else text[:200]


def _fingerprint(fields: Mapping[str, Any]) -> str:
    # JSON rather than hash() or pickle: the same item must give the same text in every process and version.
    return blake2b(_encode(list(fields.values())).encode(), digest_size=8).hexdigest()


def _text(value: object) -> str:
    # PostgreSQL refuses NUL in text.
    return value.replace("\0", "").strip() if isinstance(value, str) else ""


def _mbid(value: object) -> str:
    mbid = _text(value).lower()
    return mbid if _MBID.fullmatch(mbid) else ""


def _id(value: object) -> int:
    """A usable row number, or 0. Lidarr's start at 1 and are 32 bits wide."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_ID else 0


def _count(value: object) -> int:
    return max(int(value), 0) if isinstance(value, int | float) else 0


def _tracks(statistics: Mapping[str, Any]) -> int:
    # trackCount leaves out what is not monitored, so a half-owned record would look complete.
    return _count(statistics.get("totalTrackCount")) or _count(statistics.get("trackCount"))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _rating(value: object) -> tuple[float | None, int]:
    ratings = _mapping(value)
    votes, rating = _count(ratings.get("votes")), ratings.get("value")
    return (float(rating) if votes and isinstance(rating, int | float) else None), votes


def _genres(value: object) -> tuple[str, ...]:
    # Taggers write several genres into one tag, separated by semicolons.
    genres: dict[str, str] = {}
    for tag in _list(value):
        for name in filter(None, map(str.strip, _text(tag).split(";"))):
            genres.setdefault(name.casefold(), name)
    return tuple(genres.values())


def _moment(value: object) -> datetime | None:
    """A point in time; .NET's zero date (0001-01-01) and its last (9999-12-31) stand for unknown."""
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    if not 1 < moment.year < 9999:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
