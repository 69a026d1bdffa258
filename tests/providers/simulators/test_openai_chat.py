"""The simulated vendor refuses what the real ones refuse; otherwise tests against it would prove nothing."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from providers.simulators.openai_chat import SimulatedModel, VendorSimulator
from providers.simulators.scripted import Answer

GOOD = {"model": "m", "messages": [{"role": "user", "content": "Answer in JSON."}]}
STRICT = {
    "type": "object",
    "properties": {"a": {"type": "array", "items": {"type": "string"}}},
    "required": ["a"],
    "additionalProperties": False,
}


def schema_form(schema: Any, name: str = "answer", *, strict: bool = True) -> dict[str, Any]:
    return {
        "response_format": {"type": "json_schema", "json_schema": {"name": name, "strict": strict, "schema": schema}}
    }


@pytest.fixture(scope="module")
def server() -> Iterator[VendorSimulator]:
    models = [
        SimulatedModel("m"),
        SimulatedModel("strict", refuses_max_tokens=True, refuses_temperature=True),
        SimulatedModel("plain", forms=frozenset()),
        SimulatedModel("whole", streams_forms=False),
    ]
    with VendorSimulator(models, keys=["key-1"]) as server:
        yield server


def post(server: VendorSimulator, body: Any, key: str = "key-1") -> httpx.Response:
    with httpx.Client() as client:
        return client.post(f"{server.url}/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {key}"})


def test_a_good_request_is_answered(server: VendorSimulator) -> None:
    answer = post(server, GOOD).json()

    assert json.loads(answer["choices"][0]["message"]["content"])["recommendations"]
    assert answer["usage"]["prompt_tokens"] == 3


@pytest.mark.parametrize(
    "extra",
    [
        {"temperature": 0.5, "max_tokens": 5},
        {"response_format": {"type": "json_object"}},
        schema_form(STRICT),
        {"stream": True, "stream_options": {"include_usage": True}},
    ],
)
def test_what_the_real_ones_take_is_taken(server: VendorSimulator, extra: dict[str, Any]) -> None:
    assert post(server, {**GOOD, **extra}).status_code == 200


@pytest.mark.parametrize(
    "extra",
    [
        {"top_k": 40},
        {"max_tokens": "5"},
        {"max_tokens": True},
        {"temperature": "warm"},
        {"stream_options": {"include_usage": True}},
        {"messages": []},
        {"messages": [{"role": "robot", "content": "hi"}]},
        {"messages": [{"role": "user", "content": None}]},
        {"model": "strict", "max_tokens": 5},
        {"model": "strict", "temperature": 0.5},
        {"model": "plain", "response_format": {"type": "json_object"}},
        {"model": "whole", "stream": True, "response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_object"}, "messages": [{"role": "user", "content": "hi"}]},
        schema_form(STRICT, "not a name"),
        schema_form(STRICT, "x" * 65),
        schema_form(STRICT, strict=False),
        schema_form({**STRICT, "required": []}),
        schema_form({**STRICT, "additionalProperties": True}),
        schema_form({**STRICT, "properties": {"a": {"type": "object", "properties": {}}}}),
        schema_form({**STRICT, "properties": {"a": {"type": "array"}}}),
    ],
    ids=str,
)
def test_what_the_real_ones_refuse_is_refused(server: VendorSimulator, extra: dict[str, Any]) -> None:
    refused = post(server, {**GOOD, **extra})

    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "invalid_request_error"


def test_a_wrong_key_and_an_unknown_model_are_refused(server: VendorSimulator) -> None:
    assert post(server, GOOD, "key-2").status_code == 401
    assert post(server, {**GOOD, "model": "n"}).json()["error"]["code"] == "model_not_found"


def lines_of(server: VendorSimulator, body: dict[str, Any]) -> list[str]:
    return [line for line in post(server, body).text.split("\n\n") if line]


def test_usage_is_streamed_only_when_asked_for(server: VendorSimulator) -> None:
    plain = lines_of(server, {**GOOD, "stream": True})
    counted = lines_of(server, {**GOOD, "stream": True, "stream_options": {"include_usage": True}})

    assert not any('"usage"' in line for line in plain)
    assert '"usage"' in counted[-2]
    assert counted[-1] == "data: [DONE]"


def test_scripted_answers_are_used_in_order_and_then_the_callable() -> None:
    with VendorSimulator([SimulatedModel("m")], respond=lambda body: body["messages"][0]["content"]) as server:
        server.script("one", Answer("two", finish="length"))

        choices = [post(server, GOOD).json()["choices"][0] for _ in range(3)]

    assert [choice["message"]["content"] for choice in choices] == ["one", "two", "Answer in JSON."]
    assert [choice["finish_reason"] for choice in choices] == ["stop", "length", "stop"]


def test_a_pace_spreads_a_stream_over_time() -> None:
    with VendorSimulator([SimulatedModel("m")], pace=0.01) as server, httpx.Client() as client:
        server.script("x" * 160)
        with client.stream("POST", f"{server.url}/chat/completions", json={**GOOD, "stream": True}) as answer:
            answer.read()
            assert answer.elapsed.total_seconds() >= 0.1
