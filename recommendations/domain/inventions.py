"""What inventions look like: editions that contradict themselves, machine phrases, repetition and noise."""

import re
from itertools import combinations

from recommendations.domain.editions import edition_notes

_EDITION_WORD = re.compile(
    r"\b(?:re-?master\w*|re-?issue\w*|deluxe|editions?|version|live|anniversary|expanded|mix|remix|recording|session|bonus"
    r"|acoustic|demo|vinyl|pressing|tour|concert)\b"
)
# Two notes that cannot both be true of one record; the second column is a pattern for the other note.
_EXCLUSIVE = (
    (r"\blive\b", r"\bstudio\b(?! live)"),
    (r"\bacoustic\b", r"\b(?:electric|electronic|techno|edm|dubstep|remix|amplified|heavy metal)\b"),
    (r"\bunplugged\b", r"\b(?:electric|electronic|amplified|plugged)\b"),
    (r"\binstrumental\b", r"\b(?:a ?cap+ella|vocals?|vocal version|spoken word|sing-?along|lyrics)\b"),
    (r"\ba ?cap+ella\b", r"\b(?:instrumental|orchestral|guitar|piano|full band)\b"),
    (r"\bmono\b(?!.*\bstereo)", r"\bstereo\b(?!.*\bmono)"),
    (r"\b(?:clean|censored)\b", r"\b(?:explicit|uncensored)\b"),
    (r"^(?:original )?demo(?: version| recording| tape)?$", r"\b(?:deluxe|remaster(?:ed)?|anniversary|super)\b"),
    (r"\bdemo\b", r"\bfinal (?:mix|master|version)\b"),
    (r"^(?:single|ep|the single)$", r"\b(?:box ?set|full album|double album|triple album|complete collection|lp)\b"),
    (r"\b(?:extended|\d+[- ]hour)\b", r"\b(?:radio edit|short|abridged|single edit)\b"),
    (r"\bsolo\b", r"\b(?:duets?|full band|full orchestra|orchestral|ensemble)\b"),
    (r"^original (?:version|recording|mix|album|pressing)$", r"\b(?:re-?recorded|remix|reissue|cover(?:ed)?|remake)\b"),
    (r"\bun-?remastered\b", r"(?<!un)(?<!un-)remastered\b"),
    (r"\b(?:unabridged|expanded)\b", r"(?<!un)abridged\b"),
    (r"\bfirst pressing\b", r"\breissue\b"),
    (r"\bunreleased\b", r"\b(?:greatest hits|best-?selling|re-?issue)\b"),
    (r"\bdebut\b", r"\b(?:greatest hits|best of|farewell|final|anthology|retrospective|reunion)\b"),
)
_EXCLUSIVE_NOTES = tuple((re.compile(one), re.compile(other)) for one, other in _EXCLUSIVE)
_CONTRADICTION = re.compile(
    r"\blive\W+studio (?:version|album|edition)\b|\bstudio (?:(?:version|album|edition) live|live (?:version|album))\b"
    r"|[(\[][^)\]]*\b(?:acoustic\b[^)\]]*\belectric|electric\b[^)\]]*\bacoustic)\b[^)\]]*[)\]]"
    r"|\bextended radio edit\b|\bclean explicit\b|\bexplicit clean\b"
    r"|\bunplugged (?:and |& )?(?:electric|amplified|plugged)|\belectric unplugged\b"
    r"|\blive (?:at|in|from)\b.*[(\[][^)\]]*\bstudio (?:version|album|recording|edition|outtakes?)\b"
    r"|\w+ \w*\s?demo [(\[](?:super )?deluxe|\binstrumental a ?cap+ella\b|\ba ?cap+ella instrumental\b"
    r"|\bdigital[- ]only (?:\w+ )?(?:vinyl|cassette|8-track)|\b(?:vinyl|cassette)[- ]only (?:digital|streaming)"
    r"|\b(?:streaming|digital)[- ]exclusive (?:vinyl|cassette)|\bunreleased greatest hits\b|\boriginal remix version\b"
    r"|\bdebut (?:greatest hits|best of|anthology|retrospective|farewell)\b|\bgreatest hits debut\b"
    r"|\bun-?remastered remaster|\bsilent (?:live|remix|karaoke) (?:version|edition|album)\b"
)
_CONTRADICTION_WITHIN = tuple(
    (re.compile(rf"\b{one}\b"), re.compile(rf"\b{other}\b"))
    for one, other in (
        ("limited", "unlimited"),
        ("official", "unofficial"),
        (r"(?:original )?remastered", "un-?remastered"),
    )
)
_DOUBLED_QUALIFIER = re.compile(
    r"[(\[][^)\]]*\b(\w+ \w+)\W+\1\b|"
    r"\b(re-?master(?:ed)?|remix|edition|version|deluxe|reissue|redux|expanded|anniversary|acoustic|bonus|extended)\W+\2\b"
)
_HYPE_EDITION = re.compile(
    r"\b(?:super|ultra|mega|giga|hyper|ultimate|extreme|supreme|infinite|omega|maximum|uber|über|definitive)\b"
)
_REMASTER_YEAR = re.compile(r"\b((?:19|20)\d\d) (?:\w+ )?re-?master|\bre-?master(?:ed)?(?: in)? ((?:19|20)\d\d)\b")
_ANNIVERSARY = re.compile(r"\b(\d{1,3})(?:st|nd|rd|th) anniversary\b")

