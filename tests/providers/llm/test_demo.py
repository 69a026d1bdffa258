"""The demo: the same prompt gives the same real records, shaped by the library, with a few wrong ones."""

import json
from typing import Any

import pytest

from providers.contracts import Beat, CompletionRequest, Delta, Ending, Endpoint, Event, Finish, Structure
from providers.http import Limits, open_client
from providers.llm.demo import adapter, records

LIBRARY = "Genres: shoegaze 40 %, dream pop 20 %.\nArtists: Slowdive; Ride; Can.\n"


def stream(user: str) -> list[Event]:
    request = CompletionRequest("curated", "You know music.", user, Structure.JSON_SCHEMA)
    with open_client("Demo", Limits()) as client:
        return list(adapter.stream(client, Endpoint("", "Demo"), request))


def items(user: str) -> list[dict[str, Any]]:
    text = "".join(event.text for event in stream(user) if isinstance(event, Delta))
    answer: dict[str, list[dict[str, Any]]] = json.loads(text)
    assert answer.keys() == {"recommendations"}
    return answer["recommendations"]


REAL = {(record.artist, record.album) for record in records()}


def is_real(item: dict[str, Any]) -> bool:
    return (item["artist"], item["album"]) in REAL


def test_the_list_is_long_and_names_each_artist_once() -> None:
    assert len(records()) >= 150
    assert len({record.artist for record in records()}) == len(records())
    assert all(1950 <= record.year <= 2020 for record in records())


def test_the_same_prompt_gets_the_same_answer_and_another_prompt_another() -> None:
    assert stream(LIBRARY) == stream(LIBRARY)
    assert items(LIBRARY) != items(LIBRARY + "Already seen: Lush.")


def test_it_streams_in_small_pieces_and_ends_with_its_tokens() -> None:
    events = stream(LIBRARY)

    assert events[0] == Beat()
    assert sum(isinstance(event, Delta) for event in events) > 20
    end = events[-1]
    assert isinstance(end, Ending)
    assert (end.finish, end.model) == (Finish.COMPLETE, "curated")
    assert end.usage.input_tokens
    assert end.usage.output_tokens


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("Recommend exactly 7 albums", 7),
        ("Please suggest 12 artists", 12),
        ("give me 3", 3),
        ("recommend up to 9", 9),
        ("Wish: give me 3 loud ones.\n\nThe year is 2026. Choose 14 albums and answer in JSON.", 14),
        ("recommend some", 20),
    ],
)
def test_it_gives_as_many_as_are_asked_for(words: str, count: int) -> None:
    assert len(items(LIBRARY + words)) == count


def test_it_prefers_the_librarys_genres_and_says_because_of_whom() -> None:
    (first, *_) = items(LIBRARY + "Recommend exactly 8.")

    assert first["genre"] in {"Shoegaze", "Dream Pop"}
    shoegaze = next(item for item in items(LIBRARY) if item["genre"] == "Shoegaze" and is_real(item))
    assert set(shoegaze["because_of"]) <= {"Slowdive", "Ride"}
    assert shoegaze["because_of"]


def test_what_is_only_to_be_avoided_is_no_reason_and_no_slip() -> None:
    prompt = f"<library>\n{LIBRARY}</library>\n<avoid>\nLush; Mogwai\n</avoid>\nRecommend exactly 60."

    given = items(prompt)

    assert not {"Lush", "Mogwai"} & {item["artist"] for item in given}
    assert not {"Lush", "Mogwai"} & {name for item in given for name in item["because_of"]}


def test_what_the_prompt_names_is_not_suggested_but_for_the_deliberate_slips() -> None:
    named = [
        item for item in items(LIBRARY + "Recommend exactly 100.") if item["artist"] in {"Slowdive", "Ride", "Can"}
    ]

    assert 1 <= len(named) <= 3


def test_about_one_in_eight_is_wrong_on_purpose() -> None:
    given = items(LIBRARY + "Recommend exactly 40.")

    wrong = [item for item in given if not is_real(item) or item["artist"] in {"Slowdive", "Ride", "Can"}]
    assert len(wrong) == 5
    assert any(not is_real(item) for item in wrong)
    assert any(is_real(item) for item in wrong)


def test_confidences_are_within_bounds() -> None:
    assert all(0 < item["confidence"] < 1 for item in items("Recommend exactly 100."))


def test_asked_again_and_again_it_repeats_nothing_and_runs_dry() -> None:
    seen: list[str] = []
    for _ in range(4):
        prompt = f"{LIBRARY}Recommend exactly 60. Not: {'; '.join(seen)}"
        right = [item["artist"] for item in items(prompt) if is_real(item) and item["artist"] not in seen]
        assert len(right) == len(set(right))
        seen += right

    assert len(seen) > 150
    assert len(items(f"{LIBRARY}Recommend exactly 60. Not: {'; '.join(seen)}")) < 20
