"""What can go wrong on the far side of a wire, drawn as a tree.

ProviderError
├── AuthenticationFailed      the key was not accepted (401)
├── PermissionDenied          the key is good, the account may not do this (403)
├── NotFound                  no such model, artist or page (404)
├── InvalidRequest            we sent something the other side refuses (400, 409, 413, 422)
├── ContentRefused            the model declined to answer
├── RateLimited               too many requests for now (429)
├── QuotaExhausted            the money or the allowance is used up (402, some 429)
├── Overloaded                the other side is unwell (5xx)
├── TimedOut                  it took too long; `phase` says where
├── ConnectionFailed          no connection, or it broke
├── EmptyAnswer               success, with nothing in it
├── CutOff                    stopped at the output limit; `text` holds what came
├── MalformedAnswer           success, in a form we cannot read
│   └── Redirected            "ask elsewhere", which we never do by ourselves; `target` says where
├── AddressRefused            the owner's URL points somewhere we never go
├── Stopped                   our own side ended the call: cancelled or past its deadline
└── HeldBack                  our own guard did not let the call go: nothing was sent; `until` says when it may
    ├── KeysResting           every key of the account was refused lately
    ├── BudgetExceeded        the call could cost more than a budget has left; `budget` names it
    ├── BreakerOpen           the model failed too often lately
    └── TooManyRequests       the queue for a permit or a free place is too long

Adapters translate once, at the line that made the call; above that nobody sees an httpx exception.
"""

from datetime import datetime, timedelta
from enum import StrEnum


class Phase(StrEnum):
    """Where a time-out struck."""

    CONNECT = "connect"
    FIRST_TOKEN = "first token"
    IDLE = "idle"
    TOTAL = "total"


class ProviderError(Exception):
    """Something on the far side of the wire went wrong.

    `provider` is the label the owner knows, `said` the other side's own words, already redacted.
    """

    category = "error"
    is_retryable = False
    counts_against_breaker = False
    what = "{provider} failed"
    remedy = "Look at the call in the ledger for the details."

    def __init__(
        self,
        provider: str,
        said: str = "",
        *,
        status: int | None = None,
        retry_after: timedelta | None = None,
        request_id: str = "",
    ) -> None:
        self.provider = provider
        self.said = said.strip()[:500]
        self.status = status
        self.retry_after = retry_after
        self.request_id = request_id
        super().__init__(self.message_for_owner())

    def message_for_owner(self) -> str:
        """What happened, what they said, and what to do next, in one breath."""
        said = f' ("{self.said}")' if self.said else ""
        return f"{self.what.format(provider=self.provider)}{said}. {self.remedy.format(provider=self.provider)}"


class AuthenticationFailed(ProviderError):
    category = "authentication"
    what = "{provider} did not accept the API key"
    remedy = "Enter a current key for {provider} under Providers → Accounts, or Lidarr → Connections."


class PermissionDenied(ProviderError):
    category = "permission"
    what = "{provider} accepted the key but does not allow this"
    remedy = "Check in your account at {provider} what this key may use, or choose another model."


class NotFound(ProviderError):
    category = "not_found"
    what = "{provider} does not know what was asked for"
    remedy = "Check the base URL and, for a language model, its id: a retired or misspelt one answers like this."


class InvalidRequest(ProviderError):
    category = "invalid_request"
    what = "{provider} refused the request"
    remedy = "Check the settings of {provider}; if they are right, please report this with what it said."


class ContentRefused(ProviderError):
    category = "content_refused"
    what = "{provider} declined to answer"
    remedy = "Rephrase the list's brief, or choose another model."


class RateLimited(ProviderError):
    category = "rate_limited"
    is_retryable = True
    what = "{provider} asks us to slow down"
    remedy = "Start it again in a while; if it happens often, run fewer lists at once."


class QuotaExhausted(ProviderError):
    category = "quota_exhausted"
    what = "The allowance at {provider} is used up"
    remedy = "Add credit at {provider}, or wait for its next billing period, or choose another account for this list."


