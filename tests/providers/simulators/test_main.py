"""The simulators as a program of their own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "providers.simulators", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ})


@pytest.mark.e2e
def test_the_program_says_where_its_servers_are_and_ends_when_asked(tmp_path: Path) -> None:
    listener = tmp_path / "listener.tsv"
    listener.write_text("7\tNirvana\n8\tA Band Nobody Knows\n9\tNirvana\n", encoding="utf-8")

    with started("--musicbrainz", "0", "--lidarr", "0", "--library", str(listener), "--rate", "0") as process:
        assert process.stdout is not None
        places = json.loads(process.stdout.readline())
        artists = httpx.get(f"{places['lidarr']}/api/v1/artist", headers={"X-Api-Key": places["lidarr_api_key"]})
        search = httpx.get(
            f"{places['musicbrainz']}/ws/2/artist",
            params={"query": '"a band nobody knows"', "fmt": "json"},
            headers={"User-Agent": "Tests/1.0 ( tests@example.org )"},
        )
        process.send_signal(signal.SIGTERM)
        ended = process.wait(timeout=10)

    assert [artist["artistName"] for artist in artists.json()] == ["Nirvana", "A Band Nobody Knows"]
    assert search.json()["artists"][0]["id"] == artists.json()[1]["foreignArtistId"]
    assert ended == 0
