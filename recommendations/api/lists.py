"""What Lidarr reads: the Custom List, and the few addresses of "another Lidarr" that carry albums. Never a redirect."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from django.db import Error, connection
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Schema

from recommendations.queries.published import Body, Published, published, snapshot
from recommendations.services.tokens import digest

_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}")
_READING = ("GET", "HEAD")


def _constant(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


# What Lidarr's importer asks another Lidarr for. The numbers are those that the artists refer to.
_LIDARR: dict[str, Body | bytes] = {
    "artist": Body.ARTISTS,
    "album": Body.ALBUMS,
    "qualityprofile": _constant([{"id": 1, "name": "Brainarr"}]),
    "metadataprofile": _constant([{"id": 1, "name": "Brainarr"}]),
    "rootfolder": _constant([{"id": 1, "name": "Brainarr", "path": "/", "accessible": True, "freeSpace": 0}]),
    "tag": _constant([]),
    "system/status": _constant({"appName": "Lidarr", "instanceName": "Brainarr", "version": "1.0.0.0", "urlBase": ""}),
}


@dataclass(frozen=True, slots=True)
class Served:
    """An answer, whatever server sends it. A body is never empty, save to HEAD and with 304."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answer(method: str, path: str, query_string: str, headers: Mapping[str, str]) -> Served | None:
    """The answer to a reader of a list, in at most one query; None when the path is somebody else's.

    `path` is decoded, `headers` are lower case. The token is taken from `X-Api-Key`, else from `apikey` or `token` in
    the query. Unknown or revoked token 401, unknown or disabled list 404, both as JSON: Lidarr shows its owner
    "unauthorized" for 401 and nothing useful for a page. While the database cannot be read, the last good copy is
    served, and 503 only where there is none.
    """
    parts = [part for part in path.split("/") if part]
    if not parts or parts[0] not in {"lists", "lidarr"}:
        return None
    if method not in _READING:
        return _problem(HTTPStatus.METHOD_NOT_ALLOWED, "Lists can only be read.", ("Allow", ", ".join(_READING)))
    token = _token(query_string, headers)
    if not token:
        return _unauthorized("This address needs the list's token, as ?apikey= or in X-Api-Key.")
    served = _read(parts, token, headers.get("if-none-match", ""))
    return Served(served.status, served.headers, b"") if method == "HEAD" else served


def _token(query_string: str, headers: Mapping[str, str]) -> str:
    if header := headers.get("x-api-key", "").strip():
        return header
    try:
        fields = parse_qsl(query_string, max_num_fields=20)
    except ValueError:
        return ""
    return next((value for name, value in fields if name in {"apikey", "token"}), "")


def _read(parts: list[str], token: str, known_tags: str) -> Served:
    match parts:
        case ["lists", slug]:
            content: Body | bytes | None = Body.CUSTOM
        case ["lidarr", slug, "api", "v1", *resource]:
            content = _LIDARR.get("/".join(resource))
        case _:
            slug, content = "", None
    if content is None or not _SLUG.fullmatch(slug):
        return _problem(HTTPStatus.NOT_FOUND, "There is no such list here.")
    body = content if isinstance(content, Body) else Body.CUSTOM
    try:
        found = published(slug, body)
    except Error:
        # A connection that failed once may stay broken; the next request opens a new one.
        connection.close()
        found = snapshot(slug, body)
        if found is None:
            return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "The list cannot be read just now.", ("Retry-After", "60"))
    if found is not None and isinstance(content, bytes):
        found = replace(found, body=content, etag=hashlib.sha256(content).hexdigest()[:40])
    return _permitted(found, token, known_tags)


def _permitted(found: Published | None, token: str, known_tags: str) -> Served:
    if found is None:
        return _problem(HTTPStatus.NOT_FOUND, "There is no such list here.")
    if not hmac.compare_digest(found.token_digest, digest(token)):
        return _unauthorized("This is not the list's token; copy its address again from the list's page.")
    if not found.is_enabled:
        return _problem(HTTPStatus.NOT_FOUND, "This list is turned off.")
    return _found(found.body, found.etag, known_tags)


def _found(body: bytes, etag: str, known_tags: str) -> Served:
    tag = f'"{etag}"'
    caching = (("ETag", tag), ("Cache-Control", "private, no-cache"))
    known = {known.strip().removeprefix("W/") for known in known_tags.split(",")}
    if tag in known or "*" in known:
        return Served(HTTPStatus.NOT_MODIFIED, caching, b"")
    return Served(HTTPStatus.OK, (*_framing(body), *caching), body)


def _unauthorized(error: str) -> Served:
    # Not "Basic": a browser would ask for a name and a password.
    return _problem(HTTPStatus.UNAUTHORIZED, error, ("WWW-Authenticate", 'ApiKey realm="Brainarr"'))


def _problem(status: HTTPStatus, error: str, *headers: tuple[str, str]) -> Served:
    body = json.dumps({"error": error}).encode()
    return Served(status, (*_framing(body), ("Cache-Control", "no-store"), *headers), body)


def _framing(body: bytes) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(body))))


class CustomItem(Schema):
    """Lidarr's Custom List reads `MusicBrainzId` and ignores the rest."""

    MusicBrainzId: str
    ArtistName: str
    AlbumId: str | None = None
    AlbumTitle: str | None = None


class Refusal(Schema):
    """Why there is no list."""

    error: str


router = Router(tags=["lists"])
_REFUSALS = dict.fromkeys((401, 404, 405, 503), Refusal)


@router.api_operation(["GET", "HEAD"], "/lists/{slug}", response={200: list[CustomItem], 304: None, **_REFUSALS})
@router.api_operation(["GET", "HEAD"], "/lists/{slug}/", include_in_schema=False)
def custom_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Lidarr's "Custom List": artists by MusicBrainz id. The token is in `apikey`, or in X-Api-Key."""
    return _answered(request)


@router.api_operation(["GET", "HEAD"], "/lidarr/{slug}/api/v1/{path:resource}", response={200: Any, **_REFUSALS})
def another_lidarr(request: HttpRequest, slug: str, resource: str) -> HttpResponse:
    """What Lidarr's import list "Lidarr" reads of another Lidarr: artist, album, profiles, rootfolder, tag."""
    return _answered(request)


def _answered(request: HttpRequest) -> HttpResponse:
    headers = {name.lower(): value for name, value in request.headers.items()}
    served = answer(request.method or "", request.path_info, request.META.get("QUERY_STRING", ""), headers)
    if served is None:
        raise Http404
    return HttpResponse(served.body, status=served.status, headers=dict(served.headers))
