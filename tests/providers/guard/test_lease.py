"""Never more calls at once than there are places, and a place whose holder died frees itself."""

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
from hypothesis import given

from providers.guard.lease import LASTS, Place, free_place

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def test_places_are_taken_from_the_lowest() -> None:
    held = Place(0, "a", NOW + LASTS)

    assert free_place([], 2, NOW) == 0
    assert free_place([held], 2, NOW) == 1
    assert free_place([held], 1, NOW) is None


def test_a_place_given_back_or_expired_is_free() -> None:
    assert free_place([Place(0, "", NOW + LASTS)], 1, NOW) == 0
    assert free_place([Place(0, "dead", NOW)], 1, NOW) == 0


def test_calls_from_when_more_were_allowed_count_until_they_end() -> None:
    held = [Place(number, "x", NOW + LASTS) for number in (2, 3)]

    assert free_place(held, 2, NOW) is None
    assert free_place(held[1:], 2, NOW) == 0


EVENTS = st.lists(st.tuples(st.sampled_from(["ask", "end", "die", "wait"]), st.integers(0, 90)), max_size=60)


@given(calls_at_once=st.integers(1, 5), events=EVENTS)
def test_no_sequence_lets_more_calls_run_than_allowed(calls_at_once: int, events: list[tuple[str, int]]) -> None:
    places: dict[int, Place] = {}
    alive: set[int] = set()
    now = NOW
    for kind, number in events:
        if kind == "wait":
            now += timedelta(seconds=number)
            places |= {n: Place(n, places[n].holder, now + LASTS) for n in alive}
        elif kind == "ask":
            free = free_place(list(places.values()), calls_at_once, now)
            if free is not None:
                assert free not in alive
                places[free] = Place(free, "x", now + LASTS)
                alive.add(free)
        elif alive:
            ended = sorted(alive)[number % len(alive)]
            alive.discard(ended)
            if kind == "end":
                places[ended] = Place(ended, "", places[ended].expires_at)
        assert len(alive) <= calls_at_once

    assert alive or free_place(list(places.values()), calls_at_once, now + LASTS) is not None
