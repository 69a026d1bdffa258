"""The catalogue of musical styles: what a style is also called, and which wider styles it lies within."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path

_SEPARATORS = re.compile(r"[;|\n\0]")
_SOFT_SEPARATORS = re.compile(r"[,/]")


@dataclass(frozen=True, slots=True)
class Style:
    """One style. `parents` are slugs of the wider styles it belongs to; a style may have several, or none."""

    slug: str
    name: str
    aliases: tuple[str, ...]
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Catalogue:
    styles: Mapping[str, Style]
    by_key: Mapping[str, Style]
    ancestors: Mapping[str, frozenset[str]]


@lru_cache(maxsize=8192)
def find_style(text: str) -> Style | None:
    """The style with this slug, name or alias; case, accents, punctuation and a trailing "music" do not matter."""
    by_key = _catalogue().by_key
    key = _key(text)
    return by_key.get(key) or by_key.get(key.removesuffix("music"))


@lru_cache(maxsize=8192)
def nearest_style(genre: str) -> Style | None:
    """The style a tag means, or the wider one its last words name: "swedish death metal" is death metal."""
    words = genre.split()
    for start in range(len(words)):
        if style := find_style(" ".join(words[start:])):
            return style
    return None


def near_styles(text: str, most: int = 3) -> list[Style]:
    """The styles whose names read most like this text, nearest first; none when nothing comes close."""
    by_key = _catalogue().by_key
    keys = get_close_matches(_key(text), by_key, n=3 * most, cutoff=0.6)
    nearest = nearest_style(text)
    found = ([nearest] if nearest else []) + [by_key[key] for key in keys]
    return list({style.slug: style for style in found}.values())[:most]


def genre_styles(genres: Iterable[str]) -> set[str]:
    """Slugs of the styles these genres name, each by its nearest known style; what names none is left out."""
    return {style.slug for genre in split_genres(genres) if (style := nearest_style(genre))}


def is_within(slug: str, ancestor: str) -> bool:
    """Whether a style is the other or lies anywhere below it. An unknown slug lies only within itself."""
    return slug == ancestor or ancestor in _catalogue().ancestors.get(slug, ())


def similarity(a: str, b: str) -> float:
    """How near two styles (slugs) stand: self 1, parent and child .85, siblings .75, grandparent .7, else 0."""
    if a == b:
        return 1.0
    parents_of_a, parents_of_b = _parents(a), _parents(b)
    if b in parents_of_a or a in parents_of_b:
        return 0.85
    if parents_of_a & parents_of_b:
        return 0.75
    if any(b in _parents(parent) for parent in parents_of_a) or any(a in _parents(parent) for parent in parents_of_b):
        return 0.7
    return 0.0


def split_genres(values: Iterable[str]) -> tuple[str, ...]:
    """Single genres in their order, each once: taggers write "Rock; Pop" or "Hip-Hop/Rap" into one field."""
    found: dict[str, str] = {}
    for value in values:
        for key, genre in _split(value):
            found.setdefault(key, genre)
    return tuple(found.values())


@lru_cache(maxsize=8192)
def _split(value: str) -> list[tuple[str, str]]:
    genres = []
    for part in _SEPARATORS.split(value):
        # "Singer/Songwriter" is one style: a comma or slash separates only where the whole names nothing.
        pieces = [part] if find_style(part) else _SOFT_SEPARATORS.split(part)
        genres += [(genre.casefold(), genre) for piece in pieces if (genre := " ".join(piece.split()))]
    return genres


def _parents(slug: str) -> frozenset[str]:
    style = _catalogue().styles.get(slug)
    return frozenset(style.parents) if style else frozenset()


def _key(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("&", "and"))
    return "".join(letter for letter in decomposed if letter.isalnum())


@cache
def _catalogue() -> _Catalogue:
    rows = json.loads(Path(__file__).with_name("styles.json").read_text(encoding="utf-8"))
    styles = {
        row["slug"]: Style(row["slug"], row["name"], tuple(row["aliases"]), tuple(row["parents"])) for row in rows
    }
    by_key = {_key(text): style for style in styles.values() for text in (style.slug, style.name, *style.aliases)}
    return _Catalogue(styles, by_key, {slug: frozenset(_above(slug, styles)) for slug in styles})


def _above(slug: str, styles: Mapping[str, Style]) -> Iterator[str]:
    for parent in styles[slug].parents:
        yield parent
        yield from _above(parent, styles)
