"""The world that the simulators share: real artists and records, and libraries made of them.

The ids are made from the names (UUID version 5) and are not MusicBrainz's own; only placeholders such as Various
Artists keep theirs.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, overload
from uuid import UUID, uuid5

_NAMESPACE = UUID("b7a1c9de-0f3a-5d0e-9c6b-62726e617272")
_WORDS = (  # noqa: SIM905 - a list literal would stand here one word a line
    "Amber Ash Bell Birch Blue Bone Brass Cedar Chalk Cloud Copper Coral Crow Dawn Delta Dust Echo Ember Fern Field "
    "Flint Fog Fox Glass Gold Harbor Hollow Iron Ivory Jade Lake Lantern Lark Linen Marble Marsh Meadow Mirror Moss "
    "Night North Oak Opal Orchard Paper Pearl Pine Quartz Rain Raven Reed River Rust Salt Sand Shore Silver Slate "
    "Smoke Snow Stone Storm Straw Tide Timber Velvet Violet Water Willow Winter Wolf"
).split()
_COUNTRIES = ("US", "GB", "DE", "SE", "FR", "JP", "BR", "CA", "AU", "NL")


@dataclass(frozen=True, slots=True)
class Album:
    """A release group. `credited` are the ids of artists named after its own; the last three describe a library."""

    mbid: str
    title: str
    year: int
    secondary_types: tuple[str, ...] = ()
    credited: tuple[str, ...] = ()
    tracks: int = 10
    tracks_owned: int = 0
    is_monitored: bool = True


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist and the records made. `tags` are the most fitting first; `merged` are ids that now lead here."""

    mbid: str
    name: str
    disambiguation: str = ""
    kind: str = "Group"
    country: str = ""
    begin: int | None = None
    end: int | None = None
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    albums: tuple[Album, ...] = ()
    in_demo: bool = False
    is_monitored: bool = True

    @property
    def sort_name(self) -> str:
        """As in a record shop: "Drake, Nick", "Cure, The"."""
        first, _, rest = self.name.partition(" ")
        if first == "The" and rest:
            return f"{rest}, The"
        if self.kind == "Person" and rest:
            given, _, family = self.name.rpartition(" ")
            return f"{family}, {given}"
        return self.name


class World:
    """Every artist there is."""

    def __init__(self, artists: Iterable[Artist]) -> None:
        self.artists = tuple(artists)
        self.by_mbid = {artist.mbid: artist for artist in self.artists}
        self.survivors = {old: artist.mbid for artist in self.artists for old in artist.merged}
        self._by_name: dict[str, list[Artist]] = defaultdict(list)
        for artist in self.artists:
            for name in {name.casefold() for name in (artist.name, *artist.aliases)}:
                self._by_name[name].append(artist)

    def named(self, name: str) -> tuple[Artist, ...]:
        """All artists of this name or alias, in any case."""
        return tuple(self._by_name.get(name.casefold(), ()))


@dataclass(slots=True)
class SimulatedLibrary:
    """What an owner has in Lidarr. Artists are numbered from 1 in this order; the sequence may be a lazy one."""

    artists: Sequence[Artist]


@cache
def world() -> World:
    """About 400 real artists of many genres, eras, countries and scripts, with some of their albums."""
    rows = json.loads((Path(__file__).parent / "catalog.json").read_text(encoding="utf-8"))
    ids = {row["name"]: _artist_mbid(row) for row in reversed(rows)}
    return World(_real(row, ids) for row in rows)


def world_with(names: Iterable[str]) -> World:
    """The world, and an invented artist for every name that it lacks; the same names give the same artists."""
    known = world()
    missing = dict.fromkeys(name for name in map(str.strip, names) if name and not known.named(name))
    return World((*known.artists, *(_invented(name, 3, Random(name)) for name in missing)))


def demo_library() -> SimulatedLibrary:
    """About 60 artists that a curious listener owns, most of their records complete, some missing or begun."""
    return SimulatedLibrary([_owned(artist) for artist in world().artists if artist.in_demo])


def library_of(artists: Iterable[Artist]) -> SimulatedLibrary:
    """A library that owns these artists' records the way the demo's does."""
    return SimulatedLibrary([_owned(artist) for artist in artists])


def generated(artists: int = 50_000, albums_each: int = 10, seed: int = 0) -> SimulatedLibrary:
    """A library of invented artists, each made when it is looked at; the same arguments give the same library."""
    return SimulatedLibrary(_Invention(artists, albums_each, seed))


class _Invention(Sequence[Artist]):
    def __init__(self, length: int, albums_each: int, seed: int) -> None:
        self._length = length
        self._albums_each = albums_each
        self._seed = seed

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Artist: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Artist]: ...
    def __getitem__(self, index: int | slice) -> Artist | Sequence[Artist]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(self._length))]
        if not 0 <= index < self._length:
            raise IndexError(index)
        random = Random(f"{self._seed}:{index}")
        return _owned(_invented(f"{_title(random)} {index}", self._albums_each, random))


def _real(row: dict[str, Any], ids: dict[str, str]) -> Artist:
    mbid = _artist_mbid(row)
    return Artist(
        mbid=mbid,
        name=row["name"],
        disambiguation=row.get("disambiguation", ""),
        kind=row["kind"],
        country=row.get("country", ""),
        begin=row.get("begin"),
        end=row.get("end"),
        tags=tuple(row["tags"]),
        aliases=tuple(row.get("aliases", ())),
        merged=tuple(_id(f"merged:{number}:{mbid}") for number in range(row.get("merged", 0))),
        albums=tuple(_real_album(mbid, ids, *album) for album in row["albums"]),
        in_demo=row.get("in_demo", False),
    )


def _real_album(artist_mbid: str, ids: dict[str, str], title: str, year: int, other: str = "", kind: str = "") -> Album:
    return Album(
        mbid=_id(f"album:{artist_mbid}:{title}"),
        title=title,
        year=year,
        secondary_types=(kind,) if kind else (),
        credited=(ids[other],) if other else (),
    )


def _invented(name: str, albums: int, random: Random) -> Artist:
    mbid = _id(f"artist:{name}:")
    begin = random.randint(1955, 2015)
    titles = dict.fromkeys(_title(random) for _ in range(albums * 2))
    return Artist(
        mbid=mbid,
        name=name,
        kind=random.choice(("Group", "Group", "Person")),
        country=random.choice(_COUNTRIES),
        begin=begin,
        tags=random.choice(world().artists).tags,
        albums=tuple(
            Album(_id(f"album:{mbid}:{title}"), title, begin + 1 + 2 * number, tracks=random.randint(6, 14))
            for number, title in enumerate(list(titles)[:albums])
        ),
    )


def _owned(artist: Artist) -> Artist:
    """Every fourth album is missing and every seventh begun."""
    shift = int(artist.mbid[:8], 16)
    albums = []
    for number, album in enumerate(artist.albums, start=shift):
        owned = 0 if number % 4 == 0 else album.tracks // 2 if number % 7 == 0 else album.tracks
        albums.append(replace(album, tracks_owned=owned))
    return replace(artist, albums=tuple(albums))


def _title(random: Random) -> str:
    return f"{random.choice(_WORDS)} {random.choice(_WORDS)}"


def _artist_mbid(row: dict[str, Any]) -> str:
    return str(row["mbid"]) if "mbid" in row else _id(f"artist:{row['name']}:{row.get('disambiguation', '')}")


def _id(text: str) -> str:
    return str(uuid5(_NAMESPACE, text))
