"""The query language the MusicBrainz simulator understands."""

import pytest

from providers.simulators.lucene import Group, Index, LuceneSyntaxError, Term, parse


def titles(query: str) -> list[str]:
    names = ["Nevermind", "Never Mind the Bollocks", "Mind Games", "AC/DC Live", "!!!", "Sigur Rós"]
    index = Index(({"title": [name], "id": [str(number)]} for number, name in enumerate(names)), ("title",))
    return [names[number] for number, _ in index.search(parse(query))]


def test_and_binds_closer_than_or() -> None:
    a, b, c = Term("x", "a"), Term("y", "b"), Term("", "c")

    assert parse("x:a AND y:b OR c") == Group((Group((a, b), needs_all=True), c), needs_all=False)
    assert parse("x:a AND (y:b OR c)") == Group((a, Group((b, c), needs_all=False)), needs_all=True)


def test_escapes_are_undone() -> None:
    assert parse(r'artist:"Sunn O\)\)\) \"x\" \\ \!"') == Term("artist", r'Sunn O))) "x" \ !')


def test_operators_inside_quotes_are_words() -> None:
    assert parse('artist:"AND OR NOT"') == Term("artist", "AND OR NOT")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "  ",
        '"open',
        "(a",
        "a)",
        "a AND",
        "OR a",
        "AND",
        "artist:",
        "NOT a",
        "a!b",
        "AC/DC",
        "[x]",
        "a*",
        "x:y:z",
        "~",
    ],
)
def test_what_is_not_escaped_is_refused(query: str) -> None:
    with pytest.raises(LuceneSyntaxError):
        parse(query)


def test_a_phrase_needs_its_words_side_by_side() -> None:
    assert titles('"never mind"') == ["Never Mind the Bollocks"]
    assert titles('"mind never"') == []
    assert titles("never mind") == ["Never Mind the Bollocks", "Mind Games"]


def test_the_fuller_match_comes_first() -> None:
    assert titles("mind") == ["Mind Games", "Never Mind the Bollocks"]


@pytest.mark.parametrize(
    ("query", "title"), [('"ACDC live"', "AC/DC Live"), ('"\\!\\!\\!"', "!!!"), ('"SIGUR ROS"', "Sigur Rós")]
)
def test_case_marks_and_punctuation_do_not_matter(query: str, title: str) -> None:
    assert titles(query) == [title]


def test_both_sides_of_and_must_match() -> None:
    assert titles("title:mind AND id:2") == ["Mind Games"]


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(LuceneSyntaxError, match="unknown field"):
        titles("artsit:x")
