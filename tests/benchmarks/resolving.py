"""100 suggestions looked up at MusicBrainz: how many requests, how many answers, and whether any of them is wrong."""

import json
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.request import Request, urlopen

from django.conf import settings
from django.utils import timezone

from providers.simulators.catalog import Album, Artist, world
from recommendations.domain.identity import Certainty, Verdict
from recommendations.domain.types import Candidate, Mode
from recommendations.services.resolution import resolve_candidates
from tests.benchmarks.measuring import Row, running, seconds, told

PLAIN = 58
MOST_REQUESTS = 25
AIM = 10

SAME_NAME = (
    ("Nirvana", "In Utero", 1993),
    ("Nirvana", "All of Us", 1968),
    ("Bill Evans", "Waltz for Debby", 1962),
    ("Bill Evans", "Soul Insider", 2000),
    ("Death", "Symbolic", 1995),
    ("Ghost", "Hypnotic Underworld", 2004),
    ("Suede", "Easily Suede", 1988),
    ("The Beat", "The Beat", 1979),
    ("Bush", "Bush", 1970),
    ("Spoon", "Spoonful", 1997),
    ("Dive", "First Album", 1990),
    ("The Wailers", "Burnin'", 1973),
)
ALIASES = (
    ("Haruomi Hosono", "細野晴臣"),
    ("Fairuz", "فيروز"),
    ("Jay Chou", "周杰倫"),
    ("BTS", "방탄소년단"),
    ("Kino", "Кино"),
    ("Kesha", "Ke$ha"),
    ("Bjork", "Björk"),
    ("Nick Cave", "Nick Cave & the Bad Seeds"),
    ("Chk Chk Chk", "!!!"),
    ("Bob Marley", "Bob Marley & The Wailers"),
)
MISSPELT = (
    ("Slowdyve", "Souvlaki", "Slowdive"),
    ("Portisheadd", "Dummy", "Portishead"),
    ("Masive Attack", "Mezzanine", "Massive Attack"),
    ("Slowdive", "Souvlakki", "Slowdive"),
    ("Beach Hous", "Bloom", "Beach House"),
    ("Cocteau Twin", "Treasure", "Cocteau Twins"),
)
INVENTED = (
    ("The Velvet Harbingers", "Midnight Cartography"),
    ("Solar Choir", "Ten Thousand Lanterns"),
    ("Echo Meridian", "Glass Tides"),
    ("Nirvana", "Songs from the Attic"),
    ("Björk", "Basalt Hymns"),
    ("Talk Talk", "The Hollow Year"),
)
BARE = (
    ("Nirvana", False),
    ("Ghost", False),
    ("Death", False),
    ("Michael Jackson", False),
    ("Ride", True),
    ("Lush", True),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A suggestion and what it may be resolved to; empty sets mean that nobody of that name exists."""

    candidate: Candidate
    artists: frozenset[str]
    albums: frozenset[str] = frozenset()


def measure(folder: Path) -> list[Row]:
    cases = _cases()
    command = [sys.executable, "-m", "providers.simulators", "--musicbrainz", "0", "--rate", "0"]
    with running(command) as simulator:
        settings.MUSICBRAINZ_URL = told(simulator)["musicbrainz"]
        settings.MUSICBRAINZ_RATE = 1000.0
        return [row for mode in Mode for row in _rows(mode, cases)]


def _rows(mode: Mode, cases: list[Case]) -> list[Row]:
    if mode is Mode.ALBUMS:
        # Album mode never sees a candidate without a record: sanitizing drops it.
        cases = [case for case in cases if case.candidate.album]
    verdicts: list[Verdict] = []
    now = timezone.now()
    asked = [case.candidate for case in cases]
    took_s = seconds(lambda: verdicts.extend(resolve_candidates(asked, mode, now=now, tick=lambda: None)))
    cold = _requests()
    again = resolve_candidates(asked, mode, now=now, tick=lambda: None)
    warm = _requests()
    is_same = [(v.certainty, v.candidate) for v in again] == [(v.certainty, v.candidate) for v in verdicts]
    ended = Counter(verdict.certainty.value for verdict in verdicts)
    wrong = [case for case, verdict in zip(cases, verdicts, strict=True) if _is_wrong(case, verdict, mode)]
    possible = sum(bool(case.albums if mode is Mode.ALBUMS else case.artists) for case in cases)
    return [
        Row(
            f"requests for {len(cases)} pairs, {mode}",
            f"{cold} in {took_s:.1f} s unpaced",
            f"<= {MOST_REQUESTS}, {AIM} as the aim",
            cold <= MOST_REQUESTS,
        ),
        Row(
            f"requests for them again, {mode}",
            f"{warm}, answers {'the same' if is_same else 'DIFFERENT'}",
            "0",
            warm == 0 and is_same,
        ),
        Row(
            f"outcomes, {mode}",
            ", ".join(f"{ended[certainty.value]} {certainty.value.replace('_', ' ')}" for certainty in Certainty)
            + f"; {possible} exist as suggested",
        ),
        Row(
            f"wrong identities, {mode}",
            str(len(wrong)) + "".join(f"; {case.candidate.artist} – {case.candidate.album}" for case in wrong),
            "0",
            not wrong,
        ),
    ]


def _is_wrong(case: Case, verdict: Verdict, mode: Mode) -> bool:
    if verdict.certainty is not Certainty.CERTAIN:
        return False
    found = verdict.candidate
    if found.artist_mbid not in case.artists:
        return True
    return mode is Mode.ALBUMS and found.release_group_mbid not in case.albums


def _cases() -> list[Case]:
    """100 suggestions as a model would make them; what is true of them is read from the simulators' world."""
    cases = [_of(artist, artist.albums[number % len(artist.albums)]) for number, artist in enumerate(_plain())]
    cases += [_joint(artist, album) for artist in world().artists for album in artist.albums if album.credited][:2]
    for name, title, year in SAME_NAME:
        cases += [_of(artist, album, year) for artist, album in _records(name, title)]
    for alias, name in ALIASES:
        (artist,) = world().named(name)[:1]
        case = _of(artist, artist.albums[0])
        cases.append(replace(case, candidate=replace(case.candidate, artist=alias)))
    for name, title, meant in MISSPELT:
        (artist,) = world().named(meant)
        albums = frozenset(album.mbid for album in artist.albums)
        cases.append(Case(Candidate(name, title), frozenset({artist.mbid}), albums))
    for name, title in INVENTED:
        cases.append(Case(Candidate(name, title, 1997), _ids(name)))
    for name, is_one in BARE:
        cases.append(Case(Candidate(name), _ids(name) if is_one else frozenset()))
    return cases


def _plain() -> list[Artist]:
    """Artists of every kind and script whose name is theirs alone, spread over the world."""
    alone = [a for a in world().artists if a.albums and len(world().named(a.name)) == 1 and not a.name.startswith("[")]
    return alone[:: len(alone) // PLAIN][:PLAIN]


def _of(artist: Artist, album: Album, year: int | None = None) -> Case:
    candidate = Candidate(artist.name, album.title, year or album.year, artist.tags[:1], 0.8)
    return Case(candidate, frozenset({artist.mbid}), frozenset({album.mbid}))


def _joint(artist: Artist, album: Album) -> Case:
    names = [artist.name, *(world().by_mbid[mbid].name for mbid in album.credited)]
    case = _of(artist, album)
    return replace(case, candidate=replace(case.candidate, artist=" & ".join(names)))


def _records(name: str, title: str) -> list[tuple[Artist, Album]]:
    return [(artist, album) for artist in world().named(name) for album in artist.albums if album.title == title]


def _ids(name: str) -> frozenset[str]:
    return frozenset(artist.mbid for artist in world().named(name))


def _requests() -> int:
    """How many requests MusicBrainz has seen since the last time."""
    address = f"{settings.MUSICBRAINZ_URL}/_simulator/requests"
    with urlopen(address) as answer:
        count = len(json.load(answer))
    urlopen(Request(address, method="DELETE")).close()
    return count
