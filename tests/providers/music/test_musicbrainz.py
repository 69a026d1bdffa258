"""Asking MusicBrainz: batches, same names, aliases, merges, and every way it says no."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.contracts import CatalogArtist, Merged
from providers.errors import (
    ConnectionFailed,
    InvalidRequest,
    MalformedAnswer,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProviderError,
    RateLimited,
    Redirected,
    TimedOut,
)
from providers.http import Limits, open_client
from providers.music.musicbrainz import SPECIAL_PURPOSE_ARTISTS, MusicBrainz, is_special_purpose
from providers.simulators.catalog import world
from providers.simulators.lucene import parse
from providers.simulators.musicbrainz import MusicBrainzSimulator

AGENT = "Brainarr/0.1.0 ( https://example.org )"


@pytest.fixture(scope="module")
def quick() -> Iterator[MusicBrainzSimulator]:
    with MusicBrainzSimulator(rate=0) as simulator:
        yield simulator


@pytest.fixture
def simulator(quick: MusicBrainzSimulator) -> MusicBrainzSimulator:
    quick.faults.clear()
    quick.requests.clear()
    return quick


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with open_client("MusicBrainz", Limits()) as client:
        yield client


@pytest.fixture
def catalog(client: httpx.Client, simulator: MusicBrainzSimulator) -> MusicBrainz:
    return MusicBrainz(client, simulator.url, AGENT)


def answering(handler: Callable[[httpx.Request], httpx.Response]) -> MusicBrainz:
    client = httpx.Client(transport=httpx.MockTransport(handler))
    return MusicBrainz(client, "https://mirror.example/ws/2/", AGENT)


def test_artists_of_one_name_all_come_back_with_what_tells_them_apart(catalog: MusicBrainz) -> None:
    found = catalog.find_artists(["Nirvana"])

    nirvanas = {hit.country: hit for hit in found.hits if hit.name == "Nirvana"}
    assert found.is_complete
    assert set(nirvanas) == {"US", "GB"}
    assert (nirvanas["US"].begin_year, nirvanas["US"].end_year) == (1987, 1994)
    assert nirvanas["US"].tags[0] == ("grunge", 12)
    assert "UK" in nirvanas["GB"].disambiguation
    assert nirvanas["GB"].tags[0][0] == "psychedelic pop"


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("Pink", "P!nk"),
        ("The Artist Formerly Known as Prince", "Prince"),
        ("t.A.T.u.", "Тату"),
        ("Hatsune Miku", "初音ミク"),
        ("sigur ros", "Sigur Rós"),
        ("AC-DC", "AC/DC"),
        ("ACDC", "AC/DC"),
        ("!!!", "!!!"),
        ("†††", "†††"),
        ("Sunn O)))", "Sunn O)))"),
        ('Lee "Scratch" Perry', "Lee “Scratch” Perry"),
        ("Godspeed You! Black Emperor", "Godspeed You! Black Emperor"),
    ],
)
def test_artists_are_found_by_odd_names_and_aliases(catalog: MusicBrainz, asked: str, name: str) -> None:
    assert name in {hit.name for hit in catalog.find_artists([asked]).hits}


def test_a_batch_of_names_is_one_request(catalog: MusicBrainz, simulator: MusicBrainzSimulator) -> None:
    names = ["Low", "Can", "Wire", "Björk", "Fela Kuti", "Nobody Ever Heard Of"]

    hits = catalog.find_artists(names).hits

    assert {"Low", "Can", "Wire", "Björk", "Fela Kuti"} <= {hit.name for hit in hits}
    assert len(simulator.seen("/ws/2")) == 1
    assert simulator.seen("/ws/2")[0].headers["user-agent"] == AGENT


def test_a_batch_of_pairs_gives_release_groups_with_their_credits(catalog: MusicBrainz) -> None:
    pairs = [("Nirvana", "Nevermind"), ("Sigur Rós", "( )"), ("David Byrne", "My Life in the Bush of Ghosts")]

    hits = {hit.title: hit for hit in catalog.find_release_groups(pairs).hits}

    (nirvana,) = world().named("Nirvana")[:1]
    assert set(hits) == {"Nevermind", "( )", "My Life in the Bush of Ghosts"}
    assert hits["Nevermind"].credits[0].artist_mbid == nirvana.mbid
    assert hits["Nevermind"].first_release_year == 1991
    assert hits["Nevermind"].primary_type == "Album"
    assert [credit.name for credit in hits["My Life in the Bush of Ghosts"].credits] == ["David Byrne", "Brian Eno"]
    assert "Sigur Ros" in hits["( )"].credits[0].aliases


def test_a_title_is_found_only_with_its_own_artist(catalog: MusicBrainz) -> None:
    assert catalog.find_release_groups([("Slowdive", "Nevermind")]).hits == ()


def test_a_title_can_be_looked_for_under_an_artist_id(catalog: MusicBrainz) -> None:
    us, uk = world().named("Nirvana")

    found = catalog.find_release_groups_by([(us.mbid, "In Utero"), (uk.mbid, "In Utero"), ("no id", "In Utero")])

    assert [hit.credits[0].artist_mbid for hit in found.hits] == [us.mbid]


def test_a_merged_id_names_the_surviving_one(catalog: MusicBrainz) -> None:
    (bjork,) = world().named("Björk")

    assert catalog.artist(bjork.merged[0]) == Merged(bjork.mbid)


def test_the_surviving_artist_is_read_whole(catalog: MusicBrainz) -> None:
    (bjork,) = world().named("Björk")

    artist = catalog.artist(bjork.mbid)

    assert isinstance(artist, CatalogArtist)
    assert "Bjork" in artist.aliases
    assert artist.tags[0] == ("art pop", 12)


def test_a_merge_gives_an_id_and_never_an_address(catalog: MusicBrainz, simulator: MusicBrainzSimulator) -> None:
    survivor = world().named("Low")[0].mbid
    simulator.fault("redirect", body=f"http://elsewhere.example/ws/2/artist/{survivor}?fmt=json")

    assert catalog.artist(world().named("Can")[0].mbid) == Merged(survivor)


@pytest.mark.parametrize("location", ["https://evil.example/login", "/ws/2/artist/not-an-id", ""])
def test_a_redirect_that_is_no_merge_is_refused(
    catalog: MusicBrainz, simulator: MusicBrainzSimulator, location: str
) -> None:
    simulator.fault("redirect", body=location)

    with pytest.raises(Redirected):
        catalog.artist(world().named("Can")[0].mbid)


@pytest.mark.parametrize("mbid", ["ffffffff-ffff-5fff-8fff-ffffffffffff", "../artist", "", "Nirvana"])
def test_an_unknown_artist_is_not_found(catalog: MusicBrainz, mbid: str) -> None:
    with pytest.raises(NotFound):
        catalog.artist(mbid)


def test_a_cut_short_result_says_so() -> None:
    mbid = world().named("Can")[0].mbid
    catalog = answering(lambda _: httpx.Response(200, json={"count": 3, "artists": [{"id": mbid, "name": "Can"}]}))

    found = catalog.find_artists(["Can"])

    assert not found.is_complete
    assert [hit.name for hit in found.hits] == ["Can"]


def test_hits_full_of_nulls_are_read() -> None:
    mbid = world().named("Can")[0].mbid
    hit = dict.fromkeys(("name", "aliases", "tags", "life-span", "country", "title", "artist-credit")) | {"id": mbid}
    catalog = answering(lambda _: httpx.Response(200, json={"artists": [hit, {"id": None}, None], "count": None}))

    (artist,) = catalog.find_artists(["Can"]).hits

    assert (artist.name, artist.aliases, artist.tags, artist.begin_year) == ("", (), (), None)


def test_tags_voted_down_are_left_out() -> None:
    mbid = world().named("Can")[0].mbid
    tags = [{"name": "a", "count": 1}, {"name": "wrong", "count": -2}, {"name": "b", "count": 5}]
    catalog = answering(lambda _: httpx.Response(200, json={"artists": [{"id": mbid, "name": "Can", "tags": tags}]}))

    assert catalog.find_artists(["Can"]).hits[0].tags == (("b", 5), ("a", 1))


def test_nothing_to_look_for_costs_no_request(catalog: MusicBrainz, simulator: MusicBrainzSimulator) -> None:
    assert catalog.find_artists([]).hits == ()
    assert catalog.find_release_groups([]).is_complete
    assert catalog.find_release_groups_by([("no id", "x")]).hits == ()
    assert simulator.seen("/ws/2") == []


def test_going_too_fast_is_told_with_the_wait() -> None:
    with MusicBrainzSimulator(rate=1) as strict, httpx.Client() as client:
        catalog = MusicBrainz(client, strict.url, AGENT)

        with pytest.raises(RateLimited) as caught:
            deque(catalog.find_artists(["Low"]) for _ in range(5))

    assert caught.value.is_retryable
    assert caught.value.status == 503
    assert caught.value.retry_after is not None
    assert timedelta(0) < caught.value.retry_after <= timedelta(seconds=2)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "4"}, timedelta(seconds=4)),
        ({"X-RateLimit-Reset": "1577836809", "Date": "Wed, 01 Jan 2020 00:00:00 GMT"}, timedelta(seconds=9)),
        (
            {"Retry-After": "30", "X-RateLimit-Reset": "1577836809", "Date": "Wed, 01 Jan 2020 00:00:00 GMT"},
            timedelta(seconds=30),
        ),
        (
            {"Retry-After": "Wed, 01 Jan 2020 00:01:00 GMT", "Date": "Wed, 01 Jan 2020 00:00:00 GMT"},
            timedelta(minutes=1),
        ),
        ({"X-RateLimit-Reset": "1577836800", "Date": "Wed, 01 Jan 2020 00:00:09 GMT"}, timedelta(0)),
        ({"X-RateLimit-Reset": "1577836809"}, None),
        ({"Retry-After": "soon"}, None),
    ],
)
def test_the_wait_is_counted_by_the_servers_own_clock(headers: dict[str, str], expected: timedelta | None) -> None:
    catalog = answering(lambda _: httpx.Response(503, headers=headers))

    with pytest.raises(RateLimited) as caught:
        catalog.find_artists(["Low"])

    assert caught.value.retry_after == expected


@pytest.mark.parametrize(
    ("status", "kind"), [(400, InvalidRequest), (403, PermissionDenied), (500, Overloaded), (502, Overloaded)]
)
def test_refusals_are_translated(
    catalog: MusicBrainz, simulator: MusicBrainzSimulator, status: int, kind: type[ProviderError]
) -> None:
    simulator.fault("status", status=status, body='{"error": "so sorry"}')

    with pytest.raises(kind, match="so sorry"):
        catalog.find_artists(["Low"])


def test_an_outage_is_never_an_empty_result(catalog: MusicBrainz, simulator: MusicBrainzSimulator) -> None:
    simulator.fault("drop", times=-1)

    with pytest.raises(ConnectionFailed):
        catalog.find_release_groups([("Low", "Ones and Sixes")])


def test_a_slow_server_times_out(simulator: MusicBrainzSimulator) -> None:
    simulator.fault("stall", seconds=3)

    limits = Limits(first_token=timedelta(seconds=0.2))
    with open_client("MusicBrainz", limits) as client, pytest.raises(TimedOut):
        MusicBrainz(client, simulator.url, AGENT).find_artists(["Low"])


@pytest.mark.parametrize("body", ["<html>", "[]", "{}", '{"artists": "none"}', '{"artists": ['])
def test_an_answer_in_another_form_is_malformed(
    catalog: MusicBrainz, simulator: MusicBrainzSimulator, body: str
) -> None:
    simulator.fault("malformed", body=body)

    with pytest.raises(MalformedAnswer):
        catalog.find_artists(["Low"])


def test_a_nameless_client_is_turned_away(simulator: MusicBrainzSimulator) -> None:
    with httpx.Client() as client, pytest.raises(PermissionDenied):
        MusicBrainz(client, simulator.url, "python-httpx/0.28.1").find_artists(["Low"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Z", "C"]), min_size=1, max_size=300))
def test_no_name_breaks_the_query(name: str) -> None:
    queries = []

    def handler(request: httpx.Request) -> httpx.Response:
        queries.append(request.url.params["query"])
        return httpx.Response(200, json={"artists": [], "release-groups": [], "count": 0})

    catalog = answering(handler)
    catalog.find_artists([name])
    catalog.find_release_groups([(name, name)])

    for query in queries:
        parse(query)


@given(st.lists(st.tuples(st.text(max_size=400), st.text(max_size=400)), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_what_fits_makes_no_overlong_address(pairs: list[tuple[str, str]]) -> None:
    lengths = []

    def handler(request: httpx.Request) -> httpx.Response:
        lengths.append(len(str(request.url)))
        return httpx.Response(200, json={"artists": [], "release-groups": [], "count": 0})

    catalog = answering(handler)
    names = [artist for artist, _ in pairs]
    by_pair, by_name = catalog.fits(pairs), catalog.fits_names(names)
    catalog.find_release_groups(pairs[:by_pair])
    catalog.find_artists(names[:by_name])

    assert max(lengths) <= 7500
    assert 1 <= by_pair <= 20
    assert 1 <= by_name <= 25


def test_twenty_ordinary_pairs_fit_and_twenty_long_ones_do_not(catalog: MusicBrainz) -> None:
    ordinary = [("The Rolling Stones", "Their Satanic Majesties Request")] * 30
    long = [("椎名林檎" * 10, "加爾基 精液 栗ノ花" * 5)] * 30

    assert catalog.fits(ordinary) == 20
    assert catalog.fits_names([artist for artist, _ in ordinary]) == 25
    assert 1 <= catalog.fits(long) < 20


def test_placeholders_are_told_from_artists() -> None:
    assert is_special_purpose("89ad4ac3-39f7-470e-963a-56509c546377", "")
    assert is_special_purpose("89AD4AC3-39F7-470E-963A-56509C546377", "Various Artists")
    assert is_special_purpose("", "[Unknown]")
    assert is_special_purpose("", "[traditional]")
    assert is_special_purpose("", "various artists")
    assert not is_special_purpose(world().named("Nirvana")[0].mbid, "Nirvana")
    assert not is_special_purpose("", "[Alexandros]")
    assert not is_special_purpose("", "[spunge]")
    assert not is_special_purpose("", "Unknown Mortal Orchestra")


def test_the_placeholders_of_the_style_guide_are_known() -> None:
    official = {
        "f731ccc4-e22a-43af-a747-64213329e088",
        "33cf029c-63b0-41a0-9855-be2a3665fb3b",
        "314e1c25-dde7-4e4d-b2f4-0a7b9f7c56dc",
        "eec63d3c-3b81-4ad4-b1e4-7c147d4d2b61",
        "9be7f096-97ec-4615-8957-8d40b5dcbc41",
        "125ec42a-7229-4250-afc5-e057484327fe",
        "89ad4ac3-39f7-470e-963a-56509c546377",
    }

    assert official <= SPECIAL_PURPOSE_ARTISTS
