"""Reads what a vendor says when it says no: which error of ours it is, in whose words, and when to come back."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

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
from providers.http import redact

_LONGEST_WAIT = timedelta(days=7)

_QUOTA = re.compile(
    r"insufficient[ _](?:quota|credit|balance|funds)|exceeded your current quota|credit[ _]balance"
    r"|billing[ _]hard[ _]limit|out of credits|more credits|payment required|spend(?:ing)?[ _]limit|usage[ _]limit"
    r"|key limit exceeded",
    re.IGNORECASE,
)
# Waiting the seconds that Google names does not help: a limit of nothing is a plan without this model, and a day's
# allowance comes back at midnight in California.
_SPENT_AT_GOOGLE = re.compile(r"\blimit: 0(?![\d.])|\w*PerDay\w*")
_NO_SUCH_MODEL = re.compile(
    r"model_not_found|model_decommissioned|(?:no such|unknown|invalid) model|not a valid model"
    r"|model\b.{0,120}\b(?:not found|does not exist|not exist|decommissioned|no longer available)",
    re.IGNORECASE | re.DOTALL,
)
_BAD_KEY = re.compile(r"invalid_api_key|(?:incorrect|invalid) api key|api key not valid", re.IGNORECASE)
_REFUSED = re.compile(r"content_filter|content_policy|content management policy|flagged|moderation", re.IGNORECASE)

# Errors that arrive inside a 200 name a type instead of a status.
_STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "insufficient_quota": 429,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "tokens": 429,
    "requests": 429,
    "billing_error": 402,
    "request_too_large": 413,
    "overloaded_error": 529,
}
_WAIT = re.compile(r"(?:try again|retry)\s+(?:in|after)\s+((?:\d+(?:\.\d+)?\s*(?:ms|h|m|s)[a-z]*\s*)+)", re.IGNORECASE)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|h|m|s)", re.IGNORECASE)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Complaint:
    """A vendor's words about what went wrong, its codes for it in one string, and the wait it names beside them."""

    words: str
    codes: str = ""
    status: int | None = None
    delay: str = ""

    @property
    def evidence(self) -> str:
        return f"{self.codes} {self.words}" + (f" Retry in {self.delay}." if self.delay else "")


def request_id(headers: Mapping[str, str]) -> str:
    """The vendor's own id of the call, for its support; empty when it gives none."""
    return headers.get("x-request-id") or headers.get("request-id") or ""


def failure(endpoint: Endpoint, status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
    """Our error for an HTTP answer outside 2xx. `headers` must look names up without regard to case."""
    return _judge(endpoint, status, read_complaint(body), headers)


def failure_inside(endpoint: Endpoint, error: Any, headers: Mapping[str, str]) -> ProviderError:
    """Our error for an error object inside a successful answer, as gateways send once the stream has begun."""
    complaint = _from_error(error)
    known = next((_STATUS_OF_TYPE[code] for code in complaint.codes.split() if code in _STATUS_OF_TYPE), None)
    return _judge(endpoint, complaint.status or known or 500, complaint, headers)


def read_complaint(body: bytes) -> Complaint:
    """The words in an error body: as OpenAI, Ollama, FastAPI or Gemini shape it, a web page's title, or plain text."""
    text = body.decode("utf-8", "replace").strip()
    try:
        parsed = json.loads(text)
    except ValueError:
        title = _TITLE.search(text)
        if title:
            return Complaint(f"a web page: {' '.join(title[1].split())}")
        return Complaint("a web page" if text.startswith("<") else text)
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]
    if not isinstance(parsed, dict):
        return Complaint(text)
    return _from_error(parsed.get("error") or parsed.get("message") or parsed.get("detail") or text)


