"""Suggestions in plain text, for the answer that has no JSON at all: lists, tables and labeled lines."""

import csv
import re
from collections.abc import Iterator

_CITATIONS = re.compile(
    r"\s*(?:\[(?:\^|citation:\s*|web:|source:\s*|ref:?\s*)?\d{1,3}(?:\s*,\s*\d{1,3})*\]|【[^】]*】)(?!\w)"
)
_MARKER = re.compile(r"^\s*(?:>\s*)?(?:(\d{1,3})\s*[.):]|[-*•–+])\s+(.+)$")
_DATED = re.compile(r"[\s,]*[(\[]\s*(?:\w+ )?(\d{4})\s*[)\]]")
_SEPARATOR = re.compile(r"\s+[-–—]\s+|\s*[–—]\s*")
_BY = re.compile(r"^(?P<album>.+?)\s+(?:by|von|par|de)\s+(?P<artist>.+)$")
_LABELED = re.compile(
    r"^[\s\-*•>#]*(?:\d{1,3}[.)]\s*)?[*_\"]*(?P<key>[A-Za-z][A-Za-z _]{0,20}?)[*_\"]*"
    r"\s*[:=]\s*[*_]*\s*(?P<value>.+?)\s*$"
)
_LABELS = frozenset(
    {"artist", "band", "album", "title", "year", "genre", "genres", "confidence", "reason", "why", "name", "score"}
)
_RULE = re.compile(r"^[\s|:\-+]+$")
_XML = re.compile(r"<(\w{1,30})>([^<>]*)</\1>")
_QUOTED = "*_\"“”„«»`' "


def without_citations(text: str) -> str:
    """A text without the marks that point at sources, such as [1][2] or 【3†source】."""
    return _CITATIONS.sub("", text) if "[" in text or "【" in text else text


def listed_pairs(text: str, *, needs_album: bool) -> Iterator[dict[str, str]]:
    """The suggestions of a text as fields (artist, album, year, reason …): from a table, labeled lines or a list."""
    # An XML element reads like a labeled line.
    text = _XML.sub(r"\n\1: \2\n", text)
    lines = [without_citations(line) for line in text.splitlines() if line.strip()]
    for reading in (_table, _separated_values, _labeled_lines):
        if found := list(reading(lines)):
            yield from found
            return
    yield from _list_lines(lines, needs_album=needs_album)


def _table(lines: list[str]) -> Iterator[dict[str, str]]:
    header: list[str] = []
    for line in lines:
        if line.count("|") < 2 or _RULE.match(line):
            continue
        cells = [cell.strip().strip("*_`").strip() for cell in line.strip().strip("|").split("|")]
        if not header:
            header = [cell.lower() for cell in cells]
            if "artist" not in header and "band" not in header:
                return
        elif len(cells) == len(header):
            yield dict(zip(header, cells, strict=True))


def _separated_values(lines: list[str]) -> Iterator[dict[str, str]]:
    header = next((at for at, line in enumerate(lines) if re.match(r"\W*(?:artist|band)\W*,", line.lower())), None)
    if header is None:
        return
    try:
        names, *rows = csv.reader(lines[header:])
    except csv.Error:
        return
    for cells in rows:
        if len(cells) == len(names):
            yield {name.strip().lower(): cell.strip() for name, cell in zip(names, cells, strict=True)}


def _labeled_lines(lines: list[str]) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    for line in lines:
        found = _LABELED.match(line)
        if not found or found["key"].lower().strip() not in _LABELS:
            continue
        key = found["key"].lower().strip()
        if key in fields or (key in ("artist", "band") and "artist" in fields):
            yield fields
            fields = {}
        fields[key] = found["value"].strip(_QUOTED + ",")
    if "artist" in fields or "band" in fields:
        yield fields


def _list_lines(lines: list[str], *, needs_album: bool) -> Iterator[dict[str, str]]:
    marked = [found for line in lines if (found := _MARKER.match(line))]
    if marked:
        said = [(found[2].strip(), bool(found[1])) for found in marked]
    else:
        # Without any marker only short lines that all have the same form are a list, and no prose.
        said = [(re.sub(r"^[^\w\"“('¿¡!†]+", "", line).strip(), False) for line in lines if _SEPARATOR.search(line)]
        if not needs_album or len(said) < 2 or len(said) < 0.6 * len(lines) or any(len(line) > 100 for line in lines):
            return
    for line, is_numbered in said:
        fields = _pair(line) if needs_album else _artist_first(line, is_numbered=is_numbered)
        if fields:
            yield fields


def _pair(said: str) -> dict[str, str] | None:
    """Read a line such as "Artist - Album (1997): reason" or "*Album* by Artist"."""
    dated = _DATED.search(said)
    head, rest = (said[: dated.start()], said[dated.end() :]) if dated else (said, "")
    parts = _SEPARATOR.split(head, maxsplit=2 if not dated else 1)
    if len(parts) > 1:
        artist, album = parts[0], parts[1]
        rest = rest or " ".join(parts[2:])
        if not dated and ": " in album:
            album, _, rest = album.partition(": ")
    elif by := _BY.match(head):
        artist, album = by["artist"], by["album"]
    elif quoted := re.match(r"^(.+?)[:,]?\s+[\"“*_](.+?)[\"”*_]+\.?$", head):
        artist, album = quoted[1], quoted[2]
    elif ": " in head and len(head) < 120:
        artist, album = head.split(": ", 1)
    else:
        return None
    fields = {
        "artist": artist.strip(_QUOTED + ":"),
        "album": album.strip(_QUOTED),
        "reason": rest.strip(_QUOTED + ":-–—"),
    }
    if dated:
        fields["year"] = dated[1]
    return fields if len(fields["artist"]) <= 100 and fields["album"] else None


def _artist_first(said: str, *, is_numbered: bool) -> dict[str, str] | None:
    """Read a line such as "**Artist** - reason", "Artist: reason" or "Artist - Album (1997)"."""
    bold = re.match(r"^(\*\*|__)(.+?)\1\s*[:\-–—]*\s*(.*)$", said)
    if bold and not _SEPARATOR.search(bold[2]):
        return {"artist": bold[2].strip(_QUOTED + ":"), "reason": bold[3]}
    if _DATED.search(said) and (pair := _pair(said)):
        return pair
    name, *rest = re.split(r"\s+[-–—]\s+|:\s+", said.replace("**", ""), maxsplit=1)
    is_sentence = (
        len(name.split()) > 6 or name.endswith((".", "?", ":")) or not (rest or is_numbered or len(name.split()) < 4)
    )
    return None if is_sentence else {"artist": name.strip(_QUOTED), "reason": "".join(rest)}
