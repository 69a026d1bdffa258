"""A strict server in Anthropic's Messages format: it refuses what theirs refuses, and streams what it is told."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.simulators.scripted import Answer, Refused, ScriptedVendor, check_fields, slices, tokens
from providers.simulators.server import Reply, Request

_TYPES: Mapping[str, tuple[type, ...]] = {
    "model": (str,),
    "max_tokens": (int,),
    "messages": (list,),
    "system": (str, list),
    "stream": (bool,),
    "temperature": (int, float),
    "thinking": (dict,),
    "output_config": (dict,),
}
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_EFFORTS = frozenset({"low", "medium", "high", "xhigh", "max"})
_SCHEMA_WORDS = frozenset(
    {"type", "enum", "const", "anyOf", "allOf", "$ref", "$defs", "description", "title"}
    | {"properties", "required", "additionalProperties", "items", "format"}
)
_STORABLE = 1024


@dataclass(frozen=True, slots=True)
class SimulatedClaude:
    """A model of the simulated vendor: which kinds of thinking it takes, and what it refuses."""

    id: str
    thinking: frozenset[str] = frozenset({"adaptive", "disabled"})
    refuses_temperature: bool = False
    max_output: int = 128_000
    listing: Mapping[str, Any] = field(default_factory=dict)


class MessagesSimulator(ScriptedVendor):
    """Answers POST /v1/messages and GET /v1/models."""

    name = "messages"

    def __init__(
        self, models: Iterable[SimulatedClaude] = (SimulatedClaude("claude-simulated"),), **particulars: Any
    ) -> None:
        super().__init__(**particulars)
        self.models = {model.id: model for model in models}
        self._stored: set[str] = set()

    def serve(self, request: Request) -> Reply:
        if self.keys and request.headers.get("x-api-key") not in self.keys:
            raise Refused(401, "invalid x-api-key")
        if request.headers.get("anthropic-version") != "2023-06-01":
            raise Refused(400, "anthropic-version: header is required")
        if request.method == "GET" and request.path == "/v1/models":
            return self._page(request)
        if request.method == "POST" and request.path == "/v1/messages":
            return self._complete(request)
        raise Refused(404, f"Not found: {request.path}")

    def refuse(self, refusal: Refused) -> Reply:
        error = {"type": _KINDS[refusal.status], "message": str(refusal)}
        return Reply.of({"type": "error", "error": error, "request_id": self._id()}, refusal.status)

    def _id(self) -> str:
        return f"req_{len(self.requests)}"

    def _page(self, request: Request) -> Reply:
        limit = int(request.parameter("limit", "20"))
        if not 1 <= limit <= 1000:
            raise Refused(400, "limit: must be between 1 and 1000")
        ids = list(self.models)
        after = request.parameter("after_id")
        start = ids.index(after) + 1 if after else 0
        page = ids[start : start + limit]
        return Reply.of(
            {
                "data": [_entry(self.models[id]) for id in page],
                "has_more": start + limit < len(ids),
                "first_id": page[0] if page else None,
                "last_id": page[-1] if page else None,
            }
        )

    def _complete(self, request: Request) -> Reply:
        body = request.json()
        check_fields(body, _TYPES)
        model = self.models.get(body.get("model", ""))
        if model is None:
            raise Refused(404, f"model: {body.get('model')}")
        _check_limit(body, model)
        _check_prompt(body)
        _check_thinking(body, model)
        _check_output(body.get("output_config", {}), model)
        if body.get("stream") is not True:
            raise Refused(400, "this simulator streams")
        answer = self.next_answer(body)
        return Reply(
            body=self._pieces(model.id, answer, self._counted(body)),
            headers={"Content-Type": "text/event-stream; charset=utf-8", "request-id": self._id()},
        )

    def _counted(self, body: Mapping[str, Any]) -> dict[str, int]:
        """What the prompt counts as: fresh, written to the cache, or read from it; the last marker decides."""
        blocks = [*_blocks(body.get("system", [])), *_blocks(body["messages"][0]["content"])]
        texts = [block["text"] for block in blocks]
        marked = max((place for place, block in enumerate(blocks, 1) if "cache_control" in block), default=0)
        head, rest = "".join(texts[:marked]), "".join(texts[marked:])
        if tokens(head) < _STORABLE:
            head, rest = "", head + rest
        is_stored = head in self._stored
        self._stored.add(head)
        return {
            "input_tokens": tokens(rest),
            "cache_creation_input_tokens": 0 if is_stored else tokens(head),
            "cache_read_input_tokens": tokens(head) if is_stored else 0,
        }

    def _pieces(self, model: str, answer: Answer, counted: Mapping[str, int]) -> Iterator[bytes]:
        message: dict[str, Any] = {
            "id": "msg_simulated",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [],
            "stop_reason": None,
            "usage": {**counted, "output_tokens": 1},
        }
        yield _event("message_start", message=message)
        yield _event("ping")
        block = 0
        if answer.thoughts:
            yield _event("content_block_start", index=block, content_block={"type": "thinking", "thinking": ""})
            for thought in slices(answer.thoughts, self.piece):
                self.wait(self.pace)
                yield _event("content_block_delta", index=block, delta={"type": "thinking_delta", "thinking": thought})
            yield _event("content_block_delta", index=block, delta={"type": "signature_delta", "signature": "c2ln"})
            yield _event("content_block_stop", index=block)
            block += 1
        yield _event("content_block_start", index=block, content_block={"type": "text", "text": ""})
        for text in slices(answer.text, self.piece):
            self.wait(self.pace)
            yield _event("content_block_delta", index=block, delta={"type": "text_delta", "text": text})
        if answer.error is not None:
            yield _event("error", error={"type": "overloaded_error", "message": _said(answer.error)})
            return
        yield _event("content_block_stop", index=block)
        reason = "refusal" if answer.refusal else {"stop": "end_turn", "length": "max_tokens"}[answer.finish]
        usage = {
            "output_tokens": tokens(answer.text) + tokens(answer.thoughts),
            "output_tokens_details": {"thinking_tokens": tokens(answer.thoughts)},
        }
        yield _event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage)
        yield _event("message_stop")


def _check_limit(body: Mapping[str, Any], model: SimulatedClaude) -> None:
    if "max_tokens" not in body:
        raise Refused(400, "max_tokens: Field required")
    if not 1 <= body["max_tokens"] <= model.max_output:
        raise Refused(400, f"max_tokens: {body['max_tokens']} > {model.max_output}, the maximum for {model.id}")


def _check_prompt(body: Mapping[str, Any]) -> None:
    messages = body.get("messages")
    if not messages:
        raise Refused(400, "messages: at least one message is required")
    marked = 0
    for message in messages:
        if set(message) != {"role", "content"} or message["role"] not in {"user", "assistant"}:
            raise Refused(400, "messages: a message has a role and a content")
    for block in [*_blocks(body.get("system", [])), *(each for m in messages for each in _blocks(m["content"]))]:
        if block.get("type") != "text" or not set(block) <= {"type", "text", "cache_control"}:
            raise Refused(400, "messages: unknown content block")
        if not block.get("text", "").strip():
            raise Refused(400, "messages: text content blocks must contain non-whitespace text")
        if block.get("cache_control", {"type": "ephemeral"}) != {"type": "ephemeral"}:
            raise Refused(400, "cache_control: unknown type")
        marked += "cache_control" in block
    if marked > 4:
        raise Refused(400, "A maximum of 4 blocks with cache_control may be provided.")


def _check_thinking(body: Mapping[str, Any], model: SimulatedClaude) -> None:
    thinking = body.get("thinking", {})
    kind = thinking.get("type")
    if thinking and kind not in model.thinking:
        raise Refused(400, f'"thinking.type.{kind}" is not supported for this model.')
    if set(thinking) - ({"type", "budget_tokens"} if kind == "enabled" else {"type"}):
        raise Refused(400, f"thinking.{kind}: Extra inputs are not permitted")
    if kind == "enabled" and not 1024 <= thinking.get("budget_tokens", 0) < body["max_tokens"]:
        raise Refused(400, "`max_tokens` must be greater than `thinking.budget_tokens`, and that at least 1024")
    if "temperature" in body:
        if not 0 <= body["temperature"] <= 1:
            raise Refused(400, "temperature: range: 0..1")
        if model.refuses_temperature or kind in {"enabled", "adaptive"}:
            raise Refused(400, "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.")


def _check_output(config: Mapping[str, Any], model: SimulatedClaude) -> None:
    if set(config) - {"format", "effort"}:
        raise Refused(400, "output_config: Extra inputs are not permitted")
    if "effort" in config and (config["effort"] not in _EFFORTS or "adaptive" not in model.thinking):
        raise Refused(400, "This model does not support the effort parameter.")
    if "format" in config:
        form = config["format"]
        if set(form) != {"type", "schema"} or form["type"] != "json_schema":
            raise Refused(400, "output_config.format: Input should be 'json_schema'")
        _check_schema(form["schema"])


def _check_schema(schema: Any) -> None:
    if not isinstance(schema, dict) or (unknown := set(schema) - _SCHEMA_WORDS):
        raise Refused(400, f"output_config.format.schema: properties {sorted(unknown)} are not supported")
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        raise Refused(400, "output_config.format.schema: 'additionalProperties' must be explicitly set to false")
    for part in [*schema.get("properties", {}).values(), *schema.get("anyOf", []), *schema.get("allOf", [])]:
        _check_schema(part)
    if "items" in schema:
        _check_schema(schema["items"])


def _blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _entry(model: SimulatedClaude) -> dict[str, Any]:
    types = {
        kind: {"supported": kind in model.thinking} for kind in ("adaptive", "between_tools", "disabled", "enabled")
    }
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.id.replace("-", " ").title(),
        "created_at": "2026-10-07T00:00:00Z",
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "max_input_tokens": 1_000_000,
        "max_tokens": model.max_output,
        "capabilities": {
            "structured_outputs": {"supported": True},
            "thinking": {"supported": True, "types": types},
        },
        **model.listing,
    }


def _said(error: Mapping[str, Any]) -> str:
    return f"{error['message']}: {error.get('metadata', {}).get('raw', '')}"


def _event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields}, ensure_ascii=False)}\n\n".encode()
