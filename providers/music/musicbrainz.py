"""MusicBrainz as the catalog: many names in one search, merged ids followed, special-purpose artists known.

Facts are from https://musicbrainz.org/doc/MusicBrainz_API and its Search and Rate_Limiting pages.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote_plus

import httpx

from providers.contracts import CatalogArtist, CatalogReleaseGroup, Credit, Found, Merged
from providers.errors import (
    InvalidRequest,
    MalformedAnswer,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProviderError,
    RateLimited,
    Redirected,
)
from providers.http import translate

# The official list and its subsets (https://musicbrainz.org/doc/Style/Unknown_and_untitled), then the rows that
# MusicBrainz keeps for its own use. Their names stand behind them.
SPECIAL_PURPOSE_ARTISTS: frozenset[str] = frozenset(
    {
        "89ad4ac3-39f7-470e-963a-56509c546377",  # Various Artists
        "125ec42a-7229-4250-afc5-e057484327fe",  # [unknown]
        "f731ccc4-e22a-43af-a747-64213329e088",  # [anonymous]
        "9be7f096-97ec-4615-8957-8d40b5dcbc41",  # [traditional]
        "eec63d3c-3b81-4ad4-b1e4-7c147d4d2b61",  # [no artist]
        "33cf029c-63b0-41a0-9855-be2a3665fb3b",  # [data]
        "314e1c25-dde7-4e4d-b2f4-0a7b9f7c56dc",  # [dialogue]
        "66ea0139-149f-4a0c-8fbf-5ea9ec4a6e49",  # [Disney]
        "a0ef7e1d-44ff-4039-9435-7d5fefdeecc9",  # [theatre]
        "0187fe48-c87d-4dd8-beca-9c07ef535603",  # [christmas music]
        "9e44f539-f3fc-4120-bce2-94c8716437fa",  # [classical music]
        "d6bd72bc-b1e2-4525-92aa-0f853cbb41bf",  # [soundtrack]
        "ae636985-40e8-4010-ae02-0f35930f8017",  # [religious music]
        "90068d37-bae7-4292-be4a-704c145bd616",  # [church chimes]
        "80a8851f-444c-4539-892b-ad2a49292aa9",  # [language instruction]
        "51118c9d-965d-4f9f-89a1-0091837ccf54",  # [nature sounds]
        "49e713ce-c3be-4697-8983-ee7cd0a11ea1",  # [news report]
        "7e84f845-ac16-41fe-9ff8-df12eb32af55",  # MusicBrainz Test Artist
        "c06aa285-520e-40c0-b776-83d2c9e8a6d1",  # Deleted Artist
    }
)

MOST_PAIRS = 20
MOST_NAMES = 25

# Only these words in brackets: [Alexandros], [spunge] and [ingenting] are bands people love.
_BRACKETED = re.compile(
    r"\[\s*(unknown|unknown artist|anonymous|traditional|trad\.?|no artist|none|data|dialogue|disney|theatre|theater"
    r"|musical theater|christmas music|classical music|soundtrack|religious music|church chimes"
    r"|language instruction|nature sounds|news report|crowd noise|silence|untitled)\s*\]",
    re.IGNORECASE,
)
_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_SPECIAL = re.compile(r'([+\-&|!(){}\[\]^"~*?:\\/])')
_MOST_RESULTS = "100"
# Proxies before MusicBrainz and its mirrors refuse addresses over 8 KiB.
_LONGEST_URL = 7500
# Longer than any real name, and short enough that one pair always fits whatever its script.
_LONGEST_NAME = 200


def is_special_purpose(artist_mbid: str, name: str) -> bool:
    """Whether this is a placeholder that MusicBrainz files unusual credits under, and no artist at all."""
    name = name.strip()
    return (
        artist_mbid.lower() in SPECIAL_PURPOSE_ARTISTS
        or name.casefold() in {"various artists", "various"}
        or _BRACKETED.fullmatch(name) is not None
    )


class MusicBrainz:
    """MusicBrainz or a mirror of it; satisfies `Catalog`. Raises only from `providers.errors`.

    `base_url` is the server's address without "/ws/2". `user_agent` names the application, its version and a contact,
    as in "Brainarr/1.2.3 ( https://example.org )": the server turns away those that do not. One request a second is all
    an installation is allowed; whoever calls sees to that.
    """

    label = "MusicBrainz"

    def __init__(self, client: httpx.Client, base_url: str, user_agent: str) -> None:
        self._client = client
        self._service = f"{base_url.rstrip('/').removesuffix('/ws/2')}/ws/2"
        self._user_agent = user_agent

    def find_release_groups(self, pairs: Sequence[tuple[str, str]]) -> Found[CatalogReleaseGroup]:
        """Release groups whose artist credit and title hold these words; at most `fits(pairs)` pairs."""
        return self._release_groups([_pair(artist, title) for artist, title in pairs])

    def find_release_groups_by(self, wanted: Sequence[tuple[str, str]]) -> Found[CatalogReleaseGroup]:
        """Release groups of these artists whose title holds these words; at most `fits(wanted)` pairs."""
        return self._release_groups(
            [f"(arid:{mbid} AND releasegroup:{_phrase(title)})" for mbid, title in wanted if _MBID.fullmatch(mbid)]
        )

    def find_artists(self, names: Sequence[str]) -> Found[CatalogArtist]:
        """Artists whose name or alias holds one of the names; at most `fits_names(names)` names."""
        answer = self._search("artist", [_either(name) for name in names])
        hits, is_complete = _hits(answer, "artists", self.label)
        return Found(tuple(_artist(hit) for hit in hits), is_complete)

    def artist(self, artist_mbid: str) -> CatalogArtist | Merged:
        """One artist by id, or the id it was merged into. Raises NotFound."""
        if not _MBID.fullmatch(artist_mbid):
            raise NotFound(self.label, f"{artist_mbid[:60]!r} is no MusicBrainz id")
        try:
            response = self._get(f"/artist/{artist_mbid}", {"inc": "aliases tags"})
        except Redirected as moved:
            if (survivor := _survivor(moved)) and survivor != artist_mbid:
                return Merged(survivor)
            raise
        answer = _json(response, self.label)
        if not _MBID.fullmatch(_text(answer.get("id"))):
            raise MalformedAnswer(self.label, "an artist without an id")
        return _artist(answer)

    def fits(self, pairs: Sequence[tuple[str, str]]) -> int:
        """How many of the pairs, from the first, one `find_release_groups` or `find_release_groups_by` can ask for."""
        return self._fits([_pair(artist, title) for artist, title in pairs[:MOST_PAIRS]])

    def fits_names(self, names: Sequence[str]) -> int:
        """How many of the names, from the first, one `find_artists` can ask for."""
        return self._fits([_either(name) for name in names[:MOST_NAMES]])

    def _fits(self, clauses: list[str]) -> int:
        length = len(f"{self._service}/release-group?query=&fmt=json&limit={_MOST_RESULTS}")
        for fitting, clause in enumerate(clauses):
            length += len(quote_plus(f"{clause} OR "))
            if length > _LONGEST_URL:
                return fitting
        return len(clauses)

    def _release_groups(self, clauses: list[str]) -> Found[CatalogReleaseGroup]:
        answer = self._search("release-group", clauses)
        hits, is_complete = _hits(answer, "release-groups", self.label)
        return Found(tuple(_release_group(hit) for hit in hits), is_complete)

    def _search(self, entity: str, clauses: list[str]) -> Mapping[str, Any]:
        if not clauses:
            return {f"{entity}s": []}
        response = self._get(f"/{entity}", {"query": " OR ".join(clauses), "limit": _MOST_RESULTS})
        return _json(response, self.label)

    def _get(self, path: str, parameters: Mapping[str, str]) -> httpx.Response:
        headers = {"User-Agent": self._user_agent, "Accept": "application/json"}
        with translate(self.label):
            response = self._client.get(self._service + path, params={**parameters, "fmt": "json"}, headers=headers)
        if response.is_success:
            return response
        raise _refusal(response, self.label)


def _survivor(moved: Redirected) -> str:
    # Only the id is taken from the redirect: wherever it points, the next request goes to our own base URL.
    target = re.search(rf"/ws/2/artist/({_MBID.pattern})(?:[/?]|$)", moved.target)
    return target[1] if target else ""


def _refusal(response: httpx.Response, label: str) -> ProviderError:
    status, said = response.status_code, _said(response)
    # MusicBrainz says 503 where others say 429.
    if status in {httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS}:
        return RateLimited(label, said, status=status, retry_after=_retry_after(response.headers))
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Overloaded(label, said, status=status)
    kinds: dict[int, type[ProviderError]] = {
        httpx.codes.NOT_FOUND: NotFound,
        httpx.codes.FORBIDDEN: PermissionDenied,
    }
    return kinds.get(status, InvalidRequest)(label, said, status=status)


def _retry_after(headers: httpx.Headers) -> timedelta | None:
    """The longest wait the server names, by the server's own clock: ours may be minutes off."""
    waits = []
    asked = headers.get("Retry-After", "")
    if asked.isdecimal():
        waits.append(timedelta(seconds=int(asked)))
    reset = headers.get("X-RateLimit-Reset", "")
    now = _http_date(headers.get("Date", ""))
    if now and reset.isdecimal():
        waits.append(timedelta(seconds=int(reset) - int(now.timestamp())))
    if now and (until := _http_date(asked)):
        waits.append(until - now)
    return max([timedelta(0), *waits]) if waits else None


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _said(response: httpx.Response) -> str:
    try:
        return _text(json.loads(response.content).get("error"))
    except (ValueError, AttributeError):
        return ""


