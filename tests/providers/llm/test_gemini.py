"""Google Gemini over real HTTP, against a server as strict as theirs."""

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
    MalformedAnswer,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProviderError,
    QuotaExhausted,
    RateLimited,
)
from providers.http import Limits, open_client
from providers.llm.gemini import adapter
from providers.simulators.generate_content import GenerateContentSimulator, SimulatedGemini
from providers.simulators.scripted import BROKEN_OFF, CUT_AT_LIMIT, DEFAULT_ANSWER, EMPTY, REFUSAL, Answer

KEY = "AIzaCanary0011223344"
LIMITS = Limits(*[timedelta(seconds=5)] * 4)
OFF, AUTO, ON = (Thinking(mode) for mode in (ThinkingMode.OFF, ThinkingMode.AUTO, ThinkingMode.ON))
FOUR = frozenset({"minimal", "low", "medium", "high"})
MODELS = [
    SimulatedGemini("gemini-3.1-flash-lite", FOUR),
    SimulatedGemini("gemini-3.5-flash-lite", FOUR),
    SimulatedGemini("gemini-3.8-flash"),
    SimulatedGemini("gemini-4-argon"),
    SimulatedGemini("gemini-unlisted"),
]
SCHEMA = Schema("answer", {"type": "object", "properties": {"a": {"type": "string", "maxLength": 5}}})
REQUEST = CompletionRequest("gemini-unlisted", "You answer in JSON.", "Recommend exactly 1.", Structure.TEXT)


@pytest.fixture
def server() -> Iterator[GenerateContentSimulator]:
    with GenerateContentSimulator(MODELS, keys=[KEY]) as simulator:
        yield simulator


def ask(server: GenerateContentSimulator, *, key: str = KEY, **changes: Any) -> list[Event]:
    endpoint = Endpoint(f"{server.url}/v1beta/", "Google Gemini", key)
    with open_client("Google Gemini", LIMITS) as client:
        return list(adapter.stream(client, endpoint, replace(REQUEST, **changes)))


def ending(events: list[Event]) -> Ending:
    last = events[-1]
    assert isinstance(last, Ending)
    return last


