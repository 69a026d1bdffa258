"""OpenAI's chat completions, the format most vendors and local servers speak; a subclass says what differs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from providers.contracts import (
    CompletionRequest,
    Endpoint,
    Event,
    ModelSpec,
    OfferedModel,
    Price,
    Structure,
    Thinking,
)
from providers.http import GuardedClient, translate
from providers.wire.exchange import read_listing, require_success, secret_of, sendable
from providers.wire.fields import count, day
from providers.wire.openai_answer import read_answer
from providers.wire.thinking import effort, spec_of

_FIRMEST = tuple(Structure)


class OpenAIChat:
    """Speaks POST {base_url}/chat/completions and GET {base_url}/models.

    A vendor's file subclasses it and sets what differs. JSON mode needs the word "json" somewhere in the prompt at
    OpenAI, Groq and DeepSeek; the prompt has to bring it.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    base_url: ClassVar[str]
    needs_key: ClassVar[bool] = True
    is_local: ClassVar[bool] = False
    models: ClassVar[tuple[ModelSpec, ...]] = ()

    # The field that caps the answer; OpenAI's newer models refuse `max_tokens`.
    output_limit_field: ClassVar[str] = "max_tokens"
    # Whether a stream's token counts must be asked for.
    asks_for_usage: ClassVar[bool] = True
    # The firmest form to ask of a model that is not in `models`.
    structure: ClassVar[Structure] = Structure.TEXT
    # The forms `response_format` may ask for here; a firmer wish falls back to the next one in order.
    structures: ClassVar[frozenset[Structure]] = frozenset(Structure)
    # Whether a stream may be held to a form; where it may not, a structured answer comes in one piece.
    streams_structured: ClassVar[bool] = True
    extra_headers: ClassVar[Mapping[str, str]] = {}

    def stream(self, client: GuardedClient, endpoint: Endpoint, request: CompletionRequest) -> Iterator[Event]:
        """Ask, and yield events as they arrive, an `Ending` last. Raises only from `providers.errors`."""
        with (
            translate(endpoint.label),
            client.stream(
                "POST",
                f"{endpoint.base_url.rstrip('/')}/chat/completions",
                json=self.body(request),
                headers=self.headers(endpoint),
            ) as response,
        ):
            require_success(response, endpoint)
            yield from read_answer(response.iter_bytes(), endpoint, response.headers)

    def list_models(self, client: GuardedClient, endpoint: Endpoint) -> Sequence[OfferedModel]:
        """The vendor's own list of models. Raises only from `providers.errors`."""
        with (
            translate(endpoint.label),
            client.stream("GET", f"{endpoint.base_url.rstrip('/')}/models", headers=self.headers(endpoint)) as response,
        ):
            require_success(response, endpoint)
            body = response.read()
        read_on = day(response.headers.get("date")) or datetime.now(UTC).date()
        return [
            _offered(entry, read_on)
            for entry in read_listing(body, endpoint, "data")
            if isinstance(entry.get("id"), str) and entry.get("active") is not False
        ]

    def headers(self, endpoint: Endpoint) -> dict[str, str]:
        """The headers of every call; no Authorization when there is no key, as local servers like it."""
        secret = secret_of(endpoint)
        return {"Authorization": f"Bearer {secret}", **self.extra_headers} if secret else dict(self.extra_headers)

    def body(self, request: CompletionRequest) -> dict[str, Any]:
        """What is sent, as JSON-ready values."""
        parts = {"system": request.system, "user": request.user}
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [{"role": role, "content": sendable(text)} for role, text in parts.items() if text],
        }
        form = self._form(request)
        if form is not None:
            body["response_format"] = form
        body["stream"] = request.may_stream and (form is None or self.streams_structured)
        if body["stream"] and self.asks_for_usage:
            body["stream_options"] = {"include_usage": True}
        if request.max_output_tokens is not None:
            body[self.output_limit_field] = request.max_output_tokens
        if request.temperature is not None:
            body["temperature"] = request.temperature
        return {**body, **self.thinking(request.thinking, spec_of(self.models, request.model))}

    def thinking(self, thinking: Thinking, spec: ModelSpec) -> dict[str, Any]:
        """The fields that say how to think; none for the vendor's own default, and none where nothing is known."""
        word = effort(thinking, spec.least_thinking) if spec.can_think else ""
        return {"reasoning_effort": word} if word else {}

    def _form(self, request: CompletionRequest) -> dict[str, Any] | None:
        wanted = _FIRMEST[_FIRMEST.index(request.structure) :]
        if request.schema is None:
            wanted = tuple(form for form in wanted if form is not Structure.JSON_SCHEMA)
        structure = next((form for form in wanted if form in self.structures), Structure.TEXT)
        if structure is Structure.JSON_SCHEMA and request.schema is not None:
            schema = {"name": request.schema.name, "strict": True, "schema": request.schema.body}
            return {"type": "json_schema", "json_schema": schema}
        return {"type": "json_object"} if structure is Structure.JSON_OBJECT else None


def _offered(entry: Mapping[str, Any], read_on: date) -> OfferedModel:
    provider = entry.get("top_provider")
    top = provider if isinstance(provider, dict) else {}
    parameters = entry.get("supported_parameters")
    return OfferedModel(
        id=entry["id"],
        label=entry["name"] if isinstance(entry.get("name"), str) else "",
        context_window=count(entry, "context_length", "context_window", "max_model_len"),
        max_output=count(top, "max_completion_tokens") or count(entry, "max_completion_tokens"),
        structure=_structure(parameters),
        price=_price(entry.get("pricing"), read_on),
        retires_on=day(entry.get("shutdown_date")) or day(entry.get("expiration_date")),
        can_think=isinstance(parameters, list) and "reasoning" in parameters,
    )


def _structure(parameters: Any) -> Structure | None:
    if not isinstance(parameters, list):
        return None
    if "structured_outputs" in parameters:
        return Structure.JSON_SCHEMA
    return Structure.JSON_OBJECT if "response_format" in parameters else Structure.TEXT


def _price(pricing: Any, read_on: date) -> Price | None:
    """OpenRouter's prices are dollars a token as strings, and -1 where the route decides."""
    if not isinstance(pricing, dict):
        return None
    sent, received, cached = (_per_million(pricing.get(name)) for name in ("prompt", "completion", "input_cache_read"))
    if sent is None or received is None:
        return None
    return Price(input=sent, output=received, cached_input=cached, read_on=read_on)


def _per_million(value: Any) -> Decimal | None:
    try:
        amount = Decimal(str(value)) * 1_000_000
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None
