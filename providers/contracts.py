"""Shapes that cross the border, and the protocols adapters satisfy. Frozen, and free of Django."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from providers.http import GuardedClient

T = TypeVar("T")


class Structure(StrEnum):
    """How firmly a model can be held to a form; ordered from the firmest."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    TEXT = "text"


class ThinkingMode(StrEnum):
    """Whether a model may think before it answers; auto is the vendor's own default."""

    OFF = "off"
    AUTO = "auto"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Thinking:
    """How a model is to think. `off` is as little as the model can; `budget_tokens` counts only with `on`."""

    mode: ThinkingMode = ThinkingMode.AUTO
    budget_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, and the day the vendor's price was read.

    `cache_write` is what input costs that the vendor keeps for later calls, where that is not the price of input.
    `until` is the last day of a price whose end the vendor has announced.
    """

    input: Decimal
    output: Decimal
    read_on: date
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.until is None or day <= self.until


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Facts about a vendor's model, kept in the vendor's own file. `None` means the vendor does not say.

    `least_thinking` is the vendor's own word for the least thinking the model can be held to, and
    `takes_thinking_budget` says that it counts thoughts in tokens; both mean nothing unless `can_think`.
    """

    id: str
    label: str = ""
    aliases: tuple[str, ...] = ()
    context_window: int | None = None
    max_output: int | None = None
    structure: Structure = Structure.TEXT
    accepts_temperature: bool = True
    can_think: bool = False
    least_thinking: str = ""
    takes_thinking_budget: bool = False
    price: Price | None = None
    retires_on: date | None = None


@dataclass(frozen=True, slots=True)
class GuardDefaults:
    """How carefully a vendor's models are called until the owner says otherwise.

    `calls_at_once` None means 1 for local servers and 4 for the rest.
    """

    failures_in_a_row: int = 5
    open_for: timedelta = timedelta(seconds=60)
    requests_per_minute: int = 60
    calls_at_once: int | None = None


