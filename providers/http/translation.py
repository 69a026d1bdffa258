"""Turns every exception of httpx and httpcore into one of ours, once, without its words when those could hold a key."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpcore
import httpx

from providers.errors import (
    AddressRefused,
    ConnectionFailed,
    InvalidRequest,
    MalformedAnswer,
    Phase,
    ProviderError,
    TimedOut,
)
from providers.redaction import redact

_PHASES: tuple[tuple[tuple[type[Exception], ...], Phase], ...] = (
    ((httpx.ConnectTimeout, httpcore.ConnectTimeout, httpx.PoolTimeout, httpcore.PoolTimeout), Phase.CONNECT),
    ((httpx.TimeoutException, httpcore.TimeoutException), Phase.IDLE),
)
_BAD_ADDRESS = (httpx.UnsupportedProtocol, httpcore.UnsupportedProtocol, httpx.InvalidURL)
_UNREADABLE = (httpx.DecodingError, httpx.TooManyRedirects, httpx.CookieConflict)
# What we tried to send broke the rules of HTTP: almost always a key with a line break or a foreign letter in it, and
# these exceptions quote it.
_UNSENDABLE = (httpx.LocalProtocolError, httpcore.LocalProtocolError, UnicodeEncodeError)
_FOREIGN = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
    UnicodeEncodeError,
)


@contextmanager
def translate(label: str) -> Iterator[None]:
    """Run calls in this block; only errors from `providers.errors` leave it. `label` names the provider."""
    try:
        yield
    except _FOREIGN as error:
        # Not chained: the original may quote a header or a whole URL, and tracebacks are logged.
        raise translated(label, error) from None


def translated(label: str, error: Exception) -> ProviderError:
    """Our error for one of theirs."""
    for kinds, phase in _PHASES:
        if isinstance(error, kinds):
            return TimedOut(label, phase=phase)
    if isinstance(error, _UNSENDABLE):
        return InvalidRequest(label, "the key or a header holds characters that cannot be sent")
    said = redact(str(error))
    if isinstance(error, _BAD_ADDRESS):
        return AddressRefused(label, said)
    if isinstance(error, _UNREADABLE):
        return MalformedAnswer(label, said)
    return ConnectionFailed(label, said)
