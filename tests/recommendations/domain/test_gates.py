"""Every candidate either stays or leaves with a reason, and nothing unsure of its identity is ever published."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.gates import artist_key, gate
from recommendations.domain.reasons import DropReason, ReviewReason
from recommendations.domain.types import Brief, Candidate, Mode, ReviewPolicy

BRIEF = Brief(1, "late", "Late night", Mode.ARTISTS, minimum_confidence=0.6, target=5)
AUTOMATIC = replace(BRIEF, review_policy=ReviewPolicy.AUTOMATIC)
EVERYTHING = replace(BRIEF, review_policy=ReviewPolicy.EVERYTHING)
GOOD = Candidate("Low", artist_mbid="a1", confidence=0.8, score=0.7)

Outcome = tuple[DropReason, str] | ReviewReason | None


def outcome(
    candidate: Candidate, brief: Brief = BRIEF, room: int = 9, per_artist: Mapping[str, int] | None = None
) -> Outcome:
    kept, drops = gate([candidate], brief, room, per_artist or {})
    assert len(kept) + len(drops) == 1
    return (drops[0].reason, drops[0].detail) if drops else kept[0].review


@pytest.mark.parametrize(
    ("brief", "confidence", "expected"),
    [
        (BRIEF, 0.6, None),
        (BRIEF, 0.55, ReviewReason.BORDERLINE_CONFIDENCE),
        (BRIEF, 0.5, ReviewReason.BORDERLINE_CONFIDENCE),
        (BRIEF, 0.49, (DropReason.LOW_CONFIDENCE, "under 0.60")),
        (BRIEF, None, ReviewReason.CONFIDENCE_NOT_GIVEN),
        (AUTOMATIC, 0.6, None),
        (AUTOMATIC, 0.55, (DropReason.LOW_CONFIDENCE, "under 0.60")),
        (AUTOMATIC, None, None),
        (EVERYTHING, 0.6, ReviewReason.POLICY),
        (EVERYTHING, 0.55, ReviewReason.BORDERLINE_CONFIDENCE),
        (EVERYTHING, 0.1, (DropReason.LOW_CONFIDENCE, "under 0.60")),
        (EVERYTHING, None, ReviewReason.CONFIDENCE_NOT_GIVEN),
        (replace(BRIEF, minimum_confidence=0.0), None, None),
        # 0.8 - 0.7 is more than 0.1 in floating point.
        (replace(BRIEF, minimum_confidence=0.8), 0.7, ReviewReason.BORDERLINE_CONFIDENCE),
    ],
)
def test_confidence_is_judged_by_the_minimum_and_the_review_policy(
    brief: Brief, confidence: float | None, expected: Outcome
) -> None:
    assert outcome(replace(GOOD, confidence=confidence), brief) == expected


@pytest.mark.parametrize(
    ("mode", "artist_mbid", "release_group_mbid", "expected"),
    [
        (Mode.ARTISTS, "a1", "", None),
        (Mode.ARTISTS, "", "", (DropReason.NO_MBID, "artist")),
        (Mode.ALBUMS, "a1", "r1", None),
        (Mode.ALBUMS, "a1", "", (DropReason.NO_MBID, "album")),
        (Mode.ALBUMS, "", "r1", (DropReason.NO_MBID, "artist")),
    ],
)
def test_a_list_that_requires_ids_drops_what_has_none(
    mode: Mode, artist_mbid: str, release_group_mbid: str, expected: Outcome
) -> None:
    candidate = replace(GOOD, artist_mbid=artist_mbid, release_group_mbid=release_group_mbid)

    assert outcome(candidate, replace(BRIEF, mode=mode)) == expected
    assert outcome(candidate, replace(BRIEF, mode=mode, requires_mbid=False)) is None


@pytest.mark.parametrize("policy", list(ReviewPolicy))
@pytest.mark.parametrize("mark", [ReviewReason.AMBIGUOUS_IDENTITY, ReviewReason.UNRESOLVED])
def test_an_open_identity_waits_under_every_policy_even_without_an_id(policy: ReviewPolicy, mark: ReviewReason) -> None:
    candidate = replace(GOOD, artist_mbid="", review=mark)

    assert outcome(candidate, replace(BRIEF, review_policy=policy)) is mark


@pytest.mark.parametrize(
    ("tags", "is_dropped"),
    [
        (("dream pop",), True),
        (("shoegaze",), False),
        (("blackgaze",), False),
        (("dream pop", "shoegaze"), False),
        (("something nobody knows",), False),
        ((), False),
        (("rock",), False),
        (("rock", "heavy metal"), True),
    ],
)
def test_only_what_is_known_to_lie_outside_the_styles_is_dropped(tags: tuple[str, ...], is_dropped: bool) -> None:
    result = outcome(replace(GOOD, tags=tags), replace(BRIEF, styles=("shoegaze",)))

    assert (result is not None) == is_dropped
    assert not is_dropped or (isinstance(result, tuple) and result[0] is DropReason.OFF_STYLE)


def test_tags_decide_the_style_before_the_models_word() -> None:
    candidate = replace(GOOD, tags=("heavy metal",), genres=("shoegaze",))

    assert outcome(candidate, replace(BRIEF, styles=("shoegaze",))) == (DropReason.OFF_STYLE, "heavy-metal")


def test_an_artist_fills_its_cap_from_the_list_and_the_batch_together() -> None:
    albums = [replace(GOOD, album=f"Album {number}", score=number / 10) for number in range(4)]

    kept, drops = gate(albums, replace(BRIEF, per_artist_cap=3), 9, {artist_key(GOOD): 1})

    assert [candidate.album for candidate in kept] == ["Album 3", "Album 2"]
    assert {drop.reason for drop in drops} == {DropReason.ARTIST_CAP}


def test_the_best_take_the_room_and_those_that_wait_take_none() -> None:
    certain = [replace(GOOD, artist=f"C{n}", artist_mbid=f"c{n}", score=n / 10) for n in range(4)]
    waiting = [replace(GOOD, artist=f"W{n}", artist_mbid=f"w{n}", score=0.9, confidence=None) for n in range(12)]

    kept, drops = gate([*certain, *waiting], BRIEF, 2, {})

    assert [candidate.artist for candidate in kept if candidate.review is None] == ["C3", "C2"]
    assert sum(candidate.review is not None for candidate in kept) == 10
    assert Counter(drop.reason for drop in drops) == {DropReason.OVER_TARGET: 4}


candidates = st.builds(
    Candidate,
    artist=st.sampled_from(["A", "B", "C"]),
    confidence=st.none() | st.floats(0, 1),
    artist_mbid=st.sampled_from(["", "a", "b"]),
    release_group_mbid=st.sampled_from(["", "r"]),
    tags=st.sampled_from([(), ("shoegaze",), ("jazz",)]),
    review=st.none() | st.sampled_from(list(ReviewReason)),
    score=st.none() | st.floats(0, 1),
)
briefs = st.builds(
    replace,
    st.just(BRIEF),
    mode=st.sampled_from(list(Mode)),
    requires_mbid=st.booleans(),
    review_policy=st.sampled_from(list(ReviewPolicy)),
    styles=st.sampled_from([(), ("rock",)]),
    minimum_confidence=st.floats(0, 1),
)


@given(st.lists(candidates, max_size=20), briefs, st.integers(0, 10))
def test_nothing_is_lost_and_nothing_doubtful_is_published(batch: list[Candidate], brief: Brief, room: int) -> None:
    kept, drops = gate(batch, brief, room, {})

    published = [candidate for candidate in kept if candidate.review is None]
    assert len(kept) + len(drops) == len(batch)
    assert len(published) <= room
    assert [candidate.score or 0 for candidate in kept] == sorted((c.score or 0 for c in kept), reverse=True)
    assert max(Counter(map(artist_key, kept)).values(), default=0) <= brief.per_artist_cap
    assert brief.review_policy is not ReviewPolicy.EVERYTHING or not published
    assert not brief.requires_mbid or all(candidate.artist_mbid for candidate in published)
    marked = Counter(c.review for c in batch if c.review)
    assert all(Counter(c.review for c in kept)[reason] + Counter(d.candidate.review for d in drops)[reason] >= count
               for reason, count in marked.items())  # fmt: skip
