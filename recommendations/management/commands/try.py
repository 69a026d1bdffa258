"""`manage.py try STAGE`: one stage from the command line, JSON lines in, one JSON line out for each."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommendations.domain.names import same_album, same_artist, same_title
from recommendations.domain.salvage import parse_answer
from recommendations.domain.sanitizing import sanitize_candidate
from recommendations.domain.types import Candidate, Drop, Mode
from recommendations.domain.validating import judge
from recommendations.services.resolution import resolve_candidates

Line = Mapping[str, Any]

# MusicBrainz is asked in batches; so many lines are read before it is.
BATCH = 100


class Command(BaseCommand):
    help = (
        "Run one stage on JSON lines from standard input and print one JSON line for each, with the same id. "
        "parse: {id, text, mode?}; sanitize, validate: {id, artist, album, year, confidence, mode}; "
        "same: {id, kind: artist|album, a, b}; resolve: {id, artist, album, mode}."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stage", choices=sorted((*STAGES, "resolve")))

    def handle(self, *args: Any, stage: str, **options: Any) -> None:
        lines = _lines(sys.stdin)
        outcomes = _resolved(lines) if stage == "resolve" else (_tried(STAGES[stage], line) for line in lines)
        for outcome in outcomes:
            self.stdout.write(json.dumps(outcome, ensure_ascii=False))


def _lines(source: Iterable[str]) -> Iterator[Line]:
    for number, text in enumerate(source, start=1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except ValueError as error:
            raise CommandError(f"line {number} is not JSON: {error}") from error
        if not isinstance(line, dict) or "id" not in line:
            raise CommandError(f"line {number} is not an object with an id")
        yield line


def _tried(stage: Callable[[Line], Line], line: Line) -> Line:
    try:
        return {"id": line["id"], **stage(line)}
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        # One bad line says so in its own place, and the rest is tried all the same.
        return {"id": line["id"], "problem": f"this line cannot be tried: {error!r}"}


def _parse(line: Line) -> Line:
    parsed = parse_answer(line["text"], _mode(line))
    return {"items": [_item(candidate) for candidate in parsed.items], "problem": parsed.problem or None}


def _item(candidate: Candidate) -> Line:
    return {
        "artist": candidate.artist or None,
        "album": candidate.album or None,
        "year": candidate.year,
        "genre": ", ".join(candidate.genres) or None,
        "confidence": candidate.confidence,
        "reason": candidate.reason or None,
    }


def _sanitize(line: Line) -> Line:
    return _verdict(sanitize_candidate(_candidate(line), _mode(line)))


def _validate(line: Line) -> Line:
    candidate = _candidate(line)
    return _verdict(judge(candidate, _mode(line), timezone.now()) or candidate)


def _verdict(outcome: Candidate | Drop) -> Line:
    candidate = outcome.candidate if isinstance(outcome, Drop) else outcome
    return {
        "kept": not isinstance(outcome, Drop),
        "artist": candidate.artist,
        "album": candidate.album or None,
        "reason": f"{outcome.reason.sentence}. {outcome.detail}".strip() if isinstance(outcome, Drop) else None,
    }


def _same(line: Line) -> Line:
    a, b = line["a"], line["b"]
    if line["kind"] == "artist":
        return {"same": same_artist(a, b)}
    if isinstance(a, str) and isinstance(b, str):
        return {"same": same_title(a, b)}
    return {"same": same_album((a["artist"], a["album"]), (b["artist"], b["album"]))}


def _resolved(lines: Iterable[Line]) -> Iterator[Line]:
    waiting: list[Line] = []
    for line in lines:
        waiting.append(line)
        if len(waiting) == BATCH:
            yield from _resolved_batch(waiting)
            waiting = []
    yield from _resolved_batch(waiting)


def _resolved_batch(lines: list[Line]) -> Iterator[Line]:
    outcomes: dict[int, Line] = {}
    for mode in Mode:
        chosen = [number for number, line in enumerate(lines) if _mode(line) is mode]
        candidates = [_candidate(lines[number]) for number in chosen]
        verdicts = resolve_candidates(candidates, mode, now=timezone.now(), tick=lambda: None)
        for number, verdict in zip(chosen, verdicts, strict=True):
            outcomes[number] = {
                "id": lines[number]["id"],
                "artist_mbid": verdict.candidate.artist_mbid or None,
                "release_group_mbid": verdict.candidate.release_group_mbid or None,
                "verdict": verdict.certainty,
                "candidates": [
                    {
                        "artist_mbid": option.artist_mbid,
                        "release_group_mbid": option.release_group_mbid or None,
                        "name": option.name,
                        "disambiguation": option.disambiguation,
                        "country": option.country,
                        "begin_year": option.begin_year,
                    }
                    for option in verdict.candidate.options
                ],
            }
    yield from (outcomes[number] for number in sorted(outcomes))


def _candidate(line: Line) -> Candidate:
    return Candidate(
        artist=str(line.get("artist") or ""),
        album=str(line.get("album") or ""),
        year=line.get("year"),
        genres=tuple(filter(None, [line.get("genre")])),
        confidence=line.get("confidence"),
    )


def _mode(line: Line) -> Mode:
    return Mode(line.get("mode") or (Mode.ALBUMS if line.get("album") else Mode.ARTISTS))


STAGES: Mapping[str, Callable[[Line], Line]] = {
    "parse": _parse,
    "sanitize": _sanitize,
    "validate": _validate,
    "same": _same,
}