_MEDIUM = (
    r"(?:(?:\w+ and |new )?"
    r"(?:sounds?|music|melod(?:y|ies)|soundscapes?|harmon(?:y|ies)|rhythms?|genres?|emotions?|audio)"
    r"|(?:sonic|musical|auditory) \w+)"
)
_TRIP = r"(?:journeys?|odysseys?|voyages?|explorations?|expeditions?|adventures?|pilgrimages?|deep dives?)"
_AI_NAME = r"(?:a\.?i\.?|artificial intelligence|gpt(?:-?\d\w*)?|neural network|machine learning|llm|deepfake)"
_HOURS = r"(?:(?:\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty(?:-four)?|hundred)[- ]hours?)"
_REALM = r"(?:(?:worlds?|realms?|depths|art|boundaries|limits) of )?"
_NOTE_ADJECTIVE = (
    r"(?:multiverse|metaverse|quantum|holographic|hologram|interdimensional|telepathic|time[- ]travel\w*(?:'s)?"
    r"|(?:parallel|alternate|alternative|another|other|different) (?:universe|timeline|reality|dimension)|unrecorded"
    r"|algorithmic|neural|computer[- ]generated|generative|midjourney|machine[- ](?:made|generated)"
    r"|extended universe|what[- ]if|hypothetical|fictional|imaginary|imagined|non-?existent|never released|fan[- ]made"
    r"|fan[- ]curated|fan[- ]edit|fan fiction|generated|dream sequence|simulation|simulated|martian|lunar|intergalactic"
    r"|infinite(?: loop)?|never-?ending|endless"
    r"|hallucinat\w+|prompted|synthetic(?: voice)?|virtual reality|dreamed|speculative|unmade|fabricated|made[- ]up)"
)
_AI = (
    r"(?:a\.?i\.?|artificial intelligence|chat-?gpt|gpt(?:-?\d\w*)?|neural network|machine learning|llm|suno|udio"
    r"|deepfake|machines|algorithms?|robots)"
)
_MACHINE_PHRASES = tuple(
    re.compile(shape)
    for shape in (
        rf"\b{_TRIP} (?:through|across|beyond|of|in) (?:the )?{_REALM}{_MEDIUM}\b(?! of| in)",
        rf"\b{_TRIP} into (?:the )?{_REALM}{_MEDIUM}$",
        rf"\bexploring (?:the )?{_REALM}{_MEDIUM}\b",
        rf"\b(?:sonic|auditory|melodic|aural) (?:tapestry|{_TRIP}|kaleidoscope|alchemy|experience)\b(?! \d)",
        rf"\b(?:tapestry|kaleidoscope|celebration|fusion|blend|mix|essence|canvas|symphony) of (?:{_MEDIUM}|sonic)\b",
        rf"\bmeditations? on (?:{_MEDIUM}|the nature of (?:sound|music))\b|\bwhere (?:music|sound|melody) meets\b",
        r"\b(?:re-?imagin(?:ed|ing)|re-?mastered|created|composed|performed|generated|written|produced|remixed|covered)"
        rf" (?:entirely )?(?:by|with|using) (?:an? )?{_AI}\b",
        rf"\b{_AI}[- ](?:generated|created|composed|enhanced|assisted|powered|imagined|re-?imagin\w+|re-?master\w*"
        r"|upscaled|produced|version|mix|remix|edition|cover|sessions?|album|tribute|covers?|rendition|recreation)\b",
        rf"[(\[](?:[^)\]]* )?(?:by|with) (?:an? )?{_AI}\b|[(\[][^)\]]*\b{_AI_NAME}\b[^)\]]*[)\]]|\bby {_AI}$",
        r"\bchat-?gpt\b|^(?:the )?ai (?:collective|orchestra|band|project|ensemble|singer|choir|beats|generator)\b",
        r"[(\[]what if\W*[)\]]|\b(?:may|might|does|did) not (?:actually )?exist\b",
        rf"[(\[][^)\]]*\b{_NOTE_ADJECTIVE}(?:[)\]]|\b[^)\]]*\b(?:edition|version|mix|remix|remaster(?:ed)?|recordings?|soundtrack|cut"
        r"|concert|album|sessions?|experience|tour|release|collection|live|cover|deluxe|compilation|universe)\b)",
        r"\b(?:multiverse|metaverse|alternate (?:universe|timeline|reality)|parallel universe|holographic"
        r"|interdimensional) (?:sessions?|edition|version|mix|remaster|tapes|recordings?|tour)\b|^alternate timeline$",
        rf"\b{_HOURS}[- ](?:\w+ )?(?:mix|version|loop|edition|extended|ambient|cut|remaster|experience|sleep"
        rf"|marathon|album|relaxation|study|remix|set)\b|[(\[][^)\]]*\b{_HOURS}\b[^)\]]*[)\]]|\b24/7 loop\b",
        r"\b(?:collection of collections|compilation of compilations|anthology of anthologies|essential essence"
        r"|best of the best of|greatest hits of (?:the )?greatest|best of (?:the )?(?:greatest|best) hits|greatest best"
        r"|greatest hits.*greatest hits)\b",
        r"\b(?:volume|album|record|edition) number \d",
        r"\bas an? (?:ai|large|language)\b.*\bmodel\b|\bas an ai\b"
        r"|\bi (?:cannot|can't|am unable to) (?:provide|recommend|find)\b"
        r"|\blanguage model\b|\bmy training data\b|\bknowledge cut-?off\b|\bi(?:'m| am) sorry\b, but",
        r"\b(?:does not exist|doesn't exist|not a real album|fictional album|made[- ]up album|hypothetical album)\b",
        r"\b(?:extremely|overly) (?:long|complex)\b.*\b(?:title|album)\b|\balbum title with\b",
        r"\bjson\b.*\b(?:format|output|schema|response)\b|\b(?:recommendation|suggestion) #?\d{1,2}$",
        r"\blive (?:at|on|in) (?:[\w',]+ ){0,4}(?:mars|jupiter|saturn|neptune|uranus|pluto|everywhere|nowhere)$",
        r"\blive (?:at|on|in|from) (?:[\w',]+ ){0,4}(?:the international space station|atlantis|hogwarts|narnia"
        r"|middle[- ]earth|wakanda|multiverse|metaverse|cyberspace|hyperspace|the matrix|mount doom|mordor|the universe"
        r"|my imagination|the year \d{4,}|another dimension|parallel universe)$",
        r"\bmasterpiece of modern\b",
        r"^(?:i'm )?sorry,? (?:but )?i\b|^i (?:don't|do not) (?:have|know)\b.*\b(?:album|artist|info)",
        r"^here(?:'s| is| are) (?:an?|some|my|your) .*\b(?:album|artist|recommendation|suggestion|list|pick)s?\b"
        r"|^based on your\b|^you (?:might|may) also (?:like|enjoy)\b|^recommended for you$|^i (?:recommend|suggest)\b"
        r"|\bi(?:'m| am) an ai\b",
        r"\blive (?:on|from) the (?:moon|sun|surface of \w+|dark side of the moon|center of the earth)\b",
        r"\blive (?:at|from|in) [^()]*\b(?:mars|moon) (?:stadium|arena|base|colony|dome)\b",
        r"\blive .*\b(?:arena|stadium) vr\b",
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
_MASHED = (
    frozenset(row[at : at + 4] for line in _ROWS for row in (line, line[::-1]) for at in range(len(row) - 3))
    | {"qazw", "azws", "zwsx", "edcr", "dcrf", "crfv", "tgby", "yhnu"}
) - {"wert", "erty", "trew", "ytre", "rewq", "ewer", "poiu", "oiuy", "tyui", "uiop", "qwer"}
_NOISE = (
    ("broken characters", re.compile("\ufffd|Ã.[Â€]|â€")),
    ("a row of signs", re.compile(r"\w.*([!?@#$%^&*])\1{2,}([!?@#$%^&*])(?!\1)\2{2,}")),
    ("a repeated pattern", re.compile(r"(abc|def|xyz|asd|qwe|123|aeiou)\1")),
    ("one letter over and over", re.compile(r"([^\W\d_])\1{11,}")),
    ("a row of vowels", re.compile(r"[aeiou]*(?:aei|eio|iou|uio|oie)[aeiou]{4,}")),
    ("a row of signs", re.compile(r"!@#\$|@#\$%|#\$%\^|%\^&\*|^!{2,}\?{2,}@{2,}")),
    ("digits in a row", re.compile(r"^\d*(?:1234567|7654321)\d*$")),
    # Leet spelling uses 0, 1, 3, 4, 5 and 7: T3CHN0PH0B1A is a band.
    (
        "a code",
        re.compile(
            r"\b(?=\w*[2689]\w*[2689])(?:[a-z]+\d+){4,}[a-z]*\b|\b(?:[a-z]+\d+){5,}[a-z]*\b|\b[0-9a-f]{16,}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-"
        ),
    ),
)
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5,}")
# "Weltschmerz" has six consonants in a row and "Knxwledge" an x among them; a j or q in there nobody can say.
_UNSPEAKABLE = re.compile(r".j.|q.|.{6}(?<=[xz].....)|[xz].{6}")


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
    for note in notes:
        if any(one.search(note) and other.search(note) for one, other in _CONTRADICTION_WITHIN):
            return note
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
    for word in set(words):
        if len(word) > 3 and 3 < words.count(word) >= len(words) / 2 and word not in _CHANTED and word not in own:
            return f"{word} {words.count(word)} times"
    half, rest = divmod(len(words), 2)
    if rest == 0 and half > 1 and words[:half] == words[half:] and len(set(words)) > 1 and len("".join(words)) > 15:
        return " ".join(words[:half]) + " twice"
    return ""


def noise(text: str) -> str:
    """What makes a text look typed at random; "" when nothing does. Capitals may go without vowels (SBTRKT)."""
    lower = text.lower()
    for what, shape in _NOISE:
        if shape.search(lower):
            return what
    for word in re.findall(r"[A-Za-z]{4,}", text):
        if any(run in word.lower() for run in _MASHED) and not (word.isupper() and len(word) < 7):
            return "keys pressed at random"
        if not word.isupper() and any(map(_UNSPEAKABLE.search, _CONSONANTS.findall(word.lower()))):
            return "keys pressed at random"
    return ""


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
