"""Turns whatever a model answered into candidates: every complete suggestion, and not one that was not made."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from recommendations.domain.answer_fields import (
    ARTIST_SEPARATOR,
    GENRE_SEPARATOR,
    confidence_of,
    fields_of,
    plain_key,
    text_of,
    texts_of,
    year_of,
)
from recommendations.domain.loose_json import Cut, read_values
from recommendations.domain.prose import listed_pairs
from recommendations.domain.types import Candidate, Mode


@dataclass(frozen=True, slots=True)
class Parsed:
    """The candidates of an answer; when there is none, `problem` says why in a sentence, else it is empty."""

    items: tuple[Candidate, ...]
    problem: str = ""


_CONTAINERS = frozenset(
    {"recommendations", "rec", "r", "recommendation", "recs", "albums", "artists", "items", "result", "results",
     "data", "suggestions", "music", "list", "output", "response", "answer", "records", "entries", "picks",
     "payload", "content", "recommended", "newrecommendations", "albumrecommendations", "artistrecommendations",
     "musicrecommendations", "recommendedalbums", "recommendedartists", "suggestedartists", "suggestedalbums",
     "bands", "arguments", "parameters", "input"}
)  # fmt: skip
# Lists of what the owner has or refused, which some models repeat before they answer.
_NOT_SUGGESTED = frozenset(
    {"library", "owned", "ownedartists", "ownedalbums", "avoid", "avoided", "exclude", "excluded", "exclusions",
     "rejected", "inputartists", "userlibrary", "seeds", "seedartists", "basedon", "donotrecommend", "alreadyowned",
     "history", "example", "examples", "schema", "properties", "similarto", "becauseof",
     "profile", "analysis", "citations"}
)  # fmt: skip

_THINKING = re.compile(r"<(/?)(?:think|thinking|thought|reasoning|reflection|scratchpad|analysis)\s*>", re.IGNORECASE)
_FINAL_CHANNEL = re.compile(r"<\|channel\|>\s*final\b[^<]*<\|message\|>")
_PAIR = re.compile(r"^(.+?)\s+[-–—]\s+(.+)$", re.DOTALL)
_DATED = re.compile(r"^(.*\S)\s*[(\[](\d{4})[)\]]$", re.DOTALL)
_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am) (?:sorry|unable|not able)|i can(?:'t|not)|as an ai|unable to|cannot (?:provide|help))\b", re.I
)


def parse_answer(text: str, mode: Mode) -> Parsed:
    """The candidates in an answer, whatever its form, in the order they were given; duplicates are kept.

    A missing confidence is None. A number from 0 to 1 is taken as it is, from 2 to 10 as tenths, above that to 100 as
    hundredths; "90%" is 0.9 and "8/10" 0.8; anything else is not a confidence. Of an answer that was cut off, the
    element that was cut is left out. Never raises.
    """
    said = text.replace("\ufeff", "").strip()
    if not said:
        return Parsed((), "The answer is empty.")
    likeliest, *others = _attempts(said)
    if not likeliest:
        return Parsed((), "The answer holds the model's thinking and nothing else.")
    for attempt in (likeliest, *others):
        items = tuple(candidate for value in read_values(attempt) for candidate in _candidates(value, mode))
        if items:
            return Parsed(items)
    items = () if _REFUSAL.search(likeliest[:300]) else tuple(_from_prose(likeliest, mode))
    return Parsed(items, "" if items else _problem(likeliest))


def _attempts(said: str) -> Iterator[str]:
    """The answer as it may be meant, most likely first."""
    outside = _outside_thinking(_FINAL_CHANNEL.split(said)[-1])
    tags = list(_THINKING.finditer(outside))
    # A closing tag alone: the server kept the opening one. It may also stand inside a string, hence only an attempt.
    if (ends := [tag.end() for tag in tags if tag[1]]) and (after := outside[ends[-1] :].strip()):
        yield after
        if not outside.startswith(("[", "{", "```")):
            return
    # An opening tag alone: drafts come before the answer, so the last block that begins a line is the answer.
    if starts := [tag.end() for tag in tags if not tag[1]]:
        last = max(outside.rfind(opening) for opening in ("\n[", "\n{", "```json"))
        block = outside.rfind("\n[", 0, last + 1) if outside[last : last + 2] == "\n{" else last
        if max(last, block) > starts[0]:
            yield outside[max(block, starts[0]) :]
    if "&quot;" in outside:
        yield html.unescape(outside)
    if '\\"' in outside:
        yield outside
        yield outside.replace('\\\\\\"', "'").replace('\\"', '"').replace("\\n", "\n")
    yield _THINKING.sub("", outside).strip()


def _outside_thinking(said: str) -> str:
    """The answer without its closed thinking blocks; a tag without its other half stays."""
    kept: list[str] = []
    at, opened = 0, -1
    for tag in _THINKING.finditer(said):
        if not tag[1]:
            opened = tag.start() if opened < 0 else opened
        elif opened >= 0:
            kept.append(said[at:opened])
            at, opened = tag.end(), -1
    return "".join((*kept, said[at:])).strip()


def _candidates(value: object, mode: Mode) -> Iterator[Candidate]:
    """The suggestions within a value, found without recursion: an answer may nest as deep as it likes."""
    waiting: list[tuple[object, str, int]] = [(value, "", 0)]
    while waiting:
        node, inside, rank = waiting.pop()
        if isinstance(node, str):
            yield from _from_string(node, inside, mode)
        elif isinstance(node, list) and _are_rows(node) and mode is Mode.ALBUMS:
            waiting.extend(({"artist": row[0], "album": row[1]}, inside, rank + 1) for row in reversed(node))
        elif isinstance(node, list):
            waiting.extend((element, inside, rank + 1) for element in reversed(node))
        elif isinstance(node, dict):
            fields = fields_of(node)
            found = list(_from_fields(fields, mode, is_cut=isinstance(node, Cut)))
            if found:
                yield from found
            elif not isinstance(fields.get("artist"), str):
                waiting.extend(reversed(_inner(node, inside, rank)))


def _are_rows(node: list[object]) -> TypeGuard[list[list[str]]]:
    """Whether this is a table: [["Radiohead", "OK Computer"], …]."""
    return bool(node) and all(
        isinstance(row, list) and len(row) > 1 and isinstance(row[0], str) and isinstance(row[1], str) for row in node
    )


def _inner(node: dict[str, object], inside: str, rank: int) -> list[tuple[object, str, int]]:
    """The members of an object that may hold suggestions, each with its key."""
    members = [(plain_key(name), name, member) for name, member in node.items()]
    is_container = any(key in _CONTAINERS for key, _, _ in members)
    inner: list[tuple[object, str, int]] = []
    for key, name, member in members:
        if key in _NOT_SUGGESTED or (is_container and key not in _CONTAINERS):
            continue
        if isinstance(member, dict | list):
            inner.append((member, key, rank + 1))
        elif isinstance(member, str) and member.lstrip().startswith(("[", "{", "```")) and rank < 4:
            inner.extend((value, key, rank + 5) for value in read_values(member))
        elif isinstance(member, str) and inside in _CONTAINERS and key not in _CONTAINERS:
            inner.append(({"artist": name, "album": member}, key, rank + 1))
    return inner


def _from_fields(fields: dict[str, object], mode: Mode, *, is_cut: bool) -> Iterator[Candidate]:
    has_title = bool(text_of(fields.get("album")) or text_of(fields.get("name")))
    # Without a title beside it, a list of artists is as many suggestions.
    if isinstance(fields.get("artist"), list) and not has_title:
        return
    records = fields.get("albums")
    if fields.get("artist") and isinstance(records, list) and not fields.get("album"):
        yield from _from_group(fields, records, mode, is_cut=is_cut)
    elif not is_cut and (candidate := _candidate(fields, mode)):
        yield candidate


def _from_group(fields: dict[str, object], records: list[object], mode: Mode, *, is_cut: bool) -> Iterator[Candidate]:
    """One suggestion for each record of an artist, or in artist mode one with the first as evidence."""
    found: list[Candidate] = []
    for record in records:
        if isinstance(record, Cut):
            continue
        own = fields_of(record) if isinstance(record, dict) else {"album": record}
        own.setdefault("album", own.pop("name", ""))
        if candidate := _candidate({**fields, **own, "artist": fields["artist"]}, mode):
            found.append(candidate)
    if mode is Mode.ALBUMS:
        yield from found
    elif not is_cut:
        yield from found[:1] or [candidate for candidate in [_candidate(fields, mode)] if candidate]


def _candidate(fields: dict[str, object], mode: Mode) -> Candidate | None:
    artist, album, name = (text_of(fields.get(field)) for field in ("artist", "album", "name"))
    artist, album = _told_apart(artist, album, name, mode)
    if not artist:
        return None
    record = fields.get("album")
    nested = fields_of(record) if isinstance(record, dict) else {}
    return Candidate(
        artist=artist,
        album=album,
        year=year_of(fields.get("year", nested.get("year"))),
        genres=texts_of(fields.get("genres", nested.get("genres")), GENRE_SEPARATOR),
        confidence=confidence_of(fields.get("confidence")),
        reason=text_of(fields.get("reason")),
        because_of=texts_of(fields.get("because_of"), ARTIST_SEPARATOR),
    )


def _told_apart(artist: str, album: str, name: str, mode: Mode) -> tuple[str, str]:
    """Which of the names is the artist's and which the record's; the artist is empty when none is."""
    if not artist and mode is Mode.ARTISTS:
        return (name, album) if name else (album, "")
    if not artist and name and album:
        return name, album
    if not artist:
        return _pair(album or name) or ("", album)
    if not album and not name and mode is Mode.ALBUMS:
        return _pair(artist) or (artist, "")
    return artist, album or name


def _pair(text: str) -> tuple[str, str] | None:
    """The halves of "Artist - Album"."""
    found = _PAIR.match(text) if " " in text else None
    return (found[1], found[2]) if found else None


def _from_string(text: str, inside: str, mode: Mode) -> Iterator[Candidate]:
    """A suggestion that is a mere string in a list: "Artist - Album (1997)", or in artist mode the artist."""
    said = text_of(text)
    if inside in _NOT_SUGGESTED or not said or len(said) > 200:
        return
    if pair := _pair(said):
        dated = _DATED.match(pair[1])
        year = int(dated[2]) if dated else None
        yield Candidate(artist=text_of(pair[0]), album=text_of(dated[1] if dated else pair[1]), year=year)
    elif mode is Mode.ARTISTS and any(char.isalnum() for char in said):
        yield Candidate(artist=said)


def _from_prose(text: str, mode: Mode) -> Iterator[Candidate]:
    for listed in listed_pairs(text, needs_album=mode is Mode.ALBUMS):
        candidate = _candidate(fields_of(dict(listed)), mode)
        if candidate and (candidate.album or mode is Mode.ARTISTS):
            yield candidate


def _problem(text: str) -> str:
    """Why an answer without a candidate has none."""
    # Brackets in prose are read as lists, but they do not make it JSON.
    values = [value for value in read_values(text) if isinstance(value, dict) or text.lstrip("`json \n")[:1] in "[{"]
    opening = " ".join(text.split())[:120]
    if re.match(r"\s*<(?:!doctype|html)", text, re.IGNORECASE):
        return "The answer is a web page, not a completion."
    if _REFUSAL.search(text[:300]):
        return f"The model declined: “{opening}”."
    errors = [value["error"] for value in values if isinstance(value, dict) and value.get("error")]
    if errors:
        return f"The answer is an error: “{text_of(errors[0]) or str(errors[0])[:120]}”."
    if any(_is_cut(value) for value in values):
        return "The answer was cut off before its first suggestion was complete."
    if values and all(not value for value in values):
        return "The answer is well formed and empty: no suggestion in it."
    if values:
        return f"The answer holds JSON that names nobody: “{opening}”."
    return f"The answer holds no JSON and no list: “{opening}”."


def _is_cut(value: object) -> bool:
    return isinstance(value, Cut) or (isinstance(value, list) and any(isinstance(element, Cut) for element in value))
