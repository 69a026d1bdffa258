"""A strict server in Ollama's own format: what its context does not hold it cuts in silence, as the real one does."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.simulators.scripted import Answer, Refused, ScriptedVendor, check_fields, slices, tokens
from providers.simulators.server import Reply, Request

DEFAULT_CONTEXT = 4096

_TYPES: Mapping[str, tuple[type, ...]] = {
    "model": (str,),
    "messages": (list,),
    "stream": (bool,),
    "format": (str, dict),
    "options": (dict,),
    "keep_alive": (str, int),
    "think": (bool,),
}
_OPTIONS: Mapping[str, tuple[type, ...]] = {"num_ctx": (int,), "num_predict": (int,), "temperature": (int, float)}


@dataclass(frozen=True, slots=True)
class SimulatedLocalModel:
    """An installed model and what /api/show tells of it."""

    id: str
    capabilities: tuple[str, ...] = ("completion", "thinking")
    model_info: Mapping[str, Any] = field(
        default_factory=lambda: {"general.architecture": "qwen3", "qwen3.context_length": 40960}
    )


class OllamaSimulator(ScriptedVendor):
    """Answers POST /api/chat, POST /api/show and GET /api/tags. It asks for no key unless it is given some."""

    name = "ollama-chat"

    def __init__(
        self, models: Iterable[SimulatedLocalModel] = (SimulatedLocalModel("qwen3:8b"),), **particulars: Any
    ) -> None:
        super().__init__(**particulars)
        self.models = {model.id: model for model in models}

    def serve(self, request: Request) -> Reply:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.keys and key not in self.keys:
            raise Refused(401, "unauthorized")
        match request.method, request.path:
            case "GET", "/api/tags":
                return Reply.of({"models": [{"name": id, "model": id, "size": 1} for id in self.models]})
            case "POST", "/api/show":
                model = self._model(request.json())
                return Reply.of({"capabilities": model.capabilities, "model_info": model.model_info})
            case "POST", "/api/chat":
                return self._chat(request.json())
        raise Refused(404, "404 page not found")

    def refuse(self, refusal: Refused) -> Reply:
        return Reply.of({"error": str(refusal)}, refusal.status)

    def _model(self, body: Mapping[str, Any]) -> SimulatedLocalModel:
        model = self.models.get(body.get("model", ""))
        if model is None:
            raise Refused(404, f"model '{body.get('model')}' not found")
        return model

    def _chat(self, body: dict[str, Any]) -> Reply:
        check_fields(body, _TYPES)
        check_fields(body.get("options", {}), _OPTIONS)
        model = self._model(body)
        if isinstance(body.get("format"), str) and body["format"] != "json":
            raise Refused(400, f'invalid format: {body["format"]!r}; expected "json" or a valid JSON Schema object')
        if body.get("think") and "thinking" not in model.capabilities:
            raise Refused(400, f'"{model.id}" does not support thinking')
        context = body.get("options", {}).get("num_ctx", DEFAULT_CONTEXT)
        sent = sum(tokens(message["content"]) for message in body["messages"])
        answer = self.next_answer(body)
        pieces = self._pieces(model.id, answer, min(sent, context))
        return Reply(body=pieces, headers={"Content-Type": "application/x-ndjson"})

    def _pieces(self, model: str, answer: Answer, sent: int) -> Iterator[bytes]:
        def line(**fields: Any) -> bytes:
            value = {"model": model, "created_at": "2026-11-21T04:00:00Z", **fields}
            return json.dumps(value, ensure_ascii=False).encode() + b"\n"

        for thought in slices(answer.thoughts, self.piece):
            self.wait(self.pace)
            yield line(message={"role": "assistant", "content": "", "thinking": thought}, done=False)
        for text in slices(answer.text, self.piece):
            self.wait(self.pace)
            yield line(message={"role": "assistant", "content": text}, done=False)
        if answer.error is not None:
            said = f"{answer.error['message']}: {answer.error.get('metadata', {}).get('raw', '')}"
            yield json.dumps({"error": said}).encode() + b"\n"
            return
        yield line(
            message={"role": "assistant", "content": ""},
            done=True,
            done_reason=answer.finish,
            total_duration=1_000_000,
            prompt_eval_count=sent,
            eval_count=tokens(answer.text) + tokens(answer.thoughts),
        )
