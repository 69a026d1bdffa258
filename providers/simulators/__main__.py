"""Start simulators and print where they are: python -m providers.simulators --musicbrainz 0 --lidarr 0 --vendor 0."""

import argparse
import json
import random
import re
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from providers.simulators.catalog import SimulatedLibrary, World, demo_library, library_of, world, world_with
from providers.simulators.lidarr import LidarrSimulator
from providers.simulators.musicbrainz import MusicBrainzSimulator
from providers.simulators.openai_chat import VendorSimulator

VENDOR_KEY = "sk-simulated-0123456789"


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m providers.simulators", description="Local stand-ins for servers.")
    parser.add_argument("--musicbrainz", type=int, metavar="PORT", help="port of MusicBrainz, 0 for any free one")
    parser.add_argument("--lidarr", type=int, metavar="PORT", help="port of Lidarr, 0 for any free one")
    parser.add_argument("--vendor", type=int, metavar="PORT", help="port of an OpenAI-compatible vendor")
    parser.add_argument("--pace", type=float, default=0.0, help="the vendor's seconds before every piece of an answer")
    parser.add_argument(
        "--library", default="demo", metavar="demo|FILE.tsv", help="the file's last column names artists"
    )
    parser.add_argument("--rate", type=float, default=1.0, help="MusicBrainz's requests a second, 0 for no limit")
    chosen = parser.parse_args()
    library, known = _library(chosen.library)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as running:
        places: dict[str, str] = {}
        if chosen.musicbrainz is not None:
            catalog = running.enter_context(MusicBrainzSimulator(known, chosen.musicbrainz, rate=chosen.rate))
            places["musicbrainz"] = catalog.url
        if chosen.lidarr is not None:
            lidarr = running.enter_context(LidarrSimulator(library, chosen.lidarr))
            places |= {"lidarr": lidarr.base_url, "lidarr_api_key": lidarr.api_key}
        if chosen.vendor is not None:
            vendor = running.enter_context(
                VendorSimulator(keys=[VENDOR_KEY], respond=_recommending(known), pace=chosen.pace, port=chosen.vendor)
            )
            places |= {
                "vendor": f"{vendor.url}/v1",
                "vendor_api_key": VENDOR_KEY,
                "vendor_model": next(iter(vendor.models)),
            }
        sys.stdout.write(f"{json.dumps(places)}\n")
        sys.stdout.flush()
        ended.wait()


def _recommending(known: World) -> Callable[[dict[str, Any]], str]:
    """A model that recommends records of the world whose artists its prompt does not name; same prompt, same answer."""

    def respond(body: dict[str, Any]) -> str:
        prompt = "\n".join(str(message["content"]) for message in body["messages"])
        wanted = re.search(r"\b[Cc]hoose (\d+)", prompt)
        unknown = [artist for artist in known.artists if artist.albums and artist.name not in prompt]
        random.Random(prompt).shuffle(unknown)
        items: list[dict[str, Any]] = [
            {
                "artist": artist.name,
                "album": artist.albums[0].title,
                "year": artist.albums[0].year,
                "genre": artist.tags[0] if artist.tags else None,
                "confidence": 0.7,
                "reason": f"{artist.name} belongs beside what you own.",
                "because_of": [],
            }
            for artist in unknown[: int(wanted[1]) if wanted else 10]
        ]
        return json.dumps({"recommendations": items}, ensure_ascii=False)

    return respond


def _library(choice: str) -> tuple[SimulatedLibrary, World]:
    if choice == "demo":
        return demo_library(), world()
    lines = Path(choice).read_text(encoding="utf-8").splitlines()
    names = [line.rpartition("\t")[2].strip() for line in lines]
    known = world_with(names)
    owned = {artist.mbid: artist for name in names for artist in known.named(name)[:1]}
    return library_of(owned.values()), known


if __name__ == "__main__":
    main()
