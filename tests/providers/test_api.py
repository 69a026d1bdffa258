"""What the owner's programs and pages can ask about the providers, and who may."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from brainarr_site.api import api
from providers.models import (
    AccountHealth,
    Breaker,
    BreakerChange,
    Budget,
    BudgetPeriod,
    HealthCheck,
    Lease,
    PermitBucket,
    ProviderAccount,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
READ = (
    "/api/health/providers",
    "/api/health/history",
    "/api/circuit-breakers",
    "/api/rate-limits",
    "/api/costs/budgets",
)


@pytest.fixture
def account() -> ProviderAccount:
    return ProviderAccount.objects.create(name="Mine", provider="groq")


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ada"))
    return client


@pytest.mark.parametrize("address", READ)
def test_strangers_and_users_who_are_no_staff_get_nothing(client: Client, address: str) -> None:
    assert client.get(address).status_code == 401

    client.force_login(User.objects.create_user("guest"))

    assert client.get(address).status_code == 401


@pytest.mark.parametrize("address", READ)
def test_before_anything_happened_every_answer_is_empty(owner: Client, address: str) -> None:
    assert owner.get(address).json() == []


def test_health_is_shown_before_and_after_the_first_probe(owner: Client, account: ProviderAccount) -> None:
    before = owner.get(READ[0]).json()
    AccountHealth.objects.create(account=account, status="healthy", latency_ms=12, checked_at=NOW)
    after = owner.get(READ[0]).json()

    assert (before[0]["account"], before[0]["status"], before[0]["checked_at"]) == ("Mine", "", None)
    assert (after[0]["status"], after[0]["latency_ms"]) == ("healthy", 12)


def test_history_can_be_narrowed_and_is_bounded(owner: Client, account: ProviderAccount) -> None:
    another = ProviderAccount.objects.create(name="Another", provider="groq")
    for of in (account, account, another):
        HealthCheck.objects.create(account=of, status="healthy", latency_ms=1, checked_at=NOW)

    assert len(owner.get(READ[1]).json()) == 3
    assert len(owner.get(READ[1], {"account_id": account.pk}).json()) == 2
    assert len(owner.get(READ[1], {"limit": 1}).json()) == 1
    assert owner.get(READ[1], {"limit": 100_000}).status_code == 422


def test_a_breaker_is_opened_and_reset_by_hand_and_says_by_whom(owner: Client, account: ProviderAccount) -> None:
    row = Breaker.objects.create(account=account, model="m")

    opened = owner.post(f"/api/circuit-breakers/{row.pk}/open").json()
    reset = owner.post(f"/api/circuit-breakers/{row.pk}/reset").json()

    assert (opened["phase"], opened["opens_until"]) == ("open", None)
    assert reset["phase"] == "closed"
    assert [change["reason"] for change in reset["changes"]] == ["reset by ada", "opened by ada"]
    assert owner.post("/api/circuit-breakers/999/reset").status_code == 404


def test_changing_needs_the_permission_and_the_token_against_forged_requests(account: ProviderAccount) -> None:
    row = Breaker.objects.create(account=account, model="m")
    reader = User.objects.create_user("reader", is_staff=True)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("ada"))
    permitted = Client()
    permitted.force_login(reader)

    assert strict.post(f"/api/circuit-breakers/{row.pk}/open").status_code == 403
    assert permitted.post(f"/api/circuit-breakers/{row.pk}/open").status_code == 403
    assert BreakerChange.objects.count() == 0
    reader.user_permissions.add(Permission.objects.get(codename="change_breaker"))
    assert permitted.post(f"/api/circuit-breakers/{row.pk}/open").status_code == 200


def test_limits_are_the_owners_before_the_vendors(owner: Client, account: ProviderAccount) -> None:
    PermitBucket.objects.create(account=account, model="m", level=-2.0, at=NOW, held_until=NOW)
    Lease.objects.create(account=account, model="m", number=0, holder="x", expires_at=datetime(2999, 1, 1, tzinfo=UTC))

    (vendors,) = owner.get("/api/rate-limits").json()
    ProviderAccount.objects.update(requests_per_minute=7, calls_at_once=2)
    (owners,) = owner.get("/api/rate-limits").json()

    assert (vendors["requests_per_minute"], vendors["calls_at_once"]) == (30, 4)
    assert (owners["requests_per_minute"], owners["calls_at_once"]) == (7, 2)
    assert (owners["calls_under_way"], owners["held_until"], owners["share_in_use"]) == (1, None, 1.0)


def test_budgets_show_what_is_spent_and_where_it_leads(owner: Client) -> None:
    row = Budget.objects.create(name="all", limit="10")
    start = owner.get(READ[4]).json()[0]["starts_at"]
    BudgetPeriod.objects.create(budget=row, starts_on=start[:10], spent=250_000_000, reserved=1_000_000)

    (shown,) = owner.get(READ[4]).json()

    assert (float(shown["spent"]), float(shown["reserved"])) == (2.5, 0.01)
    assert 2.5 <= float(shown["projected"]) <= 25


def test_every_address_is_described() -> None:
    paths: dict[str, Any] = api.get_openapi_schema()["paths"]

    assert set(READ) <= set(paths)
    assert set(paths["/api/circuit-breakers/{breaker_id}/reset"]) == {"post"}
