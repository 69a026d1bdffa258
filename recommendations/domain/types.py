"""What flows through a run: a list's brief, candidates, drops, and the batch that carries them. Frozen, no Django."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from recommendations.domain.reasons import DropReason, ReviewReason


class Mode(StrEnum):
    """What a list recommends."""

    ARTISTS = "artists"
    ALBUMS = "albums"


class Discovery(StrEnum):
    """How far from the library a list may wander."""

    SIMILAR = "similar"
    ADJACENT = "adjacent"
    EXPLORATORY = "exploratory"


class Sampling(StrEnum):
    """How much of the model's window the library profile may fill."""

    MINIMAL = "minimal"
    BALANCED = "balanced"
    COMPREHENSIVE = "comprehensive"


class Sensitivity(StrEnum):
    """How soon top-up gives up on rounds that bring little."""

    OFF = "off"
    LENIENT = "lenient"
    NORMAL = "normal"
    STRICT = "strict"
    AGGRESSIVE = "aggressive"


class ReviewPolicy(StrEnum):
    """What waits for the owner before it is published."""

    AUTOMATIC = "automatic"
    BORDERLINE = "borderline"
    EVERYTHING = "everything"


class OnTrouble(StrEnum):
    """What a run does when the provider it is locked to fails or stalls."""

    ASK = "ask"
    AUTOMATIC = "automatic"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Brief:
    """What a list asks for, frozen when a run starts. `minimum_confidence` is 0 to 1, `target` 1 to 100."""

    list_id: int
    slug: str
    name: str
    mode: Mode
    wish: str = ""
    styles: tuple[str, ...] = ()
    discovery: Discovery = Discovery.SIMILAR
    sampling: Sampling = Sampling.BALANCED
    target: int = 20
    minimum_confidence: float = 0.6
    requires_mbid: bool = True
    review_policy: ReviewPolicy = ReviewPolicy.BORDERLINE
    per_artist_cap: int = 2
    sensitivity: Sensitivity = Sensitivity.NORMAL
    max_rounds: int = 5


@dataclass(frozen=True, slots=True)
class IdentityOption:
    """One artist a name could mean, with what tells it apart; shown to the owner when we are not sure."""

    artist_mbid: str
    name: str
    disambiguation: str = ""
    country: str = ""
    begin_year: int | None = None
    tags: tuple[str, ...] = ()
    release_group_mbid: str = ""


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One part of a score: `value` 0 to 1, `weight` its share, `because` in the owner's words."""

    name: str
    value: float
    weight: float
    because: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A suggestion not yet trusted. In artist mode `album` is the record the model named as evidence, if any.

    `confidence` is the model's own, 0 to 1, and None when it gave none. `tags` come from MusicBrainz, `genres` from
    the model. The MBIDs are empty until resolution is certain.
    """

    artist: str
    album: str = ""
    year: int | None = None
    genres: tuple[str, ...] = ()
    confidence: float | None = None
    reason: str = ""
    because_of: tuple[str, ...] = ()
    artist_mbid: str = ""
    release_group_mbid: str = ""
    tags: tuple[str, ...] = ()
    country: str = ""
    options: tuple[IdentityOption, ...] = ()
    review: ReviewReason | None = None
    score: float | None = None
    parts: tuple[ScorePart, ...] = ()


@dataclass(frozen=True, slots=True)
class Drop:
    """A candidate that left, where it left and why; `detail` names the particulars (the owned artist, the year)."""

    candidate: Candidate
    reason: DropReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A named share of a whole, 0 to 1."""

    name: str
    share: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """Artists of the library that belong together, by their leading genre; `artists` are its most representative."""

    name: str
    size: int
    share: float
    artists: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """What the library says about its owner. Shares are 0 to 1 and weighted by what is owned, not merely listed."""

    artist_count: int = 0
    album_count: int = 0
    genres: tuple[Share, ...] = ()
    decades: tuple[Share, ...] = ()
    new_release_share: float = 0.0
    completist_share: float = 0.0
    sampler_share: float = 0.0
    diversity: float = 0.0
    clusters: tuple[Cluster, ...] = ()
    top_artists: tuple[str, ...] = ()
    recent_artists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent to the model. `estimated_tokens` is an upper bound for system and user together."""

    system: str
    user: str
    estimated_tokens: int
    asked_for: int
    version: str


@dataclass(frozen=True, slots=True)
class Round:
    """What one round brought. `repeats` are drops of what the owner has, has seen or has refused."""

    suggested: int
    published: int
    in_review: int
    repeats: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What flows from stage to stage in a round. Stages return a changed copy; nothing leaves without a reason.

    `wanted` is how many to ask for in this round, `suggested` how many this round's answer held, `rounds` what the
    rounds before it brought; `accepted`, `drops` and `notes` grow through the whole run.
    """

    round: int = 1
    wanted: int = 0
    suggested: int = 0
    rounds: tuple[Round, ...] = ()
    library_hash: str = ""
    discovery: Discovery = Discovery.SIMILAR
    profile: Profile = Profile()
    prompt: Prompt | None = None
    answer: str = ""
    call_id: int | None = None
    candidates: tuple[Candidate, ...] = ()
    accepted: tuple[Candidate, ...] = ()
    drops: tuple[Drop, ...] = ()
    notes: tuple[str, ...] = ()

    def drop(self, candidate: Candidate, reason: DropReason, detail: str = "") -> "Batch":
        """The batch without this very candidate, and with the reason it left."""
        remaining = tuple(other for other in self.candidates if other is not candidate)
        return replace(self, candidates=remaining, drops=(*self.drops, Drop(candidate, reason, detail)))

    def keep(self, candidates: Sequence[Candidate], drops: Sequence[Drop] = ()) -> "Batch":
        """The batch with these candidates instead, and these drops added."""
        return replace(self, candidates=tuple(candidates), drops=(*self.drops, *drops))


@dataclass(frozen=True, slots=True)
class OwnedFacts:
    """One artist of the library, as much of it as the profile and the prompt need; streamed, never all in memory."""

    name: str
    genres: tuple[str, ...]
    albums_owned: int
    albums_known: int
    tracks_owned: int
    plays: int
    rating: float | None
    added_at: datetime | None
    disambiguation: str = ""
