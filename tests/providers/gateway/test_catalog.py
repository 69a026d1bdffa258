"""One pace for the whole installation: across processes, after a clock went back, and when MusicBrainz says wait."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from providers.errors import NotFound
from providers.gateway import CatalogUnavailable, OpenCatalog, open_catalog
from providers.models import Pace
from providers.simulators.catalog import world
from providers.simulators.musicbrainz import MusicBrainzSimulator

ROOT = Path(__file__).resolve().parents[3]
RATE = 20.0
EACH = 8
SLOTS = 300
# Slots are taken with the clock standing still, as fast as can be, because that is when two processes meet.
ASK = """
import django, json, sys
django.setup()
from providers.gateway import open_catalog
from providers.gateway.catalog import _take_slot
each, slots, now = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
print("here", flush=True)
sys.stdin.readline()
with open_catalog(tick=lambda: None) as catalog:
    for _ in range(each):
        catalog.find_artists(["Ride"])
print("asked", flush=True)
sys.stdin.readline()
print(json.dumps([_take_slot(now) for _ in range(slots)]), flush=True)
"""


@pytest.fixture
def musicbrainz(settings: Any) -> Iterator[MusicBrainzSimulator]:
    with MusicBrainzSimulator(rate=0) as simulator:
        settings.MUSICBRAINZ_URL = simulator.url
        settings.MUSICBRAINZ_RATE = 1000.0
        yield simulator


@pytest.fixture
def service(musicbrainz: MusicBrainzSimulator) -> str:
    return musicbrainz.url.removeprefix("http://")


def _ask(what: Callable[[OpenCatalog], object] = lambda catalog: catalog.find_artists(["Ride"])) -> float:
    """Ask, and return how many seconds it took."""
    began = time.monotonic()
    with open_catalog(tick=lambda: None) as catalog:
        what(catalog)
    return time.monotonic() - began


def test_two_processes_together_keep_the_rate_of_one(tmp_path: Path) -> None:
    with MusicBrainzSimulator(rate=0) as musicbrainz:
        variables = {
            **os.environ,
            "BRAINARR_DATA": str(tmp_path),
            "BRAINARR_MUSICBRAINZ_URL": musicbrainz.url,
            "BRAINARR_MUSICBRAINZ_RATE": str(RATE),
        }
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=variables, check=True)
        command = [sys.executable, "-c", ASK, str(EACH), str(SLOTS), str(time.time())]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with (
            subprocess.Popen(command, cwd=ROOT, env=variables, **pipes) as one,
            subprocess.Popen(command, cwd=ROOT, env=variables, **pipes) as other,
        ):
            for said in ("here\n", "asked\n"):
                assert [_line(one), _line(other)] == [said, said]
                _release(one, other)
            slots = sorted(json.loads(_line(one)) + json.loads(_line(other)))

        at = sorted(request.at for request in musicbrainz.requests)

    assert len(at) == 2 * EACH
    # A slot is reserved before the request travels: one may arrive late and the next on time.
    assert at[-1] - at[0] >= (2 * EACH - 1) / RATE - 0.1
    assert len(slots) == 2 * SLOTS
    assert all(later - earlier > 0.99 / RATE for earlier, later in pairwise(slots))


def _release(*processes: "subprocess.Popen[str]") -> None:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.django_db
def test_requests_of_one_process_keep_the_rate_too(musicbrainz: MusicBrainzSimulator, settings: Any) -> None:
    settings.MUSICBRAINZ_RATE = RATE

    _ask(lambda catalog: [catalog.find_artists(["Ride"]) for _ in range(6)])

    at = [request.at for request in musicbrainz.requests]
    assert at[-1] - at[0] >= 5 / RATE - 0.02


@pytest.mark.django_db
def test_a_slot_that_somebody_else_reserved_is_waited_for(service: str) -> None:
    Pace.objects.create(service=service, next_at=time.time() + 0.5)

    assert _ask() >= 0.45


@pytest.mark.django_db
def test_a_slot_from_before_the_clock_went_back_is_not_waited_for(service: str) -> None:
    Pace.objects.create(service=service, next_at=time.time() + 3600)

    assert _ask() < 2
    assert Pace.objects.get().next_at < time.time() + 10


@pytest.mark.django_db
def test_when_musicbrainz_says_wait_everybody_waits(musicbrainz: MusicBrainzSimulator, service: str) -> None:
    seen: list[float] = []
    musicbrainz.fault("status", status=503, headers={"Retry-After": "2"})

    def note_the_pace() -> None:
        if musicbrainz.requests and not musicbrainz.faults[0].times:
            seen.append(Pace.objects.get(service=service).next_at)

    with open_catalog(tick=note_the_pace) as catalog:
        catalog.find_artists(["Ride"])

    refused, repeated = (request.at for request in musicbrainz.requests)
    assert repeated - refused >= 1.95
    # The pause is in the row that every process looks at, not in this one's memory.
    assert max(seen) >= refused + 1.95


@pytest.mark.django_db
def test_each_service_has_a_pace_of_its_own(musicbrainz: MusicBrainzSimulator) -> None:
    Pace.objects.create(service="musicbrainz.org", next_at=time.time() + 60)

    assert _ask() < 2


@pytest.mark.django_db
def test_a_merged_artist_is_followed_to_the_surviving_one(musicbrainz: MusicBrainzSimulator) -> None:
    bjork = next(artist for artist in world().artists if artist.name == "Björk")

    with open_catalog(tick=lambda: None) as catalog:
        found = catalog.artist(bjork.merged[0])

    assert (found.artist_mbid, found.name) == (bjork.mbid, "Björk")


@pytest.mark.django_db
def test_what_waiting_cannot_mend_is_not_repeated(musicbrainz: MusicBrainzSimulator) -> None:
    musicbrainz.fault("status", status=403, times=-1)

    with pytest.raises(CatalogUnavailable, match="does not allow"):
        _ask()

    assert len(musicbrainz.requests) == 1


@pytest.mark.django_db
def test_an_artist_that_is_not_found_leaves_the_catalog_open(musicbrainz: MusicBrainzSimulator) -> None:
    with open_catalog(tick=lambda: None) as catalog:
        with pytest.raises(NotFound):
            catalog.artist("0f0f0f0f-0000-4000-8000-00000000f0f0")

        assert catalog.find_artists(["Ride"]).hits
