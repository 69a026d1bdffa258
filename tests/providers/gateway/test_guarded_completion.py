"""A call passes every guard on its way, over real HTTP: what was sent, what was held back, and what it was charged."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from providers.contracts import ModelKey, Structure
from providers.errors import (
    BreakerOpen,
    BudgetExceeded,
    InvalidRequest,
    KeysResting,
    RateLimited,
    TooManyRequests,
)
from providers.gateway import Question, complete
from providers.gateway.guards import timeout
from providers.models import (
    ApiKey,
    Breaker,
    BreakerChange,
    Budget,
    BudgetAlert,
    BudgetPeriod,
    Flag,
    KeyRest,
    Lease,
    PermitBucket,
    ProviderAccount,
    ProviderCall,
    Reservation,
)
from providers.simulators.openai_chat import SimulatedModel, VendorSimulator
from providers.simulators.scripted import BROKEN_OFF

pytestmark = pytest.mark.django_db
MODEL = "openai/gpt-oss-20b"
CHAT = "/v1/chat"


class Cancelled(Exception):
    """The owner pressed cancel."""


@pytest.fixture(scope="module")
def vendor() -> Iterator[VendorSimulator]:
    with VendorSimulator([SimulatedModel(MODEL)], keys=["sk-good-00000000", "sk-other-0000000"]) as server:
        yield server


@pytest.fixture(autouse=True)
def _undisturbed(vendor: VendorSimulator) -> None:
    vendor.requests.clear()
    vendor.faults.clear()
    vendor.pace = 0.0


def make_account(vendor: VendorSimulator, *keys: str, **fields: Any) -> ProviderAccount:
    account = ProviderAccount.objects.create(
        **{"name": "Mine", "provider": "groq", "base_url": f"{vendor.url}/v1", "model": MODEL, **fields}
    )
    for key in keys or ("sk-good-00000000",):
        ApiKey.objects.create(account=account, secret=key, hint=key[:4])
    return account


def ask(account: ProviderAccount, step: str = "1:ask", **fields: Any) -> str:
    question = Question(
        **{
            "account_id": account.pk,
            "model": "",
            "system": "Be brief.",
            "user": "json please",
            "correlation": "run-1",
            "step": step,
            **fields,
        }
    )
    return complete(question, tick=fields.pop("tick", lambda: None)).text


def asked(vendor: VendorSimulator) -> int:
    return len(vendor.seen(CHAT))


def test_after_the_last_failure_nothing_more_is_sent(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    Breaker.objects.create(account=account, model=MODEL, in_a_row=4, recent="FFFF")
    vendor.fault("status", path=CHAT, times=-1, status=503)

    with pytest.raises(BreakerOpen) as held:
        ask(account)

    assert asked(vendor) == 1
    assert "5 failures in a row" in str(held.value)
    assert held.value.until is not None
    change = BreakerChange.objects.get()
    assert (change.before, change.after) == ("closed", "open")


def test_an_open_breaker_tries_again_and_closes_on_success(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    past = timezone.now() - timedelta(seconds=1)
    Breaker.objects.create(account=account, model=MODEL, phase="open", opens_until=past)

    ask(account, "1:ask")
    ask(account, "2:ask")

    changes = BreakerChange.objects.order_by("id").values_list("before", "after")
    assert list(changes) == [("open", "half_open"), ("half_open", "closed")]


def test_a_partial_answer_is_kept_and_still_counts_as_a_failure(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    vendor.script(BROKEN_OFF)

    text = ask(account, is_useful=bool, structure=Structure.TEXT)

    assert text
    assert Breaker.objects.get().in_a_row == 1


def test_a_request_the_vendor_refuses_says_nothing_about_its_health(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    vendor.fault("status", path=CHAT, status=400)

    with pytest.raises(InvalidRequest):
        ask(account)

    assert Breaker.objects.get().in_a_row == 0


def test_a_vendor_that_asks_for_an_hour_is_left_alone_for_an_hour(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    vendor.fault("status", path=CHAT, status=429, headers={"Retry-After": "3600"})
    before = timezone.now()

    with pytest.raises(RateLimited):
        ask(account)
    with pytest.raises(TooManyRequests) as held:
        ask(account)

    assert asked(vendor) == 1
    assert held.value.until is not None
    assert held.value.until >= before + timedelta(hours=1)
    assert PermitBucket.objects.get().share == 0.5


def test_a_short_wait_is_waited_for(vendor: VendorSimulator) -> None:
    account = make_account(vendor, requests_per_minute=600)
    vendor.fault("status", path=CHAT, status=429, headers={"Retry-After": "2"})

    ask(account)

    first, second = vendor.seen(CHAT)
    assert second.at - first.at >= 2


def test_headers_that_say_nothing_is_left_hold_the_next_call(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    vendor.fault(
        "status",
        path=CHAT,
        status=400,
        headers={"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1h"},
    )
    with pytest.raises(InvalidRequest):
        ask(account)

    with pytest.raises(TooManyRequests):
        ask(account)

    assert asked(vendor) == 1


def test_a_rejected_key_rests_and_the_next_one_is_used(vendor: VendorSimulator) -> None:
    account = make_account(vendor, "sk-revoked-00000", "sk-good-00000000")

    ask(account, "1:ask")
    ask(account, "2:ask")

    assert list(ProviderCall.objects.order_by("id").values_list("outcome", flat=True)) == [
        "authentication",
        "complete",
        "complete",
    ]
    assert "sk-revoked-00000" not in KeyRest.objects.get().reason


def test_when_every_key_rests_the_error_says_until_when(vendor: VendorSimulator) -> None:
    account = make_account(vendor, "sk-revoked-00000", "sk-revoked-11111")

    with pytest.raises(Exception, match="did not accept"):
        ask(account)
    with pytest.raises(KeysResting) as held:
        ask(account)

    assert asked(vendor) == 2
    assert held.value.until is not None
    assert f"{held.value.until:%Y-%m-%d %H:%M}" in str(held.value)


def test_a_key_entered_anew_does_not_rest(vendor: VendorSimulator) -> None:
    account = make_account(vendor, "sk-revoked-00000")
    with pytest.raises(Exception, match="did not accept"):
        ask(account)

    key = account.keys.get()
    key.secret = "sk-good-00000000"
    key.save()

    assert ask(account)


def test_a_call_is_charged_what_it_cost_to_the_last_digit(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    Budget.objects.create(name="all", limit="1")
    Budget.objects.create(name="mine", unit="tokens", period="day", scope="list", subject="7", limit="100000")
    Budget.objects.create(name="another list's", unit="calls", scope="list", subject="8", limit="1")

    ask(account, list_id=7)

    call = ProviderCall.objects.get()
    spent = dict(BudgetPeriod.objects.values_list("budget__name", "spent"))
    assert call.finished_at is not None
    assert call.took == call.finished_at - call.started_at
    assert call.cost is not None
    assert call.input_tokens is not None
    assert call.output_tokens is not None
    assert spent == {"all": call.cost * 100_000_000, "mine": call.input_tokens + call.output_tokens}
    assert Reservation.objects.count() == 0


def test_a_model_under_a_budget_may_not_answer_longer_than_was_set_aside(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    ask(account, "1:ask")
    Budget.objects.create(name="all", limit="1")

    ask(account, "2:ask")

    free, watched = (request.json() for request in vendor.seen(CHAT))
    assert "max_completion_tokens" not in free
    assert watched["max_completion_tokens"] == 32_000


def test_a_call_that_could_cost_more_than_is_left_is_not_sent(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    # 32,000 tokens at 0.30 dollars a million are just under a cent.
    Budget.objects.create(name="Pocket money", limit="0")

    with pytest.raises(BudgetExceeded) as held:
        ask(account)

    assert asked(vendor) == 0
    assert held.value.budget == "Pocket money"
    assert "Pocket money" in str(held.value)
    assert "$0.01" in str(held.value)
    assert BudgetAlert.objects.get().percent == 100
    assert (Reservation.objects.count(), BudgetPeriod.objects.get().reserved) == (0, 0)


def test_a_budget_that_is_too_small_leaves_nothing_set_aside_in_the_others(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    Budget.objects.create(name="wide", limit="100")
    Budget.objects.create(name="narrow", limit="0")

    with pytest.raises(BudgetExceeded):
        ask(account)

    assert set(BudgetPeriod.objects.values_list("reserved", flat=True)) == {0}


@pytest.mark.parametrize(
    "fields", [{"limit": None}, {"limit": "0", "is_unlimited": True}, {"limit": "0", "is_enabled": False}]
)
def test_a_budget_that_is_not_set_unlimited_or_off_refuses_nothing(
    vendor: VendorSimulator, fields: dict[str, Any]
) -> None:
    Budget.objects.create(name="all", **fields)

    assert ask(make_account(vendor))
    assert BudgetPeriod.objects.count() == (1 if "is_unlimited" in fields else 0)


def test_a_budget_of_nothing_lets_free_models_work() -> None:
    Budget.objects.create(name="all", limit="0")
    account = ProviderAccount.objects.create(name="Demo", provider="demo")

    assert ask(account, user="Recommend exactly 3 albums.")


def test_a_call_that_was_turned_away_costs_nothing(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    Budget.objects.create(name="all", limit="1")
    vendor.fault("status", path=CHAT, status=400)

    with pytest.raises(InvalidRequest):
        ask(account)

    assert (BudgetPeriod.objects.get().spent, BudgetPeriod.objects.get().reserved) == (0, 0)


def test_a_cancelled_stream_is_charged_and_leaves_nothing_behind(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    Budget.objects.create(name="all", unit="tokens", limit="100000")
    vendor.pace = 0.2

    def tick() -> None:
        if asked(vendor):
            raise Cancelled

    with pytest.raises(Cancelled):
        complete(
            Question(account.pk, "", "s", "a json question", "run-1", "1:ask", structure=Structure.TEXT), tick=tick
        )

    assert 0 < BudgetPeriod.objects.get().spent < 100
    assert Lease.objects.get().holder == ""
    assert Breaker.objects.get().in_a_row == 0
    assert ProviderCall.objects.get().outcome == "interrupted"


@pytest.mark.parametrize("status", [200, 503])
def test_the_place_is_given_back(vendor: VendorSimulator, status: int) -> None:
    account = make_account(vendor)
    if status != 200:
        vendor.fault("status", path=CHAT, status=status)

    ask(account)

    assert Lease.objects.get().holder == ""


def test_a_feature_is_tried_on_its_share_of_the_runs(vendor: VendorSimulator) -> None:
    account = make_account(vendor, requests_per_minute=600)
    flag = Flag.objects.create(account=account, feature="structured_output", percent=50)

    for run in range(8):
        ask(account, correlation=f"run-{run}")
    bodies = [request.json() for request in vendor.seen(CHAT)]
    flag.is_enabled = False
    flag.save()
    ask(account, correlation="after it was withdrawn")

    assert {"response_format" in body for body in bodies} == {True, False}
    assert "response_format" not in vendor.seen(CHAT)[-1].json()


def test_streaming_can_be_withdrawn_for_one_model(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    Flag.objects.create(account=account, feature="streaming", percent=100)
    Flag.objects.create(account=account, model=MODEL, feature="streaming", percent=0)

    assert ask(account, structure=Structure.TEXT)

    assert vendor.seen(CHAT)[0].json()["stream"] is False


def test_the_time_limit_follows_how_long_the_model_takes(django_assert_num_queries: Any) -> None:
    account = ProviderAccount.objects.create(name="Mine", provider="demo", model="m")
    now = timezone.now()
    for number in range(25):
        ProviderCall.objects.create(
            account=account,
            model="m" if number < 20 else "another",
            correlation=str(number),
            step="1",
            attempt=1,
            outcome="complete",
            started_at=now,
            took=timedelta(seconds=20),
        )

    with django_assert_num_queries(1):
        limit = timeout.base_for(ModelKey(account.pk, "m"), timedelta(seconds=30))

    assert limit == timedelta(seconds=30)
    assert timeout.base_for(ModelKey(account.pk, "another"), timedelta(seconds=7)) == timedelta(seconds=7)
    ProviderCall.objects.filter(model="m").update(took=timedelta(seconds=40))
    assert timeout.base_for(ModelKey(account.pk, "m"), timedelta(seconds=30)) == timedelta(seconds=60)
