"""One listener of the Last.fm 2K set as the owner: a library of real names of every kind, half of it suggested back."""

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from providers.simulators.catalog import library_of, world_with
from providers.simulators.lidarr import LidarrSimulator, read_custom_list
from providers.simulators.musicbrainz import MusicBrainzSimulator
from tests.e2e.conftest import ROOT, House

DATA = ROOT.parent / "shared" / "data" / "lastfm-2k"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not DATA.exists(), reason="the Last.fm 2K set is not at ../shared/data/lastfm-2k"),
]
LISTENERS = ("2", "757")


@pytest.mark.parametrize("listener", LISTENERS)
def test_a_listeners_library_is_read_and_half_owned_answers_fill_the_list(listener: str, tmp_path: Path) -> None:
    names = _names()
    owned = _of(listener, names)
    others = [name for name in Random(listener).sample(sorted(names.values()), 400) if name not in owned]
    known = world_with([*owned, *others])
    # Two of a listener's names may be one artist.
    artists = list({artist.mbid: artist for name in owned for artist in known.named(name)[:1]}.values())

    def half_owned(body: dict[str, Any]) -> str:
        question = body["messages"][-1]["content"]
        wanted = int(re.findall(r"Choose (\d+)", question)[-1])
        fresh = [name for name in others if name not in question]
        chosen = [(owned[place] if place % 2 else fresh[place]) for place in range(min(wanted, len(owned)))]
        return json.dumps(
            {"recommendations": [{"artist": name, "confidence": 0.9, "reason": "Close to you."} for name in chosen]}
        )

    with LidarrSimulator(library_of(artists)) as lidarr, MusicBrainzSimulator(known, rate=0) as musicbrainz:
        house = House(tmp_path, lidarr, musicbrainz, half_owned)
        with house.vendor:
            try:
                house.manage("migrate", "-v0")
                house.up()
                house.provision({"name": "Mine", "slug": "mine", "target": 20, "token": "t" * 30})
                told = json.loads(house.manage("run_list", "mine", "--json"))
                read = read_custom_list(f"{house.url}/lists/mine?apikey={'t' * 30}")
            finally:
                house.close()

    assert told["status"] == "complete", told["summary"]
    assert told["rounds"] <= 5
    assert len(read) == 20
    assert {item.artist_mbid for item in read}.isdisjoint({artist.mbid for artist in artists})
    assert {drop["reason"] for drop in told["drops"]} >= {"owned"}
    assert house.rows("SELECT count(*) FROM recommendations_libraryartist") == [(len(artists),)]


def _names() -> dict[str, str]:
    lines = (DATA / "artists.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return dict(line.split("\t", 1) for line in lines)


def _of(listener: str, names: dict[str, str]) -> list[str]:
    rows = (line.split("\t") for line in (DATA / "user_artists.tsv").read_text(encoding="utf-8").splitlines())
    return [names[artist].strip() for who, artist, _ in rows if who == listener and artist in names]
