"""Reads an answer in Anthropic's Messages format as it is streamed, into the events of the contract."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from providers.contracts import Beat, Delta, Ending, Endpoint, Event, Finish, Usage
from providers.errors import ConnectionFailed, EmptyAnswer, MalformedAnswer
from providers.wire.exchange import events_of, forgiving, read_object
from providers.wire.failures import failure_inside, request_id
from providers.wire.fields import number_at, text_at
from providers.wire.sse import Comment

_FINISHES = {
    "max_tokens": Finish.OUTPUT_LIMIT,
    "model_context_window_exceeded": Finish.OUTPUT_LIMIT,
    "refusal": Finish.REFUSED,
}
_KINDS = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "ping",
        "error",
    }
)


def read_answer(pieces: Iterable[bytes], endpoint: Endpoint, headers: Mapping[str, str]) -> Iterator[Event]:
    """Events of one successful HTTP answer, an `Ending` last.

    Raises EmptyAnswer when the model finished without a word, ConnectionFailed when the answer stops before the model
    said why it ended, MalformedAnswer for anything but such a stream, and the tree's error for an error inside.
    """
    answer = _Answer(endpoint, headers)
    yield from forgiving(answer.read(pieces), endpoint, lambda: bool(answer.reason))
    yield answer.end()


class _Answer:
    """What is known of the answer so far."""

    def __init__(self, endpoint: Endpoint, headers: Mapping[str, str]) -> None:
        self.reason = ""
        self._endpoint = endpoint
        self._headers = headers
        self._id = request_id(headers)
        self._model = ""
        self._usage: dict[str, Any] = {}
        self._has_text = False
        self._is_known = False

    def read(self, pieces: Iterable[bytes]) -> Iterator[Event]:
        for item in events_of(pieces, self._endpoint):
            if isinstance(item, Comment):
                yield Beat()
            else:
                yield self._take(read_object(item.data, self._endpoint, "an event", is_whole=item.is_whole))

    def end(self) -> Ending:
        if not self.reason:
            if not self._is_known:
                raise MalformedAnswer(self._endpoint.label, "the stream is not a message")
            raise ConnectionFailed(self._endpoint.label, "the answer was cut off in the middle", request_id=self._id)
        finish = _FINISHES.get(self.reason, Finish.COMPLETE)
        if finish is Finish.COMPLETE and not self._has_text:
            raise EmptyAnswer(self._endpoint.label, request_id=self._id)
        return Ending(finish, _usage(self._usage), self._model, self._id)

    def _take(self, event: Mapping[str, Any]) -> Event:
        # New kinds of events may come at any time and are to be passed over, they say.
        self._is_known = self._is_known or event.get("type") in _KINDS
        if event.get("type") == "error" or "error" in event:
            raise failure_inside(self._endpoint, event.get("error"), self._headers)
        message = event.get("message")
        if isinstance(message, dict):
            self._model = text_at(message, "model")
            self._note(message.get("usage"))
        self._note(event.get("usage"))
        self.reason = text_at(event, "delta", "stop_reason") or self.reason
        # Thoughts and their signatures come in deltas of other names.
        text = text_at(event, "delta", "text") or text_at(event, "content_block", "text")
        if not text:
            return Beat()
        self._has_text = self._has_text or not text.isspace()
        return Delta(text)

    def _note(self, usage: Any) -> None:
        if isinstance(usage, dict):
            self._usage |= {name: value for name, value in usage.items() if value is not None}


def _usage(usage: Mapping[str, Any]) -> Usage:
    """Their `input_tokens` leaves out what was read from the cache or written to it; ours is the whole prompt."""
    fresh, read, written = (
        number_at(usage, name) for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    )
    return Usage(
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        cached_input_tokens=read,
        written_input_tokens=written,
        output_tokens=number_at(usage, "output_tokens"),
        reasoning_tokens=number_at(usage, "output_tokens_details", "thinking_tokens"),
    )
