"""Lists of models: whose they are, how old they may be, and what a failed try leaves."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from providers.accounts import declare_account
from providers.contracts import ModelKey, ModelSpec, OfferedModel, Price, Structure
from providers.gateway import Discovery, choose_model, list_models, suggest_model
from providers.models import DiscoveredModels, ProviderAccount
from providers.queries import Retirement, discovered_models, known_spec, retiring_soon
from providers.registry import language_adapter
from providers.simulators.messages import MessagesSimulator, SimulatedClaude
from providers.simulators.ollama_chat import OllamaSimulator, SimulatedLocalModel
from providers.simulators.openai_chat import SimulatedModel, VendorSimulator
from tests.providers.places import KEY, MODEL, VENDORS, place_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LISTED = {
    "name": "Routed Model",
    "context_length": 64_000,
    "supported_parameters": ["reasoning", "response_format", "structured_outputs"],
    "pricing": {"prompt": "0.0000001", "completion": "0.0000005"},
    "expiration_date": "2026-12-24",
}


@pytest.fixture
def vendor() -> Iterator[VendorSimulator]:
    with VendorSimulator([SimulatedModel("first"), SimulatedModel("routed", listing=LISTED)], keys=[KEY]) as server:
        yield server


@pytest.fixture
def account(vendor: VendorSimulator) -> ProviderAccount:
    return at(vendor, "openrouter")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the time; it starts at NOW."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)

    set_to(NOW)
    return set_to


def at(server: VendorSimulator, slug: str, **settings: Any) -> ProviderAccount:
    return declare_account(f"Mine at {slug}", slug, KEY, base_url=f"{server.url}/v1", **settings)


@pytest.mark.parametrize("adapter", VENDORS, ids=lambda adapter: adapter.slug)
def test_every_vendors_own_list_is_read(adapter: Any) -> None:
    place = place_of(adapter)
    with place.server:
        mine = declare_account("Mine", adapter.slug, KEY, base_url=place.base_url)

        assert [model.id for model in list_models(mine.pk).models] == [MODEL]


def test_a_list_is_kept_whole_and_exact(account: ProviderAccount) -> None:
    first, routed = list_models(account.pk).models

    assert first == OfferedModel("first")
    assert routed.price is not None
    assert replace(routed, price=None) == OfferedModel(
        "routed", "Routed Model", 64_000, None, Structure.JSON_SCHEMA, None, date(2026, 12, 24), can_think=True
    )
    assert (routed.price.input, routed.price.output) == (Decimal("0.1"), Decimal("0.5"))
    assert discovered_models(account) == (first, routed)


def test_a_list_is_asked_for_once_a_day(account: ProviderAccount, vendor: VendorSimulator, clock: Any) -> None:
    list_models(account.pk)
    clock(NOW + timedelta(hours=23))
    assert list_models(account.pk).fetched_at == NOW
    clock(NOW + timedelta(hours=24))
    assert list_models(account.pk).fetched_at == NOW + timedelta(hours=24)

    assert len(vendor.seen()) == 2


def test_a_local_servers_list_is_asked_for_every_ten_minutes(vendor: VendorSimulator, clock: Any) -> None:
    mine = at(vendor, "lm_studio")
    for minutes in (0, 9, 10):
        clock(NOW + timedelta(minutes=minutes))
        list_models(mine.pk)

    assert len(vendor.seen()) == 2


def test_whoever_wants_a_fresh_list_gets_one(account: ProviderAccount, vendor: VendorSimulator) -> None:
    list_models(account.pk)
    list_models(account.pk, refresh=True)

    assert len(vendor.seen()) == 2


def test_a_failed_try_says_so_and_keeps_the_last_good_list(
    account: ProviderAccount, vendor: VendorSimulator, clock: Any
) -> None:
    good = list_models(account.pk)
    vendor.fault("status", status=503, body='{"error": {"message": "maintenance"}}')
    clock(NOW + timedelta(hours=30))

    later = list_models(account.pk)

    assert "maintenance" in later.problem
    assert (later.models, later.fetched_at) == (good.models, NOW)
    assert list_models(account.pk) == later
    assert len(vendor.seen()) == 2

    clock(NOW + timedelta(hours=30, minutes=1))
    assert list_models(account.pk) == Discovery(good.models, NOW + timedelta(hours=30, minutes=1))


def test_a_failed_first_try_offers_nothing_at_all(vendor: VendorSimulator) -> None:
    vendor.fault("malformed")
    mine = at(vendor, "openai")

    found = list_models(mine.pk)

    assert (found.models, found.fetched_at) == ((), None)
    assert "login screen" in found.problem
    assert suggest_model(mine.pk) == ""


def test_without_a_key_nobody_is_asked(vendor: VendorSimulator) -> None:
    mine = declare_account("Mine", "openai", "", base_url=f"{vendor.url}/v1")

    assert "no API key" in list_models(mine.pk).problem
    assert vendor.seen() == []


def test_an_account_pointed_elsewhere_forgets_the_list(account: ProviderAccount) -> None:
    list_models(account.pk)
    with VendorSimulator([SimulatedModel("other")], keys=[KEY]) as other:
        account.base_url = f"{other.url}/v1"
        account.save()

        assert discovered_models(account) == ()
        assert [model.id for model in list_models(account.pk).models] == ["other"]


def test_a_failing_new_address_does_not_inherit_the_old_ones_list(account: ProviderAccount) -> None:
    list_models(account.pk)
    account.base_url = "http://127.0.0.1:1/v1"
    account.save()

    found = list_models(account.pk)
    assert (found.models, found.fetched_at) == ((), None)
    assert DiscoveredModels.objects.count() == 1


def test_the_list_fills_in_what_the_table_lacks(account: ProviderAccount) -> None:
    list_models(account.pk)

    chosen = choose_model(account.pk, "routed")

    assert (chosen.context_window, chosen.structure) == (64_000, Structure.JSON_SCHEMA)
    assert chosen.price is not None
    assert chosen.price.input == Decimal("0.1")
    spec = known_spec(account, "routed")
    assert spec is not None
    assert spec.can_think
    assert known_spec(account, "rout") is None


def test_a_local_models_window_is_the_owners_to_give() -> None:
    with OllamaSimulator([SimulatedLocalModel("qwen3:8b")]) as server:
        mine = declare_account("Mine", "ollama", "", base_url=server.url)
        assert list_models(mine.pk).models[0].context_window == 40960

        assert choose_model(mine.pk, "").context_window is None
        assert choose_model(mine.pk, "").model == "qwen3:8b"


def claude(id: str, **listing: Any) -> SimulatedClaude:
    return SimulatedClaude(id, listing=listing)


@pytest.mark.parametrize(
    ("models", "suggested"),
    [
        ([claude("claude-opus-5-5"), claude("claude-haiku-5-5"), claude("claude-sonnet-5-5")], "claude-haiku-5-5"),
        ([claude("claude-opus-5-5"), claude("claude-new-and-unknown")], "claude-opus-5-5"),
        (
            [claude("claude-haiku-5-5", retires_at="2027-01-19T00:00:00Z"), claude("claude-opus-5-5")],
            "claude-opus-5-5",
        ),
        (
            [claude("claude-haiku-5-5", retires_at="2027-01-21T00:00:00Z"), claude("claude-opus-5-5")],
            "claude-haiku-5-5",
        ),
        ([claude("claude-sonnet-4-5")], ""),
        ([claude("claude-new-and-unknown")], ""),
        ([], ""),
    ],
)
@pytest.mark.usefixtures("clock")
def test_the_cheapest_known_model_that_stays_is_suggested(models: list[SimulatedClaude], suggested: str) -> None:
    with MessagesSimulator(models, keys=[KEY]) as server:
        mine = declare_account("Mine", "anthropic", KEY, base_url=server.url)

        assert suggest_model(mine.pk) == suggested
        assert choose_model(mine.pk, "").model == suggested


def test_the_only_model_of_a_vendor_needs_no_list() -> None:
    mine = declare_account("Demo", "demo", "")

    assert suggest_model(mine.pk) == "curated"
    assert not DiscoveredModels.objects.exists()


def test_a_price_that_has_ended_is_not_estimated(
    vendor: VendorSimulator, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    introductory = Price(Decimal(1), Decimal(2), date(2026, 11, 1), until=date(2026, 11, 30))
    spec = ModelSpec("first", price=introductory)
    monkeypatch.setattr(type(language_adapter("openai")), "models", (spec, ModelSpec("second")))
    mine = at(vendor, "openai", model="first")

    clock(datetime(2026, 11, 30, 23, tzinfo=UTC))
    assert choose_model(mine.pk, "").price == introductory
    clock(datetime(2026, 12, 1, 1, tzinfo=UTC))
    assert choose_model(mine.pk, "").price is None


def test_models_about_to_go_are_named_first_to_go_first(vendor: VendorSimulator) -> None:
    routed = at(vendor, "openrouter", model="routed")
    gone = at(vendor, "deepseek", model="deepseek-chat")
    at(vendor, "groq", model="openai/gpt-oss-20b")
    idle = at(vendor, "perplexity", model="")
    at(vendor, "lm_studio", model="deepseek-chat")
    off = at(vendor, "openai", model="gpt-5-mini")
    off.is_enabled = False
    off.save()
    list_models(routed.pk)

    assert retiring_soon(NOW) == [
        Retirement(gone.pk, gone.name, "deepseek-chat", date(2026, 7, 24)),
        Retirement(routed.pk, routed.name, "routed", date(2026, 12, 24)),
    ]
    assert retiring_soon(datetime(2026, 10, 24, tzinfo=UTC)) == [
        Retirement(gone.pk, gone.name, "deepseek-chat", date(2026, 7, 24)),
    ]
    chosen = [ModelKey(gone.pk, "deepseek-reasoner"), ModelKey(off.pk, "gpt-5-mini"), ModelKey(idle.pk, "sonar")]
    assert [each.model for each in retiring_soon(NOW, chosen)] == ["deepseek-chat", "deepseek-reasoner", "routed"]
