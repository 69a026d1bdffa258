"""The simulated vendors refuse what the real ones refuse."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from providers.simulators.generate_content import GenerateContentSimulator, SimulatedGemini
from providers.simulators.messages import MessagesSimulator, SimulatedClaude
from providers.simulators.ollama_chat import DEFAULT_CONTEXT, OllamaSimulator, SimulatedLocalModel

HEADERS = {"x-api-key": "k-1", "anthropic-version": "2023-06-01"}
GOOD = {"model": "m", "max_tokens": 2000, "stream": True, "messages": [{"role": "user", "content": "hi"}]}


def block(text: str = "hi", **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


def schema(**body: Any) -> dict[str, Any]:
    return {"output_config": {"format": {"type": "json_schema", "schema": body}}}


@pytest.fixture
def messages() -> Iterator[MessagesSimulator]:
    models = [
        SimulatedClaude("m", max_output=64_000),
        SimulatedClaude("strict", refuses_temperature=True),
        SimulatedClaude("old", frozenset({"enabled", "disabled"})),
    ]
    with MessagesSimulator(models, keys=["k-1"]) as server:
        yield server


def say(server: MessagesSimulator, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
    body = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return httpx.post(f"{server.url}/v1/messages", json=body, headers=HEADERS if headers is None else headers)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"system": [block(cache_control={"type": "ephemeral"})], "messages": [{"role": "user", "content": [block()]}]},
        {"temperature": 0.5},
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
        {"model": "old", "thinking": {"type": "enabled", "budget_tokens": 1024}},
        schema(type="object", properties={"a": {"type": ["string", "null"]}}, additionalProperties=False),
    ],
    ids=str,
)
def test_what_anthropic_takes_is_taken(messages: MessagesSimulator, changes: dict[str, Any]) -> None:
    assert say(messages, **changes).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"max_tokens": None},
        {"max_tokens": 64_001},
        {"messages": []},
        {"messages": [{"role": "system", "content": "hi"}]},
        {"messages": [{"role": "user", "content": [block(" ")]}]},
        {"system": [block(cache_control={"type": "eternal"})]},
        {"system": [block(cache_control={"type": "ephemeral"})] * 5},
        {"temperature": 1.1},
        {"model": "strict", "temperature": 0.5},
        {"thinking": {"type": "adaptive"}, "temperature": 0.5},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"thinking": {"type": "adaptive", "budget_tokens": 1024}},
        {"model": "old", "thinking": {"type": "enabled", "budget_tokens": 1023}},
        {"model": "old", "thinking": {"type": "enabled", "budget_tokens": 2000}},
        {"model": "old", "output_config": {"effort": "low"}},
        {"output_config": {"effort": "least"}},
        {"response_format": {"type": "json_object"}},
        schema(type="object", properties={}),
        schema(type="object", properties={"a": {"type": "string", "maxLength": 3}}, additionalProperties=False),
        schema(type="array", items={"type": "integer", "minimum": 1}),
    ],
    ids=str,
)
def test_what_anthropic_refuses_is_refused(messages: MessagesSimulator, changes: dict[str, Any]) -> None:
    refused = say(messages, **changes)

    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "invalid_request_error"


def test_anthropic_wants_its_own_headers(messages: MessagesSimulator) -> None:
    assert say(messages, {**HEADERS, "x-api-key": "k-2"}).status_code == 401
    assert say(messages, {"authorization": "Bearer k-1", "anthropic-version": "2023-06-01"}).status_code == 401
    assert say(messages, {"x-api-key": "k-1"}).status_code == 400
    assert say(messages, model="n").status_code == 404


@pytest.fixture
def gemini() -> Iterator[GenerateContentSimulator]:
    with GenerateContentSimulator([SimulatedGemini("m"), SimulatedGemini("plain", frozenset())]) as server:
        yield server


def generate(server: GenerateContentSimulator, model: str = "m", query: str = "alt=sse", **changes: Any) -> int:
    body = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}], **changes}
    return httpx.post(f"{server.url}/v1beta/models/{model}:streamGenerateContent?{query}", json=body).status_code


def settings_of(**fields: Any) -> dict[str, Any]:
    return {"generationConfig": fields}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"systemInstruction": {"parts": [{"text": "hi"}]}}, 200),
        (settings_of(responseMimeType="application/json", responseJsonSchema={"type": "object"}, temperature=2), 200),
        (settings_of(thinkingConfig={"thinkingLevel": "low"}), 200),
        ({"contents": []}, 400),
        ({"contents": [{"role": "assistant", "parts": [{"text": "hi"}]}]}, 400),
        ({"contents": [{"role": "user", "parts": []}]}, 400),
        ({"messages": []}, 400),
        (settings_of(responseJsonSchema={"type": "object"}), 400),
        (settings_of(responseMimeType="text/json"), 400),
        (settings_of(temperature=2.1), 400),
        (settings_of(max_output_tokens=5), 400),
        (settings_of(thinkingConfig={"thinkingLevel": "minimal"}), 400),
        (settings_of(thinkingConfig={"thinkingBudget": 5}), 400),
        ({"model": "plain", **settings_of(thinkingConfig={"thinkingLevel": "low"})}, 400),
        ({"model": "n"}, 404),
        ({"query": "alt=sse&key=k-1"}, 400),
    ],
    ids=str,
)
def test_google_takes_and_refuses_as_it_does(
    gemini: GenerateContentSimulator, changes: dict[str, Any], status: int
) -> None:
    assert generate(gemini, **changes) == status


@pytest.fixture
def ollama() -> Iterator[OllamaSimulator]:
    with OllamaSimulator([SimulatedLocalModel("m"), SimulatedLocalModel("plain", ("completion",))]) as server:
        yield server


def chat(server: OllamaSimulator, **changes: Any) -> httpx.Response:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **changes}
    return httpx.post(f"{server.url}/api/chat", json=body)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"format": "json", "keep_alive": "15m", "options": {"num_ctx": 8192}, "think": True}, 200),
        ({"format": "yaml"}, 400),
        ({"options": {"max_tokens": 5}}, 400),
        ({"temperature": 0.5}, 400),
        ({"model": "plain", "think": True}, 400),
        ({"model": "plain", "think": False}, 200),
        ({"model": "n"}, 404),
    ],
    ids=str,
)
def test_ollama_takes_and_refuses_as_it_does(ollama: OllamaSimulator, changes: dict[str, Any], status: int) -> None:
    assert chat(ollama, **changes).status_code == status


def test_ollama_forgets_what_its_context_does_not_hold(ollama: OllamaSimulator) -> None:
    long = [{"role": "user", "content": "x" * 40_000}]

    assert f'"prompt_eval_count": {DEFAULT_CONTEXT}' in chat(ollama, messages=long).text
    assert '"prompt_eval_count": 10000' in chat(ollama, messages=long, options={"num_ctx": 16384}).text
