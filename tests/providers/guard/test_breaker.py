"""A breaker opens on real trouble only, tries again with one call at a time, and closes on proof."""

from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from providers.contracts import GuardDefaults
from providers.guard.breaker import (
    CLOSED,
    TRIAL_LASTS,
    Outcome,
    Phase,
    State,
    admit,
    find_unhealthy,
    open_by_hand,
    record,
    renew,
    reset,
)

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
USUAL = GuardDefaults()
SECOND = timedelta(seconds=1)


def after(outcomes: str, defaults: GuardDefaults = USUAL, state: State = CLOSED) -> State:
    """The state after calls that ended in F(ailure), S(uccess) or N(either)."""
    kinds = {"F": Outcome.FAILURE, "S": Outcome.SUCCESS, "N": Outcome.NEITHER}
    for letter in outcomes:
        state = record(state, defaults, "call", kinds[letter], NOW, said="it broke")
    return state


def tried(state: State, outcome: Outcome, now: datetime, call: str = "trial") -> State:
    """The state after a trial call was let go and ended."""
    state, may_go = admit(state, call, now)
    assert may_go
    return record(state, USUAL, call, outcome, now, said="it broke")


def test_five_failures_in_a_row_open_it_and_four_do_not() -> None:
    assert after("FFFF").phase is Phase.CLOSED
    assert after("FFFFF").phase is Phase.OPEN
    assert after("FFFFSFFFF").phase is Phase.CLOSED


def test_a_vendor_may_be_given_fewer_failures() -> None:
    careful = GuardDefaults(failures_in_a_row=3)

    assert after("FF", careful).phase is Phase.CLOSED
    assert after("FFF", careful).phase is Phase.OPEN


def test_half_of_the_last_calls_open_it_once_ten_are_known() -> None:
    assert after("FSFSFSFSF").phase is Phase.CLOSED
    assert after("FSFSFSFSSF").phase is Phase.OPEN


def test_only_the_last_twenty_calls_are_looked_at() -> None:
    assert after("S" * 80 + "FFFS" * 3 + "F").phase is Phase.OPEN
    assert after("S" * 80 + "FFS" * 4 + "F").phase is Phase.CLOSED


def test_rate_limits_and_refusals_never_count() -> None:
    assert after("N" * 100) == CLOSED
    assert after("FFFF" + "N" * 100).phase is Phase.CLOSED


def test_it_says_what_opened_it() -> None:
    assert "5 failures in a row" in after("FFFFF").reason
    assert "it broke" in after("FFFFF").reason


def test_an_open_one_lets_nothing_through_until_its_time_is_over() -> None:
    state = after("FFFFF", GuardDefaults(open_for=30 * SECOND))

    assert not admit(state, "a", NOW + 29 * SECOND)[1]
    assert admit(state, "a", NOW + 30 * SECOND)[1]


def test_half_open_lets_one_call_through_at_a_time() -> None:
    state, may_go = admit(after("FFFFF"), "first", NOW + 60 * SECOND)

    assert may_go
    assert state.phase is Phase.HALF_OPEN
    assert not admit(state, "second", NOW + 61 * SECOND)[1]


def test_two_successes_close_it() -> None:
    later = NOW + 60 * SECOND

    once = tried(after("FFFFF"), Outcome.SUCCESS, later)
    twice = tried(once, Outcome.SUCCESS, later)

    assert once.phase is Phase.HALF_OPEN
    assert twice.phase is Phase.CLOSED
    assert after("FFFF", state=twice).phase is Phase.CLOSED


def test_one_failed_trial_opens_it_again_for_the_whole_time() -> None:
    later = NOW + 60 * SECOND

    state = tried(tried(after("FFFFF"), Outcome.SUCCESS, later), Outcome.FAILURE, later)

    assert state.phase is Phase.OPEN
    assert state.opens_until == later + 60 * SECOND


def test_a_trial_that_met_a_rate_limit_makes_way_for_the_next() -> None:
    later = NOW + 60 * SECOND

    state = tried(after("FFFFF"), Outcome.NEITHER, later)

    assert state.phase is Phase.HALF_OPEN
    assert admit(state, "next", later)[1]


