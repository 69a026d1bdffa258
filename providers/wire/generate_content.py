"""Reads an answer in Google's generateContent format as it is streamed, into the events of the contract."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from providers.contracts import Beat, Delta, Ending, Endpoint, Event, Finish, Usage
from providers.errors import ConnectionFailed, EmptyAnswer, MalformedAnswer
from providers.wire.exchange import events_of, forgiving, read_object
from providers.wire.failures import failure_inside, request_id
from providers.wire.fields import number_at, text_at
from providers.wire.sse import Comment

_REFUSALS = frozenset({"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"})


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
        self._usage: Any = None
        self._is_blocked = False
        self._has_text = False

    def read(self, pieces: Iterable[bytes]) -> Iterator[Event]:
        for item in events_of(pieces, self._endpoint):
            if isinstance(item, Comment):
                yield Beat()
            else:
                yield self._take(read_object(item.data, self._endpoint, "an event", is_whole=item.is_whole))

    def end(self) -> Ending:
        if not self.reason:
            raise ConnectionFailed(self._endpoint.label, "the answer was cut off in the middle", request_id=self._id)
        finish = Finish.COMPLETE
        if self._is_blocked or self.reason in _REFUSALS:
            finish = Finish.REFUSED
        elif self.reason == "MAX_TOKENS":
            finish = Finish.OUTPUT_LIMIT
        elif not self._has_text:
            raise EmptyAnswer(self._endpoint.label, f"it stopped for {self.reason}", request_id=self._id)
        return Ending(finish, _usage(self._usage), self._model, self._id)

    def _take(self, chunk: Mapping[str, Any]) -> Event:
        if error := chunk.get("error"):
            raise failure_inside(self._endpoint, error, self._headers)
        candidates, feedback = chunk.get("candidates"), chunk.get("promptFeedback")
        if not isinstance(candidates, list) and feedback is None and "usageMetadata" not in chunk:
            raise MalformedAnswer(self._endpoint.label, "the answer is not generated content")
        if blocked := text_at(feedback, "blockReason"):
            self._is_blocked, self.reason = True, blocked
        self._usage = chunk.get("usageMetadata") or self._usage
        self._model = text_at(chunk, "modelVersion") or self._model
        self._id = self._id or text_at(chunk, "responseId")
        candidate = candidates[0] if candidates and isinstance(candidates, list) else None
        self.reason = text_at(candidate, "finishReason") or self.reason
        text = _text(candidate)
        if not text:
            return Beat()
        self._has_text = self._has_text or not text.isspace()
        return Delta(text)


def _text(candidate: Any) -> str:
    """The words of all parts but the thoughts."""
    content = candidate.get("content") if isinstance(candidate, dict) else None
    parts = content.get("parts") if isinstance(content, dict) else None
    return "".join(text_at(part, "text") for part in parts or () if isinstance(part, dict) and not part.get("thought"))


def _usage(usage: Any) -> Usage:
    """Their count of the prompt holds what was cached; that of the answer leaves out the thoughts, ours does not."""
    written, thought = number_at(usage, "candidatesTokenCount"), number_at(usage, "thoughtsTokenCount")
    return Usage(
        input_tokens=number_at(usage, "promptTokenCount"),
        cached_input_tokens=number_at(usage, "cachedContentTokenCount"),
        output_tokens=None if written is None and thought is None else (written or 0) + (thought or 0),
        reasoning_tokens=thought,
    )
