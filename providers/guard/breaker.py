"""Whether a model that keeps failing is called at all.

closed ──too many failures, an unhealthy probe, or by hand──▶ open ──its time is over──▶ half-open (one call at a time)
half-open ──enough successes──▶ closed          half-open ──one failure──▶ open          any ──reset by hand──▶ closed
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from providers.contracts import GuardDefaults

WINDOW = 20
FEWEST = 10
FAILURE_SHARE = 0.5
SUCCESSES_TO_CLOSE = 2
# Renewed while the trial call lives; that of a killed worker frees itself after this time.
TRIAL_LASTS = timedelta(seconds=20)


class Phase(StrEnum):
    """Closed lets calls through, as in electricity."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Outcome(StrEnum):
    """What a call says about the health of the model. NEITHER: a refusal of ours or theirs, or a cancelled call."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class State:
    """`recent` holds the latest outcomes, newest last, F or S each.

    `opens_until` is when an open breaker may try again; None keeps it open until it is reset by hand. `trial` names the
    call under way while half-open, which holds its place until `trial_until`.
    """

    phase: Phase = Phase.CLOSED
    in_a_row: int = 0
    recent: str = ""
    opens_until: datetime | None = None
    trial: str = ""
    trial_until: datetime | None = None
    successes: int = 0
    reason: str = ""


CLOSED = State()


def admit(state: State, call: str, now: datetime) -> tuple[State, bool]:
    """The state after `call` (a name of its own) asked to go, and whether it may.

    In half-open a call that may go holds the only place: `renew` it while it lives, `record` its end.
    """
    if state.phase is Phase.CLOSED:
        return state, True
    if state.phase is Phase.OPEN:
        if state.opens_until is None or now < state.opens_until:
            return state, False
        state = replace(state, phase=Phase.HALF_OPEN, opens_until=None, successes=0, reason="its time is over")
    elif state.trial and state.trial_until is not None and now < state.trial_until:
        return state, False
    return replace(state, trial=call, trial_until=now + TRIAL_LASTS), True


def renew(state: State, call: str, now: datetime) -> State:
    """The state after a sign of life from the trial call; any other call changes nothing."""
    return replace(state, trial_until=now + TRIAL_LASTS) if state.trial == call else state


def record(
    state: State, defaults: GuardDefaults, call: str, outcome: Outcome, now: datetime, *, said: str = ""
) -> State:
    """The state after `call` ended. `said` says in the owner's words what failed.

    Calls that set out before the breaker opened, and a trial that lost its place, no longer count.
    """
    if state.phase is Phase.CLOSED:
        return _recorded_closed(state, defaults, outcome, now, said)
    if state.phase is Phase.OPEN or state.trial != call:
        return state
    state = replace(state, trial="", trial_until=None)
    if outcome is Outcome.FAILURE:
        return _opened(now + defaults.open_for, f"the trial call failed: {said}")
    if outcome is Outcome.NEITHER:
        return state
    if state.successes + 1 >= SUCCESSES_TO_CLOSE:
        return replace(CLOSED, reason=f"{SUCCESSES_TO_CLOSE} trial calls succeeded")
    return replace(state, successes=state.successes + 1)


def find_unhealthy(state: State, defaults: GuardDefaults, now: datetime, *, said: str) -> State:
    """The state after a probe found the account unhealthy. One that is open by hand stays so."""
    if state.phase is Phase.OPEN:
        return state if state.opens_until is None else replace(state, opens_until=now + defaults.open_for)
    return _opened(now + defaults.open_for, f"the health probe failed: {said}")


def open_by_hand(*, by: str) -> State:
    """Open, until it is reset."""
    return _opened(None, f"opened by {by}")


def reset(*, by: str) -> State:
    """Closed, with nothing held against the model."""
    return replace(CLOSED, reason=f"reset by {by}")


def _recorded_closed(state: State, defaults: GuardDefaults, outcome: Outcome, now: datetime, said: str) -> State:
    if outcome is Outcome.NEITHER:
        return state
    if outcome is Outcome.SUCCESS:
        return replace(state, in_a_row=0, recent=(state.recent + "S")[-WINDOW:])
    state = replace(state, in_a_row=state.in_a_row + 1, recent=(state.recent + "F")[-WINDOW:])
    if state.in_a_row >= defaults.failures_in_a_row:
        return _opened(now + defaults.open_for, f"{state.in_a_row} failures in a row, the last: {said}")
    failed = state.recent.count("F")
    if len(state.recent) >= FEWEST and failed >= FAILURE_SHARE * len(state.recent):
        return _opened(now + defaults.open_for, f"{failed} of the last {len(state.recent)} failed, the last: {said}")
    return state


def _opened(until: datetime | None, reason: str) -> State:
    return State(phase=Phase.OPEN, opens_until=until, reason=reason)
