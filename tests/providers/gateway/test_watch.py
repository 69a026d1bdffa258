"""A request under a lock, over real HTTP: what the owner is shown, what the audit keeps, and when it ends."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from providers.accounts import declare_account
from providers.contracts import Structure
from providers.errors import Phase, TimedOut
from providers.gateway import Decision, Option, Question, complete, create_lock, decide, open_request
from providers.gateway.watch import in_words, patience_for
from providers.guard.patience import CLOUD, FALLBACK, LOCAL, Watch, heard
from providers.models import AccountPatience, LockEvent, LockEventName, ProviderAccount, ProviderCall
from providers.simulators.openai_chat import VendorSimulator

pytestmark = pytest.mark.django_db

# The simulated answer comes in a dozen pieces.
QUICK = {"normal_s": 0.3, "extended_s": 0.6, "deep_wait_s": 0.7, "heartbeat_s": 0.1, "stall_multiplier": 5}


@pytest.fixture
def vendor() -> Iterator[VendorSimulator]:
    with VendorSimulator() as simulator:
        yield simulator


@pytest.fixture
def account(vendor: VendorSimulator) -> ProviderAccount:
    made = declare_account("Slow", "lm_studio", "", base_url=f"{vendor.url}/v1", model="gpt-simulated")
    AccountPatience.objects.create(account=made, **QUICK)
    create_lock("run", made.pk, "gpt-simulated", ("ask",), actor="owner", now=timezone.now())
    return made


def ask(account: ProviderAccount, **more: Any) -> list[str]:
    """What the owner was shown."""
    shown: list[str] = []
    question = Question(account.pk, "gpt-simulated", "", "Hello", "run", "1:ask", structure=Structure.TEXT, **more)
    complete(question, tick=lambda: None, on_state=shown.append)
    return shown


def told() -> list[str]:
    names = list(LockEvent.objects.values_list("event", flat=True))
    return [name for place, name in enumerate(names) if name != names[place - 1] or place == 0]


def test_a_quick_answer_is_told_of_in_four_words(account: ProviderAccount) -> None:
    shown = ask(account)

    assert shown == []
    assert told() == [
        LockEventName.LOCK_CREATED,
        LockEventName.REQUEST_START,
        LockEventName.HEARTBEAT,
        LockEventName.REQUEST_COMPLETE,
    ]
    call = ProviderCall.objects.get()
    assert set(LockEvent.objects.exclude(call_id=None).values_list("call_id", "correlation")) == {(call.pk, "run")}


def test_a_slow_answer_passes_every_boundary_and_is_waited_for(
    vendor: VendorSimulator, account: ProviderAccount
) -> None:
    vendor.pace = 0.09
    vendor.script("long " * 64)

    shown = ask(account)

    changes = LockEvent.objects.filter(event=LockEventName.LATENCY_CATEGORY_CHANGE)
    assert list(changes.values_list("before", "after")) == [("normal", "extended"), ("extended", "deep_wait")]
    assert shown[0].startswith("Slow is slow but working (")
    assert ProviderCall.objects.get().outcome == ProviderCall.COMPLETE
    beats = LockEvent.objects.filter(event=LockEventName.HEARTBEAT).count()
    # Twenty pieces came; of those in one heartbeat's time one is kept.
    assert 5 <= beats <= 19


def test_silence_in_the_middle_ends_the_call_as_stalled(vendor: VendorSimulator, account: ProviderAccount) -> None:
    vendor.fault("stall", path="/v1/chat", after=3, seconds=30, times=-1)
    began = timezone.now()

    with pytest.raises(TimedOut) as caught:
        ask(account)

    assert caught.value.phase is Phase.IDLE
    assert timezone.now() - began < timedelta(seconds=5)
    assert told()[-1] == LockEventName.STALL_SUSPECTED
    assert LockEventName.REQUEST_COMPLETE not in told()


def test_after_a_deep_wait_nobody_is_asked_again_unasked(vendor: VendorSimulator, account: ProviderAccount) -> None:
    vendor.fault("stall", path="/v1/chat", after=3, seconds=30, times=-1)
    AccountPatience.objects.update(deep_wait_s=0.1)

    with pytest.raises(TimedOut):
        ask(account)

    assert len(vendor.seen("/v1/chat")) == 1


def test_a_pause_that_the_vendor_asked_for_is_no_wait_for_it(vendor: VendorSimulator, account: ProviderAccount) -> None:
    AccountPatience.objects.update(deep_wait_s=0.5)
    vendor.fault("status", path="/v1/chat", status=429, times=2, headers={"Retry-After": "1"})

    ask(account)

    assert len(vendor.seen("/v1/chat")) == 3


def test_whoever_is_told_to_keep_waiting_lets_silence_pass(vendor: VendorSimulator, account: ProviderAccount) -> None:
    request = open_request("run", "stall", "Silent.", [Option(Decision.KEEP_WAITING, "Keep waiting")], timezone.now())
    decide(request.pk, Decision.KEEP_WAITING, "ann", "", timezone.now())
    vendor.script("short")
    vendor.fault("slow", path="/v1/chat", seconds=0.6)

    shown = ask(account)

    assert any("has been silent for" in sentence for sentence in shown)
    assert ProviderCall.objects.get().outcome == ProviderCall.COMPLETE


def test_useful_text_before_a_stall_is_kept(vendor: VendorSimulator, account: ProviderAccount) -> None:
    vendor.fault("stall", path="/v1/chat", after=3, seconds=30, times=-1)

    ask(account, is_useful=lambda text: True)

    assert told()[-2:] == [LockEventName.STALL_SUSPECTED, LockEventName.REQUEST_COMPLETE]


def test_what_breaks_while_ticking_is_not_called_a_stall(account: ProviderAccount) -> None:
    class Cancelled(Exception):
        pass

    def cancel() -> None:
        raise Cancelled

    account_question = Question(account.pk, "gpt-simulated", "", "Hello", "run", "1:ask", structure=Structure.TEXT)
    with VendorSimulator(pace=0.5) as slow:
        ProviderAccount.objects.update(base_url=f"{slow.url}/v1")
        with pytest.raises(Cancelled):
            complete(account_question, tick=cancel)

    assert LockEventName.STALL_SUSPECTED not in told()


def test_patience_follows_the_kind_of_provider_and_what_the_owner_set(account: ProviderAccount) -> None:
    plain = declare_account("Plain", "demo", "")
    chained = create_lock("other", plain.pk, "demo", ("ask",), actor="chain", now=timezone.now(), is_fallback=True)

    assert patience_for(plain, None, is_local=True) == LOCAL
    assert patience_for(plain, None, is_local=False) == CLOUD
    assert patience_for(plain, chained, is_local=True) == FALLBACK
    AccountPatience.objects.create(account=plain, profile="long-form", heartbeat_s=7.0)
    own = patience_for(plain, None, is_local=False)
    assert (own.normal, own.heartbeat, own.longest_silence) == (
        timedelta(seconds=30),
        timedelta(seconds=7),
        timedelta(seconds=42),
    )


def test_the_owner_reads_what_is_going_on() -> None:
    second = timedelta(seconds=1)
    beating = heard(Watch(CLOUD), 60 * second)

    assert in_words(Watch(CLOUD), 21 * second, "Groq") == "Groq has not answered yet (21 s)"
    assert in_words(beating, 62 * second, "Groq") == "Groq is slow but working (62 s)"
    assert in_words(beating, 72 * second, "Groq") == "Groq has been silent for 12 s"
