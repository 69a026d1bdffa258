"""What the simulated vendors share, whatever format they speak: scripted answers, keys, and refusals."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.simulators.server import Reply, Request, Simulator

DEFAULT_ANSWER = json.dumps(
    {
        "recommendations": [
            {
                "artist": "Talk Talk",
                "album": "Laughing Stock",
                "year": 1991,
                "genre": "Post-Rock",
                "confidence": 0.9,
                "reason": "Quiet and wide.",
                "because_of": ["Bark Psychosis"],
            }
        ]
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One scripted answer. `error` breaks the stream off after the text, inside a 200, as gateways do."""

    text: str = DEFAULT_ANSWER
    finish: str = "stop"
    refusal: str = ""
    thoughts: str = ""
    error: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


EMPTY = Answer("")
REFUSAL = Answer("", refusal="I cannot help with that.")
CUT_AT_LIMIT = Answer('{"recommendations": [{"artist": "Talk', finish="length")
BROKEN_OFF = Answer(
    '{"recommendations": [', error={"code": 502, "message": "Provider returned error", "metadata": {"raw": "upstream"}}
)


class Refused(Exception):
    """A request the real server would not take."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class ScriptedVendor(Simulator):
    """Subclass and write `serve` and `refuse`.

    `keys` empty means that no key is asked for. `pace` is the pause before every piece of a stream, in seconds. Queued
    answers (`script`) are used up first, in order; then `respond`, given the request's body, says the text.
    """

    def __init__(
        self,
        *,
        keys: Iterable[str] = (),
        respond: Callable[[dict[str, Any]], str] | None = None,
        pace: float = 0.0,
        piece: int = 16,
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        super().__init__(port, host)
        self.keys = frozenset(keys)
        self.pace = pace
        self.piece = piece
        self._respond = respond
        self._script: deque[Answer] = deque()

    def script(self, *answers: str | Answer) -> None:
        """Queue answers, a plain string being the text of a good one."""
        self._script.extend(Answer(answer) if isinstance(answer, str) else answer for answer in answers)

    def unscript(self) -> None:
        """Forget the queued answers."""
        self._script.clear()

    def answer(self, request: Request) -> Reply:
        try:
            return self.serve(request)
        except Refused as refusal:
            return self.refuse(refusal)

    def serve(self, request: Request) -> Reply:
        """The vendor's answer; raises Refused for what the real one would not take."""
        raise LookupError(f"{type(self).__name__} serves nothing")

    def refuse(self, refusal: Refused) -> Reply:
        """The refusal in the vendor's own form."""
        raise LookupError(f"{type(self).__name__} refuses nothing")

    def next_answer(self, body: dict[str, Any]) -> Answer:
        with self._lock:
            if self._script:
                return self._script.popleft()
        return Answer(self._respond(body)) if self._respond else Answer()


def slices(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


def tokens(text: str) -> int:
    return len(text.encode()) // 4


def check_fields(body: Any, types: Mapping[str, tuple[type, ...]]) -> None:
    """Refuse what is not an object of these fields; True is no number here."""
    if not isinstance(body, dict):
        raise Refused(400, "We could not parse the JSON body of your request.")
    for name, value in body.items():
        if name not in types:
            raise Refused(400, f"Unrecognized request argument supplied: {name}")
        if not isinstance(value, types[name]) or (isinstance(value, bool) and bool not in types[name]):
            raise Refused(400, f"Invalid type for '{name}'.", "invalid_type")
