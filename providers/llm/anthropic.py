"""Anthropic, in their own Messages format.

A stable head that is marked costs a quarter more to store and a tenth or less to read back within five minutes, which
is where the rounds of one run lie. Haiku 5.5 costs five times as much for prompts above 100,000 tokens; ours stay far
below. Models from 4.7 on refuse temperature and thinking budgets
(platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
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
    ThinkingMode,
)
from providers.http import GuardedClient, translate
from providers.wire.exchange import read_listing, read_object, require_success, secret_of, sendable
from providers.wire.fields import count, day, text_at
from providers.wire.messages import read_answer
from providers.wire.schema import without_bounds
from providers.wire.thinking import effort, spec_of

_VERSION = "2023-06-01"
# They want a limit with every call; thoughts count towards it.
_OUTPUT_LIMIT = 32_000
_BUDGET, _LEAST_BUDGET = 4_096, 1_024
# Below this nothing is stored; the smallest models want more, and ignore a marker that comes too early.
_WORTH_STORING = 1_024
_MARKER = {"type": "ephemeral"}
_PAGE, _MOST_PAGES = 1_000, 20


def _adaptive(id: str, label: str, prices: str, least_thinking: str) -> ModelSpec:
    """`prices`: input, output, cache read and five-minute cache write, as their models' own pages list them."""
    sent, received, read, written = map(Decimal, prices.split())
    return ModelSpec(
        id,
        label,
        context_window=1_000_000,
        max_output=128_000,
        structure=Structure.JSON_SCHEMA,
        accepts_temperature=False,
        can_think=True,
        least_thinking=least_thinking,
        price=Price(sent, received, date(2026, 11, 1), cached_input=read, cache_write=written),
    )


class Anthropic:
    slug: ClassVar[str] = "anthropic"
    label: ClassVar[str] = "Anthropic"
    base_url: ClassVar[str] = "https://api.anthropic.com"
    needs_key: ClassVar[bool] = True
    is_local: ClassVar[bool] = False
    structure: ClassVar[Structure] = Structure.JSON_SCHEMA
    structures: ClassVar[frozenset[Structure]] = frozenset({Structure.JSON_SCHEMA, Structure.TEXT})
    models: ClassVar[tuple[ModelSpec, ...]] = (
        _adaptive("claude-haiku-5-5", "Claude Haiku 5.5", "0.10 0.50 0.01 0.125", "disabled"),
        _adaptive("claude-sonnet-5-5", "Claude Sonnet 5.5", "2 10 0.10 2.50", "between_tools"),
        # It cannot stop thinking; the lowest effort is the nearest to it.
        _adaptive("claude-opus-5-5", "Claude Opus 5.5", "4 20 0.20 5", "low"),
        _adaptive("claude-opus-5", "Claude Opus 5", "5 25 0.50 6.25", "disabled"),
        ModelSpec(
            "claude-haiku-4-5",
            "Claude Haiku 4.5",
            aliases=("claude-haiku-4-5-20251001",),
            context_window=200_000,
            max_output=64_000,
            structure=Structure.JSON_SCHEMA,
            can_think=True,
            least_thinking="disabled",
            takes_thinking_budget=True,
            price=Price(Decimal(1), Decimal(5), date(2026, 11, 1), Decimal("0.10"), Decimal("1.25")),
        ),
        ModelSpec(
            "claude-sonnet-4-5",
            "Claude Sonnet 4.5",
            aliases=("claude-sonnet-4-5-20250929",),
            context_window=200_000,
            max_output=64_000,
            structure=Structure.JSON_SCHEMA,
            can_think=True,
            least_thinking="disabled",
            takes_thinking_budget=True,
            retires_on=date(2026, 11, 30),
        ),
    )

    def stream(self, client: GuardedClient, endpoint: Endpoint, request: CompletionRequest) -> Iterator[Event]:
        """Ask, and yield events as they arrive, an `Ending` last. Raises only from `providers.errors`."""
        with (
            translate(endpoint.label),
            client.stream(
                "POST", _url(endpoint, "messages"), json=self.body(request), headers=_headers(endpoint)
            ) as response,
        ):
            require_success(response, endpoint)
            yield from read_answer(response.iter_bytes(), endpoint, response.headers)

    def is_streamed(self, request: CompletionRequest) -> bool:
        return True

    def list_models(self, client: GuardedClient, endpoint: Endpoint) -> Sequence[OfferedModel]:
        """The vendor's own list of models, those no longer served left out. Raises only from `providers.errors`."""
        offered: list[OfferedModel] = []
        page: dict[str, str | int] = {"limit": _PAGE}
        for _ in range(_MOST_PAGES):
            with (
                translate(endpoint.label),
                client.stream("GET", _url(endpoint, "models"), params=page, headers=_headers(endpoint)) as response,
            ):
                require_success(response, endpoint)
                body = response.read()
            offered += [
                _offered(entry)
                for entry in read_listing(body, endpoint, "data")
                if isinstance(entry.get("id"), str) and entry.get("lifecycle") != "retired"
            ]
            listing = read_object(body, endpoint, "the list of models")
            last = text_at(listing, "last_id")
            if not (listing.get("has_more") and last):
                break
            page["after_id"] = last
        return offered

    def body(self, request: CompletionRequest) -> dict[str, Any]:
        """What is sent, as JSON-ready values."""
        spec = spec_of(self.models, request.model)
        limit = request.max_output_tokens or min(_OUTPUT_LIMIT, spec.max_output or _OUTPUT_LIMIT)
        body: dict[str, Any] = {"model": request.model, "max_tokens": limit, "stream": True, **_prompt(request)}
        config: dict[str, Any] = {}
        if request.structure is Structure.JSON_SCHEMA and request.schema is not None:
            config["format"] = {"type": "json_schema", "schema": without_bounds(request.schema.body)}
        body |= _thinking(request.thinking, spec, limit, config)
        if config:
            body["output_config"] = config
        is_thinking = body.get("thinking", {}).get("type") in {"enabled", "adaptive"}
        if request.temperature is not None and not is_thinking:
            # Theirs ends at 1 where others' ends at 2.
            body["temperature"] = min(request.temperature, 1.0)
        return body


