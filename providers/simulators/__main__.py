"""Start the simulators and print where they are: python -m providers.simulators --musicbrainz PORT --lidarr PORT."""

import argparse
import json
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from providers.simulators.catalog import SimulatedLibrary, World, demo_library, library_of, world, world_with
from providers.simulators.lidarr import LidarrSimulator
from providers.simulators.musicbrainz import MusicBrainzSimulator


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m providers.simulators", description="Local stand-ins for servers.")
    parser.add_argument("--musicbrainz", type=int, metavar="PORT", help="port of MusicBrainz, 0 for any free one")
    parser.add_argument("--lidarr", type=int, metavar="PORT", help="port of Lidarr, 0 for any free one")
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
        sys.stdout.write(f"{json.dumps(places)}\n")
        sys.stdout.flush()
        ended.wait()


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