class Overloaded(ProviderError):
    category = "overloaded"
    is_retryable = True
    counts_against_breaker = True
    what = "{provider} has trouble of its own"
    remedy = "Start it again in a while; if it lasts, look at {provider}'s status page or its log."


class TimedOut(ProviderError):
    category = "timeout"
    is_retryable = True
    counts_against_breaker = True
    what = "{provider} took too long"
    remedy = "If {provider} is slow by nature (a local model, a small box), raise the account's time limits."

    def __init__(self, provider: str, said: str = "", *, phase: Phase = Phase.TOTAL, status: int | None = None) -> None:
        self.phase = phase
        super().__init__(provider, said or f"{phase.value} time limit reached", status=status)


class ConnectionFailed(ProviderError):
    category = "connection"
    is_retryable = True
    counts_against_breaker = True
    what = "{provider} could not be reached"
    remedy = "Check the base URL and that {provider} is running and reachable from this machine."


class EmptyAnswer(ProviderError):
    category = "empty"
    is_retryable = True
    counts_against_breaker = True
    what = "{provider} answered with nothing"
    remedy = "Try again; if it keeps happening choose another model."


class CutOff(ProviderError):
    category = "cut_off"
    what = "{provider} stopped at the output limit"
    remedy = "Ask for fewer recommendations, or choose a model with a larger output limit."

    def __init__(self, provider: str, text: str = "") -> None:
        self.text = text
        super().__init__(provider)


class MalformedAnswer(ProviderError):
    category = "malformed"
    is_retryable = True
    counts_against_breaker = True
    what = "{provider} answered in a form that cannot be read"
    remedy = "Check that the base URL is the API and not a web page or a login screen."


class Redirected(MalformedAnswer):
    category = "redirected"
    is_retryable = False
    counts_against_breaker = False
    what = "{provider} sends us to another address"
    remedy = "If that address is right, enter it as the base URL; often the URL base at its end is missing."

    def __init__(self, provider: str, target: str, *, status: int | None = None) -> None:
        self.target = target
        super().__init__(provider, target, status=status)


class AddressRefused(ProviderError):
    category = "address_refused"
    what = "The address of {provider} is one Brainarr never connects to"
    remedy = "Use an http or https address of the server itself; link-local and cloud metadata addresses are refused."


class Stopped(ProviderError):
    category = "stopped"
    what = "The call to {provider} was ended from our side"
    remedy = "The run was cancelled or reached its deadline."


class HeldBack(ProviderError):
    """`until` is the moment from which the call may be tried again; None when only the owner can change that."""

    category = "held_back"
    what = "The call to {provider} was held back"
    remedy = "Try again later."

    def __init__(self, provider: str, said: str = "", *, until: datetime | None = None) -> None:
        self.until = until
        super().__init__(provider, said)


class KeysResting(HeldBack):
    category = "keys_resting"
    what = "No API key of {provider} can be used just now"
    remedy = "Enter a current key under Providers → Accounts, add credit at {provider}, or wait."


class BudgetExceeded(HeldBack):
    category = "budget_exceeded"
    what = "A budget does not allow this call to {provider}"
    remedy = "Raise the budget under Providers → Budgets, or choose a cheaper model, or wait for its next period."

    def __init__(self, provider: str, said: str = "", *, budget: str, until: datetime | None = None) -> None:
        self.budget = budget
        super().__init__(provider, said, until=until)


class BreakerOpen(HeldBack):
    category = "breaker_open"
    what = "{provider} failed too often and is left alone for now"
    remedy = "Wait, or choose another account for this list; Providers → Breakers shows why and can reset it."


class TooManyRequests(HeldBack):
    category = "too_many_requests"
    what = "Too many requests are waiting for {provider}"
    remedy = "Run fewer lists at once, or raise the limits of {provider} under Providers → Accounts if it allows more."


class SecretUnreadable(Exception):
    """A stored secret cannot be opened with the encryption keys at hand; the message says what to restore."""
