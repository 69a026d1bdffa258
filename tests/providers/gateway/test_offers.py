"""Asking a vendor for its models, over real HTTP."""

import pytest
from django.core.cache import cache

from providers.errors import AuthenticationFailed
from providers.gateway import forget_models, list_models, remembered_models
from providers.models import ApiKey, ProviderAccount
from providers.simulators.openai_chat import SimulatedModel, VendorSimulator

pytestmark = pytest.mark.django_db
KEY = "k-1234567890"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    cache.clear()


def make_account(base_url: str, key: str = "", provider: str = "groq") -> ProviderAccount:
    account = ProviderAccount.objects.create(name="Acme", provider=provider, base_url=base_url)
    if key:
        ApiKey.objects.create(account=account, secret=key)
    return account


def test_the_vendors_list_comes_back_and_is_remembered_until_it_is_forgotten() -> None:
    with VendorSimulator([SimulatedModel("new"), SimulatedModel("old")], keys=[KEY]) as vendor:
        account = make_account(f"{vendor.url}/v1", KEY)
        assert remembered_models(account.pk) == ()
        offered = list_models(account.pk)

    assert [model.id for model in offered] == ["new", "old"]
    assert [model.id for model in remembered_models(account.pk)] == ["new", "old"]
    forget_models(account.pk)
    assert remembered_models(account.pk) == ()


def test_a_refused_key_is_an_error_in_the_vendors_words() -> None:
    with VendorSimulator(keys=[KEY]) as vendor, pytest.raises(AuthenticationFailed, match="Acme did not accept"):
        list_models(make_account(f"{vendor.url}/v1", "k-wrong-wrong").pk)


def test_without_a_key_nobody_is_asked() -> None:
    with VendorSimulator() as vendor:
        account = make_account(f"{vendor.url}/v1")
        with pytest.raises(AuthenticationFailed, match="no API key is set up"):
            list_models(account.pk)

        assert vendor.seen() == []


def test_a_key_that_is_switched_off_is_not_sent() -> None:
    with VendorSimulator(keys=[KEY]) as vendor:
        account = make_account(f"{vendor.url}/v1", KEY)
        account.keys.update(is_enabled=False)
        with pytest.raises(AuthenticationFailed, match="no API key is set up"):
            list_models(account.pk)
