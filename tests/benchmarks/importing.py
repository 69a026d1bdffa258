"""Reading a library of 50,000 artists and 500,000 albums: the first time, unchanged, and with 100 artists changed."""

import subprocess
import sys
from pathlib import Path

from django.utils import timezone

from providers.models import LidarrConnection
from recommendations.models import LibraryAlbum, LibraryArtist, LibrarySync
from recommendations.services.library import FRESH_FOR, import_library
from tests.benchmarks.measuring import ROOT, Row, forget_peak, peak_mib, running, seconds, told

ARTISTS, ALBUMS_EACH = 50_000, 10
CHANGED = 100
MOST_MIB = 300
LEAST_GAIN = 10


def measure(folder: Path) -> list[Row]:
    """Three readings of the same Lidarr, which runs in a process of its own and has its answers ready."""
    before_mib = peak_mib()
    command = [sys.executable, "-m", "tests.benchmarks.big_lidarr", str(folder), str(ARTISTS), str(ALBUMS_EACH)]
    with running(command) as lidarr:
        place = told(lidarr)
        row = LidarrConnection.objects.create(name="Lidarr", base_url=place["url"], api_key=place["api_key"])
        first_s, first_mib = _read(row, 0)
        stored = (LibraryArtist.objects.count(), LibraryAlbum.objects.count())
        unchanged_s, unchanged_mib = _read(row, 1)
        assert lidarr.stdin is not None
        lidarr.stdin.write(f"{CHANGED}\n")
        lidarr.stdin.flush()
        told(lidarr)
        changed_s, changed_mib = _read(row, 2)
    grown = LibraryAlbum.objects.count() - stored[1]
    seen = list(LibrarySync.objects.order_by("pk").values_list("changed", flat=True))
    return [
        Row(
            "artists and albums stored",
            f"{stored[0]:,} and {stored[1]:,}",
            "all",
            stored == (ARTISTS, ARTISTS * ALBUMS_EACH),
        ),
        Row("first reading", f"{first_s:.1f} s"),
        Row(
            "its peak memory",
            f"{first_mib:.0f} MiB ({before_mib:.0f} before)",
            f"< {MOST_MIB} MiB",
            first_mib < MOST_MIB,
        ),
        Row(
            "unchanged reading",
            f"{unchanged_s:.1f} s, {first_s / unchanged_s:.0f} times as fast, peak {unchanged_mib:.0f} MiB",
            f"{LEAST_GAIN} times as fast",
            first_s / unchanged_s >= LEAST_GAIN,
        ),
        Row(
            f"reading with {CHANGED} artists changed",
            f"{changed_s:.1f} s, peak {changed_mib:.0f} MiB, {grown} new albums found",
            f"{CHANGED} found",
            grown == CHANGED and seen == [ARTISTS, 0, CHANGED],
        ),
        Row("database", f"{(folder / 'brainarr.sqlite3').stat().st_size / (1 << 20):.0f} MiB"),
    ]


def bring_library(folder: Path) -> None:
    """See that the big library is in this process's database; importing it is another process's memory."""
    if not LibrarySync.objects.filter(is_complete=True).exists():
        command = [sys.executable, "-m", "tests.benchmarks.inside", "importing", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def _read(row: LidarrConnection, number: int) -> tuple[float, float]:
    """Seconds and peak MiB of a reading, at a time when the one before is no longer fresh."""
    now = timezone.now() + number * 2 * FRESH_FOR
    forget_peak()
    return seconds(lambda: import_library(row.pk, now=now, tick=lambda: None)), peak_mib()
