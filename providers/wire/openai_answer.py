"""Reads a chat completion as it arrives, streamed or in one piece, into the events of the contract."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import Any

from providers.contracts import Beat, Delta, Ending, Endpoint, Event, Finish, Usage
from providers.errors import ConnectionFailed, EmptyAnswer, MalformedAnswer, Overloaded
from providers.wire.exchange import BLANK, STREAM_STARTS, forgiving, read_object
from providers.wire.failures import failure_inside, request_id
from providers.wire.fields import number_at
from providers.wire.sse import Comment, ServerEvent, decode

_FINISHES = {
    "length": Finish.OUTPUT_LIMIT,
    "max_tokens": Finish.OUTPUT_LIMIT,
    "model_length": Finish.OUTPUT_LIMIT,
    "content_filter": Finish.REFUSED,
    "refusal": Finish.REFUSED,
    "safety": Finish.REFUSED,
}


def read_answer(pieces: Iterable[bytes], endpoint: Endpoint, headers: Mapping[str, str]) -> Iterator[Event]:
    """Events of one successful HTTP answer, an `Ending` last.

    Raises EmptyAnswer when the model finished without a word, ConnectionFailed when the answer stops before the model
    said it was done, MalformedAnswer for anything but a chat completion, and the tree's error for an error inside.
    """
    source = iter(pieces)
    head = b""
    # Keep-alive blank lines come before a body in one piece (DeepSeek); the first real bytes tell which kind it is.
    for piece in source:
        head = (head + piece).lstrip(BLANK)
        if len(head) >= len("event:"):
            break
        yield Beat()
    if not head:
        raise EmptyAnswer(endpoint.label)
    answer = _Answer(endpoint, headers)
    if head.startswith(STREAM_STARTS):
        yield from forgiving(_read_stream(chain([head], source), answer), endpoint, lambda: answer.has_finished)
    else:
        body = bytearray(head)
        for piece in source:
            body += piece
            yield Beat()
        yield from answer.take(read_object(bytes(body), endpoint, "the answer", is_whole=not body.startswith(b"{")))
    yield answer.end()


def _read_stream(pieces: Iterable[bytes], answer: "_Answer") -> Iterator[Event]:
    for item in decode(pieces):
        if isinstance(item, Comment):
            yield Beat()
        elif item.data.strip() == "[DONE]":
            answer.is_done = True
            return
        else:
            yield from answer.take(_parse_event(item, answer))


def _parse_event(item: ServerEvent, answer: "_Answer") -> dict[str, Any]:
    parsed = read_object(item.data, answer.endpoint, "an event of the stream", is_whole=item.is_whole)
    return {"error": parsed} if item.event == "error" and "error" not in parsed else parsed


class _Answer:
    """What is known of the answer so far. A chunk of a stream and a whole completion differ only in `delta`."""

    def __init__(self, endpoint: Endpoint, headers: Mapping[str, str]) -> None:
        self.endpoint = endpoint
        self.is_done = False
        self._headers = headers
        self._reason = ""
        self._has_text = False
        self._has_refused = False
        self._usage: Mapping[str, Any] = {}
        self._model = ""
        self._id = request_id(headers)
        self._citations: tuple[str, ...] = ()
        self._thoughts = _Thoughts()

    @property
    def has_finished(self) -> bool:
        return bool(self._reason)

    def take(self, chunk: Mapping[str, Any]) -> Iterator[Event]:
        if error := chunk.get("error"):
            raise failure_inside(self.endpoint, error, self._headers)
        choices = chunk.get("choices")
        if choices is None and "usage" not in chunk and "object" not in chunk:
            raise MalformedAnswer(self.endpoint.label, "the answer is not a chat completion")
        self._note(chunk)
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        # Perplexity repeats the whole message beside every delta.
        message = choice["delta"] if "delta" in choice else choice.get("message")
        text = self._words(message) if isinstance(message, dict) else ""
        if isinstance(reason := choice.get("finish_reason"), str):
            self._reason = reason
            text += self._thoughts.rest()
        if text:
            self._has_text = self._has_text or not text.isspace()
            yield Delta(text)
        else:
            yield Beat()

    def end(self) -> Ending:
        if self._reason == "insufficient_system_resource":
            raise Overloaded(self.endpoint.label, "it ran out of resources while answering")
        if self._reason == "error":
            raise Overloaded(self.endpoint.label, "it broke off with an error while answering")
        if not (self._reason or self.is_done):
            raise self.cut()
        finish = Finish.REFUSED if self._has_refused else _FINISHES.get(self._reason, Finish.COMPLETE)
        if finish is Finish.COMPLETE and not self._has_text:
            raise EmptyAnswer(self.endpoint.label, request_id=self._id)
        return Ending(finish, _usage(self._usage), self._model, self._id, self._citations)

    def cut(self) -> ConnectionFailed:
        return ConnectionFailed(self.endpoint.label, "the answer was cut off in the middle", request_id=self._id)

    def _note(self, chunk: Mapping[str, Any]) -> None:
        groq = chunk.get("x_groq")
        for usage in (chunk.get("usage"), groq.get("usage") if isinstance(groq, dict) else None):
            if isinstance(usage, dict):
                self._usage = usage
        if isinstance(chunk.get("model"), str):
            self._model = chunk["model"]
        if not self._id and isinstance(chunk.get("id"), str):
            self._id = chunk["id"]
        if citations := _citations(chunk):
            self._citations = citations

    def _words(self, message: Mapping[str, Any]) -> str:
        if message.get("refusal"):
            self._has_refused = True
        content = message.get("content")
        if isinstance(content, list):
            parts = (part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text")
            content = "".join(part for part in parts if isinstance(part, str))
        return self._thoughts.strip(content) if isinstance(content, str) else ""


class _Thoughts:
    """Takes a leading <think>…</think> out of text that comes in pieces of any size."""

    _OPEN, _CLOSE = "<think>", "</think>"

    def __init__(self) -> None:
        self._held = ""
        self._is_thinking = False
        self._is_past = False

    def strip(self, text: str) -> str:
        if self._is_past:
            return text
        self._held += text
        if not self._is_thinking:
            start = self._held.lstrip()
            if not start.startswith(self._OPEN):
                # Until the tag is complete it may still become one.
                return "" if self._OPEN.startswith(start) else self.rest()
            self._is_thinking, self._held = True, start[len(self._OPEN) :]
        _, closing, after = self._held.partition(self._CLOSE)
        if closing:
            self._is_thinking, self._held = False, after.lstrip()
            return self.rest()
        self._held = self._held[-len(self._CLOSE) :]
        return ""

    def rest(self) -> str:
        """What is still held back, unless it is a thought that never ended."""
        held, self._held = self._held, ""
        if self._is_thinking:
            return ""
        self._is_past = True
        return held


def _usage(usage: Mapping[str, Any]) -> Usage:
    return Usage(
        input_tokens=number_at(usage, "prompt_tokens"),
        cached_input_tokens=number_at(usage, "prompt_tokens_details", "cached_tokens")
        # DeepSeek's own name for it.
        or number_at(usage, "prompt_cache_hit_tokens"),
        output_tokens=number_at(usage, "completion_tokens"),
        reasoning_tokens=number_at(usage, "completion_tokens_details", "reasoning_tokens"),
        cost=_cost(usage.get("cost")),
    )


def _cost(cost: Any) -> Decimal | None:
    """OpenRouter sends a number, Perplexity an object with a total."""
    if isinstance(cost, dict):
        cost = cost.get("total_cost")
    try:
        amount = Decimal(str(cost))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def _citations(chunk: Mapping[str, Any]) -> tuple[str, ...]:
    links = chunk.get("citations") or [
        result.get("url") for result in chunk.get("search_results") or () if isinstance(result, dict)
    ]
    return tuple(link for link in links if isinstance(link, str)) if isinstance(links, list) else ()
