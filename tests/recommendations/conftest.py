"""Runs in this process, against simulators over HTTP."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from providers.accounts import declare_account, declare_lidarr
from providers.models import LidarrConnection, ProviderAccount
from providers.simulators.catalog import Artist, SimulatedLibrary, demo_library, world
from providers.simulators.lidarr import LidarrSimulator
from providers.simulators.musicbrainz import MusicBrainzSimulator
from providers.simulators.openai_chat import VendorSimulator
from recommendations.domain.types import OnTrouble
from recommendations.models import RecommendationList
from tests.factories import make_list

KEY = "sk-simulated-0123456789abcdef"


@pytest.fixture
def lidarr() -> Iterator[LidarrSimulator]:
    """A Lidarr with a part of the demo's library."""
    with LidarrSimulator(SimulatedLibrary(demo_library().artists[:15])) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def everlasting_musicbrainz() -> Iterator[MusicBrainzSimulator]:
    """Its index takes longer to make than most tests take to run."""
    with MusicBrainzSimulator(rate=0) as simulator:
        yield simulator


@pytest.fixture
def musicbrainz(everlasting_musicbrainz: MusicBrainzSimulator, settings: Any) -> MusicBrainzSimulator:
    """MusicBrainz without its rate limit, and Brainarr told of it."""
    everlasting_musicbrainz.requests.clear()
    everlasting_musicbrainz.faults.clear()
    settings.MUSICBRAINZ_URL = everlasting_musicbrainz.url
    settings.MUSICBRAINZ_RATE = 1000.0
    return everlasting_musicbrainz


@pytest.fixture
def vendor() -> Iterator[VendorSimulator]:
    """A vendor that answers what is scripted, else nothing new."""
    with VendorSimulator(keys=[KEY]) as simulator:
        yield simulator


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed attempts are repeated at once."""
    monkeypatch.setattr("providers.guard.retry.FIRST_WAIT", timedelta(milliseconds=20))


@pytest.fixture
def connection(db: None, lidarr: LidarrSimulator) -> LidarrConnection:
    return declare_lidarr("Lidarr", lidarr.base_url, lidarr.api_key)


@pytest.fixture
def account(db: None, vendor: VendorSimulator) -> ProviderAccount:
    return declare_account(
        "Vendor",
        "openai_compatible",
        KEY,
        base_url=f"{vendor.url}/v1",
        model="gpt-simulated",
        structure="json_schema",
        context_window=32_000,
    )


@pytest.fixture
def list_(
    account: ProviderAccount, connection: LidarrConnection, musicbrainz: MusicBrainzSimulator
) -> RecommendationList:
    """A list of five artists that draws on that Lidarr."""
    made = make_list("quiet", account=account, target=5, on_trouble=OnTrouble.STOP)
    made.connections.add(connection)
    return made


@pytest.fixture
def strangers(lidarr: LidarrSimulator) -> Sequence[Artist]:
    """Artists of the world that the library lacks and whose name is theirs alone, with a record of their own."""
    owned = {artist.mbid for artist in lidarr.library.artists}
    return [
        artist
        for artist in world().artists
        if artist.mbid not in owned and len(world().named(artist.name)) == 1 and artist.albums
    ]


Answer = Callable[..., str]


@pytest.fixture
def answer() -> Answer:
    """Writes a model's answer that names these artists, each with its first record."""

    def write(artists: Sequence[Artist], confidence: float = 0.9) -> str:
        return json.dumps(
            {
                "recommendations": [
                    {
                        "artist": artist.name,
                        "album": artist.albums[0].title,
                        "year": artist.albums[0].year,
                        "genre": artist.tags[0],
                        "confidence": confidence,
                        "reason": "Close to what you love.",
                        "because_of": [],
                    }
                    for artist in artists
                ]
            },
            ensure_ascii=False,
        )

    return write