def _prompt(request: CompletionRequest) -> dict[str, Any]:
    """System and user text in blocks, with a marker where the part ends that stays the same from call to call."""
    system, user = sendable(request.system), sendable(request.user)
    head, gap, rest = user.partition("\n\n")
    blocks = [_block(head, is_marked=bool(rest) and _tokens(system + head) >= _WORTH_STORING)]
    if rest:
        blocks.append(_block(gap + rest))
    prompt: dict[str, Any] = {"messages": [{"role": "user", "content": blocks}]}
    if system:
        prompt["system"] = [_block(system, is_marked=_tokens(system) >= _WORTH_STORING)]
    return prompt


def _block(text: str, *, is_marked: bool = False) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"cache_control": _MARKER} if is_marked else {})}


def _tokens(text: str) -> int:
    """A guess that errs low: too few stored parts cost less than a marker for nothing."""
    return len(text.encode()) // 4


def _thinking(thinking: Thinking, spec: ModelSpec, limit: int, config: dict[str, Any]) -> dict[str, Any]:
    """The fields that say how to think; an effort goes into `config`."""
    if thinking.mode is ThinkingMode.AUTO:
        return {}
    if spec.takes_thinking_budget and thinking.mode is ThinkingMode.ON:
        budget = max(thinking.budget_tokens or _BUDGET, _LEAST_BUDGET)
        most = spec.max_output or limit + budget
        # Their limit holds thoughts and answer; what the answer was to have stays its own.
        limit = min(limit, most - _LEAST_BUDGET)
        budget = min(budget, most - limit)
        return {"thinking": {"type": "enabled", "budget_tokens": budget}, "max_tokens": limit + budget}
    word = effort(thinking, spec.least_thinking or "disabled")
    if word in {"disabled", "between_tools"}:
        return {"thinking": {"type": word}}
    if thinking.mode is ThinkingMode.OFF or thinking.budget_tokens is not None:
        config["effort"] = word
    return {"thinking": {"type": "adaptive"}}


def _url(endpoint: Endpoint, path: str) -> str:
    return f"{endpoint.base_url.rstrip('/').removesuffix('/v1')}/v1/{path}"


def _headers(endpoint: Endpoint) -> dict[str, str]:
    secret = secret_of(endpoint)
    return {"anthropic-version": _VERSION, **({"x-api-key": secret} if secret else {})}


def _offered(entry: Mapping[str, Any]) -> OfferedModel:
    capabilities = entry.get("capabilities")
    structure = None
    if isinstance(capabilities, dict):
        structure = Structure.JSON_SCHEMA if _supports(capabilities, "structured_outputs") else Structure.TEXT
    return OfferedModel(
        id=entry["id"],
        label=text_at(entry, "display_name"),
        context_window=count(entry, "max_input_tokens"),
        max_output=count(entry, "max_tokens"),
        structure=structure,
        retires_on=day(entry.get("retires_at")),
        can_think=all(_supports(capabilities, "thinking", "types", type_) for type_ in ("adaptive", "disabled")),
    )


def _supports(capabilities: Any, *path: str) -> bool:
    for name in path:
        capabilities = capabilities.get(name) if isinstance(capabilities, dict) else None
    return isinstance(capabilities, dict) and capabilities.get("supported") is True


adapter = Anthropic()
