"""What inventions look like: fillers, editions that contradict themselves, machine phrases, repetition, noise.

The exceptions are real: each was released under that very name.
"""

import re
from itertools import combinations

from recommendations.domain.editions import edition_notes

_SPECIAL_PURPOSE = frozenset(
    {"various artists", "various", "various artist", "v/a", "v.a.", "multiple artists", "several artists",
     "varios artistas", "vários artistas", "artistes divers", "artisti vari", "verschiedene interpreten",
     "unknown artist", "unknown", "no artist", "artist unknown", "[unknown]", "[anonymous]", "[traditional]",
     "[no artist]", "[data]", "[dialogue]", "[nature sounds]", "[news report]", "[christmas music]",
     "[church chimes]", "[disney]", "[theatre]", "[language instruction]", "[unavailable]"}
)  # fmt: skip
_FILLER_ARTISTS = frozenset(
    {"artist", "band", "singer", "musician", "performer", "n/a", "null", "undefined", "nan", "tbd", "tba",
     "not available", "not applicable", "not specified", "not provided", "none specified", "no recommendation",
     "same as above", "and more", "and many more", "someone", "chatgpt", "openai", "suno ai", "udio ai",
     "language model", "ai artist", "ai band", "string", "lorem ipsum", "foobar", "foo bar", "my band", "your band",
     "a band", "an artist", "your artist", "john doe band", "to be announced"}
)  # fmt: skip
_FILLER_TITLES = frozenset(
    {"unknown", "title unknown", "album unknown", "tbd", "tba", "to be announced", "to be determined",
     "to be confirmed", "not applicable", "not specified", "not provided", "none specified", "no album", "no title",
     "no specific album", "any album", "all albums", "multiple albums", "various", "various albums",
     "entire discography", "full discography", "whole discography", "same as above", "and more", "and many more",
     "various artists", "foo bar", "foobar", "hit songs", "popular songs", "great songs", "various songs",
     "songs album", "music album", "hits album", "insert title", "insert title here", "insert album",
     "insert album here", "title goes here", "your title here", "as an ai", "self-titled debut album",
     "new release", "latest release", "lorem ipsum", "generic album title"}
)  # fmt: skip
_REAL_TITLES = frozenset(
    {"random album title", "album title goes here", "new album", "first album", "second album", "the best album",
     "album of the year", "the lost album", "debut record", "the unknown record"}
)  # fmt: skip
_LOWER_CASE_ONLY = frozenset({"null", "undefined", "nan"})
_VAGUE = (
    r"(?:sample|example|test|dummy|fake|placeholder|unknown|random|generic|default|fictional|fictitious|hypothetical"
    r"|imaginary|imagined|made[- ]up|non-?existent|unnamed|unspecified|unlisted|untitled|regular|normal|typical|popular"
    r"|famous|recommended|suggested|similar|debut|latest|upcoming|studio|compilation|insert|some|any|your|my|your favou?rite|my favou?rite|favou?rite)"
)
_COUNT = r"(?:\s*[#№]?\s*\d{1,2}|\s[a-hj-uwxyz]|\s(?:one|two|three|four|five)|\shere|\sgoes here)"
_FILLER_TITLE = re.compile(
    rf"(?:an? |the |this |that )?{_VAGUE} (?:album|record|release|title|lp|album title|album name|record title){_COUNT}?"
    rf"|(?:great|best|good|amazing|awesome|greatest|cool|nice) album{_COUNT}?(?: ever)?"
    rf"|(?:album|record|artist|band) ?(?:title|name){_COUNT}?|(?:album|title|record) ?(?!\sx$){_COUNT}"
    r"|(?:song|track) ?(?:title|name)(?: here|\s*\d{1,2})?|track \d|lorem ipsum.*|(?:insert|enter|your) .* here"
)
_FILLER_ARTIST = re.compile(
    rf"(?:an? |the )?{_VAGUE} (?:artist|band|singer|musician|group|performer|act|artist name|band name){_COUNT}?"
    rf"|(?:artist|band|singer|musician|performer) ?(?:name)?{_COUNT}|(?:artist|band|singer|group) name|group \d"
    r"|(?:rock|pop|jazz|metal|indie|punk|folk|blues|electronic|progressive|country|hip[- ]hop|rap|soul|funk|reggae"
    r"|classical|alternative|experimental|ambient|techno|house) (?:band|artist|group|singer|musician|act)\d?"
    r"|(?:ai|gpt|chatgpt)[- ](?:generated|created|powered|composed)\b.*|gpt-?\d.*|lorem ipsum.*|(?:insert|enter|your) .* here"
)
_MUSIC_NOUNS = frozenset(
    {"music", "band", "artist", "artists", "musician", "singer", "album", "song", "songs", "title"}
)  # fmt: skip
_HYPE = frozenset(
    {"amazing", "incredible", "ultimate", "wonderful", "fantastic", "awesome", "unbelievable", "extraordinary",
     "spectacular", "magnificent", "phenomenal"}
)  # fmt: skip
_GLUE = frozenset({"the", "and", "of", "a", "by", "great", "greatest", "best", "group", "hits", "collection", "number"})
_FILLER_COMPILATION = re.compile(
    r"\b(?:greatest hits|best of|hits collection|ultimate collection|essential collection)\b"
    r".*\b(?:vol(?:ume)?|part|pt)\b\.? ?(?:number |#)?(\d+)"
)

