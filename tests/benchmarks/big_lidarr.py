"""A Lidarr with an invented library of any size; its answers are made beforehand, so that only the reader is timed."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import overload

from providers.simulators.catalog import Album, Artist, SimulatedLibrary, generated
from providers.simulators.lidarr import LidarrSimulator
from providers.simulators.lidarr_resources import albums_of, artist_resource
from providers.simulators.server import Reply, Request

_PIECE = 1 << 16


class BigLidarr(LidarrSimulator):
    """The whole lists come from memory and from a file in `folder`; everything else is answered as ever."""

    def __init__(self, folder: Path, artists: int, albums_each: int) -> None:
        super().__init__(generated(artists, albums_each))
        self._artist_items: list[bytes] = []
        self._albums_file = folder / "albums.json"
        with self._albums_file.open("wb") as file:
            file.write(b"[")
            for number, artist in enumerate(self.library.artists, start=1):
                self._artist_items.append(_json(artist_resource(number, artist)))
                items = b",".join(_json(album) for album in albums_of(number, artist))
                file.write(items if number == 1 else b"," + items)
            file.write(b"]")

    def answer(self, request: Request) -> Reply:
        if not request.query and request.path == "/api/v1/artist":
            return Reply(
                200, _pieces(b"[" + b",".join(self._artist_items) + b"]"), {"Content-Type": "application/json"}
            )
        if not request.query and request.path == "/api/v1/album":
            return Reply(200, _read(self._albums_file), {"Content-Type": "application/json"})
        return super().answer(request)

    def change(self, count: int) -> None:
        """Give that many artists a new album, which changes their counts in Lidarr; spread over the whole library."""
        size = len(self.library.artists)
        changed = {}
        for position in range(0, size, max(1, size // count))[:count]:
            artist = self.library.artists[position]
            fresh = Album(f"{artist.mbid[:-12]}{position:012d}", "A New Album", 2026, tracks_owned=10)
            changed[position] = replace(artist, albums=(*artist.albums, fresh))
            self._artist_items[position] = _json(artist_resource(position + 1, changed[position]))
        self.library = SimulatedLibrary(_Changed(self.library.artists, changed))


class _Changed(Sequence[Artist]):
    def __init__(self, before: Sequence[Artist], changed: Mapping[int, Artist]) -> None:
        self._before = before
        self._changed = changed

    def __len__(self) -> int:
        return len(self._before)

    @overload
    def __getitem__(self, index: int) -> Artist: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Artist]: ...
    def __getitem__(self, index: int | slice) -> Artist | Sequence[Artist]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        return self._changed.get(index) or self._before[index]


def _json(item: object) -> bytes:
    return json.dumps(item, ensure_ascii=False).encode()


def _pieces(body: bytes) -> Iterator[bytes]:
    return (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def main() -> None:
    """Say where it is, then change as many artists as each line of standard input says, until there are no more."""
    folder, artists, albums_each = sys.argv[1:]
    with BigLidarr(Path(folder), int(artists), int(albums_each)) as lidarr:
        print(json.dumps({"url": lidarr.base_url, "api_key": lidarr.api_key}), flush=True)
        for line in sys.stdin:
            lidarr.change(int(line))
            print(json.dumps({"changed": int(line)}), flush=True)


if __name__ == "__main__":
    main()
