"""The Lidarr simulator answers as Lidarr's API description says, and reads our lists as Lidarr does."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from providers.simulators.catalog import SimulatedLibrary, demo_library, generated, world
from providers.simulators.lidarr import (
    Import,
    LidarrComplaint,
    LidarrSimulator,
    Quirk,
    read_custom_list,
    read_lidarr_list,
)
from providers.simulators.server import Reply, Request, Simulator

DESCRIPTION = Path(__file__).parents[4] / "shared" / "data" / "lidarr-openapi.json"
LOW = world().named("Low")[0].mbid
CAN = world().named("Can")[0].mbid


@pytest.fixture(scope="module")
def simulator() -> Iterator[LidarrSimulator]:
    with LidarrSimulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def client(simulator: LidarrSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{simulator.url}/api/v1", headers={"X-Api-Key": simulator.api_key}) as client:
        yield client


@cache
def description() -> Any:
    return json.loads(DESCRIPTION.read_text(encoding="utf-8"), object_hook=as_json_schema)


def as_json_schema(node: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI 3.0 says "nullable" where JSON Schema lists null among the types."""
    if node.pop("nullable", False) is True and "type" in node:
        node["type"] = [node["type"], "null"]
    return node


@pytest.mark.skipif(not DESCRIPTION.exists(), reason="Lidarr's API description is not beside the repository")
@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/artist", "ArtistResource"),
        ("/album", "AlbumResource"),
        (f"/artist/lookup?term=lidarr:{LOW}", "ArtistResource"),
        ("/importlistexclusion", "ImportListExclusionResource"),
        ("/qualityprofile", "QualityProfileResource"),
        ("/metadataprofile", "MetadataProfileResource"),
        ("/rootfolder", "RootFolderResource"),
        ("/tag", "TagResource"),
        ("/system/status", "SystemResource"),
    ],
)
def test_answers_have_the_described_shape(client: httpx.Client, path: str, schema: str) -> None:
    client.post("/importlistexclusion", json={"foreignId": LOW, "artistName": "Low"})

    answer = client.get(path).json()

    items = answer if isinstance(answer, list) else [answer]
    assert items
    definition = {"$ref": f"#/components/schemas/{schema}", "components": description()["components"]}
    validator = jsonschema.Draft7Validator(definition)
    for item in (items[0], items[-1]):
        validator.validate(item)
    described = set(description()["components"]["schemas"][schema]["properties"])
    optional = {"allMusicId", "nextAlbum", "lastAlbum", "members", "remotePoster", "folder", "addOptions", "artist"}
    assert described - set(items[0]) <= optional | {"lastSearchTime", "remoteCover"}


def test_the_key_is_required_in_header_or_query(simulator: LidarrSimulator) -> None:
    assert httpx.get(f"{simulator.url}/api/v1/artist").status_code == 401
    assert httpx.get(f"{simulator.url}/api/v1/tag", headers={"X-Api-Key": "no"}).status_code == 401
    assert httpx.get(f"{simulator.url}/api/v1/tag?apikey={simulator.api_key}").status_code == 200
    assert httpx.get(f"{simulator.url}/ping").json() == {"status": "OK"}


