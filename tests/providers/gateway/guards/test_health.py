"""Accounts are looked after: cheaply, often enough, and a broken one is left alone before a run finds out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.gateway.guards.health import probe_accounts
from providers.models import (
    AccountHealth,
    ApiKey,
    Breaker,
    BreakerChange,
    HealthCheck,
    ProviderAccount,
    ProviderCall,
    Sealed,
)
from providers.simulators.openai_chat import VendorSimulator

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def vendor() -> Iterator[VendorSimulator]:
    with VendorSimulator() as server:
        yield server


def make_account(vendor: VendorSimulator, **fields: Any) -> ProviderAccount:
    return ProviderAccount.objects.create(
        **{"name": "Box", "provider": "lm_studio", "base_url": f"{vendor.url}/v1", "model": "m", **fields}
    )


def test_a_probe_asks_for_the_list_of_models_and_never_for_an_answer(vendor: VendorSimulator) -> None:
    make_account(vendor)

    assert probe_accounts(NOW) == 1

    assert [(request.method, request.path) for request in vendor.seen()] == [("GET", "/v1/models")]
    health = AccountHealth.objects.get()
    assert (health.status, health.said, health.checked_at) == ("healthy", "", NOW)
    assert HealthCheck.objects.get().status == "healthy"


def test_a_local_server_is_probed_every_30_seconds(vendor: VendorSimulator) -> None:
    make_account(vendor)

    probed = [probe_accounts(NOW + seconds * SECOND) for seconds in (0, 29, 30)]

    assert probed == [1, 0, 1]


def test_accounts_that_are_off_are_left_alone(vendor: VendorSimulator) -> None:
    make_account(vendor, is_enabled=False)

    assert probe_accounts(NOW) == 0


def test_a_server_that_is_down_opens_its_breakers(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    Breaker.objects.create(account=account, model="another")
    vendor.fault("status", times=-1, status=503)

    probe_accounts(NOW)

    assert AccountHealth.objects.get().status == "unhealthy"
    assert set(Breaker.objects.values_list("model", "phase")) == {("m", "open"), ("another", "open")}
    assert all("health probe" in reason for reason in BreakerChange.objects.values_list("reason", flat=True))


def test_an_account_without_a_chosen_model_is_not_asked_for_one_while_it_is_down(vendor: VendorSimulator) -> None:
    make_account(vendor, model="")
    vendor.fault("status", times=-1, status=503)

    probe_accounts(NOW)

    assert len(vendor.seen()) == 2
    assert Breaker.objects.count() == 0


def test_one_lost_answer_is_asked_for_again(vendor: VendorSimulator) -> None:
    make_account(vendor)
    vendor.fault("drop")

    probe_accounts(NOW)

    assert AccountHealth.objects.get().status == "healthy"
    assert Breaker.objects.count() == 0


def test_a_server_that_refuses_the_key_is_not_down(vendor: VendorSimulator) -> None:
    make_account(vendor)
    vendor.fault("status", times=-1, status=401, body='{"error": {"message": "no"}}')

    probe_accounts(NOW)

    health = AccountHealth.objects.get()
    assert health.status == "degraded"
    assert "did not accept the API key" in health.said
    assert Breaker.objects.count() == 0


def test_an_account_without_its_key_is_reported_and_not_probed(vendor: VendorSimulator) -> None:
    make_account(vendor, provider="groq")

    probe_accounts(NOW)

    assert vendor.seen() == []
    assert "no API key is set up" in AccountHealth.objects.get().said


def test_a_secret_that_cannot_be_read_does_not_stop_the_others(vendor: VendorSimulator) -> None:
    broken = make_account(vendor, name="Broken")
    make_account(vendor)
    key = ApiKey.objects.create(account=broken, secret="sk-00000000")
    ApiKey.objects.filter(pk=key.pk).update(secret=Sealed("v1:rubbish"))

    probe_accounts(NOW)

    assert dict(AccountHealth.objects.values_list("account__name", "status")) == {
        "Broken": "degraded",
        "Box": "healthy",
    }


def test_many_failed_calls_make_it_degraded(vendor: VendorSimulator) -> None:
    account = make_account(vendor)
    for number in range(10):
        ProviderCall.objects.create(
            account=account,
            correlation=str(number),
            step="1",
            attempt=1,
            outcome="overloaded" if number < 3 else "complete",
            started_at=NOW - SECOND,
        )

    probe_accounts(NOW)

    health = AccountHealth.objects.get()
    assert (health.status, health.error_rate) == ("degraded", 0.3)


def test_old_probes_are_forgotten(vendor: VendorSimulator) -> None:
    make_account(vendor)

    probe_accounts(NOW)
    probe_accounts(NOW + timedelta(days=8))

    assert HealthCheck.objects.get().checked_at == NOW + timedelta(days=8)
