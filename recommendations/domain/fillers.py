"""Names that only say that a name belongs there: "Album Title", "Sample Artist", "Greatest Hits Vol. 99"."""

import re
from dataclasses import dataclass


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SPECIAL_PURPOSE = frozenset(
    {"various artists", "various", "various artist", "v/a", "v.a.", "multiple artists", "several artists",
     "varios artistas", "vários artistas", "artistes divers", "artisti vari", "verschiedene interpreten",
     "unknown artist", "unknown", "no artist", "artist unknown", "[unknown]", "[anonymous]", "[traditional]",
     "[no artist]", "[data]", "[dialogue]", "[nature sounds]", "[news report]", "[christmas music]",
     "[church chimes]", "[disney]", "[theatre]", "[language instruction]", "[unavailable]"}
)  # fmt: skip
_NOBODY = frozenset(
    {"n/a", "null", "undefined", "nan", "tbd", "tba", "not available", "not applicable", "not specified",
     "not provided", "none specified", "no recommendation", "same as above", "and more", "and many more", "someone",
     "chatgpt", "claude ai", "suno", "suno ai", "udio ai", "language model", "string", "foobar", "foo bar",
     "foo", "test", "to be announced", "artist name", "artist", "band", "singer", "musician", "performer"}
)  # fmt: skip
_NOTHING = frozenset(
    {"unknown", "tbd", "tba", "to be announced", "to be determined", "to be confirmed", "not applicable",
     "not specified", "not provided", "none specified", "same as above", "and more", "and many more",
     "various artists", "various", "foo bar", "foobar", "title goes here", "hit songs", "as an ai",
     "entire discography", "full discography", "whole discography", "great songs"}
)  # fmt: skip
_REAL_ARTISTS = frozenset({"group 87"})
# Words no record has beside "album" or "title"; "The New Album" and "The Rock Album" are real.
_UNMISTAKABLE = _set_of(
    "sample example dummy placeholder generic default fictional fictitious hypothetical made-up nonexistent "
    "non-existent unnamed unspecified untitled unknown insert suggested your latest favorite favourite"
)
# Released under these very names, by deadmau5, Boris, Modern Talking and others.
_REAL_TITLES = frozenset(
    {"random album title", "album title goes here", "new album", "the new album", "the best album", "the other album",
     "the fake album", "song album", "the song album", "the debut album", "a record", "the recordings"}
)  # fmt: skip
_LOWER_CASE_ONLY = frozenset({"null", "undefined", "nan"})

_VAGUE = _set_of(
    "sample example test dummy fake placeholder unknown random generic default fictional fictitious hypothetical "
    "imaginary imagined made-up nonexistent non-existent unnamed unspecified unlisted untitled regular normal typical "
    "popular famous recommended suggested similar debut latest upcoming studio compilation insert some any your my "
    "favorite favourite new great good best amazing awesome incredible ultimate wonderful fantastic extraordinary "
    "nice cool emerging independent local up-and-coming real actual bot xyz abc self-titled "
    "unbelievable spectacular magnificent phenomenal classic modern various multiple all entire hit single ai "
    "no not available generated synthetic virtual assorted mixed demo live concept"
)
_GENRES = _set_of(
    "rock pop jazz metal indie punk folk blues electronic progressive country hip-hop rap soul funk reggae classical "
    "alternative experimental ambient techno house"
)
_ARTIST_NOUNS = frozenset({"artist", "artists", "band", "singer", "musician", "performer", "group", "act"})
_TITLE_NOUNS = frozenset({"album", "albums", "record", "title", "release", "song", "track", "artist", "band"})
_NOUNS = (
    _ARTIST_NOUNS
    | _TITLE_NOUNS
    | {"music", "songs", "lp", "name", "titles", "tracks", "number", "volume", "hits", "greatest"}
)
_GLUE = _set_of("the and of a an by this that here their his her goes ever first second third fourth fifth collection")
# I and V count records for real: Loudon Wainwright's are "Album II" and "Album III".
_COUNT = re.compile(r"#?\d{1,3}|[a-hj-uw-z]|one|two|three|four|five")
_GLUED_COUNT = re.compile(r"(?:artist|album|band|song|track|title|test|sample|example|singer)[-_#]?\d{1,3}")
_FILLER_PHRASE = re.compile(
    r"lorem ipsum.*|(?:insert|enter|your) .* here|(?:n/a )?\(?no (?:specific )?(?:album|title|record|artist)\)?"
    r"(?: (?:specified|given|available|provided|found|known|name))?|(?:album|record) \(?(?:19|20)\d\d\)?"
    r"|self-titled(?: debut)? (?:album|record).*|.*[(\[](?:title unknown|unknown title|unknown|no title|tb[ad]"
    r"|to be \w+|album title|insert \w+)[)\]]?|(?:artist|album|band|title|album title|album name) unknown|track \d"
)
_TO_BE = re.compile(r"\bTB[AD]\b|\b[Tt]o [Bb]e (?:[Aa]nnounced|[Dd]etermined|[Cc]onfirmed)\b")
_FILLER_ARTIST = re.compile(
    r"(?:ai|gpt|chatgpt)[- ](?:generated|created|powered|composed)\b.*|gpt-?\d.*|lorem ipsum.*"
    r"|(?:insert|enter|your) .* here|(?:neural network|language model) (?:band|artist|orchestra|collective)"
)
_FILLER_COMPILATION = re.compile(
    r"\b(?:greatest hits|best of|best hits|hits collection|ultimate collection|essential collection|top hits)\b"
    r".*\b(?:vol(?:ume)?|part|pt)\b\.? ?(?:number |#)?(\d+)"
)
_SUPERLATIVES = frozenset(
    {"ultimate", "essential", "definitive", "complete", "greatest", "best", "supreme", "finest", "absolute"}
)