_EDITION_WORD = re.compile(
    r"\b(?:re-?master\w*|re-?issue\w*|deluxe|editions?|version|live|anniversary|expanded|mix|remix|recording|session|bonus"
    r"|acoustic|demo|vinyl|pressing|tour|concert)\b"
)
# Two notes that cannot both be true of one record; the second column is a pattern for the other note.
_EXCLUSIVE = (
    (r"\blive\b", r"\bstudio\b(?! live)"),
    (r"\bacoustic\b", r"\b(?:electric|electronic|techno|edm|dubstep|remix|amplified|heavy metal)\b"),
    (r"\bunplugged\b", r"\b(?:electric|electronic|amplified|plugged)\b"),
    (r"\binstrumental\b", r"\b(?:a ?cappella|vocals?|vocal version|spoken word|sing-?along|lyrics)\b"),
    (r"\ba ?cappella\b", r"\b(?:instrumental|orchestral|guitar|piano|full band)\b"),
    (r"\bmono\b(?!.*\bstereo)", r"\bstereo\b(?!.*\bmono)"),
    (r"\b(?:clean|censored)\b", r"\b(?:explicit|uncensored)\b"),
    (r"^(?:original )?demo(?: version| recording| tape)?$", r"\b(?:deluxe|remaster(?:ed)?|anniversary|super)\b"),
    (r"^(?:single|ep|the single)$", r"\b(?:box ?set|full album|double album|triple album|complete collection|lp)\b"),
    (r"\b(?:extended|\d+[- ]hour)\b", r"\b(?:radio edit|short|abridged|single edit)\b"),
    (r"\bsolo\b", r"\b(?:duets?|full band|orchestral|ensemble)\b"),
    (r"^original (?:version|recording|mix|album|pressing)$", r"\b(?:re-?recorded|remix|reissue|cover(?:ed)?|remake)\b"),
    (r"\bun-?remastered\b", r"(?<!un)(?<!un-)remastered\b"),
    (r"\bunabridged\b", r"(?<!un)abridged\b"),
    (r"\bfirst pressing\b", r"\breissue\b"),
    (r"\bunreleased\b", r"\b(?:greatest hits|best-?selling|re-?issue)\b"),
    (r"\bdebut\b", r"\b(?:greatest hits|best of|farewell|final|anthology|retrospective|reunion)\b"),
)
_EXCLUSIVE_NOTES = tuple((re.compile(one), re.compile(other)) for one, other in _EXCLUSIVE)
_CONTRADICTION = re.compile(
    r"\blive studio (?:version|album|edition)\b|\bstudio (?:version|album|edition) live\b"
    r"|[(\[][^)\]]*\b(?:acoustic\b[^)\]]*\belectric|electric\b[^)\]]*\bacoustic)\b[^)\]]*[)\]]"
    r"|\bunplugged (?:and |& )?(?:electric|amplified|plugged)|\belectric unplugged\b"
    r"|\blive (?:at|in|from)\b.*[(\[][^)\]]*\bstudio (?:version|album|recording|edition|outtakes?)\b"
    r"|\w+ \w*\s?demo [(\[](?:super )?deluxe|\binstrumental a ?cappella\b|\ba ?cappella instrumental\b"
    r"|\bdigital[- ]only (?:\w+ )?(?:vinyl|cassette|8-track)|\b(?:vinyl|cassette)[- ]only (?:digital|streaming)"
    r"|\b(?:streaming|digital)[- ]exclusive (?:vinyl|cassette)|\bunreleased greatest hits\b|\boriginal remix version\b"
    r"|\bdebut (?:greatest hits|best of|anthology|retrospective|farewell)\b|\bgreatest hits debut\b|\blimited unlimited\b"
    r"|\bun-?remastered remaster|\bsilent (?:live|remix|karaoke) (?:version|edition|album)\b"
)
_DOUBLED_QUALIFIER = re.compile(
    r"\b(re-?master(?:ed)?|remix|edition|version|deluxe|reissue|redux|expanded|anniversary|acoustic|bonus|extended)\W+\1\b"
)
_HYPE_EDITION = re.compile(
    r"\b(?:super|ultra|mega|giga|hyper|ultimate|extreme|supreme|infinite|omega|maximum|uber|über|definitive)\b"
)
_REMASTER_YEAR = re.compile(r"\b((?:19|20)\d\d) (?:\w+ )?re-?master|\bre-?master(?:ed)?(?: in)? ((?:19|20)\d\d)\b")
_ANNIVERSARY = re.compile(r"\b(\d{1,3})(?:st|nd|rd|th) anniversary\b")

