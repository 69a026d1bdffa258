"""Every OpenAI-compatible vendor, over real HTTP, against every promise of the contract."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from providers.contracts import Beat, CompletionRequest, Delta, Ending, Endpoint, Event, Finish, Schema, Structure
from providers.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    EmptyAnswer,
    InvalidRequest,
    MalformedAnswer,
    NotFound,
    Overloaded,
    PermissionDenied,
    Phase,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Redirected,
    TimedOut,
)
from providers.http import Limits, open_client
from providers.registry import language_adapters
from providers.simulators.openai_chat import SimulatedModel, VendorSimulator
from providers.simulators.scripted import BROKEN_OFF, CUT_AT_LIMIT, DEFAULT_ANSWER, EMPTY, REFUSAL, Answer
from providers.wire.openai_chat import OpenAIChat

KEY = "sk-canary-0011223344"
MODEL = "the-chosen/model:7b"
VENDORS = [adapter for adapter in language_adapters().values() if isinstance(adapter, OpenAIChat)]
LIMITS = Limits(*[timedelta(seconds=5)] * 4)
SCHEMA = Schema(
    "answer",
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False},
)
every_vendor = pytest.mark.parametrize("adapter", VENDORS, ids=lambda adapter: adapter.slug)


@pytest.fixture(scope="module")
def vendor() -> Iterator[VendorSimulator]:
    with VendorSimulator([SimulatedModel(MODEL), SimulatedModel("another")], keys=[KEY]) as server:
        yield server


@pytest.fixture
def server(vendor: VendorSimulator) -> VendorSimulator:
    vendor.requests.clear()
    vendor.faults.clear()
    return vendor


def ask(
    adapter: OpenAIChat,
    server: VendorSimulator,
    *,
    key: str = KEY,
    model: str = MODEL,
    structure: Structure = Structure.TEXT,
    limits: Limits = LIMITS,
    **more: Any,
) -> list[Event]:
    endpoint = Endpoint(f"{server.url}/v1/", adapter.label, key)
    request = CompletionRequest(model, "You answer in JSON.", "Recommend exactly 1.", structure, **more)
    with open_client(adapter.label, limits) as client:
        return list(adapter.stream(client, endpoint, request))


def ending(events: list[Event]) -> Ending:
    last = events[-1]
    assert isinstance(last, Ending)
    return last


@every_vendor
def test_an_answer_is_streamed_and_its_tokens_counted(adapter: OpenAIChat, server: VendorSimulator) -> None:
    server.script(Answer(thoughts="let me think about it"))

    events = ask(adapter, server)

    pieces = [event.text for event in events if isinstance(event, Delta)]
    assert "".join(pieces) == DEFAULT_ANSWER
    assert len(pieces) > 5
    assert Beat() in events
    end = ending(events)
    assert end.finish is Finish.COMPLETE
    assert end.request_id == "req-1"
    if adapter.asks_for_usage:
        assert (end.usage.input_tokens, end.usage.cached_input_tokens) == (9, 4)
        assert (end.usage.output_tokens, end.usage.reasoning_tokens) == (len(DEFAULT_ANSWER) // 4, 5)


@every_vendor
def test_the_model_chosen_is_the_model_called(adapter: OpenAIChat, server: VendorSimulator) -> None:
    end = ending(ask(adapter, server))

    (sent,) = server.seen("/v1/chat/completions")
    assert sent.json()["model"] == MODEL
    assert end.model == MODEL


@pytest.mark.parametrize(
    "spec",
    [(adapter, spec.id) for adapter in VENDORS for spec in adapter.models],
    ids=lambda pair: f"{pair[0].slug}-{pair[1]}",
)
def test_every_listed_model_is_called_by_its_own_id(
    spec: tuple[OpenAIChat, str], server: VendorSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter, model = spec
    monkeypatch.setitem(server.models, model, SimulatedModel(model))

    ask(adapter, server, model=model)

    assert [request.json()["model"] for request in server.seen()] == [model]


@every_vendor
def test_the_key_travels_in_its_header_and_nowhere_else(adapter: OpenAIChat, server: VendorSimulator) -> None:
    ask(adapter, server)

    (sent,) = server.seen()
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in sent.path + str(sent.query) + sent.body.decode()


@every_vendor
def test_no_key_means_no_authorization_header(
    adapter: OpenAIChat, server: VendorSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "keys", frozenset())

    ask(adapter, server, key="")

    assert "authorization" not in server.seen()[0].headers


@every_vendor
def test_temperature_and_output_limit_are_sent_only_when_given(adapter: OpenAIChat, server: VendorSimulator) -> None:
    ask(adapter, server)
    ask(adapter, server, temperature=0.0, max_output_tokens=300)

    plain, tuned = (request.json() for request in server.seen())
    assert not {"temperature", "max_tokens", "max_completion_tokens"} & plain.keys()
    assert tuned["temperature"] == 0.0
    assert [tuned.get("max_tokens"), tuned.get("max_completion_tokens")].count(300) == 1


JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA.body}}
JSON_OBJECT = {"type": "json_object"}
USAGE = {"include_usage": True}


# What each vendor's own documentation asks for, beside model and messages, when a schema is wished.
@pytest.mark.parametrize(
    ("slug", "body"),
    [
        (
            "openai",
            {"stream": True, "stream_options": USAGE, "response_format": JSON_SCHEMA, "max_completion_tokens": 300},
        ),
        ("groq", {"stream": False, "response_format": JSON_SCHEMA, "max_completion_tokens": 300}),
        ("deepseek", {"stream": True, "stream_options": USAGE, "response_format": JSON_OBJECT, "max_tokens": 300}),
        ("openrouter", {"stream": True, "response_format": JSON_SCHEMA, "max_tokens": 300}),
        ("perplexity", {"stream": True, "response_format": JSON_SCHEMA, "max_tokens": 300}),
        ("lm_studio", {"stream": True, "stream_options": USAGE, "response_format": JSON_SCHEMA, "max_tokens": 300}),
        (
            "openai_compatible",
            {"stream": True, "stream_options": USAGE, "response_format": JSON_SCHEMA, "max_tokens": 300},
        ),
    ],
)
def test_the_request_is_what_this_vendor_takes(slug: str, body: dict[str, Any], server: VendorSimulator) -> None:
    adapter = language_adapters()[slug]
    assert isinstance(adapter, OpenAIChat)

    events = ask(adapter, server, structure=Structure.JSON_SCHEMA, schema=SCHEMA, max_output_tokens=300)

    assert server.seen()[0].json() == {
        "model": MODEL,
        "messages": [
            {"role": "system", "content": "You answer in JSON."},
            {"role": "user", "content": "Recommend exactly 1."},
        ],
        **body,
    }
    assert "".join(event.text for event in events if isinstance(event, Delta)) == DEFAULT_ANSWER


def test_a_vendor_that_knows_no_json_mode_is_asked_for_plain_text(server: VendorSimulator) -> None:
    adapter = language_adapters()["lm_studio"]
    assert isinstance(adapter, OpenAIChat)

    ask(adapter, server, structure=Structure.JSON_OBJECT)

    assert "response_format" not in server.seen()[0].json()


@every_vendor
def test_a_broken_character_in_the_prompt_does_not_stop_the_request(
    adapter: OpenAIChat, server: VendorSimulator
) -> None:
    endpoint = Endpoint(f"{server.url}/v1", adapter.label, KEY)
    with open_client(adapter.label, LIMITS) as client:
        list(adapter.stream(client, endpoint, CompletionRequest(MODEL, "", "Sigur R\udcf3s", Structure.TEXT)))

    assert server.seen()[0].json()["messages"] == [{"role": "user", "content": "Sigur R?s"}]


@every_vendor
def test_an_unlisted_model_is_asked_for_a_form_the_vendor_has(adapter: OpenAIChat) -> None:
    assert adapter.structure in adapter.structures


@every_vendor
def test_a_rejected_key_is_named_and_never_quoted(adapter: OpenAIChat, server: VendorSimulator) -> None:
    with pytest.raises(AuthenticationFailed, match=adapter.label) as caught:
        ask(adapter, server, key="sk-canary-wrong-key-99")

    assert "canary" not in str(caught.value)
    assert caught.value.status == 401


@every_vendor
@pytest.mark.parametrize("key", ["sk-canary\nx", "sk-canary-ключ"])
def test_a_key_that_cannot_be_sent_is_refused_before_it_is_tried(
    adapter: OpenAIChat, server: VendorSimulator, key: str
) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        ask(adapter, server, key=key)

    assert "canary" not in str(caught.value)
    assert server.seen() == []


@every_vendor
def test_an_unknown_model_is_not_found(adapter: OpenAIChat, server: VendorSimulator) -> None:
    with pytest.raises(NotFound, match="gpt-retired"):
        ask(adapter, server, model="gpt-retired")


@every_vendor
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (402, QuotaExhausted),
        (403, PermissionDenied),
        (404, NotFound),
        (409, InvalidRequest),
        (413, InvalidRequest),
        (422, InvalidRequest),
        (429, RateLimited),
        (500, Overloaded),
        (502, Overloaded),
        (503, Overloaded),
        (529, Overloaded),
    ],
)
def test_every_status_has_its_error(
    adapter: OpenAIChat, server: VendorSimulator, status: int, kind: type[ProviderError]
) -> None:
    server.fault("status", status=status, body='{"error": {"message": "no, thank you"}}')

    with pytest.raises(ProviderError, match="no, thank you") as caught:
        ask(adapter, server)

    assert type(caught.value) is kind
    assert caught.value.status == status


@every_vendor
@pytest.mark.parametrize(("headers", "wait"), [({"Retry-After": "17"}, timedelta(seconds=17)), ({}, None)])
def test_a_rate_limit_says_when_to_come_back(
    adapter: OpenAIChat, server: VendorSimulator, headers: dict[str, str], wait: timedelta | None
) -> None:
    server.fault("status", status=429, body="{}", headers=headers)

    with pytest.raises(RateLimited) as caught:
        ask(adapter, server)

    assert caught.value.retry_after == wait


@every_vendor
def test_a_spent_allowance_is_not_a_rate_limit(adapter: OpenAIChat, server: VendorSimulator) -> None:
    body = {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}
    server.fault("status", status=429, body=json.dumps(body))

    with pytest.raises(QuotaExhausted):
        ask(adapter, server)


@every_vendor
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "malformed"}, MalformedAnswer),
        ({"kind": "malformed", "body": 'data: {"choices": nonsense}\n\n'}, MalformedAnswer),
        ({"kind": "malformed", "body": " "}, EmptyAnswer),
        ({"kind": "redirect", "body": "https://login.example/?next=1"}, Redirected),
        ({"kind": "drop", "after": 0}, ConnectionFailed),
        ({"kind": "drop", "after": 4}, ConnectionFailed),
        ({"kind": "truncate", "after": 4}, ConnectionFailed),
        ({"kind": "status", "status": 503, "body": "<html><title>Down</title></html>"}, Overloaded),
        ({"kind": "status", "status": 401, "body": "<html><title>Sign in</title></html>"}, AuthenticationFailed),
    ],
    ids=str,
)
def test_every_kind_of_trouble_has_its_error(
    adapter: OpenAIChat, server: VendorSimulator, fault: dict[str, Any], kind: type[ProviderError]
) -> None:
    server.fault(**fault)

    with pytest.raises(ProviderError) as caught:
        ask(adapter, server)

    assert type(caught.value) is kind


@every_vendor
def test_a_silence_within_the_stream_is_an_idle_time_out(adapter: OpenAIChat, server: VendorSimulator) -> None:
    server.fault("stall", after=4, seconds=3)

    with pytest.raises(TimedOut) as caught:
        ask(adapter, server, limits=Limits(idle=timedelta(milliseconds=60)))

    assert caught.value.phase is Phase.IDLE


@every_vendor
def test_nothing_at_all_is_a_first_token_time_out(adapter: OpenAIChat, server: VendorSimulator) -> None:
    server.fault("stall", seconds=3)

    with pytest.raises(TimedOut) as caught:
        ask(adapter, server, limits=Limits(first_token=timedelta(milliseconds=60)))

    assert caught.value.phase is Phase.FIRST_TOKEN


@every_vendor
def test_an_empty_answer_is_an_error(adapter: OpenAIChat, server: VendorSimulator) -> None:
    server.script(EMPTY)

    with pytest.raises(EmptyAnswer):
        ask(adapter, server)


@every_vendor
def test_an_answer_cut_at_the_limit_ends_with_what_came(adapter: OpenAIChat, server: VendorSimulator) -> None:
    server.script(CUT_AT_LIMIT)

    events = ask(adapter, server)

    assert "".join(event.text for event in events if isinstance(event, Delta)) == CUT_AT_LIMIT.text
    assert ending(events).finish is Finish.OUTPUT_LIMIT


@every_vendor
def test_a_refusal_is_told_as_such(adapter: OpenAIChat, server: VendorSimulator) -> None:
    server.script(REFUSAL)

    assert ending(ask(adapter, server)).finish is Finish.REFUSED


@every_vendor
def test_an_error_in_the_middle_of_a_stream_is_raised(adapter: OpenAIChat, server: VendorSimulator) -> None:
    server.script(BROKEN_OFF)

    with pytest.raises(Overloaded, match="upstream"):
        ask(adapter, server)


@every_vendor
def test_a_closed_port_is_a_failed_connection(adapter: OpenAIChat) -> None:
    endpoint = Endpoint("http://127.0.0.1:1/v1", adapter.label)
    with open_client(adapter.label, LIMITS) as client, pytest.raises(ConnectionFailed):
        list(adapter.stream(client, endpoint, CompletionRequest(MODEL, "", "hi", Structure.TEXT)))
