"""What vendors say when they say no."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from providers.contracts import Endpoint
from providers.errors import (
    AuthenticationFailed,
    ContentRefused,
    InvalidRequest,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    TimedOut,
)
from providers.wire.failures import failure, failure_inside, retry_after

ENDPOINT = Endpoint("https://api.example/v1", "Acme", "canary-55aa")


def judged(status: int, body: Any, **headers: str) -> ProviderError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return failure(ENDPOINT, status, raw, httpx.Headers(headers))


def error(message: str, code: Any = None, type: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": type, "param": None, "code": code}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error("Unrecognized request argument supplied: foo"), InvalidRequest),
        (400, error("This model's maximum context length is 8192 tokens", "context_length_exceeded"), InvalidRequest),
        (400, error("invalid model ID", "model_not_found"), NotFound),
        (
            400,
            error("The model `llama2` has been decommissioned and is no longer supported", "model_decommissioned"),
            NotFound,
        ),
        (400, error("anthropic/claude-9 is not a valid model ID"), NotFound),
        (400, error("API key not valid. Please pass a valid API key."), AuthenticationFailed),
        (400, error("Your credit balance is too low to access the API."), QuotaExhausted),
        (400, error("The response was filtered due to the prompt", "content_filter"), ContentRefused),
        (401, error("Incorrect API key provided", "invalid_api_key"), AuthenticationFailed),
        (402, error("Insufficient Balance"), QuotaExhausted),
        (403, error("Country not supported", "unsupported_country"), PermissionDenied),
        (403, error("Your input was flagged"), ContentRefused),
        (403, error("Key limit exceeded (total limit)"), QuotaExhausted),
        (404, error("The model `gpt-9` does not exist", "model_not_found"), NotFound),
        (404, {"error": "model 'qwen9' not found"}, NotFound),
        (404, b"404 page not found", NotFound),
        (408, error("Your request timed out", 408), TimedOut),
        (409, error("conflict"), InvalidRequest),
        (410, error("gone"), NotFound),
        (413, error("Request too large for model on tokens per minute (TPM)", "rate_limit_exceeded"), InvalidRequest),
        (422, {"detail": [{"loc": ["body"], "msg": "field required", "input": "the whole prompt"}]}, InvalidRequest),
        (429, error("Rate limit reached. Please try again in 5.289s.", "rate_limit_exceeded"), RateLimited),
        (
            429,
            error("Rate limit reached. Need more tokens? Upgrade at https://x.example/settings/billing"),
            RateLimited,
        ),
        (
            429,
            error("You exceeded your current quota, please check your plan and billing details.", "insufficient_quota"),
            QuotaExhausted,
        ),
        (
            429,
            [{"error": {"code": 429, "message": "You exceeded your current quota. Please retry in 46.2s."}}],
            RateLimited,
        ),
        (429, error("Your prepaid balance is empty.", "credit_balance_exhausted"), QuotaExhausted),
        (429, error("The organization reached it.", "organization_usage_limit_exceeded"), QuotaExhausted),
        (
            429,
            {"error": {"type": "rate_limit_error", "message": "x", "details": {"error_code": "ramp_limit_exceeded"}}},
            RateLimited,
        ),
        (500, error("The server had an error"), Overloaded),
        (502, b"<html><head><title>502 Bad Gateway</title></head></html>", Overloaded),
        (503, {"error": "server busy, please try again. maximum pending requests exceeded"}, Overloaded),
        (504, b"", Overloaded),
        (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, Overloaded),
    ],
)
def test_each_refusal_is_the_error_it_means(status: int, body: Any, kind: type[ProviderError]) -> None:
    caught = judged(status, body)

    assert type(caught) is kind
    assert caught.status == status


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (error("Slow down"), "Slow down"),
        ({"error": "model 'x' not found"}, "model 'x' not found"),
        ({"message": "Unauthorized"}, "Unauthorized"),
        ({"detail": "Not Found"}, "Not Found"),
        (
            {"error": {"code": 502, "message": "Provider returned error", "metadata": {"raw": "upstream is down"}}},
            "Provider returned error: upstream is down",
        ),
        ({"detail": [{"loc": ["body"], "msg": "field required", "input": "the whole prompt"}]}, "field required"),
        (b"<!doctype html><html><title> Sign\n in </title>", "a web page: Sign in"),
        (b"<html><body>nope", "a web page"),
        (b"no healthy upstream", "no healthy upstream"),
    ],
)
def test_the_vendors_own_words_are_kept(body: Any, said: str) -> None:
    assert judged(500, body).said == said


def test_the_key_is_taken_out_of_the_vendors_words_before_they_are_cut_short() -> None:
    caught = judged(401, error("x" * 495 + " canary-55aa is wrong"))

    assert "canary" not in caught.said
    assert "cana" not in caught.said


def test_the_vendors_id_of_the_call_is_kept() -> None:
    assert judged(500, error("x"), **{"X-Request-Id": "req_1"}).request_id == "req_1"


@pytest.mark.parametrize(
    ("inside", "kind"),
    [
        ({"code": 429, "message": "Rate limited"}, RateLimited),
        ({"code": 502, "message": "Provider returned error"}, Overloaded),
        ({"code": 402, "message": "out of money"}, QuotaExhausted),
        ({"type": "invalid_request_error", "message": "no"}, InvalidRequest),
        ({"type": "server_error", "message": "no"}, Overloaded),
        ({"type": "billing_error", "message": "no"}, QuotaExhausted),
        ({"type": "overloaded_error", "message": "no"}, Overloaded),
        ({"code": 503, "status": "UNAVAILABLE", "message": "no"}, Overloaded),
        ({"code": "rate_limit_exceeded", "message": "no"}, RateLimited),
        ({"code": "insufficient_quota", "message": "no"}, QuotaExhausted),
        ("something broke", Overloaded),
    ],
)
def test_an_error_inside_a_success_is_judged_by_its_code(inside: Any, kind: type[ProviderError]) -> None:
    assert type(failure_inside(ENDPOINT, inside, {})) is kind


@pytest.mark.parametrize(
    ("headers", "words", "seconds"),
    [
        ({"retry-after": "7"}, "", 7),
        ({"retry-after": "0.5"}, "", 0.5),
        ({"retry-after": "7", "retry-after-ms": "1500"}, "", 1.5),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT", "date": "Sat, 21 Nov 2026 12:00:00 GMT"}, "", 30),
        ({"retry-after": "Sat, 21 Nov 2026 11:59:00 GMT", "date": "Sat, 21 Nov 2026 12:00:00 GMT"}, "", 0),
        ({"retry-after": "Sat, 21 Nov 2026 12:10:00 GMT"}, "", 600),
        ({}, "Please try again in 5.289s. Visit", 5.289),
        ({}, "Please try again in 1m30.5s.", 90.5),
        ({}, "Please try again in 20ms.", 0.02),
        ({}, "Please retry in 10h17m3s.", 36000 + 17 * 60 + 3),
        ({}, "retry after 30 seconds", 30),
        ({"retry-after": "inf"}, "", None),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "99999999999"}, "", 7 * 86400),
        ({}, "try again in a while", None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], words: str, seconds: float | None) -> None:
    wait = retry_after(headers, words, now=datetime(2026, 11, 21, 12, tzinfo=UTC))

    assert wait == (None if seconds is None else timedelta(seconds=seconds))