def _json(response: httpx.Response, label: str) -> Mapping[str, Any]:
    try:
        answer = json.loads(response.content)
    except ValueError:
        kind = response.headers.get("Content-Type", "without a type")
        raise MalformedAnswer(label, f"the answer is not JSON but {kind}") from None
    if not isinstance(answer, dict):
        raise MalformedAnswer(label, "the answer is not an object")
    return answer


def _phrase(text: str) -> str:
    # Models write halves of surrogate pairs, which no URL can carry.
    writable = text.encode("utf-8", "ignore").decode()
    escaped = _SPECIAL.sub(r"\\\1", " ".join(writable.split())[:_LONGEST_NAME])
    return f'"{escaped}"'


def _pair(artist: str, title: str) -> str:
    return f"(artist:{_phrase(artist)} AND releasegroup:{_phrase(title)})"


def _either(name: str) -> str:
    return f"(artist:{_phrase(name)} OR alias:{_phrase(name)})"


def _hits(answer: Mapping[str, Any], name: str, label: str) -> tuple[list[Mapping[str, Any]], bool]:
    found = answer.get(name)
    if not isinstance(found, list):
        raise MalformedAnswer(label, f"the answer has no {name}")
    count = answer.get("count")
    hits = [hit for hit in _objects(found) if _MBID.fullmatch(_text(hit.get("id")))]
    return hits, not isinstance(count, int) or count <= len(found)


