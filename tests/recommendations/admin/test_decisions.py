"""A parked run asks on its page, and whoever may change runs answers there."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from providers.accounts import declare_account
from providers.gateway import Decision, FallbackRequest, Option, create_lock, open_request, release_lock
from providers.models import AccountPatience, LockEvent, ProviderLock
from recommendations.models import RecommendationList, Run
from tests.factories import NOW, make_list

pytestmark = pytest.mark.django_db

OPTIONS = [Option(Decision.RETRY, "Ask Mine again"), Option(Decision.CANCEL, "Cancel the run; nothing is published")]


@pytest.fixture
def run(db: None) -> Run:
    account = declare_account("Mine", "demo", "")
    made = Run.objects.create(
        list=make_list(account=account), account=account, model="demo", brief={}, status="parked", queued_at=NOW
    )
    create_lock(made.correlation, account.pk, "demo", ("ask",), actor="owner", now=NOW)
    open_request(made.correlation, "stall", "Mine took too <long>.", OPTIONS, NOW)
    return made


def question() -> FallbackRequest:
    return FallbackRequest.objects.get()


def test_a_parked_run_shows_its_options_and_holds_still(admin_client: Client, run: Run) -> None:
    page = admin_client.get(reverse("admin:recommendations_run_change", args=[run.pk])).content.decode()

    assert "Ask Mine again" in page
    assert "Waiting for your decision" in page
    assert 'http-equiv="refresh"' not in page


def test_a_decision_is_taken_on_the_runs_page(admin_client: Client, run: Run) -> None:
    admin_client.post(reverse("admin:recommendations_run_press", args=[run.pk, "retry"]))

    run.refresh_from_db()
    assert (run.status, question().decision, question().decided_by) == ("queued", "retry", "owner")


def test_open_questions_are_listed_and_decided_there(admin_client: Client, run: Run) -> None:
    listed = admin_client.get(reverse("admin:providers_fallbackrequest_changelist")).content.decode()
    page = admin_client.get(reverse("admin:providers_fallbackrequest_change", args=[question().pk])).content.decode()
    admin_client.post(reverse("admin:providers_fallbackrequest_press", args=[question().pk, "cancel"]))

    assert "Mine took too &lt;long&gt;." in listed
    assert "Cancel the run; nothing is published" in page
    run.refresh_from_db()
    assert run.status == "cancelled"


def test_a_decided_question_has_no_buttons(admin_client: Client, run: Run) -> None:
    address = reverse("admin:providers_fallbackrequest_press", args=[question().pk, "retry"])
    admin_client.post(address)

    again = admin_client.post(address.replace("retry", "cancel"), follow=True).content.decode()

    assert "That can no longer be done" in again
    assert question().decision == "retry"


def test_who_may_only_look_decides_nothing(client: Client, run: Run) -> None:
    guest = User.objects.create_user("guest", is_staff=True)
    guest.user_permissions.add(Permission.objects.get(codename="view_fallbackrequest"))
    client.force_login(guest)

    pressed = client.post(reverse("admin:providers_fallbackrequest_press", args=[question().pk, "retry"]))

    assert pressed.status_code == 403
    assert question().decision == ""


def test_the_audit_is_shown_with_how_each_provider_does(admin_client: Client, run: Run) -> None:
    release_lock(run.correlation, "user_fallback", actor="ann", now=NOW)
    ProviderLock.objects.update(created_at=timezone.now())

    locks = admin_client.get(reverse("admin:providers_providerlock_changelist")).content.decode()
    audit = admin_client.get(reverse("admin:providers_lockevent_changelist")).content.decode()
    event = LockEvent.objects.latest("pk")
    page = admin_client.get(reverse("admin:providers_lockevent_change", args=[event.pk])).content.decode()

    assert "demo: 1 runs; 100% left for another provider" in locks
    assert "PROVIDER_LOCK_RELEASED" in audit
    assert "_save" not in page


def test_a_list_has_its_policy_and_its_chain(admin_client: Client, run: Run) -> None:
    other = declare_account("Other", "demo", "")
    address = reverse("admin:recommendations_recommendationlist_change", args=[run.list_id])
    form = admin_client.get(address).context["adminform"].form
    values = {name: value for name, value in form.initial.items() if value is not None and name != "connections"}
    values |= {"styles": "", "lidarr_tags": "", "on_trouble": "automatic"}
    chain = {"chain-TOTAL_FORMS": 1, "chain-INITIAL_FORMS": 0, "chain-0-account": other.pk, "chain-0-position": 1}

    saved = admin_client.post(address, {**values, **chain})

    assert saved.status_code == 302, saved.context["errors"]
    row = RecommendationList.objects.get()
    assert (row.on_trouble, [link.account for link in row.chain.all()]) == ("automatic", [other])


def test_an_account_has_its_own_patience(admin_client: Client, run: Run) -> None:
    address = reverse("admin:providers_provideraccount_change", args=[run.account_id])
    page = admin_client.get(address)
    values = {name: value for name, value in page.context["adminform"].form.initial.items() if value is not None}
    none = {"keys-TOTAL_FORMS": 0, "keys-INITIAL_FORMS": 0, "patience-TOTAL_FORMS": 1, "patience-INITIAL_FORMS": 0}
    own = {"patience-0-profile": "long-form", "patience-0-heartbeat_s": "7"}

    saved = admin_client.post(address, {**values, **none, **own})

    assert saved.status_code == 302, saved.context["errors"]
    patience = AccountPatience.objects.get()
    assert (patience.profile, patience.heartbeat_s, patience.normal_s) == ("long-form", 7.0, None)
