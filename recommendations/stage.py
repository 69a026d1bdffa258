"""What a stage is, and what it is handed besides the batch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from providers.contracts import ChosenModel
from recommendations.domain.reasons import DropReason
from recommendations.domain.types import Batch, Brief, Candidate, OwnedFacts, Profile


@dataclass(frozen=True, slots=True)
class Known:
    """Why a candidate is nothing new: the reason, and which row says so."""

    reason: DropReason
    detail: str = ""


class Library(Protocol):
    """The owner's library as stages may read it: streamed, or by look-up, a few queries a batch."""

    def artists(self) -> Iterator[OwnedFacts]: ...

    def decades(self) -> Mapping[int, int]:
        """Owned albums by decade (1970, 1980 …)."""
        ...

    def new_releases(self, since_year: int) -> int: ...

    def saved_profile(self, library_hash: str) -> Profile | None: ...

    def save_profile(self, library_hash: str, profile: Profile) -> None: ...

    def known(self, candidates: Sequence[Candidate]) -> Sequence[Known | None]:
        """For each candidate, by keys and by the MBIDs it has, what makes it nothing new."""
        ...

    def listed_by_artist(self) -> Mapping[str, int]:
        """How many recommendations the list holds of each artist MBID."""
        ...

    def turned_down(self, limit: int) -> tuple[str, ...]:
        """Names the owner rejected, latest first."""
        ...

    def suggested(self, limit: int) -> tuple[str, ...]:
        """Names suggested within the list's window, latest first."""
        ...


@dataclass(frozen=True, slots=True)
class RunContext:
    """What stays the same through a run. `now` is when the run first started, so that resuming changes nothing.

    `kept_for_later` are candidates that an outage of MusicBrainz left open in earlier runs. `tick` is called wherever
    time passes; it keeps the lease and raises when the run was cancelled, is past its deadline, or was taken over.
    `show` takes a sentence for the owner. `turn` goes up whenever whom to ask is settled anew; `settled_because` says
    why nobody is asked any more, and is empty while somebody is.
    """

    run_id: int
    correlation: str
    brief: Brief
    account_id: int
    chosen: ChosenModel
    connection_ids: tuple[int, ...]
    seed: int
    now: datetime
    library: Library
    kept_for_later: tuple[Candidate, ...]
    tick: Callable[[], None]
    show: Callable[[str], None] = field(default=lambda sentence: None)
    turn: int = 1
    settled_because: str = ""

    def artists(self) -> Iterator[OwnedFacts]:
        """The library's artists, ticking: to look at fifty thousand takes longer than a cancelled run may."""
        for artist in self.library.artists():
            self.tick()
            yield artist


Stage = Callable[[Batch, RunContext], Batch]