def is_special_purpose(artist: str) -> bool:
    """Whether the name is one of MusicBrainz's placeholders, or what people write for them."""
    return artist.lower() in _SPECIAL_PURPOSE


def is_filler_artist(artist: str) -> bool:
    """Whether the name only says that an artist's name belongs there."""
    plain = _plain(artist)
    if plain in _LOWER_CASE_ONLY:
        return artist == plain
    if plain in _REAL_ARTISTS:
        return False
    if plain in _NOBODY or _FILLER_ARTIST.fullmatch(plain) or _GLUED_COUNT.fullmatch(plain):
        return True
    words = plain.split()
    made = _Makeup.of(words)
    if made.others or not any(word in _ARTIST_NOUNS for word in words):
        return False
    if words[0] == "the":
        return made.nouns >= 3 or made.vague >= 2
    return made.nouns >= 2 or made.vague + made.genres + made.counts >= 1 or words[0] in ("a", "an")


def is_filler_title(title: str) -> bool:
    """Whether the title only says that a title belongs there, or is a compilation nobody counted that far."""
    plain = _plain(title)
    if plain in _REAL_TITLES:
        return False
    if plain in _LOWER_CASE_ONLY:
        return title == plain
    if plain in _NOTHING or _TO_BE.search(title) or _FILLER_PHRASE.fullmatch(plain) or _GLUED_COUNT.fullmatch(plain):
        return True
    numbered = _FILLER_COMPILATION.search(plain)
    if numbered and int(numbered[1][:9]) >= 10:
        return True
    words = re.sub(r"[().,:]", " ", plain).split()
    if sum(word in _SUPERLATIVES for word in words) >= 3 and {"collection", "hits", "anthology"} & set(words):
        return True
    made = _Makeup.of(words)
    if made.others or not any(word in _TITLE_NOUNS or word == "lp" for word in words):
        return False
    is_unmistakable = any(word in _UNMISTAKABLE for word in words)
    # "The Rock Album" and "New Song" are real, "The Placeholder Album" and "Your Song Title" are not.
    if words[0] == "the" or (made.nouns == 1 and not {"album", "albums", "record", "title"} & set(words)):
        return made.nouns >= 3 or is_unmistakable
    return made.nouns >= 2 or made.vague + made.genres + made.counts >= 1


@dataclass(frozen=True, slots=True)
class _Makeup:
    """How many words of a name are of which kind."""

    nouns: int
    vague: int
    genres: int
    counts: int
    others: int

    @classmethod
    def of(cls, words: list[str]) -> "_Makeup":
        kinds = [_kind_of(word, is_last=0 < position == len(words) - 1) for position, word in enumerate(words)]
        return cls(*(kinds.count(kind) for kind in ("noun", "vague", "genre", "count", "other")))


def _kind_of(word: str, *, is_last: bool) -> str:
    if is_last and _COUNT.fullmatch(word):
        return "count"
    for kind, words in (("noun", _NOUNS), ("vague", _VAGUE), ("genre", _GENRES), ("glue", _GLUE)):
        if word in words:
            return kind
    return "other"


def _plain(text: str) -> str:
    if " " not in text:
        text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return " ".join(text.lower().replace("_", " ").strip("[]<>{}()\"'*“”%$ .").split())
