"""The arithmetic of rounds: how many to ask for next, how far to reach, when to stop, and what to tell the owner."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from recommendations.domain.reasons import DropReason
from recommendations.domain.types import Brief, Discovery, Drop, ReviewPolicy, Round, Sensitivity

MOST_ASKED_FOR = 60

_FACTORS = (1.5, 2.0, 3.0)
_WIDER: Mapping[Discovery, Discovery] = {
    Discovery.SIMILAR: Discovery.ADJACENT,
    Discovery.ADJACENT: Discovery.EXPLORATORY,
}
_REPEATS = frozenset(
    {
        DropReason.REPEATED_IN_ANSWER,
        DropReason.ALREADY_IN_RUN,
        DropReason.OWNED,
        DropReason.ON_ANOTHER_LIST,
        DropReason.ALREADY_ON_LIST,
        DropReason.WAITING_FOR_REVIEW,
        DropReason.REJECTED_BEFORE,
        DropReason.NEVER_AGAIN,
        DropReason.SUGGESTED_RECENTLY,
        DropReason.EXCLUDED_IN_LIDARR,
    }
)
# The least share of a round's suggestions that must survive, and how many barren rounds in a row end a run.
_PATIENCE: Mapping[Sensitivity, tuple[float, int]] = {
    Sensitivity.OFF: (0.0, 3),
    Sensitivity.LENIENT: (0.05, 3),
    Sensitivity.NORMAL: (0.10, 2),
    Sensitivity.STRICT: (0.20, 1),
    Sensitivity.AGGRESSIVE: (0.35, 1),
}


class StopReason(StrEnum):
    """Why a run asks no further; the value is stored, so it never changes."""

    TARGET_MET = "target_met"
    MAX_ROUNDS = "max_rounds"
    NO_PROGRESS = "no_progress"
    LOW_YIELD = "low_yield"
    DEADLINE = "deadline"
    BUDGET = "budget"

    @property
    def sentence(self) -> str:
        """What happened, for the owner."""
        return _SENTENCES[self]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands. `wanted` is how many this run is to find, `discovery` how far its last round reached."""

    brief: Brief
    wanted: int
    discovery: Discovery
    rounds: tuple[Round, ...] = ()
    is_past_deadline: bool = False
    is_out_of_budget: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """What to do now: stop for a reason, or ask for so many, reaching so far."""

    stop: StopReason | None
    ask_for: int
    discovery: Discovery


def next_round(state: Progress) -> Next:
    """Decide on the next round.

    It asks for what is missing times 1.5, 2 and 3 in the first, second and later rounds, at most 60. A round that
    mostly repeated what is known is saturated: it widens the reach by one step, if there is one, and goes on. Under
    the policy that reviews everything, what waits for review counts as found, for nothing else ever will.
    """
    missing = state.wanted - sum(_found(done, state.brief) for done in state.rounds)
    discovery = _reach(state)
    stop = _limit(state, missing)
    # A wider reach is worth one try before little is taken for an answer.
    if stop is None and discovery is state.discovery:
        stop = _disappointment(state)
    if stop is not None:
        return Next(stop, 0, state.discovery)
    factor = _FACTORS[min(len(state.rounds), len(_FACTORS) - 1)]
    return Next(None, min(MOST_ASKED_FOR, ceil(missing * factor)), discovery)


def count_repeats(drops: Iterable[Drop]) -> int:
    """How many of these drops were of something the owner has, has seen or has refused."""
    return sum(drop.reason in _REPEATS for drop in drops)


def funnel(drops: Sequence[Drop], suggested: int, published: int, in_review: int) -> tuple[str, ...]:
    """What became of the suggestions, in one line, then a line for each cause with what may be done about it."""
    causes = Counter(drop.reason for drop in drops)
    counts = [f"{suggested} suggested"]
    counts += [f"{causes[reason]} {_label(reason, drops)}" for reason in DropReason if causes[reason]]
    counts += [f"{in_review} waiting for review"] if in_review else []
    counts += [f"{published} on the list"] if published else []
    lines = [", ".join(counts)]
    if not suggested:
        lines.append("The model suggested nothing. Look at its answer on the run's page, or choose another model.")
    for reason, count in sorted(causes.items(), key=lambda cause: -cause[1]):
        lines.append(f"{count} {_label(reason, drops)}: {reason.sentence}. {reason.remedy}".strip())
    return tuple(lines)


def _limit(state: Progress, missing: int) -> StopReason | None:
    """Why a run ends whatever its rounds brought."""
    if missing <= 0:
        return StopReason.TARGET_MET
    if state.is_past_deadline:
        return StopReason.DEADLINE
    if state.is_out_of_budget:
        return StopReason.BUDGET
    return StopReason.MAX_ROUNDS if len(state.rounds) >= state.brief.max_rounds else None


def _disappointment(state: Progress) -> StopReason | None:
    """Why the list's stop sensitivity ends a run."""
    least, barren = _PATIENCE[state.brief.sensitivity]
    if len(state.rounds) >= barren and not any(_kept(done) for done in state.rounds[-barren:]):
        return StopReason.NO_PROGRESS
    # A barren round is not a poor one: how many of those are borne is said above.
    poor = [done for done in state.rounds[-1:] if 0 < _kept(done) < least * done.suggested]
    return StopReason.LOW_YIELD if poor else None


def _reach(state: Progress) -> Discovery:
    is_saturated = any(done.repeats * 2 > done.suggested - _kept(done) > 0 for done in state.rounds[-1:])
    return _WIDER.get(state.discovery, state.discovery) if is_saturated else state.discovery


def _kept(done: Round) -> int:
    return done.published + done.in_review


def _found(done: Round, brief: Brief) -> int:
    return _kept(done) if brief.review_policy is ReviewPolicy.EVERYTHING else done.published


def _label(reason: DropReason, drops: Sequence[Drop]) -> str:
    """The reason in a word or two; a confidence is told against the minimum it missed."""
    if reason is DropReason.LOW_CONFIDENCE:
        return next((drop.detail for drop in drops if drop.reason is reason and drop.detail), "not sure enough")
    return reason.value.replace("_", " ").replace("mbid", "MBID").replace("lidarr", "Lidarr")


_SENTENCES: Mapping[StopReason, str] = {
    StopReason.TARGET_MET: "The list has what it asked for",
    StopReason.MAX_ROUNDS: "All the rounds the list allows were used",
    StopReason.NO_PROGRESS: "The model found nothing new any more",
    StopReason.LOW_YIELD: "Too little of what the model suggests is of use to be worth asking again",
    StopReason.DEADLINE: "The run's time was up",
    StopReason.BUDGET: "The budget for this list is used up",
}
