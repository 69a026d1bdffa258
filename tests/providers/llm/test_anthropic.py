"""Anthropic over real HTTP, against a server as strict as theirs."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
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
    PermissionDenied,
    ProviderError,
    QuotaExhausted,
    RateLimited,
)
from providers.http import Limits, open_client
from providers.llm.anthropic import adapter
from providers.simulators.messages import MessagesSimulator, SimulatedClaude
from providers.simulators.scripted import BROKEN_OFF, CUT_AT_LIMIT, DEFAULT_ANSWER, EMPTY, REFUSAL, Answer

KEY = "sk-ant-canary-0011223344"
LIMITS = Limits(*[timedelta(seconds=5)] * 4)
OFF, AUTO, ON = (Thinking(mode) for mode in (ThinkingMode.OFF, ThinkingMode.AUTO, ThinkingMode.ON))
SCHEMA = Schema(
    "answer",
    {
        "type": "object",
        "properties": {"a": {"type": ["string", "null"], "maxLength": 5, "description": "A name."}},
        "required": ["a"],
        "additionalProperties": False,
    },
)
# What each of their models takes, as their own table of rejected configurations has it.
MODELS = [
    SimulatedClaude("claude-haiku-5-5", refuses_temperature=True),
    SimulatedClaude("claude-sonnet-5-5", frozenset({"adaptive", "between_tools"}), refuses_temperature=True),
    SimulatedClaude("claude-opus-5-5", frozenset({"adaptive"}), refuses_temperature=True),
    SimulatedClaude("claude-opus-5", refuses_temperature=True),
    SimulatedClaude("claude-haiku-4-5", frozenset({"enabled", "disabled"}), max_output=64_000),
    SimulatedClaude("claude-haiku-4-5-20251001", frozenset({"enabled", "disabled"}), max_output=64_000),
    SimulatedClaude("claude-sonnet-4-5", frozenset({"enabled", "disabled"}), max_output=64_000),
    SimulatedClaude("claude-unlisted"),
]
REQUEST = CompletionRequest("claude-unlisted", "You answer in JSON.", "The library.\n\nRecommend 1.", Structure.TEXT)


@pytest.fixture
def server() -> Iterator[MessagesSimulator]:
    with MessagesSimulator(MODELS, keys=[KEY]) as simulator:
        yield simulator


def ask(server: MessagesSimulator, *, key: str = KEY, **changes: Any) -> list[Event]:
    with open_client("Anthropic", LIMITS) as client:
        return list(adapter.stream(client, Endpoint(server.url, "Anthropic", key), replace(REQUEST, **changes)))


def ending(events: list[Event]) -> Ending:
    last = events[-1]
    assert isinstance(last, Ending)
    return last


def sent(server: MessagesSimulator) -> Any:
    return server.seen("/v1/messages")[-1].json()


def test_an_answer_is_streamed_and_its_thoughts_are_heartbeats(server: MessagesSimulator) -> None:
    server.script(Answer(thoughts="let me think about it, slowly"))

    events = ask(server)

    assert "".join(event.text for event in events if isinstance(event, Delta)) == DEFAULT_ANSWER
    assert events.count(Beat()) >= 6
    end = ending(events)
    assert (end.finish, end.model, end.request_id) == (Finish.COMPLETE, "claude-unlisted", "req_1")
    assert (end.usage.output_tokens, end.usage.reasoning_tokens) == (len(DEFAULT_ANSWER) // 4 + 7, 7)


def test_what_is_sent_is_what_they_document(server: MessagesSimulator) -> None:
    ask(server, structure=Structure.JSON_SCHEMA, schema=SCHEMA, max_output_tokens=300, temperature=0.5)

    assert sent(server) == {
        "model": "claude-unlisted",
        "max_tokens": 300,
        "stream": True,
        "system": [{"type": "text", "text": "You answer in JSON."}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "The library."},
                    {"type": "text", "text": "\n\nRecommend 1."},
                ],
            }
        ],
        "temperature": 0.5,
        "output_config": {
            "format": {
                "type": "json_schema",
                "schema": {
                    "type": "object",
                    "properties": {
                        "a": {"type": ["string", "null"], "description": "A name. (maxLength: 5)"},
                    },
                    "required": ["a"],
                    "additionalProperties": False,
                },
            }
        },
    }
    request = server.seen()[0]
    assert (request.headers["x-api-key"], request.headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert "authorization" not in request.headers


def test_the_address_may_be_entered_with_its_version(server: MessagesSimulator) -> None:
    with open_client("Anthropic", LIMITS) as client:
        list(adapter.stream(client, Endpoint(f"{server.url}/v1/", "Anthropic", KEY), REQUEST))

    assert [request.path for request in server.seen()] == ["/v1/messages"]


def test_a_limit_is_always_sent_and_never_above_the_models_own(server: MessagesSimulator) -> None:
    for model in MODELS:
        ask(server, model=model.id)
        assert 0 < sent(server)["max_tokens"] <= model.max_output


def test_the_head_of_a_long_prompt_is_stored_once_and_read_back(server: MessagesSimulator) -> None:
    library = "Talk Talk; " * 600
    first = ending(ask(server, user=f"{library}\n\nRecommend 20."))
    second = ending(ask(server, user=f"{library}\n\nRecommend 7, and not Can."))

    head = (len(library) + len(REQUEST.system)) // 4
    assert first.usage.written_input_tokens == head
    assert first.usage.cached_input_tokens == 0
    assert (second.usage.written_input_tokens, second.usage.cached_input_tokens) == (0, head)
    assert second.usage.input_tokens == head + len("\n\nRecommend 7, and not Can.") // 4


def test_a_short_prompt_carries_no_marker(server: MessagesSimulator) -> None:
    ask(server)

    assert "cache_control" not in json.dumps(sent(server))


def test_a_prompt_without_a_second_paragraph_is_all_tail(server: MessagesSimulator) -> None:
    ask(server, user="Talk Talk; " * 600, system="")

    assert "cache_control" not in json.dumps(sent(server))
    assert "system" not in sent(server)


@pytest.mark.parametrize("mode", [OFF, AUTO, ON, Thinking(ThinkingMode.ON, 2000), Thinking(ThinkingMode.ON, 90_000)])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_no_way_of_thinking_is_refused_by_any_model(
    server: MessagesSimulator, model: SimulatedClaude, mode: Thinking
) -> None:
    assert ending(ask(server, model=model.id, thinking=mode)).finish is Finish.COMPLETE


@pytest.mark.parametrize(
    ("model", "thinking", "fields"),
    [
        ("claude-haiku-5-5", AUTO, {}),
        ("claude-haiku-5-5", OFF, {"thinking": {"type": "disabled"}}),
        ("claude-haiku-5-5", ON, {"thinking": {"type": "adaptive"}}),
        (
            "claude-haiku-5-5",
            Thinking(ThinkingMode.ON, 1500),
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
        ),
        ("claude-sonnet-5-5", OFF, {"thinking": {"type": "between_tools"}}),
        ("claude-opus-5-5", OFF, {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}),
        ("claude-haiku-4-5", OFF, {"thinking": {"type": "disabled"}}),
        (
            "claude-haiku-4-5",
            Thinking(ThinkingMode.ON, 9000),
            {"thinking": {"type": "enabled", "budget_tokens": 9000}, "max_tokens": 9300},
        ),
        (
            "claude-haiku-4-5",
            Thinking(ThinkingMode.ON, 90_000),
            {"thinking": {"type": "enabled", "budget_tokens": 63_700}, "max_tokens": 64_000},
        ),
        (
            "claude-haiku-4-5",
            Thinking(ThinkingMode.ON, 10),
            {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 1324},
        ),
    ],
    ids=str,
)
def test_thinking_is_put_into_each_models_words(
    server: MessagesSimulator, model: str, thinking: Thinking, fields: dict[str, Any]
) -> None:
    ask(server, model=model, thinking=thinking, max_output_tokens=300)

    body = sent(server)
    said = {name: body[name] for name in ("thinking", "output_config") if name in body}
    assert {**said, "max_tokens": body["max_tokens"]} == {"max_tokens": 300, **fields}


def test_a_thinking_model_gets_no_temperature(server: MessagesSimulator) -> None:
    ask(server, model="claude-haiku-4-5", thinking=ON, temperature=0.3)
    assert "temperature" not in sent(server)

    ask(server, model="claude-haiku-4-5", thinking=OFF, temperature=1.7)
    assert sent(server)["temperature"] == 1.0


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (400, {"type": "invalid_request_error", "message": "no"}, InvalidRequest, "no"),
        (
            400,
            {
                "type": "invalid_request_error",
                "message": "You have reached your specified API usage limits. You will regain access on 2026-12-01.",
            },
            QuotaExhausted,
            "2026-12-01",
        ),
        (401, {"type": "authentication_error", "message": "invalid x-api-key"}, AuthenticationFailed, "invalid"),
        (402, {"type": "billing_error", "message": "Your credit balance is too low"}, QuotaExhausted, "credit"),
        (403, {"type": "permission_error", "message": "not yours"}, PermissionDenied, "not yours"),
        (404, {"type": "not_found_error", "message": "model: claude-9"}, NotFound, "claude-9"),
        (413, {"type": "request_too_large", "message": "too large"}, InvalidRequest, "too large"),
        (429, {"type": "rate_limit_error", "message": "slow down"}, RateLimited, "slow down"),
        (
            429,
            {
                "type": "rate_limit_error",
                "message": "monthly threshold",
                "details": {"error_code": "enforced_spend_limit_reached"},
            },
            QuotaExhausted,
            "monthly threshold",
        ),
        (500, {"type": "api_error", "message": "oops"}, Overloaded, "oops"),
        (504, {"type": "timeout_error", "message": "late"}, Overloaded, "late"),
        (529, {"type": "overloaded_error", "message": "Overloaded"}, Overloaded, "Overloaded"),
    ],
    ids=str,
)
def test_every_refusal_is_the_error_it_means(
    server: MessagesSimulator, status: int, body: dict[str, Any], kind: type[ProviderError], said: str
) -> None:
    envelope = {"type": "error", "error": body, "request_id": "req_9"}
    server.fault("status", status=status, body=json.dumps(envelope), headers={"request-id": "req_9"})

    with pytest.raises(ProviderError, match=said) as caught:
        ask(server)

    assert (type(caught.value), caught.value.status, caught.value.request_id) == (kind, status, "req_9")


def test_a_wrong_key_and_an_unknown_model_are_told_apart(server: MessagesSimulator) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        ask(server, key="sk-ant-canary-wrong")
    assert "canary" not in str(caught.value)

    with pytest.raises(NotFound, match="claude-9"):
        ask(server, model="claude-9")


def test_a_key_with_a_line_break_is_refused_before_it_is_tried(server: MessagesSimulator) -> None:
    with pytest.raises(AuthenticationFailed):
        ask(server, key="sk-ant-canary\nx")

    assert server.seen() == []


def test_endings_are_told_apart(server: MessagesSimulator) -> None:
    server.script(CUT_AT_LIMIT, REFUSAL)

    assert ending(ask(server)).finish is Finish.OUTPUT_LIMIT
    assert ending(ask(server)).finish is Finish.REFUSED


def stream_of(*events: dict[str, Any]) -> str:
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def test_a_full_context_window_is_a_limit_and_unknown_events_are_passed_over(server: MessagesSimulator) -> None:
    text = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "{}"}}
    full = {"type": "message_delta", "delta": {"stop_reason": "model_context_window_exceeded"}}
    server.fault("malformed", body=stream_of({"type": "news"}, text, full))

    assert ending(ask(server)).finish is Finish.OUTPUT_LIMIT


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "malformed"}, MalformedAnswer),
        ({"kind": "malformed", "body": " "}, EmptyAnswer),
        ({"kind": "malformed", "body": 'event: x\ndata: {"a": 1}\n\n'}, MalformedAnswer),
        ({"kind": "malformed", "body": "data: nonsense\n\n"}, MalformedAnswer),
        ({"kind": "malformed", "body": '{"type": "message", "content": []}'}, MalformedAnswer),
        ({"kind": "drop", "after": 5}, ConnectionFailed),
        ({"kind": "truncate", "after": 5}, ConnectionFailed),
    ],
    ids=str,
)
def test_every_kind_of_trouble_has_its_error(
    server: MessagesSimulator, fault: dict[str, Any], kind: type[ProviderError]
) -> None:
    server.fault(**fault)

    with pytest.raises(ProviderError) as caught:
        ask(server)

    assert type(caught.value) is kind


def test_nothing_said_and_an_error_inside_are_errors(server: MessagesSimulator) -> None:
    server.script(EMPTY, BROKEN_OFF)

    with pytest.raises(EmptyAnswer):
        ask(server)
    with pytest.raises(Overloaded, match="upstream"):
        ask(server)


def test_a_line_that_breaks_after_the_end_costs_nothing(server: MessagesSimulator) -> None:
    text = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "{}"}}
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
    server.fault("malformed", body=stream_of(text, end))

    assert ending(ask(server)).finish is Finish.COMPLETE


def test_their_list_is_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.llm.anthropic._PAGE", 2)
    models = [
        SimulatedClaude("claude-a", frozenset({"adaptive"})),
        SimulatedClaude(
            "claude-b", max_output=64_000, listing={"lifecycle": "deprecated", "retires_at": "2026-11-30T00:00:00Z"}
        ),
        SimulatedClaude("claude-gone", listing={"lifecycle": "retired"}),
        SimulatedClaude("claude-c", listing={"capabilities": None, "max_input_tokens": None}),
    ]
    with MessagesSimulator(models, keys=[KEY]) as server, open_client("Anthropic", LIMITS) as client:
        offered = adapter.list_models(client, Endpoint(server.url, "Anthropic", KEY))

    assert offered == [
        OfferedModel("claude-a", "Claude A", 1_000_000, 128_000, Structure.JSON_SCHEMA),
        OfferedModel(
            "claude-b",
            "Claude B",
            1_000_000,
            64_000,
            Structure.JSON_SCHEMA,
            retires_on=date(2026, 11, 30),
            can_think=True,
        ),
        OfferedModel("claude-c", "Claude C", None, 128_000),
    ]
    assert [request.parameter("after_id") for request in server.seen()] == ["", "claude-b"]
