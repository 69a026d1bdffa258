"""A strict server in OpenAI's chat format: it refuses what the real ones refuse, and streams what it is told."""

import json
import re
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

_TYPES: Mapping[str, tuple[type, ...]] = {
    "model": (str,),
    "messages": (list,),
    "stream": (bool,),
    "stream_options": (dict,),
    "max_tokens": (int,),
    "max_completion_tokens": (int,),
    "temperature": (int, float),
    "response_format": (dict,),
}
_SCHEMA_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


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


@dataclass(frozen=True, slots=True)
class SimulatedModel:
    """A model of the simulated vendor, and what it refuses."""

    id: str
    refuses_max_tokens: bool = False
    refuses_temperature: bool = False
    forms: frozenset[str] = frozenset({"json_schema", "json_object"})
    streams_forms: bool = True
    listing: Mapping[str, Any] = field(default_factory=dict)


class _Refused(Exception):
    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.reply = Reply.of(
            {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}, status
        )


class VendorSimulator(Simulator):
    """Answers POST …/chat/completions and GET …/models under any prefix.

    `keys` empty means that no key is asked for. `pace` is the pause before every piece of a stream, in seconds. Queued
    answers (`script`) are used up first, in order; then `respond`, given the request's body, says the text.
    """

    name = "openai-chat"

    def __init__(
        self,
        models: Iterable[SimulatedModel] = (SimulatedModel("gpt-simulated"),),
        *,
        keys: Iterable[str] = (),
        respond: Callable[[dict[str, Any]], str] | None = None,
        pace: float = 0.0,
        piece: int = 16,
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        super().__init__(port, host)
        self.models = {model.id: model for model in models}
        self.keys = frozenset(keys)
        self.pace = pace
        self.piece = piece
        self._respond = respond
        self._script: deque[Answer] = deque()

    def script(self, *answers: str | Answer) -> None:
        """Queue answers, a plain string being the text of a good one."""
        self._script.extend(Answer(answer) if isinstance(answer, str) else answer for answer in answers)

    def answer(self, request: Request) -> Reply:
        try:
            self._check_key(request)
            if request.method == "GET" and request.path.endswith("/models"):
                return Reply.of({"object": "list", "data": [_entry(model) for model in self.models.values()]})
            if request.method == "POST" and request.path.endswith("/chat/completions"):
                return self._complete(request)
        except _Refused as refusal:
            return refusal.reply
        return Reply.of({"error": {"message": f"Invalid URL ({request.method} {request.path})", "code": None}}, 404)

    def _check_key(self, request: Request) -> None:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.keys and key not in self.keys:
            # The real one quotes part of the key back; quoting all of it tests redaction harder.
            raise _Refused(401, f"Incorrect API key provided: {key}.", "invalid_api_key")

    def _complete(self, request: Request) -> Reply:
        body = request.json()
        model = self._checked(body)
        headers = {"x-request-id": f"req-{len(self.requests)}"}
        answer = self._next(body)
        usage = _usage(body, answer)
        if body.get("stream", False):
            asked = body.get("stream_options", {}).get("include_usage", False)
            return Reply(
                body=self._pieces(model, answer, usage if asked else None),
                headers={"Content-Type": "text/event-stream", **headers},
            )
        if answer.error is not None:
            return Reply.of({"error": answer.error}, headers=headers)
        message = {"role": "assistant", "content": answer.text, "refusal": answer.refusal or None}
        choice = {"index": 0, "message": message, "finish_reason": answer.finish}
        return Reply.of(_envelope(model, "chat.completion", [choice], usage=usage, **answer.extra), headers=headers)

    def _next(self, body: dict[str, Any]) -> Answer:
        with self._lock:
            if self._script:
                return self._script.popleft()
        return Answer(self._respond(body)) if self._respond else Answer()

    def _checked(self, body: Any) -> str:
        if not isinstance(body, dict):
            raise _Refused(400, "We could not parse the JSON body of your request.")
        for name, value in body.items():
            if name not in _TYPES:
                raise _Refused(400, f"Unrecognized request argument supplied: {name}")
            if not isinstance(value, _TYPES[name]) or (isinstance(value, bool) and bool not in _TYPES[name]):
                raise _Refused(400, f"Invalid type for '{name}'.", "invalid_type")
        if "model" not in body or not body.get("messages"):
            raise _Refused(400, "you must provide a model and messages")
        model = self.models.get(body["model"])
        if model is None:
            raise _Refused(404, f"The model `{body['model']}` does not exist.", "model_not_found")
        _check_messages(body["messages"])
        _check_parameters(body, model)
        _check_form(body, model)
        return model.id

    def _pieces(self, model: str, answer: Answer, usage: Mapping[str, int] | None) -> Iterator[bytes]:
        def chunk(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            return _event(_envelope(model, "chat.completion.chunk", [choice], **answer.extra))

        yield chunk({"role": "assistant", "content": ""})
        for thought in _slices(answer.thoughts, self.piece):
            self.wait(self.pace)
            yield chunk({"reasoning_content": thought})
        for text in _slices(answer.text, self.piece):
            self.wait(self.pace)
            yield chunk({"content": text})
        if answer.refusal:
            yield chunk({"refusal": answer.refusal})
        if answer.error is not None:
            yield _event({"error": answer.error})
            return
        yield chunk({}, answer.finish)
        if usage is not None:
            yield _event(_envelope(model, "chat.completion.chunk", [], usage=usage))
        yield b"data: [DONE]\n\n"


def _check_messages(messages: list[Any]) -> None:
    for message in messages:
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            raise _Refused(400, "a message has a role and a content")
        if message["role"] not in {"system", "user", "assistant"} or not isinstance(message["content"], str):
            raise _Refused(400, "a message's role or content is not known")


def _check_parameters(body: Mapping[str, Any], model: SimulatedModel) -> None:
    if "max_tokens" in body and model.refuses_max_tokens:
        raise _Refused(
            400, "'max_tokens' is not supported with this model. Use 'max_completion_tokens'.", "unsupported_parameter"
        )
    if "temperature" in body and model.refuses_temperature:
        raise _Refused(400, "'temperature' does not support this value with this model.", "unsupported_value")
    if "stream_options" in body and not body.get("stream"):
        raise _Refused(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.")


def _check_form(body: Mapping[str, Any], model: SimulatedModel) -> None:
    form = body.get("response_format")
    if form is None:
        return
    if form.get("type") not in model.forms:
        raise _Refused(400, f"'response_format.type' {form.get('type')} is not supported with this model.")
    if body.get("stream") and not model.streams_forms:
        raise _Refused(400, "`response_format` does not support streaming")
    if form["type"] == "json_object":
        if not any("json" in message["content"].lower() for message in body["messages"]):
            raise _Refused(400, "'messages' must contain the word 'json' in some form.")
        return
    schema = form.get("json_schema")
    if not isinstance(schema, dict) or not _SCHEMA_NAME.fullmatch(str(schema.get("name", ""))):
        raise _Refused(400, "Invalid 'response_format.json_schema.name'.")
    if schema.get("strict") is not True:
        raise _Refused(400, "this simulator wants strict schemas")
    _check_schema(schema.get("schema"), at="")


def _check_schema(schema: Any, at: str) -> None:
    """OpenAI's rules for strict schemas: every key required, no further keys, in every object."""
    if not isinstance(schema, dict):
        raise _Refused(400, f"Invalid schema at '{at}'.", "invalid_json_schema")
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False:
            raise _Refused(400, f"'additionalProperties' must be false at '{at}'.", "invalid_json_schema")
        if sorted(schema.get("required", [])) != sorted(properties):
            raise _Refused(400, f"'required' must name every key at '{at}'.", "invalid_json_schema")
        for name, part in properties.items():
            _check_schema(part, f"{at}/{name}")
    if schema.get("type") == "array":
        _check_schema(schema.get("items"), f"{at}/items")
    for part in schema.get("anyOf", []):
        _check_schema(part, f"{at}/anyOf")


def _entry(model: SimulatedModel) -> dict[str, Any]:
    return {"id": model.id, "object": "model", "created": 1760000000, "owned_by": "simulator", **model.listing}


def _envelope(model: str, kind: str, choices: list[Any], **more: Any) -> dict[str, Any]:
    return {"id": "chatcmpl-simulated", "object": kind, "model": model, "choices": choices, **more}


def _event(value: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def _usage(body: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    sent = sum(len(message["content"].encode()) for message in body["messages"]) // 4
    received = len(answer.text.encode()) // 4
    return {
        "prompt_tokens": sent,
        "completion_tokens": received,
        "total_tokens": sent + received,
        "prompt_tokens_details": {"cached_tokens": sent // 2},
        "completion_tokens_details": {"reasoning_tokens": len(answer.thoughts.encode()) // 4},
    }


def _slices(text: str, size: int) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]
