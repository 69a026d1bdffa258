"""A strict server in Google's generateContent format: it refuses what theirs refuses, and streams what it is told."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from providers.simulators.scripted import Answer, Refused, ScriptedVendor, check_fields, slices, tokens
from providers.simulators.server import Reply, Request

_TYPES: Mapping[str, tuple[type, ...]] = {
    "contents": (list,),
    "systemInstruction": (dict,),
    "generationConfig": (dict,),
}
_SETTINGS: Mapping[str, tuple[type, ...]] = {
    "responseMimeType": (str,),
    "responseJsonSchema": (dict,),
    "maxOutputTokens": (int,),
    "temperature": (int, float),
    "thinkingConfig": (dict,),
}
_STATUSES = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}
_ACTION = ":streamGenerateContent"


@dataclass(frozen=True, slots=True)
class SimulatedGemini:
    """A model of the simulated vendor and the levels of thinking it takes; none means that it cannot think."""

    id: str
    levels: frozenset[str] = frozenset({"low", "medium", "high"})
    methods: tuple[str, ...] = ("generateContent", "countTokens")


class GenerateContentSimulator(ScriptedVendor):
    """Answers POST /v1beta/models/{model}:streamGenerateContent and GET /v1beta/models."""

    name = "generate-content"

    def __init__(
        self, models: Iterable[SimulatedGemini] = (SimulatedGemini("gemini-simulated"),), **particulars: Any
    ) -> None:
        super().__init__(**particulars)
        self.models = {model.id: model for model in models}

    def serve(self, request: Request) -> Reply:
        self._check_key(request)
        if request.method == "GET" and request.path == "/v1beta/models":
            return self._page(request)
        if request.method == "POST" and request.path.endswith(_ACTION):
            return self._complete(request)
        raise Refused(404, f"Not found: {request.path}")

    def refuse(self, refusal: Refused) -> Reply:
        details = []
        if refusal.code:
            kind = "type.googleapis.com/google.rpc.ErrorInfo"
            details = [{"@type": kind, "reason": refusal.code, "domain": "googleapis.com"}]
        return Reply.of({"error": _error(refusal.status, str(refusal), details)}, refusal.status)

    def _check_key(self, request: Request) -> None:
        if "key" in request.query:
            raise Refused(400, "this simulator wants the key in its header, not in the address")
        key = request.headers.get("x-goog-api-key", "")
        if self.keys and not key:
            raise Refused(403, "Method doesn't allow unregistered callers (callers without established identity).")
        if self.keys and key not in self.keys:
            # Theirs is a 400, whatever one would expect.
            raise Refused(400, "API key not valid. Please pass a valid API key.", "API_KEY_INVALID")

    def _page(self, request: Request) -> Reply:
        size = min(int(request.parameter("pageSize", "50")), 1000)
        ids = list(self.models)
        start = int(request.parameter("pageToken", "0"))
        page: dict[str, Any] = {"models": [_entry(self.models[id]) for id in ids[start : start + size]]}
        if start + size < len(ids):
            page["nextPageToken"] = str(start + size)
        return Reply.of(page)

    def _complete(self, request: Request) -> Reply:
        id = request.path.removeprefix("/v1beta/models/").removesuffix(_ACTION)
        model = self.models.get(id)
        if model is None:
            raise Refused(404, f"models/{id} is not found for API version v1beta.")
        body = request.json()
        check_fields(body, _TYPES)
        _check_prompt(body)
        _check_settings(body.get("generationConfig", {}), model)
        if request.parameter("alt") != "sse":
            raise Refused(400, "this simulator streams events")
        answer = self.next_answer(body)
        return Reply(body=self._pieces(id, answer, _sent(body)), headers={"Content-Type": "text/event-stream"})

    def _pieces(self, model: str, answer: Answer, sent: int) -> Iterator[bytes]:
        def chunk(text: str = "", finish: str = "", *, is_thought: bool = False, **more: Any) -> bytes:
            parts = [{"text": text, **({"thought": True} if is_thought else {})}] if text else []
            candidate = {"index": 0, "content": {"role": "model", "parts": parts}}
            if finish:
                candidate["finishReason"] = finish
            return _event({"candidates": [candidate], "modelVersion": model, "responseId": "resp-1", **more})

        for thought in slices(answer.thoughts, self.piece):
            self.wait(self.pace)
            yield chunk(thought, is_thought=True)
        for text in slices(answer.text, self.piece):
            self.wait(self.pace)
            yield chunk(text)
        if answer.error is not None:
            said = f"{answer.error['message']}: {answer.error.get('metadata', {}).get('raw', '')}"
            yield _event({"error": _error(503, said, [])})
            return
        usage = {"promptTokenCount": sent, "cachedContentTokenCount": sent // 2, "totalTokenCount": sent}
        if answer.text:
            usage["candidatesTokenCount"] = tokens(answer.text)
        if answer.thoughts:
            usage["thoughtsTokenCount"] = tokens(answer.thoughts)
        finish = "SAFETY" if answer.refusal else {"stop": "STOP", "length": "MAX_TOKENS"}[answer.finish]
        yield chunk(finish=finish, usageMetadata=usage, **answer.extra)


def _check_prompt(body: Mapping[str, Any]) -> None:
    contents = body.get("contents")
    if not contents:
        raise Refused(400, "* GenerateContentRequest.contents: contents is not specified")
    for content in [*contents, *([body["systemInstruction"]] if "systemInstruction" in body else [])]:
        if content.get("role", "user") not in {"user", "model"}:
            raise Refused(400, "Please use a valid role: user, model.")
        if not content.get("parts") or any(set(part) != {"text"} for part in content["parts"]):
            raise Refused(400, "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.")


def _check_settings(settings: Mapping[str, Any], model: SimulatedGemini) -> None:
    check_fields(dict(settings), _SETTINGS)
    form = settings.get("responseMimeType", "text/plain")
    if form not in {"text/plain", "application/json"}:
        raise Refused(400, "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are …")
    if "responseJsonSchema" in settings and form != "application/json":
        raise Refused(400, "Response schema with a response mime type: 'text/plain' is unsupported")
    if not 0 <= settings.get("temperature", 0) <= 2:
        raise Refused(400, "* GenerateContentRequest.generation_config.temperature: must be in the range [0.0, 2.0].")
    thinking = settings.get("thinkingConfig")
    if thinking is None:
        return
    if not model.levels:
        raise Refused(400, "Thinking level is not supported for this model.")
    if set(thinking) != {"thinkingLevel"} or thinking["thinkingLevel"] not in model.levels:
        raise Refused(400, f"Thinking level {thinking.get('thinkingLevel')} is not supported for this model.")


def _sent(body: Mapping[str, Any]) -> int:
    contents = [*body["contents"], body.get("systemInstruction", {"parts": []})]
    return sum(tokens(part["text"]) for content in contents for part in content["parts"])


def _entry(model: SimulatedGemini) -> dict[str, Any]:
    return {
        "name": f"models/{model.id}",
        "displayName": model.id.replace("-", " ").title(),
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": list(model.methods),
        **({"thinking": True} if model.levels else {}),
    }


def _error(code: int, message: str, details: list[dict[str, Any]]) -> dict[str, Any]:
    return {"code": code, "message": message, "status": _STATUSES[code], **({"details": details} if details else {})}


def _event(value: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\r\n\r\n"
