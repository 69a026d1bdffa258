"""Chat completions as they arrive: in pieces, in one piece, broken, and with the vendors' additions."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from providers.contracts import Beat, Delta, Ending, Endpoint, Event, Finish, Usage
from providers.errors import ConnectionFailed, EmptyAnswer, MalformedAnswer, Overloaded, Phase, RateLimited, TimedOut
from providers.wire.openai_answer import read_answer

ENDPOINT = Endpoint("https://api.example/v1", "Acme", "canary-55aa")


def chunk(text: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    delta = {} if text is None else {"content": text}
    return sse({"id": "c-1", "model": "m-1", "choices": [{"delta": delta, "finish_reason": finish}], **more})


def sse(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def read(*pieces: bytes, headers: dict[str, str] | None = None) -> list[Event]:
    return list(read_answer(iter(pieces), ENDPOINT, headers or {}))


def text_of(events: Iterable[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


def ending(events: list[Event]) -> Ending:
    last = events[-1]
    assert isinstance(last, Ending)
    return last


def test_pieces_come_in_order_and_an_ending_last() -> None:
    events = read(chunk("Talk "), chunk("Talk"), chunk(finish="stop"), DONE, headers={"x-request-id": "req-9"})

    assert events == [Delta("Talk "), Delta("Talk"), Beat(), Ending(Finish.COMPLETE, Usage(), "m-1", "req-9")]


def test_the_answers_own_id_stands_in_for_a_request_id() -> None:
    assert ending(read(chunk("x", "stop"), DONE)).request_id == "c-1"


@pytest.mark.parametrize(
    ("finish", "meaning"),
    [
        ("stop", Finish.COMPLETE),
        ("length", Finish.OUTPUT_LIMIT),
        ("content_filter", Finish.REFUSED),
        ("tool_calls", Finish.COMPLETE),
    ],
)
def test_the_reason_for_stopping_is_told(finish: str, meaning: Finish) -> None:
    assert ending(read(chunk("x"), chunk(finish=finish), DONE)).finish is meaning


def test_a_refusal_is_an_ending_not_an_empty_answer() -> None:
    refusal = sse({"choices": [{"delta": {"refusal": "I cannot"}, "finish_reason": None}]})

    assert ending(read(refusal, chunk(finish="stop"), DONE)).finish is Finish.REFUSED


def test_a_limit_reached_while_still_thinking_is_an_ending_without_text() -> None:
    events = read(chunk("<think>so many"), chunk(finish="length"), DONE)

    assert text_of(events) == ""
    assert ending(events).finish is Finish.OUTPUT_LIMIT


@pytest.mark.parametrize("words", ["", "  \n"])
def test_a_finished_answer_without_a_word_is_empty(words: str) -> None:
    with pytest.raises(EmptyAnswer):
        read(chunk(words), chunk(finish="stop"), DONE)


def test_a_body_without_a_byte_is_empty() -> None:
    with pytest.raises(EmptyAnswer):
        read(b"\n\n")


@pytest.mark.parametrize("end", [b"", b'data: {"choi', b"data: {"])
def test_a_stream_that_stops_before_the_model_did_is_cut(end: bytes) -> None:
    with pytest.raises(ConnectionFailed, match="cut off in the middle"):
        read(chunk("Talk"), end)


def test_a_missing_goodbye_after_the_models_own_is_forgiven() -> None:
    assert ending(read(chunk("Talk", "stop"))).finish is Finish.COMPLETE


@pytest.mark.parametrize("error", [ConnectionFailed("Acme"), TimedOut("Acme", phase=Phase.IDLE)])
def test_a_connection_lost_after_the_model_finished_loses_nothing(error: Exception) -> None:
    def pieces() -> Iterator[bytes]:
        yield chunk("Talk", "stop")
        raise error

    assert text_of(read_answer(pieces(), ENDPOINT, {})) == "Talk"


def test_a_connection_lost_before_is_an_error() -> None:
    def pieces() -> Iterator[bytes]:
        yield chunk("Talk")
        raise TimedOut("Acme", phase=Phase.IDLE)

    with pytest.raises(TimedOut):
        list(read_answer(pieces(), ENDPOINT, {}))


def test_done_without_a_reason_is_done() -> None:
    assert ending(read(chunk("Talk"), DONE)).finish is Finish.COMPLETE


def test_thinking_sent_apart_is_a_heartbeat() -> None:
    thought = sse({"choices": [{"delta": {"reasoning_content": "hmm", "content": None}}]})

    assert read(thought, chunk("x"), chunk(finish="stop"), DONE)[:2] == [Beat(), Delta("x")]


@pytest.mark.parametrize(
    "pieces",
    [
        ["<think>hmm</think>\n\n{}"],
        ["<", "think", ">h", "mm</th", "ink>", "\n", "{}"],
        ["\n<think>", "a < b </thin", "g></think>{}"],
    ],
)
def test_thinking_written_into_the_text_is_taken_out(pieces: list[str]) -> None:
    assert text_of(read(*map(chunk, pieces), chunk(finish="stop"), DONE)).strip() == "{}"


@pytest.mark.parametrize("pieces", [["<this", " is>"], ["<th"], ["x <think>y</think>"], [" ", "{", "}"]])
def test_text_that_only_resembles_thinking_is_kept(pieces: list[str]) -> None:
    assert text_of(read(*map(chunk, pieces), chunk(finish="stop"), DONE)) == "".join(pieces)


USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "prompt_tokens_details": {"cached_tokens": 64},
    "completion_tokens_details": {"reasoning_tokens": 7},
}


@pytest.mark.parametrize(
    ("more", "usage"),
    [
        ({"usage": USAGE}, Usage(100, 64, 20, 7)),
        ({"x_groq": {"usage": USAGE}}, Usage(100, 64, 20, 7)),
        ({"usage": {"prompt_tokens": 9, "prompt_cache_hit_tokens": 5}}, Usage(9, 5)),
        ({"usage": {"prompt_tokens": 9, "cost": 0.00014}}, Usage(9, cost=Decimal("0.00014"))),
        ({"usage": {"prompt_tokens": 9, "cost": {"total_cost": 0.005}}}, Usage(9, cost=Decimal("0.005"))),
        ({"usage": {"prompt_tokens": None, "completion_tokens": "many", "cost": "free"}}, Usage()),
        ({"usage": None}, Usage()),
    ],
)
def test_tokens_and_cost_are_as_the_vendor_counted(more: dict[str, Any], usage: Usage) -> None:
    last = sse({"choices": [], **more})

    assert ending(read(chunk("x", "stop"), last, DONE)).usage == usage


def test_sources_are_kept() -> None:
    assert ending(read(chunk("x", "stop", citations=["https://a.example"]), DONE)).citations == ("https://a.example",)
    found = chunk("x", "stop", search_results=[{"url": "https://b.example", "title": "B"}])
    assert ending(read(found, DONE)).citations == ("https://b.example",)


def test_a_whole_message_beside_a_delta_is_not_read_twice() -> None:
    both = sse({"choices": [{"delta": {}, "message": {"content": "Talk"}, "finish_reason": "stop"}]})

    assert text_of(read(chunk("Talk"), both, DONE)) == "Talk"


WHOLE = {
    "id": "c-1",
    "model": "m-1",
    "choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}],
    "usage": USAGE,
}


def test_an_answer_in_one_piece_is_read_although_a_stream_was_asked_for() -> None:
    body = json.dumps(WHOLE).encode()

    events = read(b"\n", b"\n\n", body[:30], body[30:])

    assert text_of(events) == "{}"
    assert ending(events) == Ending(Finish.COMPLETE, Usage(100, 64, 20, 7), "m-1", "c-1")
    assert events[0] == Beat()


def test_an_answer_in_one_piece_that_is_cut_is_said_to_be_cut() -> None:
    with pytest.raises(ConnectionFailed, match="cut off"):
        read(json.dumps(WHOLE).encode()[:40])


@pytest.mark.parametrize(
    ("inside", "kind"),
    [
        ({"error": {"code": 429, "message": "Rate limited"}}, RateLimited),
        ({"error": {"code": 502, "message": "down"}, "choices": [{"finish_reason": "error"}]}, Overloaded),
    ],
)
def test_an_error_inside_a_success_is_raised(inside: dict[str, Any], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        read(chunk("{"), sse(inside))
    with pytest.raises(kind):
        read(json.dumps(inside).encode())


def test_an_event_named_error_is_an_error() -> None:
    with pytest.raises(Overloaded, match="broke"):
        read(chunk("{"), b'event: error\ndata: {"message": "it broke"}\n\n')


@pytest.mark.parametrize("reason", ["error", "insufficient_system_resource"])
def test_a_model_that_broke_off_is_overloaded(reason: str) -> None:
    with pytest.raises(Overloaded):
        read(chunk("{"), chunk(finish=reason), DONE)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><title>Sign in</title>",
        b"data: {nonsense\n\ndata: [DONE]\n\n",
        b"data: 7\n\n",
        b'"just a string"',
        b'{"status": "ok"}',
        b"hello there",
    ],
)
def test_anything_else_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        read(body)


def test_a_malformed_answer_does_not_quote_the_key() -> None:
    with pytest.raises(MalformedAnswer) as caught:
        read(b"you sent canary-55aa, which is odd")

    assert "canary" not in str(caught.value)
