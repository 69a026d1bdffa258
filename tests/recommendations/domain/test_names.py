"""Names and titles: what is one, what is two, and that keys can be trusted as identities."""

import json
import timeit
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.domain.names import album_key, artist_key, same_album, same_artist, same_title, title_key

PAIRS = [json.loads(line) for line in (Path(__file__).parent / "corpora/pairs.jsonl").read_text("utf-8").splitlines()]
ODD = st.text(
    alphabet=st.sampled_from("aAnNtThHeE iIvVxX'’&+-.,:!$()[]123 яИёё́éÉßİıŁ々が゙か각가\u200b\ufe0f㍿①ﬁ÷†★"), max_size=30
)


def test_pairs_of_the_world_are_told_apart() -> None:
    right = {True: 0, False: 0}
    for pair in PAIRS:
        same = same_artist(pair["a"], pair["b"]) if pair["kind"] == "artist" else same_album(pair["a"], pair["b"])
        right[pair["same"]] += same == pair["same"]
    same_pairs = sum(pair["same"] for pair in PAIRS)

    print(f"same {right[True]}/{same_pairs}, different {right[False]}/{len(PAIRS) - same_pairs}")
    assert len(PAIRS) >= 200
    assert right[True] / same_pairs >= 0.99
    assert right[False] / (len(PAIRS) - same_pairs) >= 0.99


@pytest.mark.parametrize(
    "name", ["!!!", "†††", "+/-", "( )", "÷", "★", "<3", "...", "?", "The", "A", "The The", "™", "々"]
)
def test_a_name_never_loses_its_key(name: str) -> None:
    assert artist_key(name)
    assert title_key(name)


@pytest.mark.parametrize(
    "title", ["Deluxe", "(Deluxe)", "Special Edition", "The Remaster", "Live", "Anniversary", "1999"]
)
def test_a_title_that_is_an_edition_word_stays_a_title(title: str) -> None:
    others = {"Debut", "Post", ""}

    assert title_key(title)
    assert title_key(title) not in {title_key(other) for other in others}


@pytest.mark.parametrize(
    ("a", "b"), [("Live", "Demo"), ("1999", "1989"), ("Pt. 1", "Pt. 2"), ("II", "III"), ("+", "-"), ("4:44", "4:45")]
)
def test_short_titles_stay_apart(a: str, b: str) -> None:
    assert not same_title(a, b)


@given(st.text(max_size=40) | ODD)
@settings(max_examples=150, deadline=None)
def test_the_key_of_a_key_is_itself(name: str) -> None:
    for key_of in (artist_key, title_key):
        assert key_of(key_of(name)) == key_of(name)


@given(st.text(min_size=1, max_size=40).filter(lambda text: bool(text.strip())))
@settings(max_examples=150, deadline=None)
def test_a_name_with_anything_in_it_has_a_key(name: str) -> None:
    assert artist_key(name)
    assert title_key(name)


@given(st.sampled_from(["Abbey Road", "Ágætis byrjun", "Группа крови", "無罪モラトリアム", "( )", "1999"]), st.data())
@settings(max_examples=60, deadline=None)
def test_an_edition_never_changes_a_title(title: str, data: st.DataObject) -> None:
    note = data.draw(
        st.sampled_from(
            ["Deluxe", "Deluxe Edition", "2011 Remaster", "Remastered", "Expanded Edition", "25th Anniversary Edition",
             "Bonus Track Version", "Super Deluxe", "Collector's Edition", "Explicit", "Japanese Edition"]
        )
    )  # fmt: skip
    written = data.draw(st.sampled_from(["{} ({})", "{} [{}]", "{} ({}) [Remastered]"]))

    assert same_title(title, written.format(title, note))


@pytest.mark.parametrize("title", ["Abbey Road", "Группа крови", "1999"])
@pytest.mark.parametrize("note", ["Live", "Demos", "Acoustic", "Remixes", "Pt. 2", "Instrumental", "Taylor's Version"])
def test_another_performance_is_another_record(title: str, note: str) -> None:
    assert not same_title(title, f"{title} ({note})")
    assert same_title(f"{title} ({note})", f"{title} ({note}) [Deluxe Edition]")


def test_an_album_key_holds_its_artist() -> None:
    assert album_key("Weezer", "Weezer") != album_key("Beatles", "Weezer")
    assert album_key("Paramore", "Self-Titled") == album_key("Paramore", "Paramore")


def test_keys_are_quick_enough_for_half_a_million_titles() -> None:
    titles = [
        "Radiohead",
        "The Smashing Pumpkins",
        "The Dark Side of the Moon",
        "Sigur Rós",
        "Nick Cave & The Bad Seeds",
    ]

    best = min(timeit.repeat(lambda: [title_key(title) for title in titles], number=200, repeat=5)) / 200 / len(titles)

    # Ten microseconds on an idle machine; the rest is for a busy one.
    assert best < 40e-6
