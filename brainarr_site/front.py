"""Stands before Django: lists and the health check are answered at once, also while the database is being migrated."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings

from brainarr_site.health import ALIVE
from recommendations.api.lists import Served, answer

# Made and removed by the supervisor.
MIGRATING = settings.DATA_DIR / "migrating"

_SENTENCE = "Brainarr is preparing its database and will be back in a moment."
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="5">'
    f'<meta name="viewport" content="width=device-width"><title>Brainarr</title><p>{_SENTENCE}</p></html>'
)


class Front:
    """A WSGI application. Without Django's request cycle a list costs one query and nothing can redirect it."""

    def __init__(self, django: WSGIApplication) -> None:
        self._django = django

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        served = _list(environ) or _health(environ) or _come_back(environ)
        if served is None:
            return self._django(environ, start_response)
        start_response(f"{served.status} {HTTPStatus(served.status).phrase}", list(served.headers))
        return [served.body]


def _list(environ: WSGIEnvironment) -> Served | None:
    headers = {"x-api-key": environ.get("HTTP_X_API_KEY", ""), "if-none-match": environ.get("HTTP_IF_NONE_MATCH", "")}
    return answer(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), headers)


def _health(environ: WSGIEnvironment) -> Served | None:
    if environ["PATH_INFO"] not in {"/healthz", "/healthz/"} or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return None
    return _served(environ, HTTPStatus.OK, "application/json", ALIVE)


def _come_back(environ: WSGIEnvironment) -> Served | None:
    if not MIGRATING.exists():
        return None
    if "text/html" in environ.get("HTTP_ACCEPT", ""):
        kind, body = "text/html", _PAGE.encode()
    else:
        kind, body = "application/json", json.dumps({"error": _SENTENCE}).encode()
    return _served(environ, HTTPStatus.SERVICE_UNAVAILABLE, kind, body, ("Retry-After", "5"))


def _served(environ: WSGIEnvironment, status: HTTPStatus, kind: str, body: bytes, *headers: tuple[str, str]) -> Served:
    described = (
        ("Content-Type", f"{kind}; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    )
    return Served(status, (*described, *headers), b"" if environ["REQUEST_METHOD"] == "HEAD" else body)
