"""A score has four stated parts, and what is unknown is neither a gain nor a loss."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.scoring import score
from recommendations.domain.types import Candidate, Profile, ScorePart, Share

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PROFILE = Profile(
    artist_count=100,
    genres=(Share("Shoegaze", 0.40), Share("Jazz", 0.10), Share("vantablack skronk", 0.05)),
    decades=(Share("1990s", 0.50), Share("1970s", 0.10)),
    new_release_share=0.05,
)


def part(
    candidate: Candidate,
    name: str,
    profile: Profile = PROFILE,
    chosen: Sequence[Candidate] = (),
    styles: Sequence[str] = (),
) -> ScorePart:
    scored = score(candidate, profile, chosen, NOW, styles)
    return next(part for part in scored.parts if part.name == name)


def test_a_score_is_the_weighted_sum_of_its_parts() -> None:
    candidate = Candidate("Ride", year=1990, tags=("shoegaze",), confidence=0.8)

    scored = score(candidate, PROFILE, [], NOW)

    assert [(part.name, part.weight) for part in scored.parts] == [
        ("genre", 0.4),
        ("era", 0.2),
        ("diversity", 0.2),
        ("confidence", 0.2),
    ]
    assert scored.score == pytest.approx(0.4 + 0.2 + 0.2 + 0.16)
    assert all(part.because for part in scored.parts)


def test_what_is_unknown_counts_half_and_says_so() -> None:
    scored = score(Candidate("Nobody"), Profile(), [Candidate("Somebody")], NOW)

    assert scored.score == 0.5
    assert scored.parts[-1].because == "The model gave no confidence"


def test_tags_from_musicbrainz_are_believed_before_the_models_genres() -> None:
    tagged = Candidate("A", tags=("gamelan",), genres=("shoegaze",))
    untagged = Candidate("A", tags=("seen live",), genres=("shoegaze",))

    assert part(tagged, "genre").value == 0.0
    assert part(untagged, "genre").value == 1.0


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("shoegaze", 1.0),
        ("alternative rock", 0.85),
        ("grunge", 0.75),
        ("rock", 0.7),
        ("gamelan", 0.0),
        # A quarter of the leading genre's share: the square root of it.
        ("jazz", 0.5),
        ("vantablack skronk", 0.3536),
    ],
)
def test_a_genre_counts_by_its_likeness_and_by_its_place_in_the_library(tag: str, value: float) -> None:
    assert part(Candidate("A", tags=(tag,)), "genre").value == value


def test_the_lists_own_styles_stand_in_for_the_librarys_genres() -> None:
    candidate = Candidate("A", tags=("acid techno",))

    assert part(candidate, "genre").value == 0.0
    assert part(candidate, "genre", styles=("techno", "dub")).value == 1.0
    assert part(candidate, "genre", styles=("fado",)).because == "Far from the list's styles"


@pytest.mark.parametrize(("year", "value"), [(1994, 1.0), (1975, 0.2), (1985, 0.5), (2003, 0.5), (1955, 0.0)])
def test_an_era_counts_by_its_albums_and_a_neighbor_by_half(year: int, value: float) -> None:
    assert part(Candidate("A", year=year), "era").value == value


@pytest.mark.parametrize("year", [None, 0, -44, 2199])
def test_a_year_that_cannot_be_is_no_evidence(year: int | None) -> None:
    assert part(Candidate("A", year=year), "era").value == 0.5


def test_a_listener_of_new_records_is_served_new_records() -> None:
    fond = replace(PROFILE, new_release_share=0.4)

    assert part(Candidate("A", year=2026), "era").value == 0.1
    assert part(Candidate("A", year=2026), "era", fond).value == 0.8


def test_what_is_like_the_rest_of_the_list_is_less_diverse() -> None:
    chosen = [Candidate("B", tags=("shoegaze",)), Candidate("C", tags=("shoegaze",))]

    alike, akin, other = (
        part(Candidate("A", tags=(tag,)), "diversity", chosen=chosen).value for tag in ("shoegaze", "rock", "fado")
    )

    assert (alike, akin, other) == (0.0, 0.3, 1.0)


def test_a_second_record_by_one_artist_adds_no_diversity() -> None:
    chosen = [Candidate("Low", artist_mbid="m1", tags=("fado",))]

    assert part(Candidate("LOW", tags=("shoegaze",)), "diversity", chosen=chosen).value == 0.0
    assert part(Candidate("Low", artist_mbid="m2", tags=("shoegaze",)), "diversity", chosen=chosen).value == 1.0


@given(
    st.sampled_from(["shoegaze", "jazz", "nonsense", ""]),
    st.none() | st.integers(-10, 3000),
    st.none() | st.floats(allow_nan=False),
)
def test_every_score_lies_between_nought_and_one(tag: str, year: int | None, confidence: float | None) -> None:
    candidate = Candidate("A", tags=(tag,), year=year, confidence=confidence)

    scored = score(candidate, PROFILE, [Candidate("B", tags=("jazz",))], NOW)

    assert scored.score is not None
    assert 0 <= scored.score <= 1
    assert sum(part.weight for part in scored.parts) == pytest.approx(1)


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_confidence_never_lowers_a_score(one: float, other: float) -> None:
    low, high = sorted((one, other))
    candidate = Candidate("A", tags=("jazz",))

    lower, higher = (score(replace(candidate, confidence=value), PROFILE, [], NOW).score for value in (low, high))

    assert lower is not None
    assert higher is not None
    assert lower <= higher
