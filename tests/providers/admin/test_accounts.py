"""Setting up accounts: keys go in and never come out, and a test shows the vendor's own words."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse

from providers.models import ApiKey, ProviderAccount
from providers.simulators.openai_chat import SimulatedModel, VendorSimulator

pytestmark = pytest.mark.django_db
KEY = "gsk_abcdefghijklmn9876"


def make_account(name: str = "Groq", key: str = "", **fields: Any) -> ProviderAccount:
    account = ProviderAccount.objects.create(**{"name": name, "provider": "groq", "model": "m", **fields})
    if key:
        ApiKey.objects.create(account=account, secret=key, hint=key[-4:])
    return account


def entered(account: ProviderAccount | None = None, key: str = "", **fields: Any) -> dict[str, Any]:
    """What the form sends; `key` goes into the first row of keys."""
    kept = account.keys.first() if account else None
    return {
        "name": "Groq",
        "provider": "groq",
        "model": "m",
        "base_url": "",
        "context_window": "",
        "max_output_tokens": "",
        "temperature": "",
        "thinking": "auto",
        "thinking_budget_tokens": "",
        "structure": "",
        "shares": "names",
        "base_timeout_seconds": "30",
        "is_enabled": "on",
        "patience-TOTAL_FORMS": "0",
        "patience-INITIAL_FORMS": "0",
        "keys-TOTAL_FORMS": "1",
        "keys-INITIAL_FORMS": "1" if kept else "0",
        "keys-0-id": str(kept.pk) if kept else "",
        "keys-0-account": str(account.pk) if account else "",
        "keys-0-secret": key,
        "keys-0-is_enabled": "on",
        **fields,
    }


def page_of(account: ProviderAccount) -> str:
    return reverse("admin:providers_provideraccount_change", args=[account.pk])


def press(client: Client, account: ProviderAccount) -> str:
    address = reverse("admin:providers_provideraccount_press", args=[account.pk, "test"])
    return client.post(address, follow=True).content.decode()


def test_a_key_is_stored_sealed_with_a_hint_and_is_on_no_page(admin_client: Client) -> None:
    added = admin_client.post(reverse("admin:providers_provideraccount_add"), entered(key=f" {KEY} "), follow=True)

    key = ApiKey.objects.get()
    assert (key.secret.open(), key.hint) == (KEY, "9876")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM providers_apikey")
        assert KEY not in str(cursor.fetchall())
    shown = admin_client.get(page_of(key.account)).content.decode()
    assert KEY not in added.content.decode() + shown
    assert key.secret.stored not in shown
    assert "••••••••9876" in shown


def test_an_empty_field_keeps_the_key(admin_client: Client) -> None:
    account = make_account(key=KEY)

    admin_client.post(page_of(account), entered(account, name="Renamed"))

    account.refresh_from_db()
    assert account.name == "Renamed"
    assert [(key.secret.open(), key.hint) for key in account.keys.all()] == [(KEY, "9876")]


def test_a_new_key_takes_the_place_of_the_old(admin_client: Client) -> None:
    account = make_account(key=KEY)

    admin_client.post(page_of(account), entered(account, key="gsk_zyxwvutsrqpo1234"))

    assert [(key.secret.open(), key.hint) for key in account.keys.all()] == [("gsk_zyxwvutsrqpo1234", "1234")]


@pytest.mark.parametrize("key", ["changeme", "<YOUR_API_KEY>", "••••••••", "gsk_ключ_ключ_ключ"])
def test_what_cannot_be_a_key_is_refused_and_not_shown_again(admin_client: Client, key: str) -> None:
    answer = admin_client.post(reverse("admin:providers_provideraccount_add"), entered(key=key))

    assert ProviderAccount.objects.count() == 0
    assert not re.search(r'type="password"[^>]*value=', answer.content.decode())


def test_an_address_is_whole_and_loses_its_last_slash(admin_client: Client) -> None:
    add = reverse("admin:providers_provideraccount_add")

    refused = admin_client.post(add, entered(key=KEY, base_url="nas:8000/v1"))
    admin_client.post(add, entered(key=KEY, base_url="http://nas:8000/v1/"))

    assert "begins with http" in refused.content.decode()
    assert ProviderAccount.objects.get().base_url == "http://nas:8000/v1"


def test_saving_warns_of_an_unknown_price_and_a_missing_key(admin_client: Client) -> None:
    answer = admin_client.post(reverse("admin:providers_provideraccount_add"), entered(), follow=True)

    shown = answer.content.decode()
    assert "its cost is not estimated" in shown
    assert "Groq needs an API key" in shown


def test_a_test_names_the_models_and_offers_them_from_then_on(admin_client: Client) -> None:
    with VendorSimulator([SimulatedModel("llama-new"), SimulatedModel("llama-old")], keys=[KEY]) as vendor:
        account = make_account(key=KEY, base_url=f"{vendor.url}/v1")
        before = admin_client.get(page_of(account)).content.decode()
        after = press(admin_client, account)

    assert '<option value="llama-old">' not in before
    assert "It lists 2 models: llama-new, llama-old." in after
    assert "“m” is not among them" in after
    assert '<option value="llama-old">' in after


def test_a_failed_test_shows_the_vendors_own_words(admin_client: Client) -> None:
    with VendorSimulator() as vendor:
        vendor.fault("status", status=503, body="the hamster is asleep")
        shown = press(admin_client, make_account(key=KEY, base_url=f"{vendor.url}/v1"))

    assert "the hamster is asleep" in shown
    assert KEY not in shown


def test_a_link_cannot_press_a_button(admin_client: Client) -> None:
    with VendorSimulator() as vendor:
        account = make_account(key=KEY, base_url=f"{vendor.url}/v1")
        address = reverse("admin:providers_provideraccount_press", args=[account.pk, "test"])
        without_token = Client(enforce_csrf_checks=True)
        without_token.cookies = admin_client.cookies

        assert admin_client.get(address).status_code == 405
        assert without_token.post(address).status_code == 403
        assert vendor.seen() == []


def test_who_may_only_look_sees_no_button_and_presses_none(client: Client) -> None:
    reader = User.objects.create(username="reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_provideraccount"))
    client.force_login(reader)
    account = make_account(key=KEY)
    address = reverse("admin:providers_provideraccount_press", args=[account.pk, "test"])

    shown = client.get(page_of(account))

    assert shown.status_code == 200
    assert address not in shown.content.decode()
    assert client.post(address).status_code == 403