def _artist(item: Mapping[str, Any]) -> CatalogArtist:
    life = _mapping(item.get("life-span"))
    return CatalogArtist(
        artist_mbid=_text(item.get("id")),
        name=_text(item.get("name")),
        sort_name=_text(item.get("sort-name")),
        aliases=_names(item.get("aliases")),
        disambiguation=_text(item.get("disambiguation")),
        country=_text(item.get("country")),
        kind=_text(item.get("type")),
        begin_year=_year(life.get("begin")),
        end_year=_year(life.get("end")),
        tags=_tags(item.get("tags")),
    )


def _release_group(item: Mapping[str, Any]) -> CatalogReleaseGroup:
    return CatalogReleaseGroup(
        release_group_mbid=_text(item.get("id")),
        title=_text(item.get("title")),
        credits=tuple(_credit(credit) for credit in _objects(item.get("artist-credit"))),
        primary_type=_text(item.get("primary-type")),
        secondary_types=tuple(_text(kind) for kind in _list(item.get("secondary-types"))),
        first_release_year=_year(item.get("first-release-date")),
        tags=_tags(item.get("tags")),
    )


def _credit(item: Mapping[str, Any]) -> Credit:
    artist = _mapping(item.get("artist"))
    name = _text(artist.get("name"))
    return Credit(
        artist_mbid=_text(artist.get("id")),
        credited_as=_text(item.get("name")) or name,
        name=name,
        aliases=_names(artist.get("aliases")),
        disambiguation=_text(artist.get("disambiguation")),
    )


def _names(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for item in _objects(value) if (name := _text(item.get("name")))))


def _tags(value: object) -> tuple[tuple[str, int], ...]:
    # Votes go below zero when people agree that a tag is wrong.
    votes = [(_text(tag.get("name")), tag.get("count")) for tag in _objects(value)]
    liked = [(name, count) for name, count in votes if name and isinstance(count, int) and count > 0]
    return tuple(sorted(liked, key=lambda tag: (-tag[1], tag[0])))


def _year(value: object) -> int | None:
    year = _text(value)[:4]
    return int(year) if re.fullmatch("[0-9]{4}", year) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
