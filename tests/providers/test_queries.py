"""What the owner is told about a choice of model."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from providers.contracts import OfferedModel, Price
from providers.models import DiscoveredModels, ProviderAccount
from providers.queries import known_models, model_warnings, source_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LONG_BEFORE, SOON, AFTER = date(2026, 9, 1), date(2026, 11, 21), date(2026, 12, 12)


def account(provider: str, *offered: OfferedModel) -> ProviderAccount:
    made = ProviderAccount.objects.create(name=provider, provider=provider)
    DiscoveredModels.objects.create(
        account=made, source=source_of(made), offered=DiscoveredModels.stored(offered), tried_at=NOW
    )
    return made


def test_a_model_of_the_table_with_a_price_needs_no_warning() -> None:
    assert model_warnings(account("openai"), "gpt-6-sol", SOON) == []


def test_an_unknown_model_is_said_to_cost_an_unknown_sum() -> None:
    (warning,) = model_warnings(account("openai"), "gpt-99", SOON)

    assert "gpt-99" in warning
    assert "not estimated" in warning


def test_a_price_and_a_last_day_may_come_from_the_vendors_own_list() -> None:
    price = Price(Decimal(1), Decimal(2), SOON)
    groq = account("groq", OfferedModel("brand-new", price=price, retires_on=AFTER), OfferedModel("free-for-all"))

    assert model_warnings(groq, "brand-new", LONG_BEFORE) == []
    assert ["is retired by Groq on 12 December 2026" in word for word in model_warnings(groq, "brand-new", SOON)] == [
        True
    ]
    assert ["no known price" in word for word in model_warnings(groq, "free-for-all", SOON)] == [True]


def test_a_local_model_needs_no_price() -> None:
    assert model_warnings(account("ollama"), "llama3.2:3b", SOON) == []


def test_a_retirement_is_told_when_it_is_near_and_when_it_is_past() -> None:
    openai = account("openai")

    def retirements(today: date) -> list[str]:
        return [warning for warning in model_warnings(openai, "gpt-5", today) if "retired" in warning]

    assert retirements(LONG_BEFORE) == []
    assert ["is retired by OpenAI on 11 December 2026" in warning for warning in retirements(SOON)] == [True]
    assert ["has been retired by OpenAI" in warning for warning in retirements(AFTER)] == [True]


def test_no_model_is_a_warning_unless_there_is_only_one() -> None:
    assert len(model_warnings(account("openai"), "", SOON)) == 1
    assert model_warnings(account("demo"), "", SOON) == []


def test_a_vendor_of_another_version_is_named_and_breaks_nothing() -> None:
    assert "gone-vendor" in model_warnings(account("gone-vendor"), "m", SOON)[0]
    assert known_models("gone-vendor") == []
