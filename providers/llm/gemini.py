"""Google Gemini, in Google's own generateContent format.

Prompts that begin alike are cached by themselves; storing them on purpose costs by the hour and pays for no run of
ours. Models from 3 on take levels of thinking instead of tokens and cannot be kept from it altogether; the newest
ignore temperature. Their error 429 may mean a minute, a day or never: see `failures`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

from providers.contracts import (
    CompletionRequest,
    Endpoint,
    Event,
    GuardDefaults,
    ModelSpec,
    OfferedModel,
    Price,
    Structure,
)
from providers.http import GuardedClient, translate
from providers.wire.exchange import read_listing, read_object, require_success, secret_of, sendable
from providers.wire.fields import count, text_at
from providers.wire.generate_content import read_answer
from providers.wire.thinking import effort, spec_of

_PAGE, _MOST_PAGES = 1_000, 20
# Every model that thinks takes it; some take "minimal" as well and say so in the table.
_LEAST_THINKING = "low"


def _spec(id: str, label: str, price: Price, least_thinking: str = _LEAST_THINKING) -> ModelSpec:
    """Window and output limit: ai.google.dev/gemini-api/docs/models."""
    return ModelSpec(
        id,
        label,
        context_window=1_048_576,
        max_output=65_536,
        structure=Structure.JSON_SCHEMA,
        can_think=True,
        least_thinking=least_thinking,
        price=price,
    )


def _price(input: str, output: str, cached: str | None = None, until: date | None = None) -> Price:
    return Price(
        Decimal(input),
        Decimal(output),
        date(2026, 11, 1),
        cached_input=None if cached is None else Decimal(cached),
        until=until,
    )


class Gemini:
    slug: ClassVar[str] = "gemini"
    label: ClassVar[str] = "Google Gemini"
    base_url: ClassVar[str] = "https://generativelanguage.googleapis.com/v1beta"
    needs_key: ClassVar[bool] = True
    is_local: ClassVar[bool] = False
    guard_defaults: ClassVar[GuardDefaults] = GuardDefaults(failures_in_a_row=3, requests_per_minute=60)
    structure: ClassVar[Structure] = Structure.JSON_SCHEMA
    structures: ClassVar[frozenset[Structure]] = frozenset(Structure)
    models: ClassVar[tuple[ModelSpec, ...]] = (
        _spec("gemini-3.1-flash-lite", "Gemini 3.1 Flash-Lite", _price("0.25", "1.50"), "minimal"),
        _spec("gemini-3.5-flash-lite", "Gemini 3.5 Flash-Lite", _price("0.30", "2.50"), "minimal"),
        # Introductory prices; both double when they end.
        _spec("gemini-3.8-flash", "Gemini 3.8 Flash", _price("0.75", "3.75", "0.075", date(2026, 12, 31))),
        _spec("gemini-4-argon", "Gemini 4 Argon", _price("2", "10", "0.10", date(2026, 11, 30))),
    )

    def stream(self, client: GuardedClient, endpoint: Endpoint, request: CompletionRequest) -> Iterator[Event]:
        """Ask, and yield events as they arrive, an `Ending` last. Raises only from `providers.errors`."""
        model = quote(request.model.removeprefix("models/"), safe="")
        with (
            translate(endpoint.label),
            client.stream(
                "POST",
                f"{_models(endpoint)}/{model}:streamGenerateContent?alt=sse",
                json=self.body(request),
                headers=_headers(endpoint),
            ) as response,
        ):
            require_success(response, endpoint)
            yield from read_answer(response.iter_bytes(), endpoint, response.headers)

    def is_streamed(self, request: CompletionRequest) -> bool:
        return True

    def list_models(self, client: GuardedClient, endpoint: Endpoint) -> Sequence[OfferedModel]:
        """The vendor's own list of models that write text. Raises only from `providers.errors`."""
        offered: list[OfferedModel] = []
        page: dict[str, str | int] = {"pageSize": _PAGE}
        for _ in range(_MOST_PAGES):
            with (
                translate(endpoint.label),
                client.stream("GET", _models(endpoint), params=page, headers=_headers(endpoint)) as response,
            ):
                require_success(response, endpoint)
                body = response.read()
            offered += [
                _offered(entry)
                for entry in read_listing(body, endpoint, "models")
                if text_at(entry, "name") and "generateContent" in (entry.get("supportedGenerationMethods") or ())
            ]
            token = text_at(read_object(body, endpoint, "the list of models"), "nextPageToken")
            if not token:
                break
            page["pageToken"] = token
        return offered

    def body(self, request: CompletionRequest) -> dict[str, Any]:
        """What is sent, as JSON-ready values."""
        settings: dict[str, Any] = {}
        if request.structure is not Structure.TEXT:
            settings["responseMimeType"] = "application/json"
        if request.structure is Structure.JSON_SCHEMA and request.schema is not None:
            settings["responseJsonSchema"] = request.schema.body
        if request.max_output_tokens is not None:
            settings["maxOutputTokens"] = request.max_output_tokens
        if request.temperature is not None:
            settings["temperature"] = request.temperature
        least = spec_of(self.models, request.model.removeprefix("models/")).least_thinking
        if level := effort(request.thinking, least or _LEAST_THINKING):
            settings["thinkingConfig"] = {"thinkingLevel": level}
        body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": sendable(request.user)}]}]}
        if request.system:
            body["systemInstruction"] = {"parts": [{"text": sendable(request.system)}]}
        return {**body, "generationConfig": settings} if settings else body


def _models(endpoint: Endpoint) -> str:
    return f"{endpoint.base_url.rstrip('/')}/models"


def _headers(endpoint: Endpoint) -> dict[str, str]:
    """The key as a header: in the address, where they take it as well, it would end up in logs."""
    secret = secret_of(endpoint)
    return {"x-goog-api-key": secret} if secret else {}


def _offered(entry: Mapping[str, Any]) -> OfferedModel:
    return OfferedModel(
        id=text_at(entry, "name").removeprefix("models/"),
        label=text_at(entry, "displayName"),
        context_window=count(entry, "inputTokenLimit"),
        max_output=count(entry, "outputTokenLimit"),
        can_think=entry.get("thinking") is True,
    )


adapter = Gemini()
