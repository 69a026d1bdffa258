"""Makes text written by strangers harmless: names a model answered, and tags of the library that go into a prompt."""

import html
import math
import re
import unicodedata
from dataclasses import replace
from typing import Literal

from recommendations.domain.reasons import DropReason
from recommendations.domain.types import Candidate, Drop, Mode

ARTIST_CAP = 300
# The longest title of a famous record, Chumbawamba's "The Boy Bands Have Won …", has 865 characters.
ALBUM_CAP = 1000
REASON_CAP = 1000
GENRE_CAP = 60
GENRES_CAP = 10
BECAUSE_OF_CAP = 20
TAG_CAP = 80
# Text beyond this is not looked at: it is no name, and the rules below are not free.
_RAW_CAP = 3000

# Only entities with their semicolon: "Iron &amp Wine" is not HTML, and "R&Bcopy" must not become "R&B©".
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_SCRIPT = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
# Only elements of HTML: "<PIG>" is a band, and "Lil' <3" has no element at all.
_ELEMENT = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|body|br|button|center|cite|code|div|em|embed|font|form|h[1-6]|head|hr|html|i|iframe"
    r"|img|input|kbd|li|link|mark|marquee|meta|object|ol|p|pre|s|script|small|span|strike|strong|style|sub|sup|svg|table"
    r"|tbody|td|th|thead|title|tr|tt|u|ul|video|audio)(?:\s[^<>]*)?/?>|<!--.*?-->",
    re.IGNORECASE | re.DOTALL,
)
# A single ideographic space belongs to a Japanese name; every other white space becomes one plain space.
_SPACES = re.compile(r"\s{2,}|[^\S\u3000]")
_PLAIN = re.compile(r"[ !-%'-;=?-~]+")

_INSTRUCTIONS = (
    r"(?:instruc\w*|anweisung\w*|istruzion\w*|prompts?|directi(?:ons|ves)|guidelines|messages|rules|commands)"
)
_OVERRIDE = (
    r"\b(?:ignor\w*|disregard\w*|forget|override|bypass|overlook|olvida|oublie[zr]?|vergiss)\s+"
    rf"(?:[\w']+\s+){{0,3}}(?:previous|prior|above|earlier|preceding|all|your|any|these|system|everything|las|les|alle\w*"
    rf"|le|tus|vos|toutes|todas|vorherigen)\s+(?:[\w']+\s+){{0,3}}{_INSTRUCTIONS}"
)
_INJECTION = re.compile(
    rf"{_OVERRIDE}"
    r"|\b(?:forget|disregard|ignore) (?:everything|all|anything)(?: that)? "
    r"(?:above|before this|previously|you were|you have|you've|i said|i told)\b"
    r"|\b(?:reveal|print|show|repeat|output|leak) (?:me )?(?:your|the) (?:\w+ )?(?:system )?(?:prompt|instructions)\b"
    r"|\byou are now (?:an? |the |in )?(?:[\w-]+ ){0,2}"
    r"(?:assistant|ai|chatbot|bot|model|dan|unrestricted|jailbroken|mode)\b"
    r"|\b(?:new|updated|real|actual|additional|system) (?:system )?(?:instructions?|prompt)\s*:"
    r"|\b(?:act|behave|respond) as (?:an? |the )?(?:\w+ )?(?:assistant|ai|language model|dan|administrator|root)\b"
    r"|\bpretend (?:to be|you are|that you)\b.{0,40}\b(?:assistant|ai|model|admin\w*)\b"
    r"|\b(?:enable|enter|activate) (?:developer|debug|god|dan|jailbreak) mode\b"
    r"|\b(?:respond|reply|answer) only with\b|\bdo anything now\b|\bas an? (?:ai|large) language model\b",
    re.IGNORECASE,
)
_ROLE_TOKEN = re.compile(
    r"<\|\s*[\w-]{1,40}\s*\|>\s*(?:(?:system|assistant|user|human|developer)\b)?|\[/?INST\]|<<\s*/?SYS\s*>>|</?(?:system|assistant|user|human|instructions?)>"
    r"|(?<!\S)#{1,6}\s*(?:instructions?|system|response|assistant|user|human|input)\b\s*:?|<(?:start|end)_of_turn>",
    re.IGNORECASE,
)
_ROLE_LINE = re.compile(r"(?:^|[\r\n]+)\s*(?:system|assistant|user|human|developer)\s*:", re.IGNORECASE)
_ROLE_AFTER_BREAK = re.compile(r"[\r\n]\s*(?:system|assistant|user|human|developer)\s*:", re.IGNORECASE)
_ROLE_ORDER = re.compile(
    r"^\s*(?:system|assistant|user|human|developer)\s*:\s*(?:you|ignore|new|do|please|add|recommend|output|respond|reply"
    r"|return|reveal|from now|always|never|set|override|forget|sure|here|i)\b",
    re.IGNORECASE,
)

