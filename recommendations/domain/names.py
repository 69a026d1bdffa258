"""Names and titles compared as people mean them: keys that forget spelling and editions, never substance.

A key is one folded word ("The Beatles" and "Beatles, The" are "beatles"), stored in indexed columns and compared for
equality. It is stable: the key of a key is itself. It is never empty for a name that has a visible character.
"""

import re
import unicodedata

from recommendations.domain.editions import any_of, without_editions

# Letters that Unicode does not decompose although people type the plain ones. Russian prints Ё as Е at will, Arabic the
# hamza on an alef; й and и, が and か are different letters and stay apart.
_LETTERS = {
    "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŋ": "n",
    "ё": "е", "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ـ": "",
    "‘": "'", "’": "'", "ʼ": "'", "ʻ": "'", "`": "'", "´": "'", "′": "'", "‛": "'", "ʹ": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
    "™": "", "®": "", "©": "", "℗": "",
}  # fmt: skip

# Names without a letter, as they are spoken; source: the aliases of these artists and releases in MusicBrainz.
_SPOKEN = {
    "!!!": "chkchkchk", "†††": "crosses", "+/-": "plusminus", "÷": "divide", "×": "multiply", "=": "equals",
    "-": "subtract", "+": "plus", "★": "blackstar",
}  # fmt: skip

_ARTICLE_LAST = re.compile(r"^(.+), (the|an?|die|der|das|los|las|les|le|la|el|il|i|os|as)$")
_ARTIST_NOTE = re.compile(
    r"\s*[(\[](?:(?:rock|metal|punk|pop|uk|us|british|american)\s+)?"
    r"(?:band|artist|singer|musician|rapper|group|duo|trio|composer|producer|dj)[)\]]\s*$"
)
_GUESTS_ENCLOSED = re.compile(r"\s*[(\[]\s*(?:feat|ft|featuring)\b[^()\[\]]*[)\]]")
# "Little Feat" is a band and "Six Ft Hick" too: neither has a guest.
_GUESTS = re.compile(r"(?<=\S)(?<!little)(?<!six)(?<!\d)[\s,(\[]+(?:(?:feat|ft)(?:\.\s*|\s+)|featuring\s+)(?=\w).*$")
_DOLLARS = re.compile(r"([a-z]?)(\$+)([a-z]?)")
_EXCLAMATION = re.compile(r"(?<=[a-z])!(?=[a-z])")
_AND = re.compile(r"(?<=\w)(?:\s*\+\s*|\s*'n'\s*|(?:'n|\s+n'?)\s+)(?=\w)|\s+n'(?=\w)|-n-")
_AND_SIGNS = ("n'", "'n", " n ", "-n-", "+")
_PLUS = re.compile(r"(?<!\S)\+\s?(?=\d)")
_INITIAL = re.compile(r"(?<![^\W_])([^\W\d_])\.")
# "4:44" is not "444". The dot is a letter to Unicode, so that it lives in the key and survives being keyed again.
_BETWEEN_DIGITS = re.compile(r"(\d)[.:/-](?=\d)")
_DIGIT_DOT = r"\1ꞏ"
_MIRRORED = re.compile(r"(?<=[a-z])[яи](?=[a-z]|$)|^[яи](?=[a-z]{2})")
_MIRROR = {"я": "r", "и": "n"}

_NUMBER_WORDS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_ROMAN = {
    tens + ones: str(10 * ten + one)
    for ten, tens in enumerate(("", "x", "xx", "xxx"))
    for one, ones in enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"))
    if tens or ones
}
_SAME_WORD = {"volume": "vol", "part": "pt", "versus": "vs", "parts": "pts", "volumes": "vols"}
_COUNTED = frozenset({"vol", "pt", "chapter", "book", "act", "no", "disc", "episode"})


def artist_key(name: str) -> str:
    """The key of an artist's name without guests ("feat. …"), a leading "The" or a note such as "(band)"."""
    text = _folded(name)
    if "(" in text or "[" in text:
        text = _ARTIST_NOTE.sub("", text) or text
    return _key(text, name)


def title_key(title: str) -> str:
    """The key of a title without its edition; "(Live)", "Pt. 2" or "(Taylor's Version)" make another record."""
    return _key(without_editions(_folded(title)), title)


def album_key(artist: str, title: str) -> str:
    """The key of a record by an artist; a title that only says "Self-Titled" is the artist's name."""
    artist_part, title_part = artist_key(artist), title_key(title)
    return f"{artist_part}|{artist_part if title_part in ('selftitled', 'selftitledalbum') else title_part}"


