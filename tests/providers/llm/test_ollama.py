"""Ollama over real HTTP, in its own format."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from providers.contracts import (
    Beat,
    CompletionRequest,
    Delta,
    Ending,
    Endpoint,
    Event,
    Finish,
    OfferedModel,
    Schema,
    Structure,
    Thinking,
    ThinkingMode,
)
from providers.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    EmptyAnswer,
    InvalidRequest,
    MalformedAnswer,
    NotFound,
    Overloaded,
    ProviderError,
)
from providers.http import Limits, open_client
from providers.llm.ollama import adapter
from providers.simulators.ollama_chat import OllamaSimulator, SimulatedLocalModel
from providers.simulators.scripted import BROKEN_OFF, CUT_AT_LIMIT, DEFAULT_ANSWER, EMPTY, Answer

LIMITS = Limits(*[timedelta(seconds=5)] * 4)
MODELS = [SimulatedLocalModel("qwen3:8b"), SimulatedLocalModel("gemma3:4b", capabilities=("completion",))]
SCHEMA = Schema("answer", {"type": "object", "properties": {"a": {"type": "string"}}})
REQUEST = CompletionRequest("qwen3:8b", "You answer in JSON.", "Recommend exactly 1.", Structure.TEXT)


@pytest.fixture
def server() -> Iterator[OllamaSimulator]:
    with OllamaSimulator(MODELS) as simulator:
        yield simulator


def ask(server: OllamaSimulator, *, path: str = "", key: str = "", **changes: Any) -> list[Event]:
    with open_client("Ollama", LIMITS) as client:
        endpoint = Endpoint(f"{server.url}{path}", "Ollama", key)
        return list(adapter.stream(client, endpoint, replace(REQUEST, **changes)))


def ending(events: list[Event]) -> Ending:
    last = events[-1]
    assert isinstance(last, Ending)
    return last


def test_an_answer_is_streamed_and_its_tokens_counted(server: OllamaSimulator) -> None:
    server.script(Answer(thoughts="let me think about it, slowly"))

    events = ask(server)

    assert "".join(event.text for event in events if isinstance(event, Delta)) == DEFAULT_ANSWER
    assert Beat() in events
    end = ending(events)
    assert (end.finish, end.model) == (Finish.COMPLETE, "qwen3:8b")
    assert (end.usage.input_tokens, end.usage.output_tokens) == (9, len(DEFAULT_ANSWER) // 4 + 7)


def test_what_is_sent_is_what_they_document(server: OllamaSimulator) -> None:
    ask(server, structure=Structure.JSON_SCHEMA, schema=SCHEMA, max_output_tokens=300, temperature=0.5)

    (request,) = server.seen()
    assert request.path == "/api/chat"
    assert "authorization" not in request.headers
    assert request.json() == {
        "model": "qwen3:8b",
        "messages": [
            {"role": "system", "content": "You answer in JSON."},
            {"role": "user", "content": "Recommend exactly 1."},
        ],
        "stream": True,
        "keep_alive": "15m",
        "format": SCHEMA.body,
        "options": {"num_ctx": 8192, "num_predict": 300, "temperature": 0.5},
    }


def test_json_mode_and_plain_text_are_asked_for_as_such(server: OllamaSimulator) -> None:
    ask(server, structure=Structure.JSON_OBJECT)
    ask(server, structure=Structure.TEXT)

    assert [request.json().get("format") for request in server.seen()] == ["json", None]


@pytest.mark.parametrize(
    ("user", "window", "context"),
    [
        ("short", None, 8192),
        ("x" * 30_000, None, 16384),
        ("x" * 9_000_000, None, 131072),
        ("x" * 30_000, 6000, 6000),
    ],
)
def test_every_question_brings_its_size(server: OllamaSimulator, user: str, window: int | None, context: int) -> None:
    ask(server, user=user, context_window=window)

    assert server.seen()[0].json()["options"]["num_ctx"] == context


def test_a_long_prompt_is_read_to_its_end(server: OllamaSimulator) -> None:
    library = "Talk Talk; " * 3000

    assert ending(ask(server, user=library)).usage.input_tokens == len(library) // 4 + len(REQUEST.system) // 4


def test_an_address_with_the_openai_ending_works_as_well(server: OllamaSimulator) -> None:
    ask(server, path="/v1/")

    assert [request.path for request in server.seen()] == ["/api/chat"]


def test_a_key_for_a_proxy_travels_in_its_header() -> None:
    with OllamaSimulator(MODELS, keys=["canary-0011"]) as server:
        ask(server, key="canary-0011")
        with pytest.raises(AuthenticationFailed):
            ask(server, key="canary-wrong")

        assert server.seen()[0].headers["authorization"] == "Bearer canary-0011"


@pytest.mark.parametrize(
    ("mode", "think"), [(ThinkingMode.AUTO, None), (ThinkingMode.OFF, False), (ThinkingMode.ON, True)]
)
def test_thinking_is_on_or_off(server: OllamaSimulator, mode: ThinkingMode, think: bool | None) -> None:
    ask(server, thinking=Thinking(mode, 5000))

    assert server.seen()[0].json().get("think") is think


def test_a_limit_reached_is_told(server: OllamaSimulator) -> None:
    server.script(CUT_AT_LIMIT)

    assert ending(ask(server)).finish is Finish.OUTPUT_LIMIT


def test_what_is_not_installed_or_not_able_is_told(server: OllamaSimulator) -> None:
    with pytest.raises(NotFound, match="llama9"):
        ask(server, model="llama9")
    with pytest.raises(InvalidRequest, match="does not support thinking"):
        ask(server, model="gemma3:4b", thinking=Thinking(ThinkingMode.ON))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "malformed"}, MalformedAnswer),
        ({"kind": "malformed", "body": "<html>\n<title>Sign in</title>\n"}, MalformedAnswer),
        ({"kind": "malformed", "body": " \n"}, EmptyAnswer),
        ({"kind": "malformed", "body": '{"a": 1}\n'}, MalformedAnswer),
        ({"kind": "malformed", "body": '{"message": {"content": "{'}, ConnectionFailed),
        ({"kind": "drop", "after": 3}, ConnectionFailed),
        ({"kind": "truncate", "after": 3}, ConnectionFailed),
        ({"kind": "status", "status": 503, "body": '{"error": "server busy, please try again."}'}, Overloaded),
    ],
    ids=str,
)
def test_every_kind_of_trouble_has_its_error(
    server: OllamaSimulator, fault: dict[str, Any], kind: type[ProviderError]
) -> None:
    server.fault(**fault)

    with pytest.raises(ProviderError) as caught:
        ask(server)

    assert type(caught.value) is kind


def test_nothing_said_and_an_error_inside_are_errors(server: OllamaSimulator) -> None:
    server.script(EMPTY, BROKEN_OFF)

    with pytest.raises(EmptyAnswer):
        ask(server)
    with pytest.raises(Overloaded, match="upstream"):
        ask(server)


def test_lines_cut_anywhere_are_put_together(server: OllamaSimulator) -> None:
    lines = [
        {"model": "m", "message": {"content": "Sigur R\u00f3s"}, "done": False},
        {"model": "m", "message": {"content": ""}, "done": True, "done_reason": "stop"},
    ]
    server.fault("malformed", body="\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines))

    events = ask(server)

    assert [event for event in events if isinstance(event, Delta)] == [Delta("Sigur R\u00f3s")]
    assert ending(events).finish is Finish.COMPLETE


def test_what_is_installed_and_can_chat_is_listed() -> None:
    models = [
        *MODELS,
        SimulatedLocalModel("nomic-embed-text", capabilities=("embedding",)),
        SimulatedLocalModel("old", capabilities=(), model_info={}),
    ]
    with OllamaSimulator(models) as server, open_client("Ollama", LIMITS) as client:
        offered = adapter.list_models(client, Endpoint(f"{server.url}/v1", "Ollama"))

    assert offered == [
        OfferedModel("qwen3:8b", "qwen3:8b", 40960, can_think=True),
        OfferedModel("gemma3:4b", "gemma3:4b", 40960),
        OfferedModel("old", "old"),
    ]