_MEDIUM = r"(?:sound|music|melod(?:y|ies)|soundscapes?|harmon(?:y|ies)|rhythms?|genres?|emotions?|audio|sonic \w+)"
_TRIP = r"(?:journey|odyssey|voyage|exploration|expedition|adventure|pilgrimage)"
_NOTE_ADJECTIVE = (
    r"(?:multiverse|metaverse|quantum|holographic|hologram|interdimensional|telepathic|time[- ]travel(?:er|er's|ler's)?"
    r"|parallel universe|alternate (?:universe|timeline|reality|dimension)|alternative (?:universe|timeline|reality)"
    r"|extended universe|what[- ]if|hypothetical|fictional|imaginary|imagined|non-?existent|never released|fan[- ]made"
    r"|fan[- ]curated|fan[- ]edit|fan fiction|generated|dream sequence|simulation|simulated|martian|lunar|intergalactic"
    r"|virtual reality|dreamed|speculative|unmade|fabricated|nonexistent|made[- ]up)"
)
_AI = (
    r"(?:a\.?i\.?|artificial intelligence|chat-?gpt|gpt-?\d\w*|neural network|machine learning|llm|suno|udio|deepfake)"
)
_MACHINE_PHRASES = tuple(
    re.compile(shape)
    for shape in (
        rf"\b{_TRIP} (?:through|into|across|beyond) (?:the )?(?:world of |realms? of |depths of |art of )?{_MEDIUM}\b(?!\w| of| in)",
        rf"\b(?:an? )?exploration of (?:the )?{_MEDIUM}\b|\bexploring (?:the )?(?:depths|boundaries|world|art|limits) of {_MEDIUM}\b",
        rf"\b(?:sonic|auditory|melodic|aural) (?:tapestry|{_TRIP}|kaleidoscope|alchemy|narrative|storytelling|wanderings)\b"
        r"(?! \d)",
        rf"\b(?:tapestr(?:y|ies)|kaleidoscope|celebration|fusion|mosaic|canvas) of (?:{_MEDIUM}|sonic|musical)\b",
        rf"\bmeditations? on (?:{_MEDIUM}|the nature of (?:sound|music))\b|\bwhere (?:music|sound|melody) meets\b",
        r"\b(?:re-?imagin(?:ed|ing)|re-?mastered|created|composed|performed|generated|written|produced|sung|remixed|covered)"
        rf" (?:entirely )?(?:by|with|using) (?:an? )?{_AI}\b",
        rf"\b{_AI}[- ](?:generated|created|composed|enhanced|assisted|powered|imagined|re-?imagin\w+|re-?master\w*|upscaled"
        r"|produced|version|mix|remix|edition|cover|sessions?|album|tribute|covers?|rendition|recreation)\b",
        rf"[(\[]\s*{_AI}\s*[)\]]",
        rf"[(\[][^)\]]*\b{_NOTE_ADJECTIVE}(?:[)\]]|\b[^)\]]*\b(?:edition|version|mix|remix|remaster(?:ed)?|recording|cut"
        r"|concert|album|sessions?|experience|tour|release|collection|live|cover|deluxe|compilation|universe)\b)",
        r"\b(?:multiverse|metaverse|alternate (?:universe|timeline|reality)|parallel universe|holographic|interdimensional)"
        r" (?:sessions?|edition|version|mix|remaster|tapes|recordings?|tour|cut|concert)\b|^alternate timeline$",
        r"\b\d{1,3}[- ]hours?[- ](?:\w+ )?(?:mix|version|loop|edition|extended|ambient|cut|remaster|experience|continuous|sleep"
        r"|marathon|album|relaxation|study|remix|set)\b|[(\[][^)\]]*\b(?:8|10|12|24|48|72|100)[- ]hours?\b[^)\]]*[)\]]",
        r"\b(?:collection of collections|compilation of compilations|anthology of anthologies|essential essence"
        r"|best of the best of|greatest hits of (?:the )?greatest|best of (?:the )?(?:greatest|best) hits|greatest best"
        r"|greatest hits.*greatest hits)\b",
        r"\b(?:volume|album|record|edition) number \d",
        r"\bas an? (?:ai|large|language)\b.*\bmodel\b|\bas an ai\b|\bi (?:cannot|can't|am unable to) (?:provide|recommend|find)\b"
        r"|\blanguage model\b|\bmy training data\b|\bknowledge cut-?off\b|\bi(?:'m| am) sorry\b, but",
        r"\b(?:does not exist|doesn't exist|not a real album|fictional album|made[- ]up album|hypothetical album)\b",
        r"\b(?:extremely|overly) (?:long|complex)\b.*\b(?:title|album)\b|\balbum title with\b",
        r"\bjson\b.*\b(?:format|output|schema|response)\b|\b(?:recommendation|suggestion) #?\d{1,2}$",
        r"\blive (?:at|on|in) (?:[\w',]+ ){0,4}(?:mars|jupiter|saturn|neptune|uranus|pluto|the international space station"
        r"|atlantis|hogwarts|narnia|middle[- ]earth|wakanda|the multiverse|the metaverse|cyberspace|mount doom|mordor"
        r"|the universe|everywhere|nowhere|imagination|my imagination|the year \d{4,}|another dimension)$",
        r"\blive (?:on|from) the (?:moon|sun|surface of \w+|dark side of the moon|center of the earth)\b",
        r"\blive (?:at|from|in) [^()]*\b(?:mars|moon) (?:stadium|arena|base|colony|dome)\b|\blive .*\b(?:arena|stadium) vr\b",
    )
)

