"""What a title says beside the record's name: which edition it is, and whether that makes it another record."""

import re


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Any of these names an edition of the same record ...
_EDITION = _set_of(
    "deluxe edition editions remaster remastered remasters remastering expanded anniversary bonus reissue reissued "
    "repress repackage repackaged boxset"
)
# ... and these qualify it; outside brackets an edition may consist of nothing else.
_QUALIFIER = _set_of(
    "super special limited collector collectors collector's legacy platinum exclusive target itunes digital digitally "
    "newly fully track tracks disc cd version original recording recordings bit 24bit hd hi res audio year years "
    "tenth fifteenth twentieth thirtieth fortieth fiftieth enhanced extended standard tour the with and mono stereo "
    "explicit clean uk us usa japan japanese european international content album 2cd 2lp 3cd lp vinyl ultimate "
    "definitive complete"
)
# The last words of a title that belong to an edition even without a bracket, dash or colon before them.
_PLAIN_QUALIFIER = _set_of(
    "super special limited collector collectors collector's legacy platinum exclusive digital digitally newly fully "
    "track tracks version tenth fifteenth twentieth thirtieth fortieth fiftieth"
)
# In brackets these alone say nothing about the music.
_NEUTRAL = _set_of(
    "original recording version album cd lp vinyl mono stereo explicit clean uk us usa eu japan japanese european "
    "american british international import standard hd hi res audio the and soundtrack ost motion picture film movie "
    "game video television tv series music from mix"
)
# These make it another record, whatever else stands beside them.
_ANOTHER = _set_of(
    "live acoustic demo demos remix remixes remixed instrumental instrumentals unplugged session sessions karaoke "
    "acapella cappella tribute cover covers orchestral symphonic concert taylor's part pt vol volume chapter "
    "commentary score naked redux dub ep single sides rarities outtakes stripped slowed reverb sped nightcore "
    "reimagined rerecorded recorded cast christmas piano"
)

_HINTS = ("(", "[", "delux", "edition", "master", "expanded", "annivers", "bonus", "issue", "repack", " mix")
_ENCLOSED = re.compile(r"\s*[(\[]([^()\[\]]*)(?:[)\]]|$)")
_AFTER_MARK = re.compile(r"^(.*\S)(?:\s+-+\s+|\s*[:,;]\s+)(\S[^:;]*)$")
_WORD = re.compile(r"[^\W_]+(?:'s)?")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_ORDINAL_WORD = re.compile(r"\d{1,3}(?:st|nd|rd|th)$")
_ORDINAL = re.compile(r"\d{1,3}(?:st|nd|rd|th)?$")
_PERFORMED = re.compile(r"\b(?:a?live|unplugged|concert)\b")
# Remastering became a selling point with the compact disc; an earlier year outside brackets belongs to the title.
_FIRST_REMASTER_YEAR = 1982


def any_of(signs: tuple[str, ...], text: str) -> bool:
    """Whether a text holds any of these signs; several times quicker than a regular expression of alternatives."""
    for sign in signs:  # noqa: SIM110 - any() with a generator costs three times as much here
        if sign in text:
            return True
    return False


def edition_notes(title: str) -> list[str]:
    """The bracketed notes of a title, outermost first as written, lower case."""
    return [note.strip().lower() for note in _ENCLOSED.findall(title)]


def without_editions(title: str) -> str:
    """A folded title without what only names its edition; the whole title when nothing else would be left."""
    if not any_of(_HINTS, title):
        return title
    main = _ENCLOSED.sub("", title)
    bare = _ENCLOSED.sub(lambda found: _note_left(found[0], found[1], main), title).strip()
    marked = _AFTER_MARK.match(bare)
    if marked and (kept := _tail_left(marked[2])) is not None:
        bare = f"{marked[1]} {kept}".strip()
    bare = _without_plain_tail(bare)
    return bare if _says_something(bare) else title


def _note_left(whole: str, note: str, main: str) -> str:
    words = _WORD.findall(note.replace("box set", "boxset"))
    if any(word in _ANOTHER for word in words):
        if words == ["live"] and _PERFORMED.search(main):
            return ""
        if not any(word in _EDITION for word in words):
            return whole
        return " " + " ".join(word for word in words if not _qualifies(word))
    if any(word in _EDITION for word in words):
        return ""
    says_nothing = words and all(word in _NEUTRAL or _YEAR.match(word) for word in words)
    return "" if says_nothing and not _YEAR.match(" ".join(words)) and words != ["mix"] else whole


def _tail_left(tail: str) -> str | None:
    """What an edition after a dash, colon or comma leaves behind; None when it is not an edition."""
    words = _WORD.findall(tail)
    another = [word for word in words if word in _ANOTHER]
    is_edition = any(word in _EDITION for word in words) and all(_qualifies(word) or word in another for word in words)
    is_mix_of_a_year = words[-1:] == ["mix"] and all(_YEAR.match(word) or word in _NEUTRAL for word in words)
    return " ".join(another) if is_edition or (is_mix_of_a_year and len(words) > 1) else None


def _without_plain_tail(title: str) -> str:
    words = title.split()
    cut = len(words)
    while cut > 1 and _ends_an_edition(words[cut - 1]):
        cut -= 1
    # "Gold Deluxe Edition" loses two words, "Something Special" none: only a tail that names an edition goes.
    if not any(word in _EDITION for word in words[cut:]) or words[cut - 1] in _PLAIN_QUALIFIER:
        return title
    return " ".join(words[:cut])


def _ends_an_edition(word: str) -> bool:
    if _YEAR.match(word):
        return int(word) >= _FIRST_REMASTER_YEAR
    return word in _EDITION or word in _PLAIN_QUALIFIER or bool(_ORDINAL_WORD.match(word))


def _qualifies(word: str) -> bool:
    return word in _EDITION or word in _QUALIFIER or bool(_YEAR.match(word) or _ORDINAL.match(word))


def _says_something(title: str) -> bool:
    return bool(title) and title not in ("the", "a", "an")