@pytest.mark.parametrize("path", ["/series", "/artist/1/2", "/", "/albums"])
def test_unknown_paths_are_not_found(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_artist_is_found_by_its_id(client: httpx.Client) -> None:
    assert [one["artistName"] for one in client.get("/artist", params={"mbId": LOW}).json()] == ["Low"]
    assert client.get("/artist", params={"mbId": world().named("Ride")[0].mbid}).json() == []


def test_albums_are_found_by_artist_number_and_id(client: httpx.Client) -> None:
    (low,) = client.get("/artist", params={"mbId": LOW}).json()
    albums = client.get("/album", params={"artistId": low["id"]}).json()

    by_number = client.get("/album", params={"albumIds": [albums[0]["id"], albums[2]["id"]]}).json()
    by_id = client.get("/album", params={"foreignAlbumId": albums[1]["foreignAlbumId"]}).json()

    assert [album["title"] for album in albums][:2] == ["I Could Live in Hope", "Things We Lost in the Fire"]
    assert by_number == [albums[0], albums[2]]
    assert by_id == [albums[1]]
    assert client.get("/album", params={"artistId": 999_999}).json() == []


def test_a_lookup_knows_who_is_not_in_the_library(client: httpx.Client) -> None:
    (ride,) = client.get("/artist/lookup", params={"term": f"lidarr:{world().named('Ride')[0].mbid}"}).json()

    assert (ride["artistName"], ride["id"]) == ("Ride", 0)
    assert client.get("/artist/lookup", params={"term": "lidarr:ffffffff-ffff-5fff-8fff-ffffffffffff"}).json() == []
    assert len(client.get("/artist/lookup", params={"term": "nirvana"}).json()) == 3


def test_an_exclusion_is_added_once() -> None:
    with LidarrSimulator() as simulator:
        url, headers = f"{simulator.url}/api/v1/importlistexclusion", {"X-Api-Key": simulator.api_key}
        added = httpx.post(url, headers=headers, json={"foreignId": CAN, "artistName": "Can"})
        again = httpx.post(url, headers=headers, json={"foreignId": CAN, "artistName": "Can"})
        empty = httpx.post(url, headers=headers, json={"foreignId": ""})

        assert (added.status_code, again.status_code, empty.status_code) == (201, 400, 400)
        assert {problem["propertyName"] for problem in empty.json()} == {"foreignId", "artistName"}
        assert httpx.get(url, headers=headers).json() == [{"id": 1, "foreignId": CAN, "artistName": "Can"}]


def test_a_large_library_starts_to_arrive_at_once() -> None:
    with LidarrSimulator(generated(artists=1_000_000)) as simulator, httpx.Client(timeout=5) as client:
        headers = {"X-Api-Key": simulator.api_key}
        with client.stream("GET", f"{simulator.url}/api/v1/album", headers=headers) as response:
            first = next(response.iter_bytes())

    assert first.startswith(b"[{")


class ListServer(Simulator):
    """Serves one body at /list, and elsewhere what it was given for that path."""

    def __init__(self, bodies: dict[str, object], status: int = 200) -> None:
        self._bodies = bodies
        self._status = status
        super().__init__()

    def answer(self, request: Request) -> Reply:
        return Reply.of(self._bodies.get(request.path), self._status, {"Location": "/elsewhere"})


def test_a_custom_list_is_read_as_lidarr_reads_it() -> None:
    items = [{"MusicBrainzId": LOW}, {"musicbrainzid": CAN, "AlbumId": "x"}, {"MusicBrainzId": LOW}, {"other": 1}]

    with ListServer({"/list": items}) as server:
        imports = read_custom_list(f"{server.url}/list?apikey=secret")
        (request,) = server.seen("/list")

    assert imports == [Import(LOW), Import(CAN)]
    assert request.headers["accept"] == "application/json"
    assert "authorization" not in request.headers
    assert request.parameter("apikey") == "secret"


def test_trailing_slashes_of_a_list_are_trimmed() -> None:
    with ListServer({"/list": []}) as server:
        assert read_custom_list(f"{server.url}/list//") == []


@pytest.mark.parametrize("mbid", ["not-an-id", LOW.upper(), LOW[:-1], f"{LOW} ", 7])
def test_one_malformed_id_aborts_the_sync(mbid: object) -> None:
    items = [{"MusicBrainzId": LOW}, {"MusicBrainzId": mbid}]

    with ListServer({"/list": items}) as server, pytest.raises(LidarrComplaint, match="aborted"):
        read_custom_list(f"{server.url}/list")


@pytest.mark.parametrize(
    ("status", "complaint"), [(401, "unauthorized"), (301, "URL base"), (404, "404"), (500, "500")]
)
def test_a_list_that_does_not_answer_is_complained_about(status: int, complaint: str) -> None:
    with ListServer({}, status) as server, pytest.raises(LidarrComplaint, match=complaint):
        read_custom_list(f"{server.url}/list")


@pytest.mark.parametrize("body", [{"MusicBrainzId": LOW}, "text", [LOW], None])
def test_a_list_in_another_form_cannot_be_parsed(body: object) -> None:
    with ListServer({"/list": body}) as server, pytest.raises(LidarrComplaint, match="parse"):
        read_custom_list(f"{server.url}/list")


@pytest.mark.parametrize("url", ["", "ftp://x/list", "https://", "http:///list", "http://127.0.0.1:9/list"])
def test_an_address_that_is_none_is_complained_about(url: str) -> None:
    with pytest.raises(LidarrComplaint):
        read_custom_list(url)


def test_a_lidarr_list_takes_monitored_albums_of_monitored_artists() -> None:
    low, can = (next(one for one in demo_library().artists if one.name == name) for name in ("Low", "Can"))
    low = replace(low, albums=(low.albums[0], replace(low.albums[1], is_monitored=False)))
    library = SimulatedLibrary([low, replace(can, is_monitored=False)])

    with LidarrSimulator(library, url_base="/base") as server:
        imports = read_lidarr_list(f"{server.base_url}/", server.api_key)
        paths = [request.path for request in server.seen()]

    assert imports == [Import(LOW, "Low", low.albums[0].mbid, "I Could Live in Hope")]
    assert paths == ["/base/api/v1/album", "/base/api/v1/artist"]


def test_a_lidarr_list_with_an_id_twice_fails() -> None:
    with LidarrSimulator(quirks=[Quirk.REPEATED_ID]) as server, pytest.raises(LidarrComplaint, match="same key"):
        read_lidarr_list(server.base_url, server.api_key)


def test_a_lidarr_list_with_an_album_of_nobody_fails() -> None:
    album = {"artistId": 2, "title": "x", "foreignAlbumId": CAN, "monitored": True}
    artist = {"id": 1, "artistName": "Low", "foreignArtistId": LOW, "monitored": True}

    bodies: dict[str, object] = {"/api/v1/album": [album], "/api/v1/artist": [artist]}
    with ListServer(bodies) as server, pytest.raises(LidarrComplaint, match="not present"):
        read_lidarr_list(server.url, "key")


def test_a_lidarr_list_behind_another_base_or_key_fails() -> None:
    with LidarrSimulator(url_base="/lidarr") as server:
        with pytest.raises(LidarrComplaint, match="URL base"):
            read_lidarr_list(server.url, server.api_key)
        with pytest.raises(LidarrComplaint, match="API Key"):
            read_lidarr_list(server.base_url, "wrong")