_WORD = re.compile(r"[^\W_]+(?:'\w+)?")
_DOUBLED_WORDS = frozenset({"album", "artist", "band", "song", "songs", "title", "track", "amazing", "incredible"})
# Said four times over and more on real records; a word of the artist's own name may be too (Charles Mingus did five).
_CHANTED = frozenset(
    {"yeah", "love", "blah", "bang", "boom", "doom", "rock", "girls", "money", "more", "dead", "never"}
)  # fmt: skip
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# Runs of four neighboring keys that words have too: "property", "strewn", "Bewertung", "Typewriter".
_MASHED = frozenset(
    row[start : start + 4] for line in _ROWS for row in (line, line[::-1]) for start in range(len(row) - 3)
) - {"wert", "erty", "trew", "ytre", "rewq", "ewer", "poiu", "oiuy", "tyui", "uiop", "qwer"}
_NOISE = (
    ("broken characters", re.compile("\ufffd|Ã.[Â€]|â€")),
    ("a row of signs", re.compile(r"\w.*([!?@#$%^&*])\1{2,}([!?@#$%^&*])(?!\1)\2{2,}")),
    ("a repeated pattern", re.compile(r"(abc|def|xyz|asd|qwe|123|aeiou)\1")),
    ("one letter over and over", re.compile(r"([^\W\d_])\1{11,}")),
    ("a row of vowels", re.compile(r"[aeiou]*(?:aei|eio|iou|uio|oie)[aeiou]{4,}")),
    ("a code", re.compile(r"\b(?=[a-z]*\d)(?:[a-z]+\d+){5,}[a-z]*\b|\b[0-9a-f]{16,}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-")),
)
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5,}")
# "Weltschmerz" has six consonants in a row and "Knxwledge" an x among them; a j or q in there nobody can say.
_UNSPEAKABLE = re.compile(r".[jq].|.{6}(?<=[xz].....)|[xz].{6}")


def is_special_purpose(artist: str) -> bool:
    """Whether the name is one of MusicBrainz's placeholders, or what people write for them."""
    return artist.lower() in _SPECIAL_PURPOSE


def is_filler_artist(artist: str) -> bool:
    """Whether the name only says that a name belongs there."""
    plain = _plain(artist)
    if plain in _LOWER_CASE_ONLY:
        return artist == plain
    if plain in _FILLER_ARTISTS or _FILLER_ARTIST.fullmatch(plain):
        return True
    words = plain.split()
    nouns = sum(word in _MUSIC_NOUNS or word == "group" for word in words)
    hype = sum(word in _HYPE for word in words)
    is_generic = all(word in _MUSIC_NOUNS or word in _HYPE or word in _GLUE for word in words)
    return is_generic and (nouns >= (3 if words[:1] == ["the"] else 2) or (hype >= 2 and nouns >= 1))


