"""Ollama on the owner's own machine, in its own format.

Its OpenAI-compatible door cannot say how much context a question needs, and below 24 GiB of graphics memory the server
then gives 4,096 tokens and silently forgets the beginning of anything longer. So the native door is used and every
question brings its size (docs.ollama.com/context-length). A model stays loaded for the length of a run.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from providers.contracts import (
    Beat,
    CompletionRequest,
    Delta,
    Ending,
    Endpoint,
    Event,
    Finish,
    ModelSpec,
    OfferedModel,
    Structure,
    ThinkingMode,
    Usage,
)
from providers.errors import ConnectionFailed, EmptyAnswer, MalformedAnswer, NotFound
from providers.http import GuardedClient, translate
from providers.wire.exchange import forgiving, read_listing, read_object, require_success, secret_of, sendable
from providers.wire.failures import failure_inside
from providers.wire.fields import count, number_at, text_at

# Rounds lie minutes apart while MusicBrainz is asked, and loading a model again takes as long.
_KEEP_ALIVE = "15m"
# In steps, because the server loads the model anew whenever the size changes.
_LEAST_CONTEXT, _MOST_CONTEXT = 8_192, 131_072
_ANSWER = 4_096
_MOST_SHOWN = 50


class Ollama:
    slug: ClassVar[str] = "ollama"
    label: ClassVar[str] = "Ollama"
    base_url: ClassVar[str] = "http://localhost:11434"
    needs_key: ClassVar[bool] = False
    is_local: ClassVar[bool] = True
    structure: ClassVar[Structure] = Structure.JSON_SCHEMA
    structures: ClassVar[frozenset[Structure]] = frozenset(Structure)
    models: ClassVar[tuple[ModelSpec, ...]] = ()

    def stream(self, client: GuardedClient, endpoint: Endpoint, request: CompletionRequest) -> Iterator[Event]:
        """Ask, and yield events as they arrive, an `Ending` last. Raises only from `providers.errors`."""
        with (
            translate(endpoint.label),
            client.stream(
                "POST", _url(endpoint, "chat"), json=self.body(request), headers=_headers(endpoint)
            ) as response,
        ):
            require_success(response, endpoint)
            answer = _Answer(endpoint, response.headers)
            yield from forgiving(answer.read(response.iter_bytes()), endpoint, lambda: answer.is_done)
            yield answer.end()

    def is_streamed(self, request: CompletionRequest) -> bool:
        return True

    def list_models(self, client: GuardedClient, endpoint: Endpoint) -> Sequence[OfferedModel]:
        """The models that are installed and can chat. Raises only from `providers.errors`."""
        with (
            translate(endpoint.label),
            client.stream("GET", _url(endpoint, "tags"), headers=_headers(endpoint)) as response,
        ):
            require_success(response, endpoint)
            entries = read_listing(response.read(), endpoint, "models")
        names = [text_at(entry, "model") or text_at(entry, "name") for entry in entries]
        shown = (self._show(client, endpoint, name) for name in names[:_MOST_SHOWN] if name)
        return [model for model in shown if model is not None]

    def body(self, request: CompletionRequest) -> dict[str, Any]:
        """What is sent, as JSON-ready values."""
        parts = {"system": request.system, "user": request.user}
        options: dict[str, Any] = {"num_ctx": _context(request)}
        if request.max_output_tokens is not None:
            options["num_predict"] = request.max_output_tokens
        if request.temperature is not None:
            options["temperature"] = request.temperature
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [{"role": role, "content": sendable(text)} for role, text in parts.items() if text],
            "stream": True,
            "keep_alive": _KEEP_ALIVE,
            "options": options,
        }
        if request.structure is Structure.JSON_SCHEMA and request.schema is not None:
            body["format"] = request.schema.body
        elif request.structure is not Structure.TEXT:
            body["format"] = "json"
        if request.thinking.mode is not ThinkingMode.AUTO:
            body["think"] = request.thinking.mode is ThinkingMode.ON
        return body

    def _show(self, client: GuardedClient, endpoint: Endpoint, name: str) -> OfferedModel | None:
        """What the server knows of a model; None for one that cannot chat, or is gone since it was listed."""
        with (
            translate(endpoint.label),
            client.stream("POST", _url(endpoint, "show"), json={"model": name}, headers=_headers(endpoint)) as response,
        ):
            try:
                require_success(response, endpoint)
            except NotFound:
                return None
            shown = read_object(response.read(), endpoint, "the description of a model")
        # Servers older than 0.6 do not tell.
        capabilities = shown.get("capabilities") or ["completion"]
        if "completion" not in capabilities:
            return None
        facts = shown.get("model_info")
        facts = facts if isinstance(facts, dict) else {}
        window = count(facts, f"{text_at(facts, 'general.architecture')}.context_length")
        return OfferedModel(name, name, context_window=window, can_think="thinking" in capabilities)


class _Answer:
    """What is known of the answer so far."""

    def __init__(self, endpoint: Endpoint, headers: Mapping[str, str]) -> None:
        self.is_done = False
        self._endpoint = endpoint
        self._headers = headers
        self._last: Mapping[str, Any] = {}
        self._has_text = False

    def read(self, pieces: Iterable[bytes]) -> Iterator[Event]:
        for line, is_whole in _lines(pieces):
            yield self._take(read_object(line, self._endpoint, "a line of the answer", is_whole=is_whole))

    def end(self) -> Ending:
        if not self._last:
            raise EmptyAnswer(self._endpoint.label)
        if not self.is_done:
            raise ConnectionFailed(self._endpoint.label, "the answer was cut off in the middle")
        finish = Finish.OUTPUT_LIMIT if self._last.get("done_reason") == "length" else Finish.COMPLETE
        if finish is Finish.COMPLETE and not self._has_text:
            raise EmptyAnswer(self._endpoint.label)
        usage = Usage(
            input_tokens=number_at(self._last, "prompt_eval_count"), output_tokens=number_at(self._last, "eval_count")
        )
        return Ending(finish, usage, text_at(self._last, "model"))

    def _take(self, line: Mapping[str, Any]) -> Event:
        if error := line.get("error"):
            raise failure_inside(self._endpoint, error, self._headers)
        if "message" not in line and "done" not in line:
            raise MalformedAnswer(self._endpoint.label, "the answer is not a chat")
        self._last, self.is_done = line, line.get("done") is True
        text = text_at(line, "message", "content")
        if not text:
            return Beat()
        self._has_text = self._has_text or not text.isspace()
        return Delta(text)


def _lines(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Lines that hold anything; False marks an object that was begun and not ended."""
    held = b""
    for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        yield from ((line, True) for line in whole if line.strip())
    if held.strip():
        yield held, not held.lstrip().startswith(b"{")


def _context(request: CompletionRequest) -> int:
    """The owner's size, else the next step that holds prompt and answer, at three bytes a token."""
    if request.context_window is not None:
        return request.context_window
    schema = json.dumps(request.schema.body) if request.schema else ""
    needed = len(f"{request.system}{request.user}{schema}".encode("utf-8", "replace")) // 3
    needed += request.max_output_tokens or _ANSWER
    size = _LEAST_CONTEXT
    while size < min(needed, _MOST_CONTEXT):
        size *= 2
    return size


def _url(endpoint: Endpoint, path: str) -> str:
    """The address may end in /v1, as it does wherever else an Ollama is entered."""
    return f"{endpoint.base_url.rstrip('/').removesuffix('/v1')}/api/{path}"


def _headers(endpoint: Endpoint) -> dict[str, str]:
    secret = secret_of(endpoint)
    return {"Authorization": f"Bearer {secret}"} if secret else {}


adapter = Ollama()
