"""Reading a list of 500 artists over 16 connections on two cores, beside a Flask view with the list in memory."""

import os
import sys
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.request import urlopen
from wsgiref.util import setup_testing_defaults

from django.db import connection
from django.test.utils import CaptureQueriesContext

from brainarr_site.wsgi import application
from recommendations.models import Recommendation
from recommendations.services import publishing
from tests.benchmarks.measuring import Row, free_port, product, running, told
from tests.factories import NOW, TOKEN, make_list, mbid

ITEMS = 500
CONNECTIONS = 16
SECONDS = 3
ROUNDS = 3
MOST_MS = 15


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients saw: medians over the rounds."""

    per_second: float
    p50_ms: float
    p99_ms: float

    def __str__(self) -> str:
        return f"{self.per_second:,.0f} requests/s, p50 {self.p50_ms:.2f} ms, p99 {self.p99_ms:.2f} ms"


def measure(folder: Path) -> list[Row]:
    """Everything from here on, clients included, has the first two cores to itself."""
    body, etag = _publish()
    file = folder / "list.json"
    file.write_bytes(body)
    queries = _queries()
    connection.close()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    ours, flask = free_port(), free_port()
    gunicorn = [
        sys.executable,
        "-m",
        "gunicorn",
        "--workers",
        "1",
        "--bind",
        f"127.0.0.1:{flask}",
        "--log-level",
        "error",
    ]
    with product(folder, ours), running([*gunicorn, "tests.benchmarks.flask_peer:app"], LIST_FILE=str(file)):
        _await(f"http://127.0.0.1:{flask}/lists/jazz")
        rounds = [(_load(ours, 200), _load(ours, 304, etag), _load(flask, 200)) for _ in range(ROUNDS)]
    full, unchanged, peer = (
        Load(*(median(getattr(load, field) for load in loads) for field in ("per_second", "p50_ms", "p99_ms")))
        for loads in zip(*rounds, strict=True)
    )
    return [
        Row(f"{ITEMS} items, 200", str(full), f"p99 < {MOST_MS} ms", full.p99_ms < MOST_MS),
        Row(f"{ITEMS} items, 304", str(unchanged), "faster than 200", unchanged.per_second > full.per_second),
        Row("the same list in Flask", str(peer), "not faster than ours", peer.per_second <= full.per_second),
        Row("queries per request", str(queries), "1", queries == 1),
    ]


def _publish() -> tuple[bytes, str]:
    made = make_list("jazz")
    Recommendation.objects.bulk_create(
        Recommendation(
            list=made,
            status=Recommendation.Status.LISTED,
            artist=f"Artist number {number}",
            artist_key=f"artistnumber{number}",
            artist_mbid=mbid(number),
            score=0.5,
            created_at=NOW,
            first_listed_at=NOW,
        )
        for number in range(ITEMS)
    )
    publishing.render(made.pk, NOW)
    made.refresh_from_db()
    return bytes(made.published.custom), f'"{made.published.etag}"'


def _queries() -> int:
    environ: dict[str, object] = {
        "PATH_INFO": "/lists/jazz",
        "QUERY_STRING": f"apikey={TOKEN}",
        "wsgi.input": BytesIO(),
    }
    setup_testing_defaults(environ)
    with CaptureQueriesContext(connection) as captured:
        list(application(environ, lambda status, headers, error=None: lambda data: None))
    return len(captured)


def _await(url: str) -> None:
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at:
        try:
            urlopen(url).close()
        except URLError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing listens at {url}")


def _load(port: int, status: int, etag: str = "") -> Load:
    url = f"http://127.0.0.1:{port}/lists/jazz?apikey={TOKEN}"
    with running([sys.executable, "-m", "tests.benchmarks.load", url, str(CONNECTIONS), str(SECONDS), etag]) as clients:
        seen = told(clients)
    if set(seen["statuses"]) != {str(status)}:
        raise ValueError(f"expected {status} only, got {seen['statuses']}")
    return Load(seen["per_second"], seen["p50_ms"], seen["p99_ms"])
