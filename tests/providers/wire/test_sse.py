"""Server-sent events, however the network cuts them."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from providers.wire.sse import Comment, ServerEvent, decode


def events(*pieces: bytes) -> list[ServerEvent]:
    return [item for item in decode(pieces) if isinstance(item, ServerEvent)]


def test_an_event_is_its_data() -> None:
    assert list(decode([b'data: {"a": 1}\n\n'])) == [ServerEvent("message", '{"a": 1}')]


def test_an_event_may_have_a_name_and_several_lines_of_data() -> None:
    assert events(b"event: error\ndata: one\ndata:two\nid: 7\nretry: 100\n\n") == [ServerEvent("error", "one\ntwo")]


def test_comments_and_stray_blank_lines_are_heartbeats() -> None:
    stream = b": OPENROUTER PROCESSING\n\n\n: keep-alive\r\n\r\ndata: x\n\n"

    assert list(decode([stream])) == [
        Comment("OPENROUTER PROCESSING"),
        Comment(),
        Comment(),
        Comment("keep-alive"),
        Comment(),
        ServerEvent("message", "x"),
    ]


def test_a_last_event_without_its_blank_line_is_delivered_and_marked() -> None:
    assert events(b"data: x\n") == [ServerEvent("message", "x", is_whole=False)]
    assert events(b"data: x") == [ServerEvent("message", "x", is_whole=False)]


def test_a_byte_order_mark_is_ignored() -> None:
    assert events(b"\xef\xbb\xbfdata: x\n\n") == [ServerEvent("message", "x")]


def test_a_line_separator_inside_a_string_is_not_a_line_end() -> None:
    assert events("data: a\u2028b\x85c\n\n".encode()) == [ServerEvent("message", "a\u2028b\x85c")]


@given(
    texts=st.lists(
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), min_size=1, max_size=5
    ),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_cuts_anywhere_change_nothing(texts: list[str], end: str, cuts: list[int]) -> None:
    stream = "".join(f": beat{end}data: {text}{end}{end}" for text in texts).encode()
    borders = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[start:stop] for start, stop in itertools.pairwise(borders)]

    assert events(*pieces) == [ServerEvent("message", text) for text in texts]
