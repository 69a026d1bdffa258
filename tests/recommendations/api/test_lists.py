"""What a reader of a list is answered, right token or wrong, database or none."""

import json

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from recommendations.api.lists import Served, answer
from recommendations.models import RecommendationList
from recommendations.queries.published import snapshot_path
from recommendations.services import publishing, tokens
from tests.factories import NOW, TOKEN, make_listed, make_published_list, mbid

pytestmark = pytest.mark.django_db


def _get(path: str, query: str = f"apikey={TOKEN}", method: str = "GET", **headers: str) -> Served:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    served = answer(method, path, query, named)
    assert served is not None
    return served


def _error(served: Served) -> str:
    assert ("Content-Type", "application/json; charset=utf-8") in served.headers
    return str(json.loads(served.body)["error"])


@pytest.fixture
def jazz(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> RecommendationList:
    with django_capture_on_commit_callbacks(execute=True):
        made = make_published_list("jazz")
        make_listed(made, 1)
        publishing.render(made.pk, NOW)
    return made


@pytest.fixture
def _no_database(jazz: RecommendationList) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE recommendations_publishedlist")


@pytest.mark.parametrize("path", ["/lists/jazz", "/lists/jazz/", "/lists/jazz//"])
def test_a_list_is_a_bare_array_with_or_without_a_trailing_slash(path: str, jazz: RecommendationList) -> None:
    served = _get(path)

    assert served.status == 200
    assert [item["MusicBrainzId"] for item in json.loads(served.body)] == [mbid(1)]


def test_a_list_costs_one_query(jazz: RecommendationList, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for path in ("/lists/jazz", "/lidarr/jazz/api/v1/album", "/lidarr/jazz/api/v1/tag"):
        with django_assert_num_queries(1):
            assert _get(path).status == 200


def test_without_a_token_the_database_is_not_asked(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        served = _get("/lists/jazz", query="apikey=&token")

    assert served.status == 401
    assert "token" in _error(served)


def test_a_list_that_never_ran_is_empty_and_not_an_error() -> None:
    make_published_list("new")

    served = _get("/lists/new")

    assert (served.status, served.body) == (200, b"[]")


@pytest.mark.parametrize("query", [f"apikey={TOKEN}", f"token={TOKEN}", f"x=1&apikey={TOKEN}&y"])
def test_the_token_may_stand_in_the_query(query: str, jazz: RecommendationList) -> None:
    assert _get("/lists/jazz", query).status == 200


def test_the_header_counts_before_the_query(jazz: RecommendationList) -> None:
    assert _get("/lists/jazz", "apikey=wrong", x_api_key=TOKEN).status == 200
    assert _get("/lists/jazz", x_api_key="wrong").status == 401


@pytest.mark.parametrize("token", ["wrong", TOKEN[:-1], TOKEN.upper(), "%00", "é" * 5000, "&apikey=" * 50])
def test_a_wrong_token_is_401_as_json(token: str, jazz: RecommendationList) -> None:
    assert "token" in _error(_get("/lists/jazz", f"apikey={token}"))
    assert _get("/lists/jazz", f"apikey={token}").status == 401


def test_the_token_of_another_list_is_401(jazz: RecommendationList) -> None:
    make_published_list("rock", token="another-token")

    assert _get("/lists/jazz", "apikey=another-token").status == 401


def test_a_rotated_token_is_401_from_then_on(jazz: RecommendationList) -> None:
    token = tokens.rotate(jazz, NOW)

    assert _get("/lists/jazz").status == 401
    assert _get("/lists/jazz", f"apikey={token}").status == 200


def test_a_disabled_list_is_404_to_its_reader_and_401_to_others(jazz: RecommendationList) -> None:
    jazz.is_enabled = False
    jazz.save()
    publishing.render(jazz.pk, NOW)

    assert _get("/lists/jazz").status == 404
    assert _get("/lists/jazz", "apikey=wrong").status == 401


@pytest.mark.parametrize(
    "path",
    [
        "/lists",
        "/lists/",
        "/lists/unknown",
        "/lists/JAZZ",
        "/lists/jazz/more",
        "/lists/../secret_key",
        "/lists/jazz\0",
        "/lists/ja zz",
        "/lists/jäzz",
        "/lists/" + "a" * 5000,
        "/lists/' OR 1=1 --",
        "/lidarr/jazz",
        "/lidarr/jazz/api/v1",
        "/lidarr/jazz/api/v1/command",
        "/lidarr/jazz/api/v3/artist",
    ],
)
def test_an_unknown_address_is_404_as_json(path: str, jazz: RecommendationList) -> None:
    served = _get(path)

    assert served.status == 404
    assert _error(served)


@pytest.mark.parametrize("path", ["/", "/listing", "/admin/lists/jazz", "/healthz"])
def test_other_addresses_are_left_to_others(path: str) -> None:
    assert answer("GET", path, "", {}) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"])
def test_lists_can_only_be_read(method: str, jazz: RecommendationList) -> None:
    served = _get("/lists/jazz", method=method)

    assert served.status == 405
    assert ("Allow", "GET, HEAD") in served.headers


@pytest.mark.parametrize("known", ["{tag}", "W/{tag}", '"other", {tag}', '"other",W/{tag}', "*"])
def test_a_known_answer_is_304_without_a_body(known: str, jazz: RecommendationList) -> None:
    tag = dict(_get("/lists/jazz").headers)["ETag"]

    served = _get("/lists/jazz", if_none_match=known.format(tag=tag))

    assert (served.status, served.body) == (304, b"")
    assert dict(served.headers)["ETag"] == tag


def test_an_answer_that_changed_is_sent_again(jazz: RecommendationList) -> None:
    tag = dict(_get("/lists/jazz").headers)["ETag"]
    make_listed(jazz, 2)
    publishing.render(jazz.pk, NOW)

    served = _get("/lists/jazz", if_none_match=tag)

    assert served.status == 200
    assert len(json.loads(served.body)) == 2


def test_a_304_is_not_given_to_who_may_not_read(jazz: RecommendationList) -> None:
    assert _get("/lists/jazz", "apikey=wrong", if_none_match="*").status == 401


def test_head_is_get_without_the_body(jazz: RecommendationList) -> None:
    got, head = _get("/lists/jazz"), _get("/lists/jazz", method="HEAD")

    assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")
    assert dict(head.headers)["Content-Length"] == str(len(got.body))


def test_another_lidarr_is_complete_for_lidarrs_importer(jazz: RecommendationList) -> None:
    answers = {
        name: json.loads(_get(f"/lidarr/jazz/api/v1/{name}", "", x_api_key=TOKEN).body)
        for name in ("artist", "album", "qualityprofile", "metadataprofile", "rootfolder", "tag", "system/status")
    }

    assert answers["album"] == []
    assert answers["tag"] == []
    assert answers["system/status"]["appName"] == "Lidarr"
    [artist] = answers["artist"]
    assert artist["qualityProfileId"] in {row["id"] for row in answers["qualityprofile"]}
    assert artist["metadataProfileId"] in {row["id"] for row in answers["metadataprofile"]}
    assert artist["rootFolderPath"] in {row["path"] for row in answers["rootfolder"]}


@pytest.mark.usefixtures("_no_database")
def test_the_last_good_copy_is_served_when_the_database_cannot_be_read() -> None:
    served = _get("/lists/jazz")

    assert served.status == 200
    assert [item["MusicBrainzId"] for item in json.loads(served.body)] == [mbid(1)]
    assert _get("/lists/jazz", "apikey=wrong").status == 401
    assert len(json.loads(_get("/lidarr/jazz/api/v1/artist").body)) == 1


@pytest.mark.usefixtures("_no_database")
def test_without_database_and_copy_the_answer_is_503_as_json() -> None:
    served = _get("/lists/other")

    assert served.status == 503
    assert ("Retry-After", "60") in served.headers
    assert _error(served)


@pytest.mark.usefixtures("_no_database")
@pytest.mark.parametrize("content", [b"", b"{", b'{"slug": "jazz"}', b"\xff\xfe"])
def test_a_damaged_copy_is_no_copy(content: bytes) -> None:
    snapshot_path("jazz").write_bytes(content)

    assert _get("/lists/jazz").status == 503


@pytest.mark.parametrize("path", ["/lists/jazz", "/lists/jazz/", "/lidarr/jazz/api/v1/artist"])
def test_django_gives_the_same_answers_as_the_front(path: str, jazz: RecommendationList, client: Client) -> None:
    served = _get(path)

    through_django = client.get(path, {"apikey": TOKEN})

    assert (through_django.status_code, through_django.content) == (200, served.body)
    assert through_django.headers["ETag"] == dict(served.headers)["ETag"]
    assert client.head(path).status_code == 401


def test_the_list_is_described_in_the_openapi_document(admin_client: Client) -> None:
    described = admin_client.get("/api/openapi.json").json()

    assert "get" in described["paths"]["/lists/{slug}"]
    assert described["info"]["title"] == "Brainarr"


def test_the_api_documentation_is_for_staff_alone(client: Client, admin_client: Client) -> None:
    assert client.get("/api/docs").status_code == 302
    assert admin_client.get("/api/docs").status_code == 200
    assert b"cdn.jsdelivr" not in admin_client.get("/api/docs").content
