"""From a model's text to candidates worth looking up: parse, sanitize, validate, screen against the big library."""

import json
from pathlib import Path

from providers.models import LidarrConnection
from providers.simulators.catalog import world
from recommendations.domain.types import Batch, Mode
from recommendations.models import LibraryAlbum, LibraryArtist
from recommendations.stage import RunContext, Stage
from recommendations.stages.parse import MOST_ITEMS, parse
from recommendations.stages.sanitize import sanitize
from recommendations.stages.screen import screen
from recommendations.stages.validate import validate
from tests.benchmarks.contexts import context_for
from tests.benchmarks.importing import bring_library
from tests.benchmarks.measuring import Row, median_seconds

STAGES: tuple[Stage, ...] = (parse, sanitize, validate, screen)
# As many as the stage takes from one answer.
CANDIDATES = MOST_ITEMS
LEAST = 2_000
ROUNDS = 7


def measure(folder: Path) -> list[Row]:
    bring_library(folder)
    return [row for mode in Mode for row in _rows(mode)]


def _rows(mode: Mode) -> list[Row]:
    context = context_for(mode, [LidarrConnection.objects.earliest("pk").pk])
    batch = Batch(answer=_answer())
    if len(parse(batch, context).candidates) != CANDIDATES:
        raise ValueError("parsing did not take all of the answer, so the rate would flatter")
    whole = median_seconds(lambda: _through(STAGES, batch, context), ROUNDS)
    shares = []
    for stage in STAGES:
        took_ms = 1000 * median_seconds(lambda stage=stage, batch=batch: stage(batch, context), ROUNDS)  # type: ignore[misc]
        shares.append(f"{stage.__name__} {took_ms:.0f} ms")
        batch = stage(batch, context)
    rate = CANDIDATES / whole
    return [
        Row(f"{CANDIDATES} candidates, {mode}", f"{rate:,.0f} a second", f">= {LEAST:,} a second", rate >= LEAST),
        Row(f"  of which, {mode}", f"{', '.join(shares)}; {len(batch.candidates)} are left"),
    ]


def _through(stages: tuple[Stage, ...], batch: Batch, context: RunContext) -> None:
    for stage in stages:
        batch = stage(batch, context)


def _answer() -> str:
    """What a model might write: known records, owned ones, inventions and repeats, with reasons."""
    known = [(artist.name, album.title, album.year) for artist in world().artists for album in artist.albums][::5]
    names = dict(LibraryArtist.objects.order_by("pk").values_list("source_id", "name")[:300])
    albums = LibraryAlbum.objects.filter(source_artist_id__in=names, is_owned=True).order_by("pk")[::40]
    owned = [(names[album.source_artist_id], album.title, album.year) for album in albums]
    invented = [(f"The {number} Meridians", f"Sample Album {number}", 1900 + number) for number in range(20)]
    items = [*known[:120], *owned[:50], *invented]
    items += items[: CANDIDATES - len(items)]
    return json.dumps(
        {
            "recommendations": [
                {
                    "artist": artist,
                    "album": title,
                    "year": year,
                    "genre": "post-rock",
                    "confidence": 0.8,
                    "reason": "Shares the patience and the quiet of the records that you play most.",
                    "because_of": ["Talk Talk", "Slowdive"],
                }
                for artist, title, year in items
            ]
        },
        ensure_ascii=False,
    )
