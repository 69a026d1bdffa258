"""The MusicBrainz simulator is as strict as the real server."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from providers.simulators.catalog import world, world_with
from providers.simulators.musicbrainz import MusicBrainzSimulator

AGENT = {"User-Agent": "Tests/1.0 ( tests@example.org )"}


@pytest.fixture(scope="module")
def simulator() -> Iterator[MusicBrainzSimulator]:
    known = world_with(f"Echo Number{number}" for number in range(150))
    with MusicBrainzSimulator(known, rate=0) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def client(simulator: MusicBrainzSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{simulator.url}/ws/2", headers=AGENT, params={"fmt": "json"}) as client:
        yield client


def found(client: httpx.Client, path: str, **parameters: str) -> Any:
    response = client.get(path, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize(
    "agent", ["", "python-httpx/0.28.1", "Mozilla/5.0 (X11; Linux)", "Brainarr", "Brainarr/1.0 ( no contact )"]
)
def test_a_client_without_name_and_contact_is_refused(client: httpx.Client, agent: str) -> None:
    assert client.get("/artist", params={"query": "low"}, headers={"User-Agent": agent}).status_code == 403


def test_without_fmt_the_answer_is_xml(simulator: MusicBrainzSimulator) -> None:
    response = httpx.get(f"{simulator.url}/ws/2/artist?query=low", headers=AGENT)

    assert response.headers["Content-Type"].startswith("application/xml")


@pytest.mark.parametrize("query", ["", "AC/DC", "Sunn O)))", '"open', "artist:", "nosuchfield:x"])
def test_a_query_with_an_error_is_a_bad_request(client: httpx.Client, query: str) -> None:
    response = client.get("/artist", params={"query": query})

    assert response.status_code == 400
    assert response.json()["error"].startswith("Unable to parse search")


def test_results_are_clamped_counted_and_paged(client: httpx.Client) -> None:
    first = found(client, "/artist", query="echo", limit="500")
    rest = found(client, "/artist", query="echo", limit="100", offset="100")
    default = found(client, "/artist", query="echo")

    assert first["count"] == rest["count"] >= 150
    assert (len(first["artists"]), len(default["artists"])) == (100, 25)
    assert len(rest["artists"]) == first["count"] - 100
    assert not {one["id"] for one in first["artists"]} & {one["id"] for one in rest["artists"]}


def test_scores_are_relative_to_the_best_hit(client: httpx.Client) -> None:
    hits = found(client, "/artist", query='artist:"nirvana"')["artists"]

    assert [hit["name"] for hit in hits] == ["Nirvana", "Nirvana", "Approaching Nirvana"]
    assert hits[0]["score"] == 100
    assert hits[-1]["score"] < 100


def test_an_artist_has_the_real_fields(client: httpx.Client) -> None:
    (prince,) = found(client, "/artist", query='alias:"tafkap"')["artists"]

    assert prince["sort-name"] == "Prince"
    assert prince["life-span"] == {"begin": "1958", "end": "2016", "ended": True}
    assert {"name": "TAFKAP", "sort-name": "TAFKAP"}.items() <= prince["aliases"][-1].items()
    assert {"name": "funk", "count": 12} in prince["tags"]


def test_a_release_group_has_the_real_fields(client: httpx.Client) -> None:
    (group,) = found(client, "/release-group", query='artistname:"brian eno" AND releasegroup:plateaux')[
        "release-groups"
    ]

    credit = group["artist-credit"]
    assert [(entry["name"], entry.get("joinphrase")) for entry in credit] == [
        ("Harold Budd", " & "),
        ("Brian Eno", None),
    ]
    assert credit[1]["artist"]["id"] == world().named("Brian Eno")[0].mbid
    assert (group["primary-type"], group["first-release-date"]) == ("Album", "1980")


def test_secondary_types_are_told(client: httpx.Client) -> None:
    (live,) = found(client, "/release-group", query='releasegroup:"mtv unplugged in new york"')["release-groups"]

    assert live["secondary-types"] == ["Live"]


def test_lookups_bring_what_inc_asks_for(client: httpx.Client) -> None:
    (bjork,) = world().named("Björk")

    plain = found(client, f"/artist/{bjork.mbid}")
    full = found(client, f"/artist/{bjork.mbid}", inc="aliases tags")

    assert plain["life-span"] == {"begin": "1965", "end": None, "ended": False}
    assert [alias["name"] for alias in full["aliases"]] == ["Bjork", "Björk Guðmundsdóttir"]
    assert full["tags"]


def test_lookups_refuse_what_the_real_one_refuses(client: httpx.Client) -> None:
    (bjork,) = world().named("Björk")

    assert client.get(f"/artist/{bjork.mbid}", params={"inc": "coffee"}).status_code == 400
    assert client.get("/artist/00000000-0000-0000-0000-000000000000").json()["error"] == "Invalid mbid."
    assert client.get("/artist/ffffffff-ffff-5fff-8fff-ffffffffffff").json()["error"] == "Not Found"
    assert client.get("/recording", params={"query": "x"}).status_code == 404


def test_a_merged_id_redirects_to_the_survivor(client: httpx.Client) -> None:
    (fela,) = [artist for artist in world().artists if artist.name == "Fela Kuti"]

    response = client.get(f"/artist/{fela.merged[1]}", params={"inc": "aliases tags"})

    assert response.status_code == 301
    followed = httpx.get(response.headers["Location"], headers=AGENT)
    assert followed.json()["id"] == fela.mbid


def test_more_than_the_rate_is_refused_until_it_drops() -> None:
    with MusicBrainzSimulator(rate=20) as strict, httpx.Client(headers=AGENT, params={"fmt": "json"}) as client:
        burst = [client.get(f"{strict.url}/ws/2/artist", params={"query": "low"}) for _ in range(6)]
        refused = [response for response in burst if response.status_code == 503]
        time.sleep(0.15)
        later = client.get(f"{strict.url}/ws/2/artist", params={"query": "low"})

    assert burst[0].status_code == later.status_code == 200
    assert refused
    assert refused[0].headers["Retry-After"] == "1"
    assert refused[0].headers["X-RateLimit-Remaining"] == "0"
    assert int(refused[0].headers["X-RateLimit-Reset"]) >= int(time.time()) - 2


def test_an_even_pace_at_the_rate_is_served() -> None:
    with MusicBrainzSimulator(rate=20) as strict, httpx.Client(headers=AGENT, params={"fmt": "json"}) as client:
        statuses = []
        for _ in range(8):
            statuses.append(client.get(f"{strict.url}/ws/2/artist", params={"query": "low"}).status_code)
            time.sleep(0.05)

    assert statuses == [200] * 8
