"""Brainarr as its owner runs it: processes on a data folder of their own, with simulators at the other end."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from providers.simulators.catalog import Artist, demo_library, world
from providers.simulators.lidarr import LidarrSimulator
from providers.simulators.musicbrainz import MusicBrainzSimulator
from providers.simulators.openai_chat import VendorSimulator

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-simulated-0123456789abcdef"


class House:
    """A data folder, the servers it knows, and the commands of its owner."""

    def __init__(
        self,
        folder: Path,
        lidarr: LidarrSimulator,
        musicbrainz: MusicBrainzSimulator,
        respond: Callable[[dict[str, Any]], str],
    ) -> None:
        self.folder = folder
        self.lidarr = lidarr
        self.musicbrainz = musicbrainz
        self.vendor = VendorSimulator(keys=[KEY], respond=respond)
        self.variables: dict[str, str] = {}
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *command: str) -> subprocess.Popen[str]:
        """A Python program of the checkout, under this house's settings."""
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "brainarr_site.settings",
            "BRAINARR_DATA": str(self.folder),
            "BRAINARR_MUSICBRAINZ_URL": self.musicbrainz.url,
            "BRAINARR_MUSICBRAINZ_RATE": "1000",
            **self.variables,
        }
        started = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(started)
        return started

    def manage(self, *arguments: str, told: str = "", code: int = 0) -> str:
        """What `manage.py` writes to its output; it must end with this code and without a traceback."""
        running = self.start("manage.py", *arguments)
        said, complained = running.communicate(told, timeout=120)
        assert running.returncode == code, f"{said}\n{complained}"
        assert "Traceback" not in complained, complained
        return said if code == 0 else said + complained

    def up(self) -> subprocess.Popen[str]:
        """Brainarr itself, ready."""
        if "BRAINARR_PORT" not in self.variables:
            with socket.create_server(("127.0.0.1", 0)) as probe:
                self.variables["BRAINARR_PORT"] = str(probe.getsockname()[1])
            self.variables["BRAINARR_HOST"] = "127.0.0.1"
        running = self.start("manage.py", "up")
        assert running.stdout is not None
        assert any("Brainarr is ready" in line for line in running.stdout)
        return running

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.variables['BRAINARR_PORT']}"

    def shell(self, code: str) -> None:
        self.manage("shell", "-v0", "-c", f"from django.utils import timezone\n{code}")

    def provision(self, *lists: dict[str, Any]) -> None:
        file = {
            "lidarr": [{"name": "Lidarr", "url": self.lidarr.base_url, "api_key": self.lidarr.api_key}],
            "accounts": [
                {
                    "name": "Vendor",
                    "provider": "openai_compatible",
                    "base_url": f"{self.vendor.url}/v1",
                    "api_key": KEY,
                    "model": "gpt-simulated",
                    "structure": "json_schema",
                }
            ],
            "lists": [{"account": "Vendor", "token": "0123456789abcdef-0123456789", **each} for each in lists],
        }
        # JSON is YAML.
        self.manage("provision", "-", told=json.dumps(file))

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "brainarr.sqlite3", timeout=20)) as database:
            return database.execute(query, values).fetchall()

    def change(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.folder / "brainarr.sqlite3", timeout=20)) as database:
            database.execute(statement, values)
            database.commit()

    def status(self) -> str:
        """Of the latest run."""
        return str(self.rows("SELECT status FROM recommendations_run ORDER BY id DESC LIMIT 1")[0][0])

    def published(self, slug: str) -> Any:
        ((custom, albums),) = self.rows("SELECT custom, albums FROM recommendations_publishedlist WHERE slug = ?", slug)
        return json.loads(custom), [{**album, "id": 0, "artistId": 0} for album in json.loads(albums)]

    def asked(self) -> list[str]:
        """The user texts that reached the vendor."""
        return [request.json()["messages"][-1]["content"] for request in self.vendor.seen("/v1/chat")]

    def close(self) -> None:
        for process in self._started:
            process.kill()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            process.wait()


