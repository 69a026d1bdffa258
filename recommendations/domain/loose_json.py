"""Reads what was meant to be JSON: strict where it can be, forgiving where it must, linear in time, never raising.

Forgiven are prose around it, comments, trailing and missing commas, missing closers, single and typographic quotes,
quotes inside strings, bare keys and words, Python literals, citations, and an end in the middle.
"""

import json
import re
from dataclasses import dataclass, field

# Deeper than any answer: reading stops there, so that a million brackets cost nothing.
_DEEPEST = 100
# Elements this near the surface are tried with the strict reader first: it is thirty times as fast.
_STRICT_DEPTH = 3
# The strict reader counts lines when it fails, so it may only fail over a few characters, or a few times.
_STRICT_LENGTH = 4000
_WHOLE_ATTEMPTS = 8
# How many quotes inside a string are looked past for the one that ends it.
_INNER_QUOTES = 8

_DECODER = json.JSONDecoder(strict=False)
# The comment is bounded: many that are never closed would each be looked for to the end.
_SKIPPED = re.compile(r"(?:[\s,，;…\ufeff\u200b]+|//[^\n]*|/\*.{0,300}?\*/|#[^\n]*|\.\.\.)+", re.DOTALL)
_OPENER = re.compile(r"[{\[]")
_NUMBER = re.compile(r"[-+]?(?:\d{1,300}(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,4})?(?=\s*(?:[,，;\]}\[\n]|//|/\*|#|$))")
_COLON = r"(?:[:：]|=>)"
_BARE_KEY = re.compile(rf"[^\W\d][\w .-]{{0,40}}?(?=\s*{_COLON})")
_BARE = re.compile(r"[^,，\]}\n{\[\"“”]+")
_LITERALS: dict[str, object] = {
    "true": True, "false": False, "null": None, "none": None, "nan": None, "undefined": None, "n/a": None,
}  # fmt: skip
_QUOTES = {'"': '"', "'": "'", "“": '”“"', "”": '”“"', "„": '“”"', "‘": "’‘'", "’": "’‘'", "«": "»", "`": "`"}
_CLOSERS = {
    opening: re.compile(
        rf"[^{re.escape(closing)}\\]*(?:\\.[^{re.escape(closing)}\\]*)*[{re.escape(closing)}]", re.DOTALL
    )
    for opening, closing in _QUOTES.items()
}
_KEY = r"(?:[\"'“”„‘’]?[\w][\w .-]{0,40}[\"'“”‘’]?\s*" + _COLON + ")"
_CITATION = r"(?:\[\^?\d[\d,\s]*\]\s*)*"
# What may follow the quote that ends a string, by where the string stands.
_AFTER_KEY = re.compile(rf"\s*{_COLON}")
_AFTER_VALUE = re.compile(
    rf"\s*{_CITATION}(?:[}}\]]|[,，;]\s*(?:{_KEY}|[}}\]{{]|//|/\*|#|$)|//|/\*|#|$"
    r"|[\"'“‘]\w[\w .-]{0,40}[\"'”’]\s*[:：])"
)
_AFTER_ELEMENT = re.compile(rf"\s*{_CITATION}(?:[,，;\]}}]|//|/\*|#|$|\n)")
# A new member on the next line means that this string never got its closing quote.
_NEXT_MEMBER = re.compile(r",?[ \t\r]{0,40}\n\s{0,80}[\"'“]?\w[\w .-]{0,40}[\"'”]?\s*[:：]")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "", "f": ""}


class Cut(dict[str, object]):
    """An object the text ended in: the members it has are whole, it is not."""


@dataclass(slots=True)
class _Open:
    """A container being read; `key` waits for its value."""

    content: dict[str, object] | list[object]
    key: str | None = None