def is_filler_title(title: str) -> bool:
    """Whether the title only says that a title belongs there, or is a compilation nobody counted that far."""
    plain = _plain(title)
    if plain in _REAL_TITLES:
        return False
    if plain in _LOWER_CASE_ONLY:
        return title == plain
    if plain in _FILLER_TITLES or _FILLER_TITLE.fullmatch(plain):
        return True
    numbered = _FILLER_COMPILATION.search(plain)
    if numbered and int(numbered[1]) >= 10:
        return True
    words = plain.split()
    superlatives = {
        "ultimate",
        "essential",
        "definitive",
        "complete",
        "greatest",
        "best",
        "supreme",
        "finest",
        "absolute",
    }
    if sum(word in superlatives for word in words) >= 3 and {"collection", "hits", "anthology"} & set(words):
        return True
    is_generic = all(word in _MUSIC_NOUNS or word in _GLUE for word in words)
    return is_generic and sum(word in _MUSIC_NOUNS for word in words) >= (3 if words[:1] == ["the"] else 2)


def names_an_edition(note: str) -> bool:
    """Whether a bracketed note says which edition or recording this is."""
    return bool(_EDITION_WORD.search(note.lower()))


def contradiction(title: str, artist: str) -> str:
    """The part of a title that contradicts another part of it; "" when nothing does."""
    notes = edition_notes(title) + [part.lower() for part in title.split(" - ")[1:]]
    for note, other in combinations(notes, 2):
        if any(_exclude(note, other, *pair) for pair in _EXCLUSIVE_NOTES):
            return f"({note}) ({other})"
        if note == other and names_an_edition(note):
            return f"({note}) twice"
    lower = title.lower()
    for shape in (_CONTRADICTION, _DOUBLED_QUALIFIER):
        if found := shape.search(lower):
            return found[0]
    if "taylor's version" in lower.replace("’", "'") and "taylor swift" not in artist.lower():
        return "Taylor's Version by someone else"
    return _too_many_editions(notes, lower)


def machine_phrase(text: str) -> str:
    """The words in a name that only a machine, or a text about machines, would put there; "" when there are none."""
    lower = text.lower().replace("’", "'")
    for shape in _MACHINE_PHRASES:
        if found := shape.search(lower):
            return found[0]
    return ""


def repetition(text: str, artist: str) -> str:
    """What a name repeats more often than a real one does; "" when it does not."""
    words = _WORD.findall(text.lower())
    own = set(_WORD.findall(artist.lower())) if artist != text else set()
    for position, word in enumerate(words):
        times = 1
        while position + times < len(words) and words[position + times] == word:
            times += 1
        is_chant = word in _CHANTED or word in own or len(word) < 3
        if (times > 1 and word in _DOUBLED_WORDS) or (times > 2 and word == "the") or (times > 3 and not is_chant):
            return " ".join([word] * times)
    half, rest = divmod(len(words), 2)
    if rest == 0 and half > 1 and words[:half] == words[half:] and len(set(words)) > 1 and len("".join(words)) > 15:
        return " ".join(words[:half]) + " twice"
    return ""


def noise(text: str) -> str:
    """What makes a text look typed at random; "" when nothing does. Names in capitals may go without vowels (SBTRKT)."""
    lower = text.lower()
    for what, shape in _NOISE:
        if shape.search(lower):
            return what
    for word in re.findall(r"[A-Za-z]{5,}", text):
        if any(run in word.lower() for run in _MASHED) and not (word.isupper() and len(word) < 7):
            return "keys pressed at random"
        if not word.isupper() and any(map(_UNSPEAKABLE.search, _CONSONANTS.findall(word.lower()))):
            return "keys pressed at random"
    return ""


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("_", " ").strip("[]<>{}()\"'*“”%$ .").split())


def _exclude(note: str, other: str, one: re.Pattern[str], two: re.Pattern[str]) -> bool:
    return bool((one.search(note) and two.search(other)) or (one.search(other) and two.search(note)))


def _too_many_editions(notes: list[str], title: str) -> str:
    for shape in (_REMASTER_YEAR, _ANNIVERSARY):
        found = {"".join(match) for match in shape.findall(title)}
        if len(found) > 1:
            return " and ".join(sorted(found))
    hype = [note for note in notes if len(_HYPE_EDITION.findall(note)) > 1]
    if hype or re.search(
        r"\bsuper deluxe (?:ultra|mega|hyper|ultimate)\b|\b(?:ultra|mega) (?:super|ultimate|mega)\b", title
    ):
        return " ".join(hype) or "super ultra"
    named = [note for note in notes if names_an_edition(note)]
    return f"{len(named)} editions at once" if len(named) > 3 else ""
