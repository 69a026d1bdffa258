"""Validation: inventions go, records stay."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from recommendations.domain.reasons import DropReason
from recommendations.domain.sanitizing import sanitize_candidate
from recommendations.domain.types import Candidate, Drop, Mode
from recommendations.domain.validating import judge

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CORPORA = Path(__file__).parent / "corpora"


def _read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPORA / name).read_text("utf-8").splitlines()]


def _dropped(case: dict[str, Any]) -> Drop | None:
    candidate = Candidate(artist=case["artist"], album=case["album"], year=case["year"])
    clean = sanitize_candidate(candidate, Mode.ALBUMS)
    return clean if isinstance(clean, Drop) else judge(clean, Mode.ALBUMS, NOW)


def test_inventions_go_and_records_stay() -> None:
    records, inventions = _read("records.jsonl"), _read("inventions.jsonl")
    lost = [case for case in records if _dropped(case)]
    kept = [case for case in inventions if not _dropped(case)]
    caught = len(inventions) - len(kept)

    print(f"precision {caught / (caught + len(lost)):.4f}, recall {caught / len(inventions):.4f}")
    print("lost", [(case["artist"], case["album"]) for case in lost])
    print("kept", [(case["artist"], case["album"]) for case in kept])
    assert len(records) >= 300
    assert len(inventions) >= 300
    assert len(lost) / len(records) <= 0.01
    assert caught / len(inventions) >= 0.99
    assert caught / (caught + len(lost)) >= 0.99


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (Candidate("Radiohead", "Kid B", 2031), DropReason.IMPOSSIBLE_DATE),
        (Candidate("Mozart", "Requiem", 1791), DropReason.IMPOSSIBLE_DATE),
        (Candidate("Blur", "13 (2050 Remaster)", 1999), DropReason.IMPOSSIBLE_DATE),
        (Candidate("Blur", "13 (Live) (Studio Version)", 1999), DropReason.CONTRADICTORY_EDITION),
        (Candidate("Blur", "Album Title", 1999), DropReason.FILLER_TITLE),
        (Candidate("Sample Artist", "Parklife", 1994), DropReason.GENERATED_NAME),
        (Candidate("Blur", "Parklife (AI Version)", 1994), DropReason.GENERATED_NAME),
        (Candidate("Various Artists", "Parklife", 1994), DropReason.SPECIAL_PURPOSE),
        (Candidate("Blur", ""), DropReason.NO_ALBUM),
        (Candidate("", "Parklife"), DropReason.NO_ARTIST),
    ],
)
def test_a_drop_has_the_reason_that_fits(candidate: Candidate, reason: DropReason) -> None:
    dropped = judge(candidate, Mode.ALBUMS, NOW)

    assert dropped is not None
    assert dropped.reason is reason
    assert dropped.candidate is candidate


def test_an_artist_needs_no_album_in_artist_mode_but_invented_evidence_tells() -> None:
    assert judge(Candidate("Blur"), Mode.ARTISTS, NOW) is None
    assert judge(Candidate("Blur", "Parklife", 1994), Mode.ARTISTS, NOW) is None
    assert judge(Candidate("Blur", "Parklife (Multiverse Edition)", 1994), Mode.ARTISTS, NOW) is not None


@pytest.mark.parametrize(("year", "is_kept"), [(1859, False), (1860, True), (2026, True), (2027, True), (2028, False)])
def test_the_year_must_be_between_the_first_recording_and_the_next_year(year: int, is_kept: bool) -> None:
    assert (judge(Candidate("Blur", "Parklife", year), Mode.ALBUMS, NOW) is None) is is_kept


@pytest.mark.parametrize("year", [1969, 2019])
def test_an_anniversary_may_be_dated_by_its_record_or_its_edition(year: int) -> None:
    assert judge(Candidate("The Beatles", "Abbey Road (50th Anniversary Edition)", year), Mode.ALBUMS, NOW) is None
    assert judge(Candidate("The Beatles", "Abbey Road (100th Anniversary Edition)", year), Mode.ALBUMS, NOW) is not None


def test_a_remaster_two_years_old_is_a_record() -> None:
    assert judge(Candidate("Blur", "The Ballad of Darren (2025 Remaster)", 2023), Mode.ALBUMS, NOW) is None