def same_artist(a: str, b: str) -> bool:
    """Whether two names are spellings of one."""
    return artist_key(a) == artist_key(b)


def same_title(a: str, b: str) -> bool:
    """Whether two titles are spellings or editions of one."""
    return title_key(a) == title_key(b)


def same_album(a: tuple[str, str], b: tuple[str, str]) -> bool:
    """Whether two (artist, title) pairs are one record."""
    return album_key(*a) == album_key(*b)


class _Folding(dict[int, str]):
    """A translation table that works out each character once: case and Latin or Greek marks go, punctuation stays."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


class _Spacing(dict[int, str]):
    """A translation table that leaves letters, digits and vowel signs and turns all else into space."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kept = self[code] = char if unicodedata.category(char)[0] in "LNM" else "" if char == "'" else " "
        return kept


def _fold_character(char: str) -> str:
    if char in _LETTERS:
        return _LETTERS[char]
    kind = unicodedata.category(char)
    if kind[0] == "L":
        base = unicodedata.normalize("NFD", char)[0]
        return _LETTERS.get(base, base) if base < "Ͱ" or "Ͱ" <= base < "Ѐ" else char
    if kind == "Mn":
        is_optional = "\u0300" <= char <= "\u036f" or "\u0591" <= char <= "\u05c7" or "\u064b" <= char <= "\u0670"
        return "" if is_optional or "\ufe00" <= char <= "\ufe0f" or char >= "\U000e0100" else char
    if char.isspace():
        return " "
    return "" if kind[0] == "C" and kind != "Co" else char


_FOLDING = _Folding()
_SPACING = _Spacing()


def _folded(text: str) -> str:
    """Lower case, compatibility forms unified, marks gone; punctuation still there for the rules that need it."""
    if text.isascii():
        return text.lower().strip()
    return _unified(_unified(text).translate(_FOLDING)).strip()


def _unified(text: str) -> str:
    without_signs = text.translate({0x2122: None, 0xAE: None, 0xA9: None})
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", without_signs).casefold())


def _key(text: str, name: str) -> str:
    key = _once(text)
    if key.isascii() and key:
        return key
    # Dropping a mark or a space can bring two characters together that Unicode composes into one.
    for _ in range(4):
        again = _once(_folded(key))
        if again == key:
            break
        key = again
    return key or _symbols(name)


def _once(text: str) -> str:
    if "feat" in text or "ft" in text:
        text = _GUESTS.sub("", _GUESTS_ENCLOSED.sub("", text))
    if ", " in text:
        text = _ARTICLE_LAST.sub(r"\2 \1", text)
    if "$" in text:
        text = _DOLLARS.sub(_dollars_as_letters, text)
    if "!" in text:
        text = _EXCLAMATION.sub("i", text)
    if "+" in text:
        text = _PLUS.sub(" plus ", text)
    text = text.replace("&", " and ")
    if any_of(_AND_SIGNS, text):
        text = _AND.sub(" and ", text)
    if "." in text:
        text = _INITIAL.sub(r"\1", text)
    text = _BETWEEN_DIGITS.sub(_DIGIT_DOT, text)
    words = text.translate(_SPACING).split()
    key = "".join(_plain_words(words)) if len(words) > 1 else "".join(words)
    return key if key.isascii() else _MIRRORED.sub(lambda found: _MIRROR[found[0]], key)


def _dollars_as_letters(found: re.Match[str]) -> str:
    before, dollars, after = found.groups()
    return f"{before}{'s' * len(dollars)}{after}" if before or after else found[0]


def _plain_words(words: list[str]) -> list[str]:
    plain: list[str] = []
    for position, raw in enumerate(words):
        word = _SAME_WORD.get(raw, raw)
        before = plain[-1] if plain else ""
        if word == "the" and (before == "and" or (position == 0 and words[1:] != ["the"])):
            continue
        if before in _COUNTED and word in _NUMBER_WORDS:
            word = _NUMBER_WORDS[word]
        elif position and word in _ROMAN and (word != "i" or before in _COUNTED or position == len(words) - 1):
            word = _ROMAN[word]
        plain.append(word)
    return plain


def _symbols(name: str) -> str:
    """What is left of a name without a letter: its signs, or the word people say for them."""
    signs = "".join(without_editions(_folded(name)).split()) or "".join(name.split())
    return _SPOKEN.get(signs, signs)
