"""A sample stands for the whole library: its shares, its clusters, and in time every artist of it."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.domain.profile import build_profile, leading_genre, weight
from recommendations.domain.types import Discovery, OwnedFacts, Profile
from recommendations.prompts.samples import Sample, sample

NOW = datetime(2026, 11, 21, tzinfo=UTC)
GENRES = ("Shoegaze", "Jazz", "Dub", "Techno", "Folk", "Metal", "Fado", "Grime")


def library(count: int, chance: random.Random) -> list[OwnedFacts]:
    return [
        OwnedFacts(
            f"Artist {number}",
            (GENRES[min(int(chance.expovariate(0.5)), 7)],),
            chance.randint(0, 12),
            12,
            chance.randint(0, 120),
            chance.randint(0, 900),
            None,
            NOW - timedelta(days=chance.randint(0, 3000)),
        )
        for number in range(count)
    ]


def draw(
    artists: Sequence[OwnedFacts], size: int = 100, seed: int = 1, discovery: Discovery = Discovery.SIMILAR
) -> Sample:
    return sample(iter(artists), build_profile(artists, {}, 0, NOW), discovery, size, seed)


def names(drawn: Sample) -> list[str]:
    return [artist.name for artist in (*drawn.top, *drawn.recent, *drawn.drawn)]


def test_an_empty_library_gives_an_empty_sample() -> None:
    assert sample([], Profile(), Discovery.SIMILAR, 100, 1) == Sample()


@pytest.mark.parametrize(
    ("discovery", "top", "recent"),
    [(Discovery.SIMILAR, 60, 30), (Discovery.ADJACENT, 45, 35), (Discovery.EXPLORATORY, 35, 40)],
)
def test_the_discovery_mode_sets_the_shares(discovery: Discovery, top: int, recent: int) -> None:
    drawn = draw(library(2_000, random.Random(1)), discovery=discovery)

    assert (len(drawn.top), len(drawn.recent), len(names(drawn))) == (top, recent, 100)


def test_the_top_is_the_weightiest_and_the_recent_are_the_latest() -> None:
    artists = [
        OwnedFacts(f"A{number}", ("Jazz",), number, 0, 0, 0, None, NOW - timedelta(days=number)) for number in range(50)
    ]

    drawn = draw(artists, size=10)

    assert [artist.name for artist in drawn.top] == ["A49", "A48", "A47", "A46", "A45", "A44"]
    assert [artist.name for artist in drawn.recent] == ["A0", "A1", "A2"]


def test_a_library_smaller_than_the_sample_is_drawn_whole() -> None:
    artists = library(40, random.Random(2))

    assert sorted(names(draw(artists))) == sorted(artist.name for artist in artists)


def test_every_major_cluster_is_drawn_even_when_the_random_share_is_smaller() -> None:
    many = [
        OwnedFacts(f"{genre} {number}", (genre,), 1, 0, 0, 0, None, None) for genre in GENRES for number in range(99)
    ]

    drawn = draw(many, size=10)

    assert {leading_genre(artist.genres) for artist in (*drawn.top, *drawn.drawn)} == set(GENRES)
    assert len(names(drawn)) == 10


def test_artists_without_a_date_leave_their_room_to_the_clusters() -> None:
    undated = [OwnedFacts(f"A{number}", ("Jazz",), 1, 0, 0, 0, None, None) for number in range(500)]

    assert len(names(draw(undated, size=50))) == 50


def test_the_seed_moves_the_random_share_and_nothing_else() -> None:
    artists = library(3_000, random.Random(3))

    first, again, second = draw(artists, seed=1), draw(artists, seed=1), draw(artists, seed=2)

    assert first == again
    assert {weight(artist) for artist in first.top} == {weight(artist) for artist in second.top}
    assert first.drawn != second.drawn


def test_consecutive_seeds_cover_the_library_in_time() -> None:
    artists = library(300, random.Random(4))
    profile = build_profile(artists, {}, 0, NOW)

    seen: Counter[str] = Counter()
    for seed in range(300):
        seen.update(set(names(sample(artists, profile, Discovery.EXPLORATORY, 30, seed))))

    assert len(seen) >= 0.97 * len(artists)


def test_an_artist_whose_genre_the_profile_has_not_seen_yet_does_no_harm() -> None:
    artists = library(50, random.Random(5))
    newcomer = OwnedFacts("New", ("Gamelan",), 1, 1, 1, 0, None, None)

    drawn = sample([*artists, newcomer], build_profile(artists, {}, 0, NOW), Discovery.SIMILAR, 20, 1)

    assert len(names(drawn)) == 20


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 120),
    st.integers(0, 60),
    st.integers(0, 10**6),
    st.sampled_from(list(Discovery)),
    st.randoms(use_true_random=False),
)
def test_no_order_shows_through_and_no_artist_is_drawn_twice(
    count: int, size: int, seed: int, discovery: Discovery, chance: random.Random
) -> None:
    artists = library(count, random.Random(count))
    twins = [*artists, *(OwnedFacts("Nirvana", (genre,), 1, 5, 9, 0, None, NOW) for genre in GENRES[:2])]
    profile = build_profile(twins, {}, 0, NOW)
    shuffled = twins.copy()
    chance.shuffle(shuffled)

    drawn = sample(twins, profile, discovery, size, seed)

    assert drawn == sample(iter(shuffled), profile, discovery, size, seed)
    assert len(names(drawn)) == min(size, len(twins))
    assert set(Counter(name for name in names(drawn) if name != "Nirvana").values()) <= {1}
