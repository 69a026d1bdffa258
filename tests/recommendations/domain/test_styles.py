"""The catalogue is sound, finds styles by any of their names, and knows how near two of them stand."""

import json
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain import styles
from recommendations.domain.styles import find_style, genre_styles, is_within, nearest_style, similarity, split_genres

CATALOGUE = json.loads(Path(styles.__file__).with_name("styles.json").read_text(encoding="utf-8"))
SLUGS = [row["slug"] for row in CATALOGUE]


def test_the_catalogue_holds_the_styles_that_a_peer_lacked() -> None:
    wanted = {"punk", "post-punk", "grunge", "emo", "industrial", "noise", "shoegaze", "k-pop", "mpb", "fado"}

    assert len(SLUGS) >= 320
    assert wanted | {"highlife", "gamelan"} <= set(SLUGS)


def test_every_parent_exists_and_no_style_is_its_own_ancestor() -> None:
    parents = {row["slug"]: row["parents"] for row in CATALOGUE}

    def climb(slug: str, path: tuple[str, ...]) -> None:
        assert slug not in path
        for parent in parents[slug]:
            climb(parent, (*path, slug))

    for slug in SLUGS:
        climb(slug, ())


def test_no_two_styles_answer_to_the_same_text() -> None:
    for row in CATALOGUE:
        for text in (row["slug"], row["name"], *row["aliases"]):
            style = find_style(text)
            assert style is not None, text
            assert style.slug == row["slug"], text


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Shoegaze", "shoegaze"),
        ("HIP HOP", "hip-hop"),
        ("hiphop", "hip-hop"),
        ("Rap", "hip-hop"),
        ("Drum & Bass", "drum-and-bass"),
        ("dnb", "drum-and-bass"),
        ("tropicália", "tropicalia"),
        ("Tropicalia", "tropicalia"),
        ("R'n'B", "r-and-b"),
        ("Electronic Music", "electronic"),
        ("Música Popular Brasileira", "mpb"),
        ("Kpop", "k-pop"),
    ],
)
def test_a_style_is_found_by_slug_name_or_alias_however_it_is_spelt(text: str, slug: str) -> None:
    style = find_style(text)

    assert style is not None
    assert style.slug == slug


@pytest.mark.parametrize("text", ["", "   ", "seen live", "!!!", "80s", "music", "swedish death metal"])
def test_what_is_no_style_is_not_found(text: str) -> None:
    assert find_style(text) is None


def test_a_qualified_tag_means_the_style_its_last_words_name() -> None:
    swedish, eighties = nearest_style("swedish melodic death metal"), nearest_style("80s rock")

    assert swedish is not None
    assert swedish.slug == "melodic-death-metal"
    assert eighties is not None
    assert eighties.slug == "rock"
    assert nearest_style("rock hall of fame") is None


def test_genres_become_the_styles_they_name() -> None:
    assert genre_styles(["Shoegaze; Dreampop", "seen live", "UK post punk"]) == {"shoegaze", "dream-pop", "post-punk"}


@pytest.mark.parametrize(
    ("values", "genres"),
    [
        (["Rock; Pop"], ("Rock", "Pop")),
        (["Rock;Pop;;rock ; "], ("Rock", "Pop")),
        (["Hip-Hop/Rap"], ("Hip-Hop/Rap",)),
        (["Singer/Songwriter"], ("Singer/Songwriter",)),
        (["Folk, World, & Country"], ("Folk", "World", "& Country")),
        (["R&B/Soul", "Jazz"], ("R&B", "Soul", "Jazz")),
        ([], ()),
    ],
)
def test_several_genres_in_one_field_are_told_apart(values: list[str], genres: tuple[str, ...]) -> None:
    assert split_genres(values) == genres


def test_a_style_lies_within_everything_above_it_and_nothing_beside_it() -> None:
    assert is_within("shoegaze", "shoegaze")
    assert is_within("shoegaze", "alternative-rock")
    assert is_within("shoegaze", "rock")
    assert not is_within("rock", "shoegaze")
    assert not is_within("shoegaze", "metal")
    assert not is_within("no-such-style", "rock")


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("shoegaze", "shoegaze", 1.0),
        ("shoegaze", "alternative-rock", 0.85),
        ("shoegaze", "grunge", 0.75),
        ("shoegaze", "rock", 0.7),
        ("shoegaze", "gamelan", 0.0),
        ("no-such-style", "rock", 0.0),
    ],
)
def test_similarity_follows_the_family_tree(a: str, b: str, expected: float) -> None:
    assert similarity(a, b) == expected


@given(st.sampled_from(SLUGS), st.sampled_from(SLUGS))
def test_similarity_reads_the_same_both_ways(a: str, b: str) -> None:
    assert similarity(a, b) == similarity(b, a)


def test_related_styles_are_never_farther_than_strangers() -> None:
    related = [(row["slug"], parent) for row in CATALOGUE for parent in row["parents"]]

    assert all(similarity(child, parent) == 0.85 for child, parent in related)
    assert all(is_within(child, parent) for child, parent in related)


@pytest.mark.parametrize(("a", "b"), list(combinations(["punk", "metal", "jazz", "classical", "hip-hop", "folk"], 2)))
def test_the_great_families_stand_apart(a: str, b: str) -> None:
    assert not is_within(a, b)
    assert similarity(a, b) == 0.0
