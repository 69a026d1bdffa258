"""What every wire does around its own format: a key that can be sent, text that can be encoded, a readable answer."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import httpx

from providers.contracts import Endpoint, Event
from providers.errors import AuthenticationFailed, ConnectionFailed, EmptyAnswer, MalformedAnswer, TimedOut
from providers.http import redact, translate
from providers.wire.failures import failure, read_complaint
from providers.wire.sse import Comment, ServerEvent, decode

BLANK = b"\xef\xbb\xbf \t\r\n"
STREAM_STARTS = (b"data", b"event", b"id", b"retry", b":")


def secret_of(endpoint: Endpoint) -> str:
    """The key without what pasting left around it; empty when there is none. Raises AuthenticationFailed."""
    secret = endpoint.secret.strip()
    if not (secret.isascii() and (secret.isprintable() or not secret)):
        # Caught here because the HTTP library's own complaint quotes the key.
        raise AuthenticationFailed(endpoint.label, "the key holds characters that cannot be sent")
    return secret


def sendable(text: str) -> str:
    """Half of a surrogate pair, as broken tags hold it, has no encoding and would stop the whole request."""
    return text.encode("utf-8", "replace").decode()


def require_success(response: httpx.Response, endpoint: Endpoint) -> None:
    """Raise the tree's error for an answer outside 2xx."""
    if not response.is_success:
        raise failure(endpoint, response.status_code, response.read(), response.headers)


def read_object(text: str | bytes, endpoint: Endpoint, what: str, *, is_whole: bool = True) -> dict[str, Any]:
    """The JSON object in `text`; `what` names it in the complaint. An unfinished one is a broken connection."""
    try:
        parsed = json.loads(text)
    except ValueError:
        if not is_whole:
            raise ConnectionFailed(endpoint.label, "the answer was cut off in the middle") from None
        said = read_complaint(text.encode() if isinstance(text, str) else text).words
        raise MalformedAnswer(endpoint.label, f"{what} is not JSON: {redact(said, (endpoint.secret,))}") from None
    if not isinstance(parsed, dict):
        raise MalformedAnswer(endpoint.label, f"{what} is not a JSON object")
    return parsed


def read_listing(body: bytes, endpoint: Endpoint, *names: str) -> list[dict[str, Any]]:
    """The entries of a list of models, which stand under one of `names` or are the whole answer."""
    if not body.strip():
        raise EmptyAnswer(endpoint.label)
    try:
        listing = json.loads(body)
    except ValueError:
        raise MalformedAnswer(endpoint.label, "the list of models is not JSON") from None
    if isinstance(listing, dict):
        name = next((name for name in names if name in listing), "")
        # A server with nothing installed may say null.
        entries = listing[name] or [] if name else None
    else:
        entries = listing
    if not isinstance(entries, list):
        raise MalformedAnswer(endpoint.label, "the list of models has no entries")
    return [entry for entry in entries if isinstance(entry, dict)]


def events_of(pieces: Iterable[bytes], endpoint: Endpoint) -> Iterator[ServerEvent | Comment]:
    """The events of an answer that has to be a stream. Raises EmptyAnswer and, for a web page, MalformedAnswer."""
    source = iter(pieces)
    head = b""
    for piece in source:
        head = (head + piece).lstrip(BLANK)
        if len(head) >= len("event:"):
            break
    if not head:
        raise EmptyAnswer(endpoint.label)
    if not head.startswith(STREAM_STARTS):
        said = read_complaint(head + b"".join(source)).words
        raise MalformedAnswer(endpoint.label, redact(said, (endpoint.secret,)))
    yield from decode(chain([head], source))


def forgiving(events: Iterator[Event], endpoint: Endpoint, has_finished: Callable[[], bool]) -> Iterator[Event]:
    """The events, without the failure of a line that breaks once the model has finished.

    The whole text is here and paid for; only the goodbye is missing.
    """
    try:
        with translate(endpoint.label):
            yield from events
    except (ConnectionFailed, TimedOut):
        if not has_finished():
            raise