@dataclass(frozen=True, slots=True)
class ModelKey:
    """The one key for limiter, breaker, timeout, metrics, price and health."""

    account_id: int
    model: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and as whom to call. `secret` never appears in `repr`."""

    base_url: str
    label: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Schema:
    """A JSON Schema with the name vendors want beside it ([A-Za-z0-9_-], at most 64 characters)."""

    name: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One question to one model. `system` and the head of `user` are stable so that vendor prompt caches hit.

    `context_window` is set where the owner gave a size; servers that size their memory by the request ask for it.
    """

    model: str
    system: str
    user: str
    structure: Structure
    schema: Schema | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    thinking: Thinking = Thinking()
    context_window: int | None = None
    may_stream: bool = True


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the vendor counted them; `cost` in US dollars only where the vendor itself reports it.

    `input_tokens` is the whole prompt: `cached_input_tokens` (read from the vendor's cache) and `written_input_tokens`
    (put into it) are parts of it. So is `reasoning_tokens` of `output_tokens`.
    """

    input_tokens: int | None = None
    cached_input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost: Decimal | None = None
    written_input_tokens: int | None = None


class Finish(StrEnum):
    """Why the model stopped."""

    COMPLETE = "complete"
    OUTPUT_LIMIT = "output_limit"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer's text, in order."""

    text: str


@dataclass(frozen=True, slots=True)
class Beat:
    """Proof of life without text: a comment line, a thinking token, a keep-alive."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The last event of every successful stream."""

    finish: Finish
    usage: Usage
    model: str = ""
    request_id: str = ""
    citations: tuple[str, ...] = ()


Event = Delta | Beat | Ending


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model as a vendor's own listing describes it."""

    id: str
    label: str = ""
    context_window: int | None = None
    max_output: int | None = None
    structure: Structure | None = None
    price: Price | None = None
    retires_on: date | None = None
    can_think: bool = False


class LanguageAdapter(Protocol):
    """One LLM vendor. Adapters hold no state and no secret; both arrive with each call."""

    slug: ClassVar[str]
    label: ClassVar[str]
    base_url: ClassVar[str]
    needs_key: ClassVar[bool]
    is_local: ClassVar[bool]
    models: ClassVar[tuple[ModelSpec, ...]]
    structure: ClassVar[Structure]

    def stream(self, client: "GuardedClient", endpoint: Endpoint, request: CompletionRequest) -> Iterator[Event]:
        """Ask, and yield events as they arrive, an `Ending` last. Raises only from `providers.errors`."""
        ...

    def list_models(self, client: "GuardedClient", endpoint: Endpoint) -> Sequence[OfferedModel]:
        """The vendor's own list of models. Raises only from `providers.errors`."""
        ...


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """An account's model as a run needs to know it. `price` None means not estimated."""

    provider: str
    label: str
    model: str
    is_local: bool
    context_window: int | None
    max_output: int | None
    structure: Structure
    shares: str
    allows_text_fallback: bool
    price: Price | None
    table_version: str


@dataclass(frozen=True, slots=True)
class OwnedArtist:
    """An artist as a library source reports it. `source_id` is the source's own number, `artist_mbid` lower case."""

    source_id: int
    artist_mbid: str
    name: str
    genres: tuple[str, ...] = ()
    disambiguation: str = ""
    artist_type: str = ""
    is_monitored: bool = True
    has_ended: bool = False
    added_at: datetime | None = None
    rating: float | None = None
    rating_votes: int = 0
    album_count: int = 0
    track_count: int = 0
    track_file_count: int = 0
    size_on_disk: int = 0
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class OwnedAlbum:
    """An album as a library source reports it; `source_artist_id` is the `source_id` of its artist."""

    source_id: int
    source_artist_id: int
    release_group_mbid: str
    title: str
    album_type: str = ""
    secondary_types: tuple[str, ...] = ()
    released_on: date | None = None
    genres: tuple[str, ...] = ()
    is_monitored: bool = True
    rating: float | None = None
    rating_votes: int = 0
    track_count: int = 0
    track_file_count: int = 0
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Something Lidarr must never import; `mbid` is an artist's or a release group's."""

    mbid: str
    name: str


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """Who answered at the library's address."""

    app_name: str
    version: str
    instance_name: str = ""


class LibrarySource(Protocol):
    """A server that tells us what the owner has. Iterators stream: nothing holds the whole library."""

    def status(self) -> LibraryStatus: ...

    def artists(self) -> Iterator[OwnedArtist]: ...

    def albums(self, source_artist_id: int | None = None) -> Iterator[OwnedAlbum]:
        """All albums, or those of one artist."""
        ...

    def exclusions(self) -> Iterator[Exclusion]: ...


@dataclass(frozen=True, slots=True)
class CatalogArtist:
    """An artist in MusicBrainz. `tags` are (name, votes), most voted first; years are None when unknown."""

    artist_mbid: str
    name: str
    sort_name: str = ""
    aliases: tuple[str, ...] = ()
    disambiguation: str = ""
    country: str = ""
    kind: str = ""
    begin_year: int | None = None
    end_year: int | None = None
    tags: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Credit:
    """One name in an artist credit: as printed on the record, and as the artist is called.

    Searches bring the artist's aliases and disambiguation along, which saves looking the artist up.
    """

    artist_mbid: str
    credited_as: str
    name: str
    aliases: tuple[str, ...] = ()
    disambiguation: str = ""


@dataclass(frozen=True, slots=True)
class CatalogReleaseGroup:
    """A release group in MusicBrainz with its whole artist credit."""

    release_group_mbid: str
    title: str
    credits: tuple[Credit, ...]
    primary_type: str = ""
    secondary_types: tuple[str, ...] = ()
    first_release_year: int | None = None
    tags: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """Search hits; `is_complete` is False when the catalog had more than it returned."""

    hits: tuple[T, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """The artist asked for is now part of another."""

    artist_mbid: str


class Catalog(Protocol):
    """A public index of music. Every method is one request, paced for the whole installation."""

    def find_release_groups(self, pairs: Sequence[tuple[str, str]]) -> Found[CatalogReleaseGroup]:
        """Release groups matching any (artist, title); at most 20 pairs."""
        ...

    def find_artists(self, names: Sequence[str]) -> Found[CatalogArtist]:
        """Artists whose name or alias matches any of the names; at most 25 names."""
        ...

    def find_release_groups_by(self, wanted: Sequence[tuple[str, str]]) -> Found[CatalogReleaseGroup]:
        """Release groups matching any (artist_mbid, title); at most 20 pairs."""
        ...

    def artist(self, artist_mbid: str) -> CatalogArtist | Merged:
        """One artist by id, or the id it was merged into. Raises NotFound."""
        ...