def test_a_killed_trial_frees_its_place_and_a_living_one_keeps_it() -> None:
    began = NOW + 60 * SECOND
    state, _ = admit(after("FFFFF"), "trial", began)

    renewed = renew(state, "trial", began + TRIAL_LASTS / 2)

    assert admit(state, "next", began + TRIAL_LASTS)[1]
    assert not admit(renewed, "next", began + TRIAL_LASTS)[1]
    assert renew(state, "stranger", began + TRIAL_LASTS / 2) == state


def test_calls_from_before_it_opened_no_longer_count() -> None:
    trial, _ = admit(after("FFFFF"), "trial", NOW + 60 * SECOND)

    assert after("SS", state=after("FFFFF")) == after("FFFFF")
    assert record(trial, USUAL, "late", Outcome.FAILURE, NOW + 61 * SECOND) == trial


def test_opened_by_hand_it_stays_open_until_it_is_reset() -> None:
    state = open_by_hand(by="Ada")

    assert not admit(state, "a", NOW + timedelta(days=365))[1]
    assert find_unhealthy(state, USUAL, NOW, said="down") == state
    assert reset(by="Ada").phase is Phase.CLOSED


def test_an_unhealthy_probe_opens_it_and_the_next_one_keeps_it_open() -> None:
    state = find_unhealthy(CLOSED, USUAL, NOW, said="no answer")

    still = find_unhealthy(state, USUAL, NOW + 30 * SECOND, said="no answer")

    assert state.phase is Phase.OPEN
    assert "no answer" in state.reason
    assert not admit(still, "a", NOW + 60 * SECOND)[1]


@settings(max_examples=60, stateful_step_count=50, deadline=None)
class AnyLife(RuleBasedStateMachine):
    """Whatever happens, in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.state = CLOSED
        self.now = NOW
        self.calls: list[str] = []
        self.number = 0

    @rule(seconds=st.integers(0, 90))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * SECOND

    @rule()
    def a_call_asks(self) -> None:
        self.number += 1
        call = f"call {self.number}"
        before = self.state
        self.state, may_go = admit(self.state, call, self.now)
        if may_go:
            self.calls.append(call)
        else:
            assert self.state == before
            assert before.phase is not Phase.CLOSED

    @precondition(lambda self: self.calls)
    @rule(draw=st.data(), outcome=st.sampled_from(Outcome))
    def a_call_ends(self, draw: st.DataObject, outcome: Outcome) -> None:
        call = self.calls.pop(draw.draw(st.integers(0, len(self.calls) - 1)))
        before = self.state
        self.state = record(self.state, USUAL, call, outcome, self.now, said="x")
        if self.state.phase is Phase.OPEN and before.phase is not Phase.OPEN:
            assert outcome is Outcome.FAILURE
        if self.state.phase is Phase.CLOSED and before.phase is not Phase.CLOSED:
            assert outcome is Outcome.SUCCESS

    @rule()
    def a_probe_fails(self) -> None:
        self.state = find_unhealthy(self.state, USUAL, self.now, said="x")
        assert not admit(self.state, "at once", self.now)[1]

    @rule(is_opened=st.booleans())
    def the_owner_acts(self, is_opened: bool) -> None:
        self.state = open_by_hand(by="x") if is_opened else reset(by="x")

    @invariant()
    def its_parts_agree(self) -> None:
        state = self.state
        assert len(state.recent) <= 20
        assert state.in_a_row < 5
        assert (state.trial_until is not None) == bool(state.trial)
        assert not state.trial or state.phase is Phase.HALF_OPEN
        assert state.opens_until is None or state.phase is Phase.OPEN

    @invariant()
    def it_never_stays_shut_by_itself(self) -> None:
        is_forced = self.state.phase is Phase.OPEN and self.state.opens_until is None
        assert is_forced or admit(self.state, "later", self.now + timedelta(minutes=2))[1]


test_any_life = AnyLife.TestCase