@dataclass(slots=True)
class _Reader:
    text: str
    at: int
    open: list[_Open] = field(default_factory=list)
    result: object = None

    def read(self) -> object:
        """The value that starts here; leaves `at` behind it."""
        while self.at < len(self.text):
            skipped = _SKIPPED.match(self.text, self.at)
            if skipped:
                self.at = skipped.end()
                continue
            self._take(self.text[self.at])
            if not self.open:
                return self.result
        while self.open:
            self._close(is_cut=True)
        return self.result

    def _take(self, char: str) -> None:
        if char in "{[":
            self._take_opener(char)
        elif char in "}]":
            self.at += 1
            self._take_closer(char)
        elif char in _QUOTES:
            self._take_string(char)
        else:
            self._take_bare()

    def _take_opener(self, char: str) -> None:
        top = self.open[-1] if self.open else None
        in_key_place = top is not None and isinstance(top.content, dict) and top.key is None
        # An object where a key belongs: the one before it was never closed.
        if char == "{" and in_key_place and top and top.content and len(self.open) > 1:
            self._close()
        if char == "{" and 0 < len(self.open) <= _STRICT_DEPTH and self._take_strictly():
            return
        self.at = self.at + 1 if len(self.open) < _DEEPEST else len(self.text)
        self.open.append(_Open({} if char == "{" else []))

    def _take_strictly(self) -> bool:
        found = _read_strictly(self.text, self.at, self.at + _STRICT_LENGTH)
        if found is None:
            return False
        self._put(found[0])
        self.at = found[1]
        return True

    def _take_closer(self, char: str) -> None:
        kind = dict if char == "}" else list
        depth = next(
            (depth for depth in range(1, min(3, len(self.open)) + 1) if isinstance(self.open[-depth].content, kind)), 0
        )
        for _ in range(depth):
            self._close()

    def _take_string(self, char: str) -> None:
        top = self.open[-1]
        in_list = isinstance(top.content, list)
        in_key_place = not in_list and top.key is None
        follows = _AFTER_ELEMENT if in_list else _AFTER_KEY if in_key_place else _AFTER_VALUE
        start = self.at + 1
        end = self._string_end(char, start, follows)
        if end < 0:
            self.at = len(self.text)
            return
        value = _unescaped(
            self.text[start : end - 1] if self.text[end - 1 : end] in _QUOTES[char] else self.text[start:end]
        )
        self.at = end
        if in_key_place:
            self._take_key(value)
        else:
            self._put(value)

    def _string_end(self, char: str, start: int, follows: re.Pattern[str]) -> int:
        """Where the string ends, behind its quote; -1 when the text ends first."""
        first, at = -1, start
        for _ in range(_INNER_QUOTES):
            closed = _CLOSERS[char].match(self.text, at)
            if not closed:
                break
            at = closed.end()
            first = at if first < 0 else first
            if follows.match(self.text, at):
                broken = _NEXT_MEMBER.search(self.text, start, at) if follows is _AFTER_VALUE else None
                return broken.start() if broken else at
        return first

    def _take_key(self, key: str) -> None:
        colon = _AFTER_KEY.match(self.text, self.at)
        if colon:
            self.at = colon.end()
            self.open[-1].key = key

    def _take_bare(self) -> None:
        top = self.open[-1]
        if isinstance(top.content, dict) and top.key is None:
            named = _BARE_KEY.match(self.text, self.at)
            self.at = named.end() if named else self.at + 1
            if named:
                self._take_key(named[0])
            return
        number = _NUMBER.match(self.text, self.at)
        bare = number or _BARE.match(self.text, self.at)
        if not bare:
            self.at += 1
            return
        self.at = bare.end()
        # A bare word in a list is prose in brackets: "as [requested]".
        is_value = number or isinstance(top.content, dict)
        if is_value and self.at < len(self.text):
            self._put(float(bare[0]) if number else _literal(bare[0]))

    def _put(self, value: object) -> None:
        top = self.open[-1] if self.open else None
        if top is None:
            self.result = value
        elif isinstance(top.content, list):
            top.content.append(value)
        else:
            # A container without a key is kept under a name no answer uses; the first value of a key stands.
            top.content.setdefault(top.key if top.key is not None else f"\0{len(top.content)}", value)
            top.key = None

    def _close(self, *, is_cut: bool = False) -> None:
        closed = self.open.pop()
        content = closed.content
        self._put(Cut(content) if is_cut and isinstance(content, dict) else content)


def read_values(text: str) -> list[object]:
    """Every object and array of the text in order, each as the plain Python value; `Cut` where the text ended early."""
    values: list[object] = []
    at = 0
    while opener := _OPENER.search(text, at):
        at = opener.start()
        found = _read_strictly(text, at, len(text) if len(values) < _WHOLE_ATTEMPTS else at + _STRICT_LENGTH)
        if found is None:
            reader = _Reader(text, at)
            found = reader.read(), reader.at
        values.append(found[0])
        at = found[1]
    return values


def _read_strictly(text: str, start: int, end: int) -> tuple[object, int] | None:
    """The value that starts here and where it ends, or None when it is not JSON before `end`."""
    try:
        value, length = _DECODER.raw_decode(text[start:end])
    except (ValueError, RecursionError):
        return None
    return value, start + length


def _literal(bare: str) -> object:
    word = bare.strip()
    return _LITERALS.get(word.lower(), word)


def _unescaped(raw: str) -> str:
    if "\\" not in raw:
        return raw
    try:
        text = json.loads(f'"{raw}"', strict=False)
    except ValueError:
        return _ESCAPE.sub(_unescape_one, raw)
    return str(text)


def _unescape_one(found: re.Match[str]) -> str:
    escaped = found[1]
    return chr(int(escaped[1:], 16)) if len(escaped) == 5 else _ESCAPED.get(escaped, escaped)
