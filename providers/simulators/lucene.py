"""The part of Lucene's query language that MusicBrainz searches need, and a small ranked index to ask with it."""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_LEXEME = re.compile(
    r"""\s*(?:
        (?P<bracket>[()])
      | "(?P<phrase>(?:\\.|[^"\\])*)"
      | (?P<field>[a-z]+):
      | (?P<word>(?:\\.|[^\s()":\\\[\]{}^~*?!/&|+-])(?:\\.|[^\s()":\\\[\]{}^~*?!/&|])*)
      | (?P<end>$)
    )""",
    re.VERBOSE | re.DOTALL,
)


class LuceneSyntaxError(ValueError):
    """The query cannot be parsed."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must stand side by side in a field; an empty field means the index's default ones."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses of which all, or any, must match."""

    clauses: tuple["Clause", ...]
    needs_all: bool


Clause = Term | Group


def parse(query: str) -> Clause:
    """A query of field:"phrase", words, AND, OR, parentheses and escapes. Raises LuceneSyntaxError.

    Everything else is refused, so that a character somebody forgot to escape is noticed.
    """
    parser = _Parser(query)
    clause = parser.alternatives("")
    if parser.kind != "end":
        raise LuceneSyntaxError(f"unexpected {parser.text!r}")
    return clause


class _Parser:
    def __init__(self, query: str) -> None:
        self._query = query
        self._position = 0
        self.kind = self.text = ""
        self._advance()

    def alternatives(self, field: str) -> Clause:
        clauses = [self._conjunction(field)]
        # Words side by side are alternatives, as in Lucene's default.
        while self.kind != "end" and not self._is("bracket", ")"):
            if self._is("word", "OR"):
                self._advance()
            clauses.append(self._conjunction(field))
        return clauses[0] if len(clauses) == 1 else Group(tuple(clauses), needs_all=False)

    def _conjunction(self, field: str) -> Clause:
        clauses = [self._clause(field)]
        while self._is("word", "AND"):
            self._advance()
            clauses.append(self._clause(field))
        return clauses[0] if len(clauses) == 1 else Group(tuple(clauses), needs_all=True)

    def _clause(self, field: str) -> Clause:
        if self.kind == "field":
            field = self.text
            self._advance()
        if self._is("bracket", "("):
            self._advance()
            clause = self.alternatives(field)
            if not self._is("bracket", ")"):
                raise LuceneSyntaxError("a parenthesis is left open")
            self._advance()
            return clause
        if self.kind not in {"phrase", "word"} or (self.kind == "word" and self.text in {"AND", "OR", "NOT"}):
            raise LuceneSyntaxError(f"unexpected {self.text or 'end'!r}")
        term = Term(field, re.sub(r"\\(.)", r"\1", self.text, flags=re.DOTALL))
        self._advance()
        return term

    def _is(self, kind: str, text: str) -> bool:
        return self.kind == kind and self.text == text

    def _advance(self) -> None:
        found = _LEXEME.match(self._query, self._position)
        if found is None or found.lastgroup is None:
            raise LuceneSyntaxError(f"cannot read {self._query[self._position :][:40]!r}")
        self.kind, self.text = found.lastgroup, found[found.lastgroup]
        self._position = found.end()


class Index:
    """Documents with text fields, ranked by how rare and how complete the matching words are.

    Case and diacritics do not count, and "AC/DC" is found as two words and as one.
    """

    def __init__(self, documents: Iterable[Mapping[str, Sequence[str]]], default_fields: Sequence[str]) -> None:
        self._default_fields = default_fields
        self._values: list[dict[str, list[tuple[str, ...]]]] = []
        self._postings: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for number, document in enumerate(documents):
            self._values.append({name: _all_readings(values) for name, values in document.items()})
            for name, readings in self._values[number].items():
                postings = self._postings[name]
                for word in {word for words in readings for word in words}:
                    postings[word].add(number)

    def search(self, clause: Clause) -> list[tuple[int, float]]:
        """Numbers of the matching documents with their scores, best first. Raises LuceneSyntaxError."""
        return sorted(self._scores(clause).items(), key=lambda hit: (-hit[1], hit[0]))

    def _scores(self, clause: Clause) -> dict[int, float]:
        if isinstance(clause, Term):
            return self._term(clause)
        parts = [self._scores(part) for part in clause.clauses]
        numbers = set(parts[0])
        for part in parts[1:]:
            numbers = numbers & set(part) if clause.needs_all else numbers | set(part)
        return {number: sum(part.get(number, 0.0) for part in parts) for number in numbers}

    def _term(self, term: Term) -> dict[int, float]:
        scores: dict[int, float] = {}
        for name in (term.field,) if term.field else self._default_fields:
            if name not in self._postings:
                raise LuceneSyntaxError(f"unknown field {name}")
            postings = self._postings[name]
            for words in _readings(term.text):
                rarity = sum(math.log1p(len(self._values) / (1 + len(postings.get(word, ())))) for word in words)
                for number in set.intersection(*(postings.get(word, set()) for word in words)):
                    lengths = [len(value) for value in self._values[number][name] if _stands_in(words, value)]
                    if lengths:
                        score = rarity * math.sqrt(len(words) / min(lengths))
                        scores[number] = max(score, scores.get(number, 0.0))
        return scores


def _readings(text: str) -> list[tuple[str, ...]]:
    """The words of a text: split at punctuation, and with the punctuation inside words left out."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    split = tuple(re.findall(r"\w+", plain))
    if not split:
        # Names made of punctuation only, such as "!!!", are words of their own.
        return [("".join(plain.split()),)] if plain.strip() else []
    joined = tuple(filter(None, (re.sub(r"\W", "", word) for word in plain.split())))
    return [split] if joined == split else [split, joined]


def _all_readings(values: Sequence[str]) -> list[tuple[str, ...]]:
    return [words for value in values for words in _readings(value)]


def _stands_in(words: tuple[str, ...], value: tuple[str, ...]) -> bool:
    return any(value[start : start + len(words)] == words for start in range(len(value) - len(words) + 1))