def _from_error(error: Any) -> Complaint:
    if isinstance(error, list) and error:
        # FastAPI's list of faults quotes the whole request back; only the first fault's own words are kept.
        error = error[0]
    if not isinstance(error, dict):
        return Complaint(error if isinstance(error, str) else json.dumps(error))
    words = str(error.get("message") or error.get("msg") or "")
    metadata = error.get("metadata")
    if isinstance(metadata, dict) and metadata.get("raw"):
        # OpenRouter's own words are "Provider returned error"; what the provider said stands here.
        words = f"{words}: {metadata['raw']}"
    code = error.get("code")
    status = code if isinstance(code, int) and 400 <= code <= 599 else None
    codes = [code, error.get("type")]
    delay = ""
    for detail in _details(error):
        violations = detail.get("violations")
        codes += [detail.get("error_code"), detail.get("reason")]
        codes += [each.get("quotaId") for each in violations or () if isinstance(each, dict)]
        delay = str(detail.get("retryDelay") or delay)
        metadata = detail.get("metadata")
        link = metadata.get("activationUrl") if isinstance(metadata, dict) else None
        if link and str(link) not in words:
            words = f"{words} {link}"
    return Complaint(words, " ".join(str(part) for part in codes if part), status, delay)


def _details(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Anthropic puts one object beside the message, Google a list of them."""
    details = error.get("details")
    for detail in details if isinstance(details, list) else [details]:
        if isinstance(detail, dict):
            yield detail


def _judge(endpoint: Endpoint, status: int, complaint: Complaint, headers: Mapping[str, str]) -> ProviderError:
    said = redact(complaint.words, (endpoint.secret,))
    if status == 408:
        return TimedOut(endpoint.label, said, status=status)
    kind = _kind(status, complaint.evidence)
    wait = None
    if kind in {RateLimited, Overloaded, QuotaExhausted}:
        wait = retry_after(headers, complaint.evidence)
    return kind(endpoint.label, said, status=status, retry_after=wait, request_id=request_id(headers))


def _kind(status: int, evidence: str) -> type[ProviderError]:
    if status == 402 or (status in {400, 403} and _QUOTA.search(evidence)):
        return QuotaExhausted
    if status == 429:
        return QuotaExhausted if _is_spent(evidence) else RateLimited
    if status == 401 or (status in {400, 403} and _BAD_KEY.search(evidence)):
        return AuthenticationFailed
    if status in {404, 405, 410} or (status in {400, 422} and _NO_SUCH_MODEL.search(evidence)):
        return NotFound
    if status in {400, 403} and _REFUSED.search(evidence):
        return ContentRefused
    if status == 403:
        return PermissionDenied
    return Overloaded if status >= 500 else InvalidRequest


def _is_spent(evidence: str) -> bool:
    if "insufficient_quota" in evidence or _SPENT_AT_GOOGLE.search(evidence):
        return True
    # Google says "exceeded your current quota" of a minute's allowance too, and then names the seconds.
    return bool(_QUOTA.search(evidence)) and not _WAIT.search(evidence)


def retry_after(headers: Mapping[str, str], words: str = "", *, now: datetime | None = None) -> timedelta | None:
    """How long the vendor asks us to wait, at most seven days; None when it does not say.

    Read from `retry-after-ms`, `Retry-After` (seconds, or a date measured against the answer's own `Date`, else `now`),
    or words like "try again in 5.289s".
    """
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return _bounded(milliseconds / 1000)
    if value := headers.get("retry-after"):
        seconds = _number(value)
        if seconds is None:
            until, since = _date(value), _date(headers.get("date")) or now or datetime.now(UTC)
            seconds = (until - since).total_seconds() if until else None
        if seconds is not None:
            return _bounded(seconds)
    if match := _WAIT.search(words):
        return _bounded(sum(float(amount) * _UNITS[unit.lower()] for amount, unit in _SPAN.findall(match[1])))
    return None


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bounded(seconds: float) -> timedelta:
    return timedelta(seconds=min(max(seconds, 0.0), _LONGEST_WAIT.total_seconds()))