_TAGS_REVEALED = {0xE0000 + code: code for code in range(0x20, 0x7F)}

# What each shape is called, for the owner; in the order they are looked for.
_HOSTILE: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "script markup",
        re.compile(
            r"<\s*/?\s*(?:script|iframe|img|svg|object|embed|form|input|style|link|meta|base|video|audio|body|html|math"
            r"|button|details|marquee|template|applet|frameset)\b[^<>]{0,500}(?:>|/|=|\()|<\s*script\b"
            r"|\b(?:java|vb|live)script\s*:\s*\S|\bdata\s*:\s*text/html|<[^<>]*\bon[a-z]{3,20}\s*="
            r"|\bon(?:error|load|click|mouseover|focus)\s*=\s*\S|%3c\s*/?\s*(?:script|iframe|img|svg)"
            r"|<!(?:ENTITY|DOCTYPE|\[CDATA)|<\?(?:xml|php)|\b(?:document\.cookie|document\.write|eval\(|alert\()",
            re.IGNORECASE,
        ),
    ),
    (
        "a path into the system",
        re.compile(
            r"(?<!\.)\.\.[/\\](?=[\w.%])|(?:%2e){2}(?:%2f|%5c|/)|/etc/(?:passwd|shadow|hosts|group)\b|\betc/(?:passwd|shadow)\b"
            r"|/proc/self|\bc:\\+(?:windows|users|boot)|(?:windows|winnt)[/\\]+system32|system32[/\\]+|\bfile://"
            r"|\\\\[\w.-]+\\[\w$]+|~/\.(?:ssh|aws|bash)|/(?:root|var/log|usr/bin|bin)/\w",
            re.IGNORECASE,
        ),
    ),
    (
        "a template expression",
        re.compile(
            r"(?<!\{)\{\{(?!\{)[^{}]*\}\}(?!\})|\$\{[^{}]*\}|\{%[^{}]*%\}|<%[^<>]*%>|#\{[^{}]*\}|\$\([a-z]+\s[^()]*\)"
            r"|\bjndi\s*:|__(?:class|globals|import|subclasses|mro)__",
            re.IGNORECASE,
        ),
    ),
    (
        "a database or shell command",
        re.compile(
            r"['\"`)]\s*(?:or|and)\s+['\"(]?\w+['\")]?\s*(?:=|like|<|>)\s*['\"(]?\w*"
            r"|;\s*(?:(?:drop|alter|truncate|create)\s+(?:table|database|schema|user|view)|delete\s+from|insert\s+into"
            r"|update\s+\w+\s+set|select\s.+\sfrom|exec|shutdown)\b"
            r"|\bunion\s+(?:all\s+)?select\b.*(?:\bfrom\b|,|\*|@@|\bnull\b|--)|\bunion\s+(?:all\s+)?select\s+\d"
            r"|\b(?:drop|truncate|alter)\s+table\s+\S+|\binsert\s+into\s+\w+.*\bvalues?\b|\bdelete\s+from\s+\w+\s*(?:;|where\b|--|$)"
            r"|\bselect\s+(?:\*|[\w, ]+?)\s+from\s+\w+\s*(?:;|where\b|--|limit\b)|\bselect\s+\*\s+from\b"
            r"|'\s*\)*\s*;?\s*--\s*[+-]*$|\bxp_cmdshell\b"
            r"|\b(?:pg_)?sleep\(\d|\bbenchmark\(\d|\brm\s+-[rf]{1,2}\b|[;|&]\s*(?:cat|curl|wget|nc|bash|sh|rm|ls|id|whoami)\b\s*(?:[-/]|$|http)"
            r"|\|\|\s*'|`\s*(?:id|whoami|ls|cat|rm|curl)\b[^`]*`|^=\s*(?:cmd\||hyperlink\(|importxml\()"
            r"|^[=+@-]\s*cmd\s*\||\bchar\(\d+\)|\bwaitfor\s+delay\b",
            re.IGNORECASE,
        ),
    ),
    ("an encoded control character", re.compile(r"%0[0ad](?![0-9a-z])|%0d%0a|\\x00|\\u0000|\\0(?!\d)", re.IGNORECASE)),
    ("a role marker", _ROLE_TOKEN),
    ("a role marker", _ROLE_AFTER_BREAK),
    ("a role marker", _ROLE_ORDER),
    ("an instruction to the model", _INJECTION),
)


def clean_name(text: str) -> str:
    """A name as it would be printed: NFC, entities resolved, markup and invisible characters gone, spaces collapsed.

    Real names survive byte for byte: AC/DC, Sunn O))), "Lil' <3", <PIG>, †††, 初音ミク.
    """
    if _PLAIN.fullmatch(text):
        return _SPACES.sub(" ", text).strip()
    # What an entity or an element leaves behind can be another one; past the third time it is not a name.
    for _ in range(3):
        cleaned = _clean_once(text)
        if cleaned == text:
            break
        text = cleaned
    return text


