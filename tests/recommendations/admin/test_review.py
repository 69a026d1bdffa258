"""The review queue: each decision reaches the list, and each refusal is explained."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from recommendations.domain.types import IdentityOption
from recommendations.models import PublishedList, Recommendation, RecommendationList
from tests.factories import make_listed, make_published_list, mbid

pytestmark = pytest.mark.django_db
Status = Recommendation.Status
QUEUE = "admin:recommendations_recommendation_changelist"
NIRVANAS = (
    IdentityOption(mbid(1), "Nirvana", "90s US grunge band", "US", 1987, ("grunge",)),
    IdentityOption(mbid(2), "Nirvana", "60s band from the UK", "GB", 1965),
)


def make_waiting(made: RecommendationList, number: int = 1, **fields: Any) -> Recommendation:
    return make_listed(made, number, **{"status": Status.WAITING, "first_listed_at": None, **fields})


def make_ambiguous(made: RecommendationList) -> Recommendation:
    options = [asdict(option) for option in NIRVANAS]
    return make_waiting(made, artist="Nirvana", artist_mbid="", review_reason="ambiguous_identity", options=options)


def page_of(row: Recommendation) -> str:
    return reverse("admin:recommendations_recommendation_change", args=[row.pk])


def press(client: Client, row: Recommendation, button: str, **fields: str) -> Any:
    address = reverse("admin:recommendations_recommendation_press", args=[row.pk, button])
    return client.post(address, fields, follow=True)


def published(made: RecommendationList) -> list[str]:
    row = PublishedList.objects.get(list=made)
    return [item["MusicBrainzId"] for item in json.loads(bytes(row.custom))]


def test_approving_puts_it_where_lidarr_reads_it(admin_client: Client) -> None:
    made = make_published_list()
    row = make_waiting(made)

    press(admin_client, row, "approve")

    row.refresh_from_db()
    assert (row.status, str(row.decided_by)) == (Status.LISTED, "owner")
    assert published(made) == [mbid(1)]


def test_a_decision_can_be_changed(admin_client: Client) -> None:
    made = make_published_list()
    row = make_waiting(made)

    for button in ("approve", "reject"):
        press(admin_client, row, button)
    assert published(made) == []
    press(admin_client, row, "approve")
    assert published(made) == [mbid(1)]
    press(admin_client, row, "never")

    row.refresh_from_db()
    assert row.status == Status.NEVER
    assert published(made) == []


def test_a_button_in_the_list_comes_back_to_the_same_filters(admin_client: Client) -> None:
    row = make_waiting(make_published_list())
    shown = admin_client.get(reverse(QUEUE), {"status__exact": "waiting", "q": "artist"}).content.decode()
    address = reverse("admin:recommendations_recommendation_press", args=[row.pk, "approve"])

    answer = press(admin_client, row, "approve", list_query="status__exact=waiting&q=artist")

    assert f'formaction="{address}"' in shown
    assert 'name="list_query" value="status__exact=waiting&amp;q=artist"' in shown
    assert answer.redirect_chain == [(f"{reverse(QUEUE)}?status__exact=waiting&q=artist", 303)]


def test_a_bulk_decision_reaches_every_list(admin_client: Client) -> None:
    one, two = make_published_list("one"), make_published_list("two", token="another-token-of-the-owner")
    rows = [make_waiting(one), make_waiting(two, 2), make_waiting(two, 3)]

    chosen = {"action": "approve_all", "_selected_action": [row.pk for row in rows]}
    shown = admin_client.post(reverse(QUEUE), chosen, follow=True).content.decode()

    assert "3 on their lists." in shown
    assert published(one) == [mbid(1)]
    assert sorted(published(two)) == [mbid(2), mbid(3)]


def test_a_bulk_approval_with_an_open_identity_changes_nothing_and_says_so(admin_client: Client) -> None:
    made = make_published_list()
    rows = [make_waiting(made, 7), make_ambiguous(made)]

    chosen = {"action": "approve_all", "_selected_action": [row.pk for row in rows]}
    shown = admin_client.post(reverse(QUEUE), chosen, follow=True).content.decode()

    assert "“Nirvana” has no certain identity yet" in shown
    assert published(made) == []
    assert {row.status for row in Recommendation.objects.all()} == {Status.WAITING}


def test_who_is_meant_is_chosen_first_and_approved_second(admin_client: Client) -> None:
    made = make_published_list()
    row = make_ambiguous(made)

    before = admin_client.get(page_of(row)).content.decode()
    unsettled = press(admin_client, row, "approve").content.decode()
    press(admin_client, row, f"choose:{mbid(2)}:")
    after = admin_client.get(page_of(row)).content.decode()

    assert "60s band from the UK" in before
    assert f'href="https://musicbrainz.org/artist/{mbid(2)}"' in before
    assert "That can no longer be done" in unsettled
    assert published(made) == []
    assert "Which one is meant?" not in after
    press(admin_client, row, "approve")
    assert published(made) == [mbid(2)]


def test_a_choice_that_is_on_the_list_already_is_refused(admin_client: Client) -> None:
    made = make_published_list()
    make_listed(made, 2)
    row = make_ambiguous(made)

    shown = press(admin_client, row, f"choose:{mbid(2)}:").content.decode()

    assert "already on" in shown
    row.refresh_from_db()
    assert row.artist_mbid == ""


def test_nobody_can_be_chosen_who_was_not_offered(admin_client: Client) -> None:
    row = make_ambiguous(make_published_list())

    press(admin_client, row, f"choose:{mbid(3)}:")

    row.refresh_from_db()
    assert row.artist_mbid == ""


def test_each_says_why_with_its_score_parts(admin_client: Client) -> None:
    part = {"name": "genre", "value": 0.75, "weight": 0.4, "because": "Close to Ambient"}
    row = make_waiting(
        make_published_list(),
        reason="<i>Slow</i> and wide",
        because_of=["Talk Talk"],
        score_parts=[part],
        review_reason="borderline_confidence",
        confidence=None,
    )

    for shown in (admin_client.get(reverse(QUEUE)), admin_client.get(page_of(row))):
        page = shown.content.decode()
        words = [
            "&lt;i&gt;Slow",
            "Talk Talk",
            "0.75",
            "Close to Ambient",
            "Just under the list&#x27;s minimum",
            "not given",
        ]
        assert [word for word in words if word not in page] == []


def test_the_buttons_say_what_they_will_do(admin_client: Client) -> None:
    made = make_published_list("jazz", rejection_window_days=30)

    shown = admin_client.get(page_of(make_waiting(made))).content.decode()

    assert "Puts it on “jazz”; Lidarr adds this artist" in shown
    assert "Not on “jazz” for 30 days." in shown
    assert "No list ever gets this artist again, nor any record by it." in shown


def test_who_may_only_look_decides_nothing(client: Client) -> None:
    reader = User.objects.create(username="reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_recommendation"))
    client.force_login(reader)
    made = make_published_list()
    row = make_waiting(made)

    shown = client.get(reverse(QUEUE)).content.decode()
    client.post(reverse(QUEUE), {"action": "approve_all", "_selected_action": [row.pk]})

    assert "formaction" not in shown
    assert "approve_all" not in shown
    assert press(client, row, "approve").status_code == 403
    assert published(made) == []
