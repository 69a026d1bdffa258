"""The demo provider: no key, no network, the same answer to the same prompt, chosen from a short list of real records.

About one item in eight is wrong on purpose (owned already, or a record that does not exist), so that the first run
shows what the checks are for.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import ClassVar

from providers.contracts import (
    Beat,
    CompletionRequest,
    Delta,
    Ending,
    Endpoint,
    Event,
    Finish,
    ModelSpec,
    OfferedModel,
    Price,
    Structure,
    Usage,
)
from providers.http import GuardedClient

_COUNT = re.compile(r"\b(?:exactly|give|choose|recommend|suggest)\s+(?:me\s+|up to\s+)?(\d+)", re.IGNORECASE)
_LIBRARY = re.compile(r"<library>(.*?)</library>", re.DOTALL)
_DEFAULT_COUNT, _MOST = 20, 100
_WRONG_EVERY = 8
_PIECE = 48
_INVENTED = (
    ("The Quiet Ledger Society", "Songs for an Unlit Harbor", 1987),
    ("Ostrava Glass Orchestra", "Eleven Rooms Without Doors", 1994),
    ("Marrow & Tin Cathedral", "The Second Postcard from Ymir", 2003),
    ("Hollow Tidewater Union", "Almanac of Borrowed Snow", 2011),
    ("Sister Parallax Choir", "Weights and Lesser Measures", 1979),
)


@dataclass(frozen=True, slots=True)
class Record:
    """A real record of the demo's list."""

    artist: str
    album: str
    year: int
    genre: str


class Demo:
    slug: ClassVar[str] = "demo"
    label: ClassVar[str] = "Demo"
    base_url: ClassVar[str] = ""
    needs_key: ClassVar[bool] = False
    is_local: ClassVar[bool] = True
    structure: ClassVar[Structure] = Structure.JSON_SCHEMA
    models: ClassVar[tuple[ModelSpec, ...]] = (
        ModelSpec(
            "curated",
            "Curated list",
            context_window=128_000,
            max_output=32_000,
            structure=Structure.JSON_SCHEMA,
            price=Price(Decimal(0), Decimal(0), date(2026, 11, 1), Decimal(0)),
        ),
    )

    def stream(self, client: GuardedClient, endpoint: Endpoint, request: CompletionRequest) -> Iterator[Event]:
        text = json.dumps({"recommendations": _choose(request)}, ensure_ascii=False)
        yield Beat()
        for start in range(0, len(text), _PIECE):
            yield Delta(text[start : start + _PIECE])
        usage = Usage(input_tokens=_tokens(request.system + request.user), output_tokens=_tokens(text))
        yield Ending(Finish.COMPLETE, usage, model=request.model)

    def is_streamed(self, request: CompletionRequest) -> bool:
        return True

    def list_models(self, client: GuardedClient, endpoint: Endpoint) -> Sequence[OfferedModel]:
        return [
            OfferedModel(spec.id, spec.label, spec.context_window, spec.max_output, spec.structure, spec.price)
            for spec in self.models
        ]


@cache
def records() -> tuple[Record, ...]:
    """The list the demo chooses from."""
    entries = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return tuple(Record(**entry) for entry in entries)


def _choose(request: CompletionRequest) -> list[dict[str, object]]:
    prompt = request.user.replace("’", "'")
    # The task stands last; the owner's wish before it may hold numbers too.
    asked = _COUNT.findall(prompt)
    count = min(int(asked[-1]), _MOST) if asked else _DEFAULT_COUNT
    section = _LIBRARY.search(prompt)
    library = section[1] if section else prompt
    owned = [record for record in records() if _is_named(record, library)]
    fresh = sorted(
        (record for record in records() if not _is_named(record, prompt)),
        key=lambda record: (-_closeness(record, library), _draw(prompt, record.artist)),
    )
    # With nothing fresh left the answer is short, as a model's is that has run dry.
    rights = iter(fresh)
    wrongs = iter(_wrongs(owned, prompt))
    items: list[dict[str, object]] = []
    for place in range(1, count + 1):
        wrong = next(wrongs, None) if place % _WRONG_EVERY == 0 else None
        if wrong is not None:
            # As sure of itself as a model that makes things up.
            items.append(_item(wrong, owned, prompt, closeness=2))
        elif (right := next(rights, None)) is not None:
            items.append(_item(right, owned, prompt, _closeness(right, library)))
    return items


def _wrongs(owned: Sequence[Record], prompt: str) -> Iterator[Record]:
    drawn = sorted(owned, key=lambda record: _draw(prompt, record.album))
    for number, (artist, album, year) in enumerate(sorted(_INVENTED, key=lambda each: _draw(prompt, each[0]))):
        yield Record(artist, album, year, "Chamber Pop")
        yield from drawn[number : number + 1]


def _item(record: Record, owned: Sequence[Record], prompt: str, closeness: int) -> dict[str, object]:
    kin = [other.artist for other in owned if other.genre == record.genre and other.artist != record.artist][:2]
    because = f"Sits well beside {' and '.join(kin)}" if kin else f"A landmark of {record.genre.lower()}"
    confidence = 0.56 + 0.14 * closeness + _draw(prompt, record.album) / 1000
    return {
        "artist": record.artist,
        "album": record.album,
        "year": record.year,
        "genre": record.genre,
        "confidence": round(confidence, 2),
        "reason": f"{because}, from {record.year}.",
        "because_of": kin,
    }


def _is_named(record: Record, text: str) -> bool:
    # Case counts: Can, Low and Love are bands and words.
    name = re.escape(record.artist.replace("’", "'"))
    return re.search(rf"(?<!\w){name}(?!\w)", text) is not None


def _closeness(record: Record, library: str) -> int:
    """2 when the library names the genre, 1 when it names a word of it, else 0."""
    lowered, genre = library.lower(), record.genre.lower()
    if genre in lowered:
        return 2
    return int(any(len(word) > 2 and word in lowered for word in re.split(r"[ -]", genre)))


def _draw(prompt: str, name: str) -> int:
    """A number from 0 to 99 that is the same for the same prompt and name."""
    return hashlib.sha256(f"{prompt}\0{name}".encode()).digest()[0] * 100 // 256


def _tokens(text: str) -> int:
    return len(text.encode()) // 4


adapter = Demo()
