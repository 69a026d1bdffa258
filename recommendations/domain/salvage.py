"""Reads the model's answer."""

import json
from dataclasses import dataclass

from recommendations.domain.types import Candidate


@dataclass
class Parsed:
    items: tuple
    problem: str


def parse_answer(text, mode):
    try:
        d = json.loads(text)["recommendations"]
    except ValueError as e:
        return Parsed((), str(e))
    return Parsed(
        tuple(
            Candidate(
                artist=x["artist"],
                album=x.get("album") or "",
                year=x.get("year"),
                genres=(x["genre"],) if x.get("genre") else (),
                confidence=x.get("confidence"),
                reason=x.get("reason", ""),
                because_of=tuple(x.get("because_of", ())),
            )
            for x in d
        ),
        "",
    )
