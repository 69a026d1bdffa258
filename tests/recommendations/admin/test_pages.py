"""Every page of the admin: it opens, it loads nothing from elsewhere, and long tables cost no more queries."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from providers.models import ApiKey, LidarrConnection, ProviderAccount, ProviderCall
from recommendations.models import (
    DroppedCandidate,
    LibraryAlbum,
    LibraryArtist,
    LibraryExclusion,
    LibrarySync,
    Recommendation,
    Run,
)
from tests.factories import NOW, make_list, make_listed, mbid

pytestmark = pytest.mark.django_db


def lidarr(number: int) -> LidarrConnection:
    return LidarrConnection.objects.create(name=f"Lidarr {number}", base_url="http://lidarr:8686")


def list_(number: int) -> None:
    made = make_list(f"list-{number}", token=f"token-of-list-number-{number}", account=account(number))
    make_listed(made, number)
    Run.objects.create(list=made, brief={}, queued_at=NOW)


def account(number: int) -> ProviderAccount:
    made = ProviderAccount.objects.create(name=f"Account {number}", provider="groq")
    ApiKey.objects.create(account=made, secret=f"gsk_1234567890{number}")
    return made


def run(number: int) -> Run:
    made = make_list(f"list-{number}", token=f"token-of-list-number-{number}")
    return Run.objects.create(list=made, brief={}, queued_at=NOW, account=account(number))


def recommendation(number: int) -> None:
    part = {"name": "genre", "value": 0.75, "weight": 0.4, "because": "Close"}
    option = {"artist_mbid": mbid(number), "name": "Nirvana"}
    make_listed(
        run(number).list,
        number,
        status=Recommendation.Status.WAITING,
        score_parts=[part],
        options=[option],
        artist_mbid="",
    )


def drop(number: int) -> None:
    DroppedCandidate.objects.create(
        run=run(number), round=1, stage="gate", artist="A", artist_key="a", reason="off_style"
    )


def artist(number: int) -> None:
    LibraryArtist.objects.create(
        connection=lidarr(number), source_id=number, artist_mbid=mbid(number), name="A", artist_key="a", fingerprint="0"
    )


def album(number: int) -> None:
    artist(number)
    LibraryAlbum.objects.create(
        connection=LidarrConnection.objects.latest("pk"),
        source_id=number,
        source_artist_id=number,
        release_group_mbid=mbid(number),
        title="T",
        album_key="a t",
        fingerprint="0",
    )


def exclusion(number: int) -> None:
    LibraryExclusion.objects.create(connection=lidarr(number), mbid=mbid(number))


def sync(number: int) -> None:
    LibrarySync.objects.create(connection=lidarr(number), started_at=NOW)


def call(number: int) -> None:
    ProviderCall.objects.create(account=account(number), correlation="c", step=f"{number}", attempt=1, started_at=NOW)


TABLES: dict[str, Callable[[int], object]] = {
    "recommendations_recommendationlist": list_,
    "recommendations_recommendation": recommendation,
    "recommendations_run": run,
    "recommendations_droppedcandidate": drop,
    "recommendations_libraryartist": artist,
    "recommendations_libraryalbum": album,
    "recommendations_libraryexclusion": exclusion,
    "recommendations_librarysync": sync,
    "providers_provideraccount": account,
    "providers_providercall": call,
    "providers_lidarrconnection": lidarr,
}


@pytest.mark.parametrize("table", TABLES)
def test_fifty_rows_cost_as_many_queries_as_five(admin_client: Client, table: str) -> None:
    address = reverse(f"admin:{table}_changelist")
    # The first page of a process reads content types, which are kept from then on.
    admin_client.get(address)
    counts = []
    for numbers in (range(5), range(5, 50)):
        for number in numbers:
            TABLES[table](number)
        with CaptureQueriesContext(connection) as queries:
            answer = admin_client.get(address)
        assert len(answer.context["cl"].result_list) == numbers.stop
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 16


@pytest.mark.parametrize("table", TABLES)
def test_every_row_has_a_page_and_nothing_on_it_comes_from_another_host(admin_client: Client, table: str) -> None:
    TABLES[table](1)

    listed = admin_client.get(reverse(f"admin:{table}_changelist"))
    row = listed.context["cl"].result_list[0]
    page = admin_client.get(reverse(f"admin:{table}_change", args=[row.pk]))

    assert (listed.status_code, page.status_code) == (200, 200)
    for shown in (listed.content.decode(), page.content.decode()):
        assert re.findall(r'(?:src|<link[^>]*href)="(?:https?:)?//[^"]*', shown) == []


def test_the_sidebar_shows_what_the_user_may_open_and_what_waits(admin_client: Client, client: Client) -> None:
    recommendation(1)
    reader = User.objects.create(username="reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_run"))
    client.force_login(reader)

    def links(browser: Client) -> set[str]:
        groups = browser.get(reverse("admin:index")).context["sidebar_navigation"]
        return {item["title"] for group in groups for item in group["items"]}

    assert links(client) == {"Runs"}
    assert {"Lists", "Review", "Runs", "Why not?", "Accounts", "Calls", "Connections", "Users"} <= links(admin_client)
    index = admin_client.get(reverse("admin:index")).content.decode()
    assert re.search(r"Review\s*</span>\s*<span[^>]*>\s*1\s*</span>", index)


def test_every_page_of_the_sidebar_opens(admin_client: Client) -> None:
    groups = admin_client.get(reverse("admin:index")).context["sidebar_navigation"]

    for item in [item for group in groups for item in group["items"]]:
        assert admin_client.get(item["link"]).status_code == 200, item["title"]


def test_the_queues_own_rows_have_no_place_here(admin_client: Client) -> None:
    assert "django_q" not in admin_client.get(reverse("admin:index")).content.decode()


def test_a_person_can_be_added_and_has_a_page(admin_client: Client) -> None:
    admin_client.post(
        reverse("admin:auth_user_add"),
        {"username": "sam", "usable_password": "false", "password1": "", "password2": ""},
    )

    sam = User.objects.get(username="sam")
    assert admin_client.get(reverse("admin:auth_user_change", args=[sam.pk])).status_code == 200
    assert admin_client.get(reverse("admin:auth_user_password_change", args=[sam.pk])).status_code == 200


def test_strangers_are_asked_to_sign_in(client: Client) -> None:
    for table in TABLES:
        assert client.get(reverse(f"admin:{table}_changelist")).status_code == 302
