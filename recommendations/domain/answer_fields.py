"""The fields of a suggestion under whatever name and in whatever form a model gives them."""

import math
import re
from functools import lru_cache

from recommendations.domain.prose import without_citations

# What each field is called, the likeliest name first: of two that are there, the first counts.
_NAMES_OF_FIELDS = {
    "artist": "artist artistname a band bandname musician performer act group creator albumartist recommendedartist "
    "suggestedartist artista künstler artiste singer composer by artists",
    "album": "album albumtitle albumname l title record release lp work recommendedalbum suggestedalbum keyalbum "
    "essentialalbum startingalbum bestalbum startwith recordname releasetitle releasename disco álbum t",
    "name": "name n recommendation suggestion item",
    "year": "year y releaseyear released releasedate date yearreleased originalyear yearofrelease firstreleased jahr",
    "genres": "genres genre g styles style tags primarygenre musicgenre subgenres subgenre género",
    "confidence": "confidence c confidencescore conf score matchscore match probability certainty relevance "
    "relevancescore likelihood confidencelevel",
    "reason": "reason r because why rationale explanation description justification notes note comment reasoning "
    "whyrecommended recommendationreason matchreason summary whyyoulllikeit",
    "because_of": "becauseof similarto basedon becauseyoulike becauseyouown seedartists relatedto seeds "
    "similarartists becauseyoulisten",
    "albums": "albums records releases albumrecommendations recommendedalbums titles discography",
}
_FIELDS = {
    alias: (field, rank) for field, aliases in _NAMES_OF_FIELDS.items() for rank, alias in enumerate(aliases.split())
}
_NAMES = ("artist", "album", "name")
_LINK = re.compile(r"\[([^\[\]]+)\]\((?:https?:|www\.)[^)\s]*\)")
_EMPHASIS = re.compile(r"^(\*\*|__|\*|_|`)(.+)\1$", re.DOTALL)
GENRE_SEPARATOR = re.compile(r"[,;/|]")
# "Tyler, The Creator" is one artist.
ARTIST_SEPARATOR = re.compile(r";|,(?!\s+(?:the|jr|sr)\b)", re.IGNORECASE)
_FOUR_DIGITS = re.compile(r"(?<![\d.])(\d{4})(?![\ds])")
_CONFIDENCE_TEXT = re.compile(r"^[^\d.,-]{0,20}(-?\d*[.,]?\d+)\s*(%|/\s*\d+|out of \d+)?")


@lru_cache(maxsize=4096)
def plain_key(key: str) -> str:
    """A key without case and punctuation: "Artist Name" and "artist_name" are one."""
    return "".join(char for char in key[:60].lower() if char.isalnum())


def fields_of(node: dict[str, object]) -> dict[str, object]:
    """The members of an object that say anything, by the field they are for."""
    fields: dict[str, object] = {}
    ranks: dict[str, int] = {}
    for name, member in node.items():
        known = _FIELDS.get(name) or _FIELDS.get(plain_key(name))
        # A number under one letter is a count, not a name; "311" under "artist" is a band.
        if (
            known is None
            or member in (None, "")
            or (len(name) == 1 and known[0] in _NAMES and not isinstance(member, str))
        ):
            continue
        if known[1] < ranks.get(known[0], 99):
            fields[known[0]], ranks[known[0]] = member, known[1]
    return fields


def text_of(value: object) -> str:
    """A string value without citations, links and emphasis; of an object its name or title."""
    if isinstance(value, str):
        return _bare_text(value)
    if isinstance(value, dict):
        fields = fields_of(value)
        named = next((fields[field] for field in ("name", "album", "artist") if isinstance(fields.get(field), str)), "")
        return _bare_text(str(named))
    if isinstance(value, list):
        return " & ".join(filter(None, map(text_of, value[:10])))
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else str(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _bare_text(text: str) -> str:
    text = text.strip()
    if "[" in text or "【" in text:
        text = without_citations(_LINK.sub(r"\1", text)).strip()
    emphasized = _EMPHASIS.match(text) if text[:1] in ("*", "_", "`") else None
    return emphasized[2].strip() if emphasized else text


def year_of(value: object) -> int | None:
    """A year from a number, or from the first four digits of a date; "the 1990s" is not a year."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if math.isfinite(value) and value else None
    if not isinstance(value, str):
        return None
    if found := _FOUR_DIGITS.search(value):
        return int(found[1])
    return int(value) or None if re.fullmatch(r"\s*-?\d{1,6}\s*", value) else None


def texts_of(value: object, separators: re.Pattern[str]) -> tuple[str, ...]:
    """The different texts of a list, or of a string with separators."""
    if isinstance(value, list):
        parts = [text_of(element) for element in value]
    elif isinstance(value, str):
        parts = [value]
    else:
        return ()
    texts = (_bare_text(text) for part in parts for text in separators.split(part))
    return tuple(dict.fromkeys(text for text in texts if text))


def confidence_of(value: object) -> float | None:
    """A confidence from 0 to 1 by the rule in `parse_answer`, or None."""
    unit = ""
    if isinstance(value, str):
        found = _CONFIDENCE_TEXT.match(value.strip())
        if not found:
            return None
        unit = found[2] or ""
        value = float(found[1].replace(",", "."))
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    if unit:
        scale = 100 if unit == "%" else int(re.sub(r"\D", "", unit)[:6])
    else:
        scale = 1 if value < 2 else 10 if value <= 10 else 100
    # A little over one is a slip; far over the scale is not a confidence at all.
    return min(1.0, value / scale) if scale and value <= max(scale, 2) else None
