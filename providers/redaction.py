"""Takes secrets out of words before anybody keeps them."""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

_HIDDEN = "[hidden]"
_SHORTEST_SECRET = 4

# The secrets this process has handled, so that they are known by value and not only by shape.
_remembered: set[str] = set()

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/?#@]*@"), rf"\1{_HIDDEN}@"),
    (re.compile(r"(?i)\b((?:proxy-)?authorization['\"]?\s*[:=]\s*['\"]?)(?:\w+\s+)?[^\s'\"]+"), rf"\1{_HIDDEN}"),
    # With a digit in it or long: "bearer token" and "basic request" are words.
    (re.compile(r"(?i)\b(bearer|basic)\s+(?=\S*\d|\S{20})[\w.~+/=*-]{4,}"), rf"\1 {_HIDDEN}"),
    (
        re.compile(
            r"(?i)\b(x-(?:goog-)?api-key|api[-_]?key|(?:access|refresh|auth)[-_]?token|token|key|secret|password|passwd)"
            r"(['\"]?\s*[:=]\s*['\"]?)(?!\[hidden\])[^\s'\"&,;}<>]{4,}"
        ),
        rf"\1\2{_HIDDEN}",
    ),
    # The shapes keys have at the vendors, with the stars they put in when they quote one back.
    (re.compile(r"\b(?:sk|pk|rk|gsk|xai|pplx|csk|nvapi)[-_][\w*-]{8,}|\bAIza[\w*-]{20,}"), _HIDDEN),
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without these secrets (plain, URL-quoted or JSON-escaped) and without anything shaped like a secret."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) < _SHORTEST_SECRET:
            continue
        for form in {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}:
            text = text.replace(form, _HIDDEN)
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def remember(secret: str) -> None:
    """Keep this secret out of whatever `redact_known` sees from now on."""
    _remembered.add(secret)


def redact_known(text: str) -> str:
    """The text without any secret this process has handled, and without anything shaped like one."""
    return redact(text, _remembered)
