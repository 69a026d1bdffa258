"""Salvage: every form a model answers in, every way it breaks, and never a suggestion that was not made."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.domain.salvage import parse_answer
from recommendations.domain.types import Candidate, Mode

ANSWERS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "corpora/answers.jsonl").read_text("utf-8").splitlines()
]
TEN = [{"artist": f"Artist {n}", "album": f"Album {n}", "year": 1990 + n, "reason": "why"} for n in range(10)]


def _is_read_right(case: dict[str, Any]) -> bool:
    parsed = parse_answer(case["answer"], Mode(case["mode"]))
    first = parsed.items[0] if parsed.items else Candidate(artist="")
    return (
        [[item.artist, item.album] for item in parsed.items] == case["expect"]
        and case["problem"].lower() in parsed.problem.lower()
        and bool(parsed.items) != bool(parsed.problem)
        and all(getattr(first, field) == case[field] for field in ("year", "confidence") if field in case)
    )


def test_malformed_answers_are_read_right() -> None:
    wrong = [case["name"] for case in ANSWERS if not _is_read_right(case)]

    print(f"{len(ANSWERS) - len(wrong)}/{len(ANSWERS)}", wrong)
    assert len(ANSWERS) >= 100
    assert len(wrong) / len(ANSWERS) <= 0.01


@given(st.integers(min_value=0, max_value=len(json.dumps(TEN))), st.booleans())
@settings(max_examples=100, deadline=None)
def test_an_answer_cut_anywhere_keeps_what_was_whole(cut: int, is_nested: bool) -> None:
    text = json.dumps({"recommendations": TEN} if is_nested else TEN)
    whole = text[:cut].count("}") - (cut >= len(text) and is_nested)

    items = parse_answer(text[:cut], Mode.ALBUMS).items

    assert [item.artist for item in items] == [f"Artist {n}" for n in range(whole)]


@given(st.text(alphabet=st.sampled_from("{}[]\":,'“”\\ \n/*#aA1-<>think`.|"), max_size=200) | st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_nothing_makes_it_raise_and_nothing_is_silent(text: str) -> None:
    for mode in Mode:
        parsed = parse_answer(text, mode)

        assert bool(parsed.items) != bool(parsed.problem)
        assert all(item.artist for item in parsed.items)
        assert all(item.confidence is None or 0 <= item.confidence <= 1 for item in parsed.items)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (0.9, 0.9), ("0.9", 0.9), ("90%", 0.9), (90, 0.9), (9, 0.9), ("9/10", 0.9), (1, 1.0), (0, 0.0), (1.05, 1.0),
        (100, 1.0), ("5%", 0.05), (".75", 0.75), ("~0.8", 0.8), (-1, None), (250, None), (True, None), ("high", None),
        ("", None), (None, None), ([0.9], None), ("85 %", 0.85), ("8 out of 10", 0.8), ("9/0", None),
    ],
)  # fmt: skip
def test_confidence_is_read_by_one_rule(said: object, read: float | None) -> None:
    parsed = parse_answer(json.dumps([{"artist": "Blur", "confidence": said}]), Mode.ARTISTS)

    assert parsed.items[0].confidence == read


def test_every_field_is_read_under_its_other_names() -> None:
    answer = {
        "Band": "Blur", "Album Title": "Parklife", "Release Year": "1994", "style": "Britpop, Indie/Rock; Pop",
        "match_score": "91%", "why": "Wit", "similar_to": "Pulp, Tyler, The Creator",
    }  # fmt: skip

    item = parse_answer(json.dumps([answer]), Mode.ALBUMS).items[0]

    assert (item.artist, item.album, item.year, item.confidence, item.reason) == ("Blur", "Parklife", 1994, 0.91, "Wit")
    assert item.genres == ("Britpop", "Indie", "Rock", "Pop")
    assert item.because_of == ("Pulp", "Tyler, The Creator")


def test_ids_a_model_invents_are_not_taken() -> None:
    answer = [{"artist": "Blur", "artist_mbid": "ba853904-ae25-4ebb-89d6-c44cfbd71bd2", "score": 0.5}]

    item = parse_answer(json.dumps(answer), Mode.ARTISTS).items[0]

    assert item.artist_mbid == ""
    assert item.score is None


def test_ten_thousand_suggestions_are_read_in_a_moment() -> None:
    elements = [
        {"artist": f"Name {n}", "album": f"Title {n}", "confidence": 0.8, "reason": "x" * 40} for n in range(10_000)
    ]
    text = json.dumps(elements)

    for answer, count in ((text, 10_000), (text[:-30], 9_999)):
        started = time.perf_counter()
        items = parse_answer(answer, Mode.ALBUMS).items
        # A third of a second on an idle machine; the rest is for a busy one.
        assert time.perf_counter() - started < 3
        assert len(items) == count


@pytest.mark.parametrize(
    "piece",
    [
        "{",
        "[",
        '{"a":',
        '["',
        "[{",
        "<think>",
        "[/*",
        '\\"',
        "[1]",
        "{'",
        "[“a ",
        '{"a":"b\nc" ',
        "\n[",
        "[a ",
        "- a - b\n",
    ],
)
def test_a_hostile_answer_takes_no_longer_than_its_length(piece: str) -> None:
    started = time.perf_counter()

    for length in (50_000, 100_000):
        parse_answer(piece * (length // len(piece)), Mode.ARTISTS)

    # Quadratic reading would take minutes.
    assert time.perf_counter() - started < 5
