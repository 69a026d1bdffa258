"""The front answers what must always be answered, and passes the rest to Django."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import DjangoAssertNumQueries

from brainarr_site import front
from brainarr_site.front import Front
from tests.factories import TOKEN, make_published_list


def _django(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("299 Through", [])
    return [b"django"]


def _ask(path: str, method: str = "GET", **environ: str) -> tuple[str, dict[str, str], bytes]:
    told: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], error: Any = None, /) -> Any:
        told.extend((status, dict(headers)))

    asked = {**RequestFactory().get("/").environ, "wsgi.input": BytesIO(), "PATH_INFO": path, "REQUEST_METHOD": method}
    body = Front(_django)({**asked, **environ}, start)
    return told[0], told[1], b"".join(body)


@pytest.fixture
def migrating(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "MIGRATING", tmp_path / "migrating")
    (tmp_path / "migrating").touch()


@pytest.mark.django_db
def test_a_list_is_answered_without_django(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_published_list("jazz")

    with django_assert_num_queries(1):
        status, headers, body = _ask("/lists/jazz", QUERY_STRING=f"apikey={TOKEN}")

    assert (status, body) == ("200 OK", b"[]")
    assert headers["Cache-Control"] == "private, no-cache"
    known = _ask("/lists/jazz", HTTP_X_API_KEY=TOKEN, HTTP_IF_NONE_MATCH=headers["ETag"])
    assert known[0] == "304 Not Modified"


@pytest.mark.parametrize("path", ["/", "/admin/", "/readyz", "/listing"])
def test_everything_else_goes_to_django(path: str) -> None:
    assert _ask(path)[2] == b"django"


def test_alive_is_answered_without_a_database(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    status, headers, body = _ask("/healthz")

    assert (status, body) == ("200 OK", b'{"status":"alive"}')
    assert headers["Content-Length"] == str(len(body))
    assert _ask("/healthz", "HEAD")[2] == b""


@pytest.mark.usefixtures("migrating")
def test_pages_ask_to_come_back_while_the_database_is_migrated() -> None:
    status, headers, body = _ask("/admin/", HTTP_ACCEPT="text/html,*/*")

    assert status == "503 Service Unavailable"
    assert headers["Retry-After"] == "5"
    assert headers["Content-Type"].startswith("text/html")
    assert b"will be back" in body


@pytest.mark.usefixtures("migrating")
def test_programs_are_told_so_as_json() -> None:
    status, headers, body = _ask("/api/openapi.json", HTTP_ACCEPT="application/json")

    assert (status, headers["Content-Type"]) == ("503 Service Unavailable", "application/json; charset=utf-8")
    assert body.startswith(b'{"error"')


@pytest.mark.usefixtures("migrating")
@pytest.mark.django_db
def test_lists_and_alive_are_answered_while_the_database_is_migrated() -> None:
    make_published_list("jazz")

    assert _ask("/lists/jazz", QUERY_STRING=f"apikey={TOKEN}")[0] == "200 OK"
    assert _ask("/healthz")[0] == "200 OK"