def test_an_answer_is_streamed_and_its_tokens_counted(server: GenerateContentSimulator) -> None:
    server.script(Answer(thoughts="let me think about it, slowly"))

    events = ask(server)

    assert "".join(event.text for event in events if isinstance(event, Delta)) == DEFAULT_ANSWER
    assert Beat() in events
    end = ending(events)
    assert (end.finish, end.model, end.request_id) == (Finish.COMPLETE, "gemini-unlisted", "resp-1")
    assert (end.usage.input_tokens, end.usage.cached_input_tokens) == (9, 4)
    assert (end.usage.output_tokens, end.usage.reasoning_tokens) == (len(DEFAULT_ANSWER) // 4 + 7, 7)


def test_what_is_sent_is_what_they_document(server: GenerateContentSimulator) -> None:
    ask(server, structure=Structure.JSON_SCHEMA, schema=SCHEMA, max_output_tokens=300, temperature=0.5, thinking=ON)

    (request,) = server.seen()
    assert request.path == "/v1beta/models/gemini-unlisted:streamGenerateContent"
    assert request.query == {"alt": ["sse"]}
    assert request.headers["x-goog-api-key"] == KEY
    assert request.json() == {
        "systemInstruction": {"parts": [{"text": "You answer in JSON."}]},
        "contents": [{"role": "user", "parts": [{"text": "Recommend exactly 1."}]}],
        "generationConfig": {
            "responseMimeType": "application/json",
            "responseJsonSchema": SCHEMA.body,
            "maxOutputTokens": 300,
            "temperature": 0.5,
            "thinkingConfig": {"thinkingLevel": "medium"},
        },
    }


def test_nothing_is_sent_that_was_not_asked_for(server: GenerateContentSimulator) -> None:
    ask(server, system="")

    assert server.seen()[0].json().keys() == {"contents"}


def test_json_without_a_schema_is_json_mode(server: GenerateContentSimulator) -> None:
    ask(server, structure=Structure.JSON_OBJECT)

    assert server.seen()[0].json()["generationConfig"] == {"responseMimeType": "application/json"}


def test_a_model_is_named_with_or_without_its_collection_and_cannot_leave_it(
    server: GenerateContentSimulator,
) -> None:
    ask(server, model="models/gemini-unlisted")
    with pytest.raises(NotFound):
        ask(server, model="../files")

    assert [request.path for request in server.seen()] == [
        "/v1beta/models/gemini-unlisted:streamGenerateContent",
        "/v1beta/models/..%2Ffiles:streamGenerateContent",
    ]


@pytest.mark.parametrize("mode", [OFF, AUTO, ON, Thinking(ThinkingMode.ON, 500), Thinking(ThinkingMode.ON, 50_000)])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_no_way_of_thinking_is_refused_by_any_model(
    server: GenerateContentSimulator, model: SimulatedGemini, mode: Thinking
) -> None:
    assert ending(ask(server, model=model.id, thinking=mode)).finish is Finish.COMPLETE


@pytest.mark.parametrize(
    ("model", "thinking", "level"),
    [
        ("gemini-3.8-flash", OFF, "low"),
        ("gemini-3.5-flash-lite", OFF, "minimal"),
        ("gemini-3.8-flash", Thinking(ThinkingMode.ON, 2048), "low"),
        ("gemini-3.8-flash", Thinking(ThinkingMode.ON, 8193), "high"),
    ],
)
def test_thinking_is_put_into_levels(
    server: GenerateContentSimulator, model: str, thinking: Thinking, level: str
) -> None:
    ask(server, model=model, thinking=thinking)

    assert server.seen()[0].json()["generationConfig"] == {"thinkingConfig": {"thinkingLevel": level}}


def error(code: int, message: str, *details: dict[str, Any]) -> str:
    return json.dumps({"error": {"code": code, "message": message, "status": "X", "details": list(details)}})


def retry_info(delay: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def quota_failure(quota: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]}


EXCEEDED = "You exceeded your current quota, please check your plan and billing details."


@pytest.mark.parametrize(
    ("status", "body", "kind", "wait"),
    [
        (429, error(429, EXCEEDED, retry_info("46s")), RateLimited, 46),
        (429, error(429, f"{EXCEEDED} Please retry in 46.5s."), RateLimited, 46.5),
        (
            429,
            error(429, EXCEEDED, quota_failure("GenerateRequestsPerMinutePerProjectPerModel"), retry_info("9s")),
            RateLimited,
            9,
        ),
        (
            429,
            error(429, EXCEEDED, quota_failure("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), retry_info("9s")),
            QuotaExhausted,
            9,
        ),
        (
            429,
            error(429, f"{EXCEEDED}\n* Quota exceeded for metric: requests, limit: 0, model: x\nPlease retry in 22s."),
            QuotaExhausted,
            22,
        ),
        (429, error(429, EXCEEDED), QuotaExhausted, None),
        (429, error(429, "Resource has been exhausted"), RateLimited, None),
        (503, error(503, "The model is overloaded."), Overloaded, None),
        (500, error(500, "An internal error has occurred."), Overloaded, None),
        (403, error(403, "The caller does not have permission"), PermissionDenied, None),
    ],
    ids=str,
)
def test_every_refusal_is_the_error_it_means(
    server: GenerateContentSimulator, status: int, body: str, kind: type[ProviderError], wait: float | None
) -> None:
    server.fault("status", status=status, body=body)

    with pytest.raises(ProviderError) as caught:
        ask(server)

    assert type(caught.value) is kind
    assert caught.value.retry_after == (None if wait is None else timedelta(seconds=wait))


def test_where_to_switch_the_service_on_is_passed_on(server: GenerateContentSimulator) -> None:
    link = "https://console.developers.google.com/apis/api/generativelanguage.googleapis.com/overview?project=1"
    details = {"reason": "SERVICE_DISABLED", "metadata": {"activationUrl": link, "consumer": "projects/1"}}
    server.fault("status", status=403, body=error(403, "It is disabled.", details))

    with pytest.raises(PermissionDenied) as caught:
        ask(server)

    assert link in str(caught.value)


def test_a_wrong_key_no_key_and_an_unknown_model_are_told_apart(server: GenerateContentSimulator) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        ask(server, key="AIzaCanaryWrong")
    assert "Canary" not in str(caught.value)

    with pytest.raises(PermissionDenied, match="unregistered"):
        ask(server, key="")
    with pytest.raises(NotFound, match="gemini-9"):
        ask(server, model="gemini-9")


def test_endings_are_told_apart(server: GenerateContentSimulator) -> None:
    server.script(CUT_AT_LIMIT, REFUSAL)

    assert ending(ask(server)).finish is Finish.OUTPUT_LIMIT
    assert ending(ask(server)).finish is Finish.REFUSED


def stream_of(*chunks: dict[str, Any]) -> str:
    return "".join(f"data: {json.dumps(chunk)}\r\n\r\n" for chunk in chunks)


def chunk(text: str = "", finish: str = "") -> dict[str, Any]:
    candidate = {"content": {"parts": [{"text": text}]}, **({"finishReason": finish} if finish else {})}
    return {"candidates": [candidate]}


@pytest.mark.parametrize("reason", ["RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII"])
def test_every_reason_to_stop_short_is_a_refusal(server: GenerateContentSimulator, reason: str) -> None:
    server.fault("malformed", body=stream_of(chunk("{"), chunk("", reason)))

    assert ending(ask(server)).finish is Finish.REFUSED


def test_a_blocked_question_is_a_refusal(server: GenerateContentSimulator) -> None:
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 7}}
    server.fault("malformed", body=stream_of(blocked))

    end = ending(ask(server))
    assert (end.finish, end.usage.input_tokens, end.usage.output_tokens) == (Finish.REFUSED, 7, None)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "malformed"}, MalformedAnswer),
        ({"kind": "malformed", "body": " "}, EmptyAnswer),
        ({"kind": "malformed", "body": 'data: {"a": 1}\n\n'}, MalformedAnswer),
        ({"kind": "malformed", "body": stream_of(chunk("", "OTHER"))}, EmptyAnswer),
        ({"kind": "malformed", "body": stream_of(chunk("{"))}, ConnectionFailed),
        ({"kind": "malformed", "body": 'data: {"candidates": ['}, ConnectionFailed),
        ({"kind": "drop", "after": 3}, ConnectionFailed),
        ({"kind": "truncate", "after": 3}, ConnectionFailed),
    ],
    ids=str,
)
def test_every_kind_of_trouble_has_its_error(
    server: GenerateContentSimulator, fault: dict[str, Any], kind: type[ProviderError]
) -> None:
    server.fault(**fault)

    with pytest.raises(ProviderError) as caught:
        ask(server)

    assert type(caught.value) is kind


def test_nothing_said_and_an_error_inside_are_errors(server: GenerateContentSimulator) -> None:
    server.script(EMPTY, BROKEN_OFF)

    with pytest.raises(EmptyAnswer):
        ask(server)
    with pytest.raises(Overloaded, match="upstream"):
        ask(server)


def test_their_list_is_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.llm.gemini._PAGE", 2)
    models = [
        SimulatedGemini("gemini-a"),
        SimulatedGemini("embedding", methods=("embedContent",)),
        SimulatedGemini("gemini-b", frozenset()),
    ]
    with GenerateContentSimulator(models, keys=[KEY]) as server, open_client("Google", LIMITS) as client:
        offered = adapter.list_models(client, Endpoint(f"{server.url}/v1beta", "Google", KEY))

        assert offered == [
            OfferedModel("gemini-a", "Gemini A", 1_048_576, 65_536, can_think=True),
            OfferedModel("gemini-b", "Gemini B", 1_048_576, 65_536),
        ]
        assert len(server.seen()) == 2
        assert KEY not in str([request.query for request in server.seen()])