def _clean_once(text: str) -> str:
    resolved = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    if "<" in resolved:
        resolved = _ELEMENT.sub("", _SCRIPT.sub("", resolved))
    visible = _shown(resolved, "NFC", " ")
    return unicodedata.normalize("NFC", _SPACES.sub(" ", visible).strip())


def is_hostile(text: str) -> str:
    """What makes a text an attack rather than a name, for the owner; "" when nothing does.

    Entities and invisible characters are resolved first, so that nothing hides behind them.
    """
    if "\0" in text:
        return "a null byte"
    # Tag characters spell ASCII that nobody sees and a model reads.
    revealed = text.translate(_TAGS_REVEALED) if any(char >= "\U000e0000" for char in text) else text
    seen = _ENTITY.sub(lambda found: html.unescape(html.unescape(found[0])), revealed)
    seen = _shown(seen, "NFKC", "\n")
    for what, shape in _HOSTILE:
        if shape.search(seen):
            return what
    return ""


def sanitize_candidate(candidate: Candidate, mode: Mode) -> Candidate | Drop:
    """The candidate with clean text and a confidence within 0 to 1, or the drop that says why it cannot be used.

    An artist longer than 300 characters or an album longer than 1000 is dropped, because a shortened name is another
    name. A reason is cut at 1000 characters; hostile text in it, in a genre or in an artist it leans on is left out.
    """
    for field, name in (("artist", candidate.artist), ("album", candidate.album)):
        if len(name) > _RAW_CAP:
            return Drop(candidate, DropReason.GENERATED_NAME, f"the {field} is {len(name)} characters long")
        if what := is_hostile(name):
            return Drop(candidate, DropReason.HOSTILE_TEXT, f"the {field} holds {what}")
    artist, album = clean_name(candidate.artist), clean_name(candidate.album)
    if not artist:
        return Drop(candidate, DropReason.NO_ARTIST)
    if mode is Mode.ALBUMS and not album:
        return Drop(candidate, DropReason.NO_ALBUM)
    for field, name, cap in (("artist", artist, ARTIST_CAP), ("album", album, ALBUM_CAP)):
        if len(name) > cap:
            return Drop(candidate, DropReason.GENERATED_NAME, f"the {field} is {len(name)} characters long")
    return replace(
        candidate,
        artist=artist,
        album=album,
        genres=_clean_all(candidate.genres, GENRE_CAP)[:GENRES_CAP],
        confidence=_within_bounds(candidate.confidence),
        reason="" if is_hostile(candidate.reason[:_RAW_CAP]) else clean_name(candidate.reason[:_RAW_CAP])[:REASON_CAP],
        because_of=_clean_all(candidate.because_of, ARTIST_CAP)[:BECAUSE_OF_CAP],
    )


def clean_tag(text: str) -> str:
    """Library text that may stand in a prompt: one line of at most 80 characters that cannot speak to the model.

    Role markers and instruction tokens are taken out, and everything from an instruction on is cut off; the answer is
    "" when nothing else was there.
    """
    seen = _ENTITY.sub(lambda found: html.unescape(found[0]), text[:_RAW_CAP])
    seen = _shown(seen, "NFC", "\n")
    for shape in (_ROLE_AFTER_BREAK, _ROLE_ORDER, _INJECTION):
        if found := shape.search(seen):
            seen = seen[: found.start()]
    previous = None
    # Taking one token out can make another of what stood around it.
    while previous != seen:
        previous = seen
        seen = _ROLE_LINE.sub(" ", _ROLE_TOKEN.sub(" ", seen))
    seen = re.sub(r"`{2,}|~{3,}", " ", seen)
    return clean_name(seen)[:TAG_CAP].rstrip()


def _shown(text: str, form: Literal["NFC", "NFKC"], line_break: str) -> str:
    """The text in this Unicode form, with every invisible character gone and every white space plain."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(char, line_break) for char in unicodedata.normalize(form, text))


def _visible(char: str, line_break: str) -> str:
    if char in "\n\r\u2028\u2029\x85":
        return line_break
    if char.isspace():
        return char if char == "\u3000" else " "
    if "\ufe00" <= char <= "\ufe0f" or "\U000e0000" <= char <= "\U000e01ef" or char in "\u034f\u115f\u1160\u3164\uffa0":
        return ""
    return "" if unicodedata.category(char) in ("Cc", "Cf", "Cs") else char


def _clean_all(texts: tuple[str, ...], cap: int) -> tuple[str, ...]:
    cleaned = (clean_name(text)[:cap].rstrip() for text in texts if len(text) <= _RAW_CAP and not is_hostile(text))
    return tuple(dict.fromkeys(text for text in cleaned if text))


def _within_bounds(confidence: float | None) -> float | None:
    if confidence is None or not math.isfinite(confidence):
        return None
    return min(1.0, max(0.0, confidence))
