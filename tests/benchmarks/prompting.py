"""From a library to a prompt: how small 1,000 artists become, and what 50,000 cost in time and memory."""

from pathlib import Path

from django.utils import timezone

from providers.models import LidarrConnection
from providers.simulators.catalog import SimulatedLibrary, generated
from providers.simulators.lidarr import LidarrSimulator
from recommendations.domain.types import Batch, Mode, Prompt
from recommendations.models import LibraryAlbum, LibraryArtist
from recommendations.prompts.budget import estimate_tokens
from recommendations.services.library import import_library
from recommendations.stages.analyze import analyze
from recommendations.stages.build_prompt import build_prompt
from tests.benchmarks.contexts import context_for
from tests.benchmarks.importing import bring_library
from tests.benchmarks.measuring import Row, forget_peak, peak_mib, seconds

SMALL = 1_000
MOST_TOKENS = 2_000
LEAST_RATIO = 20


def measure(folder: Path) -> list[Row]:
    """Both libraries in one database, each behind a connection of its own; the profile is drawn anew each time."""
    bring_library(folder)
    big = LidarrConnection.objects.earliest("pk")
    small = _import(generated(SMALL))
    return [*_of_small(small), *_of_big(big)]


def _of_small(connection: LidarrConnection) -> list[Row]:
    prompt, again, other = (_prompt(connection, seed, key) for key, seed in enumerate((1, 1, 2)))
    ratio = _written_out(connection) / prompt.estimated_tokens
    is_stable = (prompt.system, prompt.user) == (again.system, again.user)
    return [
        Row(
            f"{SMALL:,} artists as a prompt",
            f"{prompt.estimated_tokens:,} tokens",
            f"< {MOST_TOKENS:,}",
            prompt.estimated_tokens < MOST_TOKENS,
        ),
        Row("against the library written out", f"{ratio:.0f}:1", f">= {LEAST_RATIO}:1", ratio >= LEAST_RATIO),
        Row("same library, same seed", "same bytes" if is_stable else "other bytes", "same bytes", is_stable),
        Row(
            "same library, other seed",
            "same bytes" if other.user == prompt.user else "other bytes",
            "other bytes",
            other.user != prompt.user,
        ),
    ]


def _of_big(connection: LidarrConnection) -> list[Row]:
    context = context_for(Mode.ARTISTS, [connection.pk])
    before = peak_mib()
    forget_peak()
    batches = [Batch(library_hash="big", wanted=20)]
    profile_s = seconds(lambda: batches.append(analyze(batches[-1], context)))
    prompt_s = seconds(lambda: batches.append(build_prompt(batches[-1], context)))
    prompt = batches[-1].prompt
    assert prompt is not None
    return [
        Row(
            f"{batches[-1].profile.artist_count:,} artists",
            f"profile {profile_s:.1f} s, prompt {prompt_s:.1f} s, {prompt.estimated_tokens:,} tokens",
        ),
        Row("  peak memory", f"{peak_mib():.0f} MiB ({before:.0f} before)"),
    ]


def _prompt(connection: LidarrConnection, seed: int, key: int) -> Prompt:
    context = context_for(Mode.ARTISTS, [connection.pk], seed)
    prompt = build_prompt(analyze(Batch(library_hash=str(key), wanted=20), context), context).prompt
    assert prompt is not None
    return prompt


def _import(library: SimulatedLibrary) -> LidarrConnection:
    with LidarrSimulator(library) as lidarr:
        row = LidarrConnection.objects.create(name="Small", base_url=lidarr.base_url, api_key=lidarr.api_key)
        import_library(row.pk, now=timezone.now(), tick=lambda: None)
    return row


def _written_out(connection: LidarrConnection) -> int:
    """Tokens of a line for every album of the library, which is how it would be named whole."""
    names = dict(LibraryArtist.objects.filter(connection=connection).values_list("source_id", "name"))
    albums = LibraryAlbum.objects.filter(connection=connection).values_list("source_artist_id", "title", "year")
    return estimate_tokens("\n".join(f"{names[artist]} - {title} ({year})" for artist, title, year in albums))
