"""Server-sent events: bytes as they arrive become events and heartbeats."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Not str.splitlines: it also splits at U+2028 and friends, which stand unescaped inside JSON strings.
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event. `is_whole` is False when the stream ended before the blank line that closes an event."""

    event: str
    data: str
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment or a stray blank line: the server says that it lives, nothing more."""

    text: str = ""


def decode(pieces: Iterable[bytes]) -> Iterator[ServerEvent | Comment]:
    """Events and comments in order, as the WHATWG's server-sent events describe them; `id` and `retry` are ignored.

    An event that the end of the stream cut off is delivered with `is_whole` False instead of dropped: several servers
    forget the last blank line.
    """
    name, data = "", list[str]()
    for line in _lines(pieces):
        if line == "":
            yield ServerEvent(name or "message", "\n".join(data)) if data else Comment()
            name, data = "", []
        elif line.startswith(":"):
            yield Comment(line[1:].strip())
        else:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                name = value
    if data:
        yield ServerEvent(name or "message", "\n".join(data), is_whole=False)


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Lines without their ends; the last one even when no end came."""
    # Kept in parts until a line ends, or one long line in small pieces would be copied again for every piece.
    begun: list[str] = []
    for text in _texts(pieces):
        first, *rest = _LINE_END.split(text)
        begun.append(first)
        for part in rest:
            yield "".join(begun)
            begun = [part]
    if last := "".join(begun):
        yield last


def _texts(pieces: Iterable[bytes]) -> Iterator[str]:
    """The pieces as text; a carriage return at the end of one waits for the line feed that may open the next."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    held = ""
    for piece in pieces:
        text = held + decoder.decode(piece)
        held = "\r" if text.endswith("\r") else ""
        yield text[: len(text) - len(held)]
    yield held + decoder.decode(b"", final=True)
