"""A strict server in OpenAI's chat format: it refuses what the real ones refuse, and streams what it is told."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.simulators.scripted import Answer, Refused, ScriptedVendor, check_fields, slices, tokens
from providers.simulators.server import Reply, Request

_TYPES: Mapping[str, tuple[type, ...]] = {
    "model": (str,),
    "messages": (list,),
    "stream": (bool,),
    "stream_options": (dict,),
    "max_tokens": (int,),
    "max_completion_tokens": (int,),
    "temperature": (int, float),
    "response_format": (dict,),
    "reasoning_effort": (str,),
    "thinking": (dict,),
    "reasoning": (dict,),
}
_SCHEMA_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class SimulatedModel:
    """A model of the simulated vendor, and what it refuses."""

    id: str
    refuses_max_tokens: bool = False
    refuses_temperature: bool = False
    forms: frozenset[str] = frozenset({"json_schema", "json_object"})
    streams_forms: bool = True
    # The fields that make it think, or not; every vendor has its own.
    thinking_fields: frozenset[str] = frozenset()
    listing: Mapping[str, Any] = field(default_factory=dict)


class VendorSimulator(ScriptedVendor):
    """Answers POST …/chat/completions and GET …/models under any prefix."""

    name = "openai-chat"

    def __init__(
        self, models: Iterable[SimulatedModel] = (SimulatedModel("gpt-simulated"),), **particulars: Any
    ) -> None:
        super().__init__(**particulars)
        self.models = {model.id: model for model in models}

    def serve(self, request: Request) -> Reply:
        self._check_key(request)
        if request.method == "GET" and request.path.endswith("/models"):
            return Reply.of({"object": "list", "data": [_entry(model) for model in self.models.values()]})
        if request.method == "POST" and request.path.endswith("/chat/completions"):
            return self._complete(request)
        raise Refused(404, f"Invalid URL ({request.method} {request.path})")

    def refuse(self, refusal: Refused) -> Reply:
        error = {"message": str(refusal), "type": "invalid_request_error", "param": None, "code": refusal.code or None}
        return Reply.of({"error": error}, refusal.status)

    def _check_key(self, request: Request) -> None:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.keys and key not in self.keys:
            # The real one quotes part of the key back; quoting all of it tests redaction harder.
            raise Refused(401, f"Incorrect API key provided: {key}.", "invalid_api_key")

    def _complete(self, request: Request) -> Reply:
        body = request.json()
        model = self._checked(body)
        headers = {"x-request-id": f"req-{len(self.requests)}"}
        answer = self.next_answer(body)
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

    def _checked(self, body: Any) -> str:
        check_fields(body, _TYPES)
        if "model" not in body or not body.get("messages"):
            raise Refused(400, "you must provide a model and messages")
        model = self.models.get(body["model"])
        if model is None:
            raise Refused(404, f"The model `{body['model']}` does not exist.", "model_not_found")
        _check_messages(body["messages"])
        _check_parameters(body, model)
        _check_form(body, model)
        return model.id

    def _pieces(self, model: str, answer: Answer, usage: Mapping[str, int] | None) -> Iterator[bytes]:
        def chunk(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            return _event(_envelope(model, "chat.completion.chunk", [choice], **answer.extra))

        yield chunk({"role": "assistant", "content": ""})
        for thought in slices(answer.thoughts, self.piece):
            self.wait(self.pace)
            yield chunk({"reasoning_content": thought})
        for text in slices(answer.text, self.piece):
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
            raise Refused(400, "a message has a role and a content")
        if message["role"] not in {"system", "user", "assistant"} or not isinstance(message["content"], str):
            raise Refused(400, "a message's role or content is not known")


def _check_parameters(body: Mapping[str, Any], model: SimulatedModel) -> None:
    if "max_tokens" in body and model.refuses_max_tokens:
        raise Refused(
            400, "'max_tokens' is not supported with this model. Use 'max_completion_tokens'.", "unsupported_parameter"
        )
    if "temperature" in body and model.refuses_temperature:
        raise Refused(400, "'temperature' does not support this value with this model.", "unsupported_value")
    if unknown := {"reasoning_effort", "thinking", "reasoning"} & body.keys() - model.thinking_fields:
        raise Refused(400, f"Unrecognized request argument supplied: {sorted(unknown)[0]}")
    if "stream_options" in body and not body.get("stream"):
        raise Refused(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.")


def _check_form(body: Mapping[str, Any], model: SimulatedModel) -> None:
    form = body.get("response_format")
    if form is None:
        return
    if form.get("type") not in model.forms:
        raise Refused(400, f"'response_format.type' {form.get('type')} is not supported with this model.")
    if body.get("stream") and not model.streams_forms:
        raise Refused(400, "`response_format` does not support streaming")
    if form["type"] == "json_object":
        if not any("json" in message["content"].lower() for message in body["messages"]):
            raise Refused(400, "'messages' must contain the word 'json' in some form.")
        return
    schema = form.get("json_schema")
    if not isinstance(schema, dict) or not _SCHEMA_NAME.fullmatch(str(schema.get("name", ""))):
        raise Refused(400, "Invalid 'response_format.json_schema.name'.")
    if schema.get("strict") is not True:
        raise Refused(400, "this simulator wants strict schemas")
    _check_schema(schema.get("schema"), at="")


def _check_schema(schema: Any, at: str) -> None:
    """OpenAI's rules for strict schemas: every key required, no further keys, in every object."""
    if not isinstance(schema, dict):
        raise Refused(400, f"Invalid schema at '{at}'.", "invalid_json_schema")
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False:
            raise Refused(400, f"'additionalProperties' must be false at '{at}'.", "invalid_json_schema")
        if sorted(schema.get("required", [])) != sorted(properties):
            raise Refused(400, f"'required' must name every key at '{at}'.", "invalid_json_schema")
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
    sent = sum(tokens(message["content"]) for message in body["messages"])
    received = tokens(answer.text)
    return {
        "prompt_tokens": sent,
        "completion_tokens": received,
        "total_tokens": sent + received,
        "prompt_tokens_details": {"cached_tokens": sent // 2},
        "completion_tokens_details": {"reasoning_tokens": tokens(answer.thoughts)},
    }
