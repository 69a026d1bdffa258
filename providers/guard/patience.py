"""How long we stay with a slow provider: what is normal, what is slow but working, what has stalled.

Every time here is counted from the moment a request left.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum


class Category(StrEnum):
    """How long an answer has been waited for, as the owner sees it."""

    NORMAL = "normal"
    EXTENDED = "extended"
    DEEP_WAIT = "deep_wait"


class Verdict(StrEnum):
    """What to make of a provider just now. Only `stalled` ends a call."""

    STAY = "stay"
    WAIT = "wait"
    STALLED = "stalled"


class Profile(StrEnum):
    """How an account's owner leans: sooner, as it comes, or for answers that take their time."""

    CONSERVATIVE = "conservative"
    BALANCED = "balanced"
    LONG_FORM = "long-form"


@dataclass(frozen=True, slots=True)
class Patience:
    """The boundaries of the categories, how often to look for a sign of life, and how many may be missed.

    `deep_wait` is where the deep wait is expected to end: a failure after it is not repeated without asking anybody.
    """

    normal: timedelta
    extended: timedelta
    deep_wait: timedelta
    heartbeat: timedelta
    stall_multiplier: float

    @property
    def longest_silence(self) -> timedelta:
        return self.heartbeat * self.stall_multiplier

    def category(self, waited: timedelta) -> Category:
        if waited <= self.normal:
            return Category.NORMAL
        return Category.EXTENDED if waited <= self.extended else Category.DEEP_WAIT


def _seconds(normal: float, extended: float, deep_wait: float, heartbeat: float, stall_multiplier: float) -> Patience:
    return Patience(
        normal=timedelta(seconds=normal),
        extended=timedelta(seconds=extended),
        deep_wait=timedelta(seconds=deep_wait),
        heartbeat=timedelta(seconds=heartbeat),
        stall_multiplier=stall_multiplier,
    )


LOCAL = _seconds(30, 180, 300, 15, 3)
CLOUD = _seconds(15, 60, 120, 5, 4)
# For accounts that a list's chain chose and nobody is waiting on by name.
FALLBACK = _seconds(5, 15, 30, 2, 5)

# What each profile multiplies the boundaries and the stall multiplier by.
_FACTORS = {Profile.CONSERVATIVE: (0.7, 0.8), Profile.BALANCED: (1.0, 1.0), Profile.LONG_FORM: (2.0, 1.5)}


def scaled(patience: Patience, profile: Profile) -> Patience:
    """The patience under a profile; how often a sign of life is expected stays as it is."""
    times, stall = _FACTORS[profile]
    return replace(
        patience,
        normal=patience.normal * times,
        extended=patience.extended * times,
        deep_wait=patience.deep_wait * times,
        stall_multiplier=patience.stall_multiplier * stall,
    )


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of one request under way. `beat_at` is when it last gave a sign of life, None before the first.

    `can_stall` is False where silence means nothing: the answer comes in one piece, or the owner said to keep waiting.
    """

    patience: Patience
    can_stall: bool = True
    beat_at: timedelta | None = None

    def silence(self, at: timedelta) -> timedelta:
        return at - (self.beat_at or timedelta(0))


def heard(watch: Watch, at: timedelta) -> Watch:
    """The watch after a sign of life: a token, a chunk, a comment, progress that the server reports."""
    return replace(watch, beat_at=at if watch.beat_at is None else max(at, watch.beat_at))


def judge(watch: Watch, at: timedelta) -> Verdict:
    """Whether to stay, wait knowingly, or take the provider for stalled.

    Silence is judged from the first sign of life on. Before it a server may be loading a model or thinking, and the
    time limit for the first token rules.
    """
    is_judged = watch.can_stall and watch.beat_at is not None
    silence = watch.silence(at)
    if is_judged and silence >= watch.patience.longest_silence:
        return Verdict.STALLED
    is_overdue = is_judged and silence > watch.patience.heartbeat
    is_slow = watch.patience.category(at) is not Category.NORMAL
    return Verdict.WAIT if is_slow or is_overdue else Verdict.STAY
