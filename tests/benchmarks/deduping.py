"""Telling what is nothing new among 500 candidates, by name and by id, against the big library."""

from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from providers.models import LidarrConnection
from recommendations.domain.types import Candidate, Mode
from recommendations.models import LibraryAlbum, LibraryArtist, RecommendationList
from recommendations.queries.library import OwnedLibrary
from tests.benchmarks.importing import bring_library
from tests.benchmarks.measuring import Row, median_seconds

CANDIDATES = 500
MOST_MS = 100
ROUNDS = 9


def measure(folder: Path) -> list[Row]:
    bring_library(folder)
    return [row for mode in Mode for row in _rows(mode)]


def _rows(mode: Mode) -> list[Row]:
    candidates = _candidates(mode)
    library = OwnedLibrary(
        RecommendationList(mode=mode, pk=0), list(LidarrConnection.objects.values_list("pk", flat=True)), timezone.now()
    )
    library.known(candidates)
    took_ms = 1000 * median_seconds(lambda: library.known(candidates), ROUNDS)
    owned = sum(known is not None for known in library.known(candidates))
    queries = _queries(library, candidates)
    few = _queries(library, candidates[:5])
    return [
        Row(
            f"{CANDIDATES} candidates, {mode}",
            f"{took_ms:.0f} ms (median of {ROUNDS})",
            f"< {MOST_MS} ms",
            took_ms < MOST_MS,
        ),
        Row(
            f"owned ones recognized, {mode}", f"{owned} of {CANDIDATES // 2}", "all, no other", owned == CANDIDATES // 2
        ),
        Row(f"queries, {mode}", f"{queries} ({few} for 5 candidates)", "constant", queries == few),
    ]


def _queries(library: OwnedLibrary, candidates: list[Candidate]) -> int:
    with CaptureQueriesContext(connection) as captured:
        library.known(candidates)
    return len(captured)


def _candidates(mode: Mode) -> list[Candidate]:
    """Half of them owned, spread over the library and found by name or by id in turn; the others are not."""
    names = dict(LibraryArtist.objects.values_list("source_id", "name"))
    artists = LibraryArtist.objects.order_by("pk").values_list("name", "artist_mbid")
    albums = LibraryAlbum.objects.filter(is_owned=True).order_by("pk")
    candidates: list[Candidate] = []
    step = LibraryArtist.objects.count() // (CANDIDATES // 2)
    for number in range(CANDIDATES // 2):
        name, mbid = artists[number * step]
        if mode is Mode.ALBUMS:
            album = albums[number * step * 7]
            by_name = Candidate(names[album.source_artist_id].upper(), album.title.lower())
            by_id = Candidate("Someone", f"Something {number}", release_group_mbid=album.release_group_mbid)
        else:
            by_name, by_id = Candidate(f"The {name}"), Candidate(f"Someone {number}", artist_mbid=mbid)
        candidates.append(by_name if number % 2 else by_id)
        candidates.append(
            Candidate(
                f"Nobody {number}", f"Nothing {number}", 1990, artist_mbid=f"{number:08x}-0000-4000-8000-000000000000"
            )
        )
    return candidates
