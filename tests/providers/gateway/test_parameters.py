"""What of the owner's wishes reaches a model, and what it then costs."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from providers.accounts import declare_account
from providers.contracts import Structure, Thinking, ThinkingMode
from providers.gateway import Question, complete, list_models
from providers.models import ProviderAccount, ProviderCall
from providers.simulators.messages import MessagesSimulator, SimulatedClaude
from providers.simulators.ollama_chat import OllamaSimulator, SimulatedLocalModel
from providers.simulators.openai_chat import SimulatedModel, VendorSimulator
from tests.providers.places import KEY

pytestmark = pytest.mark.django_db
ANY = frozenset({"reasoning_effort", "thinking", "reasoning"})


@pytest.fixture
def vendor() -> Iterator[VendorSimulator]:
    with VendorSimulator([], keys=[KEY]) as server:
        yield server


def body(vendor: VendorSimulator, slug: str, model: str, **wishes: Any) -> Any:
    """What is sent to a model when the account has these settings."""
    vendor.models[model] = SimulatedModel(model, thinking_fields=ANY, listing={"supported_parameters": ["reasoning"]})
    account = declare_account("Mine", slug, KEY, base_url=f"{vendor.url}/v1", model=model, **wishes)
    ask(account)
    return vendor.seen("/v1/chat")[-1].json()


def ask(
    account: ProviderAccount, *, user: str = "hi", step: str = "1", thinking: Thinking | None = None
) -> ProviderCall:
    asked = Question(account.pk, "", "", user, "run-1", step, structure=Structure.TEXT, thinking=thinking)
    return ProviderCall.objects.get(pk=complete(asked, tick=lambda: None).call_id)


@pytest.mark.parametrize(
    ("slug", "model", "wishes", "fields"),
    [
        ("openai", "gpt-6-luna", {}, {}),
        ("openai", "gpt-6-luna", {"thinking": "off"}, {"reasoning_effort": "none"}),
        ("openai", "gpt-5-mini", {"thinking": "off"}, {"reasoning_effort": "minimal"}),
        ("openai", "gpt-6-luna", {"thinking": "on"}, {"reasoning_effort": "medium"}),
        ("openai", "gpt-6-luna", {"thinking": "on", "thinking_budget_tokens": 20_000}, {"reasoning_effort": "high"}),
        ("openai", "gpt-4o", {"thinking": "off"}, {}),
        ("openai", "gpt-7-unheard-of", {"thinking": "off"}, {}),
        ("groq", "openai/gpt-oss-20b", {"thinking": "off"}, {"reasoning_effort": "low"}),
        ("groq", "qwen/qwen3.8-27b", {"thinking": "off"}, {"reasoning_effort": "none"}),
        ("deepseek", "deepseek-flash", {"thinking": "off"}, {"thinking": {"type": "disabled"}}),
        ("deepseek", "deepseek-flash", {"thinking": "on"}, {"thinking": {"type": "enabled"}}),
        ("deepseek", "deepseek-chat", {"thinking": "on"}, {}),
        ("perplexity", "sonar", {"thinking": "on"}, {}),
        ("lm_studio", "gemma", {"thinking": "on"}, {}),
        ("openrouter", "x/never-listed", {"thinking": "on"}, {}),
    ],
    ids=str,
)
def test_thinking_reaches_models_that_can(
    vendor: VendorSimulator, slug: str, model: str, wishes: dict[str, Any], fields: dict[str, Any]
) -> None:
    sent = body(vendor, slug, model, **wishes)

    assert {name: sent[name] for name in ANY if name in sent} == fields


@pytest.mark.parametrize(
    ("wishes", "reasoning"),
    [
        ({}, None),
        ({"thinking": "off"}, {"effort": "none"}),
        ({"thinking": "on"}, {"effort": "medium"}),
        ({"thinking": "on", "thinking_budget_tokens": 3000}, {"max_tokens": 3000}),
    ],
    ids=str,
)
def test_thinking_reaches_a_model_whose_listing_names_it(
    vendor: VendorSimulator, wishes: dict[str, Any], reasoning: Any
) -> None:
    vendor.models["x/routed"] = SimulatedModel("x/routed", listing={"supported_parameters": ["reasoning"]})
    account = declare_account("Mine", "openrouter", KEY, base_url=f"{vendor.url}/v1")
    list_models(account.pk)

    assert body(vendor, "openrouter", "x/routed", **wishes).get("reasoning") == reasoning


def test_a_question_may_overrule_the_account(vendor: VendorSimulator) -> None:
    account = declare_account("Mine", "openai", KEY, base_url=f"{vendor.url}/v1", model="gpt-6-luna", thinking="on")
    vendor.models["gpt-6-luna"] = SimulatedModel("gpt-6-luna", thinking_fields=ANY)

    ask(account, thinking=Thinking(ThinkingMode.OFF))

    assert vendor.seen()[-1].json()["reasoning_effort"] == "none"


def test_temperature_reaches_only_models_that_take_it(vendor: VendorSimulator) -> None:
    assert "temperature" not in body(vendor, "openai", "gpt-6-luna", temperature=0.4)
    ProviderCall.objects.all().delete()
    assert body(vendor, "openai", "gpt-4o", temperature=0.4)["temperature"] == 0.4


def test_the_owners_window_reaches_a_server_that_sizes_itself() -> None:
    with OllamaSimulator([SimulatedLocalModel("qwen3:8b")]) as server:
        account = declare_account("Mine", "ollama", "", base_url=server.url, model="qwen3:8b", context_window=24_000)
        ask(account)

        assert server.seen("/api/chat")[0].json()["options"]["num_ctx"] == 24_000


def test_what_a_cache_stored_and_gave_back_is_priced_as_such() -> None:
    library = "Talk Talk; " * 4000
    with MessagesSimulator([SimulatedClaude("claude-haiku-5-5", refuses_temperature=True)], keys=[KEY]) as server:
        account = declare_account(
            "Mine", "anthropic", KEY, base_url=server.url, model="claude-haiku-5-5", temperature=0.7
        )
        first = ask(account, user=f"{library}\n\nChoose 20.", step="1")
        second = ask(account, user=f"{library}\n\nChoose 30.", step="2")

    head, tail = len(library) // 4, len("\n\nChoose 20.") // 4
    answer = (first.output_tokens or 0) * Decimal("0.50")
    assert (first.input_tokens, first.cached_input_tokens) == (head + tail, 0)
    assert (second.input_tokens, second.cached_input_tokens) == (head + tail, head)
    million = Decimal(1_000_000)
    assert first.cost == (head * Decimal("0.125") + tail * Decimal("0.10") + answer) / million
    assert second.cost == (head * Decimal("0.01") + tail * Decimal("0.10") + answer) / million
