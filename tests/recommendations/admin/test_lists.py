"""Lists in the admin: what is entered is checked and published, and buttons do what they say."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from providers.models import LidarrConnection, ProviderAccount
from recommendations import queue
from recommendations.admin.list_form import ListForm
from recommendations.models import PublishedList, Recommendation, RecommendationList, Run
from recommendations.queries.published import snapshot_path
from recommendations.services.lists import save_list
from tests.factories import NOW, TOKEN, make_list, make_listed, make_published_list

pytestmark = pytest.mark.django_db
ADD = "admin:recommendations_recommendationlist_add"


def page_of(made: RecommendationList) -> str:
    return reverse("admin:recommendations_recommendationlist_change", args=[made.pk])


def press(client: Client, made: RecommendationList, button: str) -> str:
    address = reverse("admin:recommendations_recommendationlist_press", args=[made.pk, button])
    return client.post(address, follow=True).content.decode()


def make_account(provider: str = "demo", **fields: Any) -> ProviderAccount:
    return ProviderAccount.objects.create(name=provider, provider=provider, **fields)


def entered(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Late night",
        "slug": "late-night",
        "is_enabled": "on",
        "mode": "artists",
        "wish": "",
        "styles": "",
        "discovery": "similar",
        "target": "20",
        "account": "",
        "model": "",
        "minimum_confidence": "0.6",
        "per_artist_cap": "2",
        "requires_mbid": "on",
        "review_policy": "borderline",
        "schedule": "",
        "quiet_from": "",
        "quiet_until": "",
        "rejection_window_days": "365",
        "suggestion_window_days": "90",
        "max_rounds": "5",
        "sensitivity": "normal",
        "sampling": "balanced",
        "lidarr_tags": "",
        "on_trouble": "ask",
        "chain-TOTAL_FORMS": "0",
        "chain-INITIAL_FORMS": "0",
        **fields,
    }


def test_a_new_list_gets_a_token_and_is_published_at_once(admin_client: Client) -> None:
    admin_client.post(reverse(ADD), entered(styles="post rock,  Dub, dub", lidarr_tags="AI, late-night"))

    made = RecommendationList.objects.get()
    assert made.styles == ["Post-rock", "Dub"]
    assert made.lidarr_tags == ["ai", "late-night"]
    assert len(made.token.open()) >= 22
    assert PublishedList.objects.get(slug="late-night").token_digest == made.token_digest


def test_what_was_entered_with_commas_is_shown_with_commas(admin_client: Client) -> None:
    made = make_list(styles=["Post-rock", "Dub"])

    assert 'value="Post-rock, Dub"' in admin_client.get(page_of(made)).content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"styles": "dub, post rok"}, ["There is no style “post rok”", "“Post-rock”"]),
        ({"lidarr_tags": "late night"}, ["Lidarr has no tag like “late night”"]),
        ({"schedule": "every monday"}, ["This is not a schedule"]),
        ({"schedule": "0 4 * * *", "quiet_from": "03:00", "quiet_until": "05:00"}, ["lies in the quiet hours"]),
        ({"quiet_from": "03:00"}, ["Quiet hours need both"]),
        ({"target": "101"}, ["less than or equal to 100"]),
        ({"minimum_confidence": "1.5"}, ["less than or equal to 1"]),
    ],
)
def test_a_wrong_setting_is_explained(fields: dict[str, str], words: list[str]) -> None:
    explained = str(ListForm(entered(**fields)).errors)

    assert [word for word in words if word not in explained] == []


def test_nothing_is_saved_while_a_setting_is_wrong(admin_client: Client) -> None:
    shown = admin_client.post(reverse(ADD), entered(styles="dub, post rok", wish="keep this")).content.decode()

    assert not RecommendationList.objects.exists()
    assert "There is no style “post rok”" in shown
    assert "keep this" in shown


def test_a_schedule_says_when_it_runs_next(admin_client: Client) -> None:
    admin_client.post(reverse(ADD), entered(schedule="0 4 * * 1"))

    made = RecommendationList.objects.get()
    assert made.next_run_at is not None
    assert (made.next_run_at.weekday(), made.next_run_at.hour) == (0, 4)


def test_a_new_list_starts_with_the_only_account_and_every_lidarr(admin_client: Client) -> None:
    account = make_account()
    lidarr = LidarrConnection.objects.create(name="Home", base_url="http://lidarr:8686", api_key="k")

    shown = admin_client.get(reverse(ADD)).content.decode()

    assert f'<option value="{account.pk}" selected>' in shown
    assert [
        f'value="{lidarr.pk}"' in part and "checked" in part
        for part in shown.split("<input")
        if 'name="connections"' in part
    ] == [True]


def test_deleting_a_list_by_hand_or_in_bulk_takes_its_published_copy_along(
    admin_client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        one, two = make_list("one"), make_list("two", token="another-token-of-the-owner")
        for made in (one, two):
            save_list(made, NOW)
            run = Run.objects.create(list=made, brief={}, queued_at=NOW)
            make_listed(made, 1, run=run)
    assert snapshot_path("one").exists()
    assert snapshot_path("two").exists()

    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(reverse("admin:recommendations_recommendationlist_delete", args=[one.pk]), {"post": "yes"})
        chosen = {"action": "delete_selected", "_selected_action": [two.pk], "post": "yes"}
        admin_client.post(reverse("admin:recommendations_recommendationlist_changelist"), chosen)

    assert not RecommendationList.objects.exists()
    assert not snapshot_path("one").exists()
    assert not snapshot_path("two").exists()


def test_the_address_is_there_to_be_copied_for_whoever_may_change_the_list(
    admin_client: Client, client: Client
) -> None:
    made = make_published_list("jazz")
    reader = User.objects.create(username="reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_recommendationlist"))
    client.force_login(reader)

    assert f"/lists/jazz?apikey={TOKEN}" in admin_client.get(page_of(made)).content.decode()
    for_reader = client.get(page_of(made))
    assert for_reader.status_code == 200
    assert TOKEN not in for_reader.content.decode()


def test_an_album_list_is_told_to_lidarr_as_another_lidarr(admin_client: Client) -> None:
    made = make_published_list("jazz", mode="albums")

    shown = admin_client.get(page_of(made)).content.decode()

    assert 'value="http://127.0.0.1:8787/lidarr/jazz"' in shown
    assert f'value="{TOKEN}"' in shown
    assert "Specific Album" in shown


def test_a_new_token_replaces_the_old_at_once(admin_client: Client) -> None:
    made = make_published_list("jazz")

    press(admin_client, made, "rotate")

    made.refresh_from_db()
    assert made.token.open() != TOKEN
    assert PublishedList.objects.get().token_digest == made.token_digest


def test_run_now_queues_a_run_and_shows_it(
    admin_client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    made = make_list(account=make_account())

    with django_capture_on_commit_callbacks(execute=True):
        shown = press(admin_client, made, "run")

    run = Run.objects.get()
    assert (run.status, run.trigger, run.is_dry) == ("queued", "owner", False)
    assert queue.waiting() == 1
    assert "Waiting for a worker." in shown


def test_trying_is_a_dry_run(admin_client: Client) -> None:
    press(admin_client, make_list(account=make_account()), "try")

    assert Run.objects.get().is_dry


def test_a_run_that_cannot_start_says_why(admin_client: Client) -> None:
    shown = press(admin_client, make_list(), "run")

    assert "has no account to ask" in shown
    assert not Run.objects.exists()


def test_a_list_with_a_run_offers_to_cancel_it_and_not_to_start_another(admin_client: Client) -> None:
    made = make_list(account=make_account())
    press(admin_client, made, "run")

    before = admin_client.get(page_of(made)).content.decode()
    again = press(admin_client, made, "run")
    press(admin_client, made, "cancel")

    assert "Run now" not in before
    assert "That can no longer be done" in again
    assert [run.status for run in Run.objects.all()] == ["cancelled"]


def test_a_preview_shows_the_prompt_its_price_and_what_leaves_the_house(admin_client: Client) -> None:
    made = make_list(account=make_account("groq", model="made-up", shares="genres"), wish="<b>more</b> like Talk Talk")

    shown = press(admin_client, made, "preview")

    assert "like Talk Talk" in shown
    assert "<b>more" not in shown
    assert "Not estimated" in shown
    assert "no names. It goes to groq." in shown
    assert not Run.objects.exists()


def test_a_preview_without_an_account_says_what_to_do(admin_client: Client) -> None:
    assert "has no account to ask" in press(admin_client, make_list(), "preview")


def test_the_overview_counts_what_is_listed_and_what_waits(admin_client: Client) -> None:
    made = make_list()
    for number in range(3):
        make_listed(made, number)
    make_listed(made, 9, status=Recommendation.Status.WAITING)
    Run.objects.create(list=made, brief={}, queued_at=NOW, status="complete")
    Run.objects.create(list=made, brief={}, queued_at=NOW, status="failed")

    overview = admin_client.get(reverse("admin:recommendations_recommendationlist_changelist"))

    (row,) = overview.context["cl"].result_list
    assert (row.listed_count, row.waiting_count, row.last_status) == (3, 1, "failed")