MakeHouse = Callable[[str], House]


@pytest.fixture(scope="module")
def shared_house(
    tmp_path_factory: pytest.TempPathFactory,
    _everlasting: tuple[LidarrSimulator, MusicBrainzSimulator],
    _empty_database: bytes,
) -> Iterator[House]:
    """A running Brainarr with two empty lists, "quiet" and "other", that nobody changes."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "brainarr.sqlite3").write_bytes(_empty_database)
    house = House(folder, *_everlasting, half_right)
    with house.vendor:
        house.up()
        house.provision({"name": "Quiet", "slug": "quiet"}, {"name": "Other", "slug": "other", "token": "o" * 30})
        yield house
        house.close()


@pytest.fixture(scope="session")
def _everlasting() -> Iterator[tuple[LidarrSimulator, MusicBrainzSimulator]]:
    with LidarrSimulator() as lidarr, MusicBrainzSimulator(rate=0) as musicbrainz:
        yield lidarr, musicbrainz


@pytest.fixture(scope="session")
def _empty_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("empty")
    environment = {"PATH": os.environ["PATH"], "BRAINARR_DATA": str(folder)}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    with closing(sqlite3.connect(folder / "brainarr.sqlite3")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (folder / "brainarr.sqlite3").read_bytes()


@pytest.fixture
def make_house(
    tmp_path: Path, _everlasting: tuple[LidarrSimulator, MusicBrainzSimulator], _empty_database: bytes
) -> Iterator[MakeHouse]:
    """Houses by name; they share Lidarr and MusicBrainz, and each has a vendor of its own."""
    for simulator in _everlasting:
        simulator.faults.clear()
        simulator.requests.clear()
    with ExitStack() as closing_down:

        def make(name: str) -> House:
            folder = tmp_path / name
            folder.mkdir()
            (folder / "brainarr.sqlite3").write_bytes(_empty_database)
            house = House(folder, *_everlasting, half_right)
            closing_down.enter_context(house.vendor)
            closing_down.callback(house.close)
            return house

        yield make


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    return make_house("house")


def half_right(body: dict[str, Any]) -> str:
    """Half of what is asked for is new to the demo's library, a quarter is owned and a quarter invented.

    The same question is answered alike; what it names already is not named again.
    """
    question = body["messages"][-1]["content"]
    wanted = min(int(re.findall(r"Choose (\d+)", question)[-1]), 16)
    fresh = [artist for artist in STRANGERS if artist.name not in question]
    items = []
    for place in range(wanted):
        if place % 4 == 1:
            items.append(_item(OWNED[place], 0.9))
        elif place % 4 == 3:
            items.append({**_item(OWNED[place], 0.8), "artist": f"Brassen Orchard {len(question)} {place}"})
        else:
            items.append(_item(fresh[place // 2], 0.9))
    return json.dumps({"recommendations": items}, ensure_ascii=False)


def _item(artist: Artist, confidence: float) -> dict[str, Any]:
    return {
        "artist": artist.name,
        "album": artist.albums[0].title,
        "year": artist.albums[0].year,
        "genre": artist.tags[0],
        "confidence": confidence,
        "reason": "Close to what you love.",
        "because_of": [],
    }


OWNED: Sequence[Artist] = [artist for artist in demo_library().artists if artist.albums]
_OWNED_IDS = {artist.mbid for artist in demo_library().artists}
STRANGERS: Sequence[Artist] = [
    artist
    for artist in world().artists
    if artist.mbid not in _OWNED_IDS and len(world().named(artist.name)) == 1 and artist.albums
]


def wait_for(is_so: Callable[[], object], seconds: float = 20.0) -> float:
    """Seconds until it was so."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, f"waited {seconds} s in vain"
        time.sleep(0.02)
    return time.monotonic() - began
