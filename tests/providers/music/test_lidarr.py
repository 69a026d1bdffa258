"""Reading a library from Lidarr: complete or an error, whatever the server does."""

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import httpx
import pytest

from providers.contracts import Endpoint, Exclusion, LibrarySource, OwnedAlbum, OwnedArtist
from providers.errors import (
    AddressRefused,
    AuthenticationFailed,
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
from providers.music.lidarr import Lidarr
from providers.simulators.catalog import SimulatedLibrary, demo_library, world
from providers.simulators.lidarr import LidarrSimulator, Quirk
from providers.simulators.server import Reply, Request, Simulator


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with open_client("Lidarr", Limits()) as client:
        yield client


@pytest.fixture(scope="module")
def running() -> Iterator[LidarrSimulator]:
    with LidarrSimulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running: LidarrSimulator) -> LidarrSimulator:
    running.faults.clear()
    running.library, running.exclusions = demo_library(), []
    return running


def lidarr(client: httpx.Client, simulator: LidarrSimulator, key: str | None = None) -> Lidarr:
    return Lidarr(client, Endpoint(simulator.base_url, "My Lidarr", simulator.api_key if key is None else key))


def read_into(names: list[str], source: LibrarySource) -> None:
    for artist in source.artists():
        names.append(artist.name)


def answering(simulator: LidarrSimulator, body: object) -> None:
    simulator.fault("status", status=200, body=json.dumps(body), path="/api/v1/")


def test_the_whole_library_arrives_with_its_names_in_every_script(client: httpx.Client) -> None:
    everyone = world().artists
    with LidarrSimulator(SimulatedLibrary(everyone)) as simulator:
        artists = list(lidarr(client, simulator).artists())

    assert [(artist.artist_mbid, artist.name) for artist in artists] == [(one.mbid, one.name) for one in everyone]


def test_an_artist_carries_what_the_profile_needs(client: httpx.Client, simulator: LidarrSimulator) -> None:
    owned = next(artist for artist in demo_library().artists if artist.name == "Talk Talk")

    found = next(artist for artist in lidarr(client, simulator).artists() if artist.name == "Talk Talk")

    assert found.artist_type == "Group"
    assert found.has_ended
    assert found.is_monitored
    assert found.genres == ("Post-Rock", "Art Rock", "Synth-Pop", "New Wave")
    assert found.album_count == 4
    assert found.track_file_count == sum(album.tracks_owned for album in owned.albums)
    assert found.track_count == sum(album.tracks for album in owned.albums)
    assert found.added_at is not None
    assert found.added_at.tzinfo is not None


def test_albums_of_one_artist_can_be_asked_for(client: httpx.Client, simulator: LidarrSimulator) -> None:
    source = lidarr(client, simulator)
    nirvana = next(artist for artist in source.artists() if artist.name == "Nirvana")

    albums = list(source.albums(nirvana.source_id))

    assert [album.title for album in albums] == ["Bleach", "Nevermind", "In Utero", "MTV Unplugged in New York"]
    assert {album.source_artist_id for album in albums} == {nirvana.source_id}
    assert albums[1].released_on == date(1991, 1, 1)
    assert albums[3].secondary_types == ("Live",)


def test_all_albums_belong_to_the_artists(client: httpx.Client, simulator: LidarrSimulator) -> None:
    source = lidarr(client, simulator)

    albums = list(source.albums())

    assert len(albums) == sum(len(artist.albums) for artist in demo_library().artists)
    assert {album.source_artist_id for album in albums} == {artist.source_id for artist in source.artists()}


def test_status_and_exclusions_are_read(client: httpx.Client, simulator: LidarrSimulator) -> None:
    mbid = world().named("Kino")[0].mbid
    simulator.exclusions = [
        {"id": 1, "foreignId": mbid.upper(), "artistName": "Кино"},
        {"id": 2, "foreignId": None, "artistName": "x"},
    ]
    source = lidarr(client, simulator)

    assert source.status().app_name == "Lidarr"
    assert list(source.exclusions()) == [Exclusion(mbid, "Кино")]
    assert source.skipped == {"exclusion without a MusicBrainz id": 1}


def test_broken_items_are_skipped_and_counted(client: httpx.Client) -> None:
    with LidarrSimulator(quirks=Quirk) as simulator:
        source = lidarr(client, simulator)
        artists, albums = list(source.artists()), list(source.albums())

    sound = demo_library().artists
    assert len(artists) == len(sound) + 2
    assert len(albums) == sum(len(artist.albums) for artist in sound) + 2
    assert source.skipped == {
        "id repeated": 2,
        "artist without a usable id": 1,
        "artist without a name": 1,
        "artist without a MusicBrainz id": 1,
        "album without a usable id": 1,
        "album without a name": 1,
        "album without a MusicBrainz id": 1,
    }


def test_nulls_and_several_genres_in_one_tag_are_understood(client: httpx.Client) -> None:
    with LidarrSimulator(quirks=[Quirk.SPARSE, Quirk.ONE_GENRE_TAG]) as simulator:
        *_, sparse, tagged = lidarr(client, simulator).artists()

    assert (sparse.genres, sparse.rating, sparse.rating_votes, sparse.album_count, sparse.added_at) == (
        (),
        None,
        0,
        0,
        None,
    )
    assert tagged.genres == ("Post-Rock", "Ambient")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("1991-09-24T00:00:00Z", date(1991, 9, 24)),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59.9999999", None),
        ("soon", None),
        (None, None),
        (1991, None),
    ],
)
def test_dates_that_stand_for_unknown_are_none(
    client: httpx.Client, simulator: LidarrSimulator, sent: object, expected: date | None
) -> None:
    mbid = "155af9d6-92d7-5b64-8040-714f5523b2f5"
    answering(simulator, [{"id": 1, "artistId": 1, "title": "x", "foreignAlbumId": mbid, "releaseDate": sent}])

    assert [album.released_on for album in lidarr(client, simulator).albums()] == [expected]


def test_odd_values_do_not_stop_the_reading(client: httpx.Client, simulator: LidarrSimulator) -> None:
    mbid = "155af9d6-92d7-5b64-8040-714f5523b2f5"
    odd = {
        "id": 7,
        "artistName": "a\u0000 \ud83c\udfb8 b",
        "foreignArtistId": mbid.upper(),
        "genres": [None, 3, "Dub"],
        "ratings": {"votes": None, "value": "9"},
        "statistics": {"albumCount": -1, "trackFileCount": 2.0, "sizeOnDisk": 2**40},
        "added": "2024-02-03T04:05:06.1234567Z",
        "monitored": None,
    }
    answering(simulator, [odd, None, "text", {**odd, "id": 2**40}, {**odd, "id": True}])

    source = lidarr(client, simulator)
    (artist,) = source.artists()

    assert (artist.artist_mbid, artist.name, artist.genres) == (mbid, "a 🎸 b", ("Dub",))
    assert (artist.rating, artist.album_count, artist.track_file_count, artist.size_on_disk) == (None, 0, 2, 2**40)
    assert artist.added_at == datetime(2024, 2, 3, 4, 5, 6, 123456, UTC)
    assert artist.is_monitored
    assert source.skipped == {"not an object": 2, "artist without a usable id": 2}


def test_an_unchanged_item_keeps_its_fingerprint(client: httpx.Client, simulator: LidarrSimulator) -> None:
    source = lidarr(client, simulator)

    first, second = ({artist.name: artist.fingerprint for artist in source.artists()} for _ in range(2))

    assert first == second
    assert len(set(first.values())) == len(first)


def test_a_file_more_changes_the_fingerprint_of_its_album_and_its_artist(
    client: httpx.Client, simulator: LidarrSimulator
) -> None:
    source = lidarr(client, simulator)
    before: list[OwnedArtist | OwnedAlbum] = [*source.artists(), *source.albums()]
    owned = list(simulator.library.artists)
    changed = replace(owned[3].albums[0], tracks_owned=3)
    owned[3] = replace(owned[3], albums=(changed, *owned[3].albums[1:]))
    simulator.library = SimulatedLibrary(owned)

    after: list[OwnedArtist | OwnedAlbum] = [*source.artists(), *source.albums()]

    different = [now for was, now in zip(before, after, strict=True) if was.fingerprint != now.fingerprint]
    assert [item.name if isinstance(item, OwnedArtist) else item.title for item in different] == [
        owned[3].name,
        changed.title,
    ]


def test_a_base_url_may_hold_a_path_and_end_in_a_slash(client: httpx.Client) -> None:
    with LidarrSimulator(url_base="/music/lidarr") as simulator:
        source = Lidarr(client, Endpoint(simulator.base_url + "/", "My Lidarr", simulator.api_key))

        assert source.status().app_name == "Lidarr"


def test_a_missing_url_base_is_named(client: httpx.Client) -> None:
    with LidarrSimulator(url_base="/lidarr") as simulator:
        source = Lidarr(client, Endpoint(simulator.url, "My Lidarr", simulator.api_key))

        with pytest.raises(Redirected, match="URL base"):
            source.status()


def test_another_application_is_called_by_its_name(client: httpx.Client) -> None:
    with (
        LidarrSimulator(app_name="Sonarr") as simulator,
        pytest.raises(InvalidRequest, match="that is Sonarr, not Lidarr"),
    ):
        lidarr(client, simulator).status()


def test_a_wrong_key_is_an_authentication_failure(client: httpx.Client, simulator: LidarrSimulator) -> None:
    with pytest.raises(AuthenticationFailed):
        list(lidarr(client, simulator, key="wrong").artists())


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (403, PermissionDenied),
        (404, NotFound),
        (429, RateLimited),
        (500, Overloaded),
        (502, Overloaded),
        (503, Overloaded),
    ],
)
def test_refusals_are_translated(
    client: httpx.Client, simulator: LidarrSimulator, status: int, kind: type[ProviderError]
) -> None:
    simulator.fault("status", status=status, body='{"message": "no"}')

    with pytest.raises(kind) as caught:
        list(lidarr(client, simulator).albums())

    assert caught.value.status == status


def test_the_key_is_never_repeated_in_an_error(client: httpx.Client, simulator: LidarrSimulator) -> None:
    simulator.fault("status", status=500, body=f"cannot serve X-Api-Key {simulator.api_key}")

    with pytest.raises(Overloaded) as caught:
        lidarr(client, simulator).status()

    assert "cannot serve" in str(caught.value)
    assert simulator.api_key not in str(caught.value)


@pytest.mark.parametrize("read", ["status", "artists", "albums", "exclusions"])
def test_a_web_page_is_not_an_empty_library(client: httpx.Client, simulator: LidarrSimulator, read: str) -> None:
    simulator.fault("malformed")

    with pytest.raises(MalformedAnswer, match="web page"):
        list(getattr(lidarr(client, simulator), read)())


@pytest.mark.parametrize("body", ['{"message": "busy"}', "", "null", '"', "[1, 2", "[] []", "[{]"])
def test_anything_but_one_whole_array_raises(client: httpx.Client, simulator: LidarrSimulator, body: str) -> None:
    simulator.fault("status", status=200, body=body)

    with pytest.raises(MalformedAnswer):
        list(lidarr(client, simulator).artists())


@pytest.mark.parametrize(("fault", "kind"), [("drop", ConnectionFailed), ("truncate", MalformedAnswer)])
def test_half_an_array_raises_after_its_items(
    client: httpx.Client, simulator: LidarrSimulator, fault: str, kind: type[ProviderError]
) -> None:
    simulator.fault(fault, path="/api/v1/artist", after=1)
    names: list[str] = []

    with pytest.raises(kind):
        read_into(names, lidarr(client, simulator))

    assert 0 < len(names) < len(demo_library().artists)


def test_a_stalled_answer_times_out(simulator: LidarrSimulator) -> None:
    simulator.fault("stall", path="/api/v1/album", after=1, seconds=3)

    with httpx.Client(timeout=0.2) as client, pytest.raises(TimedOut):
        list(lidarr(client, simulator).albums())


@pytest.mark.parametrize(
    ("base_url", "kind"), [("http://127.0.0.1:9", ConnectionFailed), ("ftp://127.0.0.1", AddressRefused)]
)
def test_an_address_without_a_server_is_explained(
    client: httpx.Client, base_url: str, kind: type[ProviderError]
) -> None:
    with pytest.raises(kind):
        Lidarr(client, Endpoint(base_url, "My Lidarr", "key")).status()


class HugeLidarr(Simulator):
    """Twenty thousand albums with 600 letters of text each, rendered as they are sent."""

    def answer(self, request: Request) -> Reply:
        album = json.dumps({"id": 0, "artistId": 1, "title": "x", "foreignAlbumId": "F", "overview": "y" * 600})
        album = album.replace('"F"', '"155af9d6-92d7-5b64-8040-%012d"').replace('"id": 0', '"id": %d')

        def pieces() -> Iterator[bytes]:
            yield b"["
            for start in range(1, 20_001, 100):
                items = ",".join(album % (number, number) for number in range(start, start + 100))
                yield (items if start == 1 else "," + items).encode()
            yield b"]"

        return Reply(200, pieces(), {"Content-Type": "application/json"})


def test_twenty_thousand_albums_pass_through_little_memory(client: httpx.Client) -> None:
    with HugeLidarr() as simulator:
        source = Lidarr(client, Endpoint(simulator.url, "My Lidarr", "key"))
        tracemalloc.start()
        try:
            count = sum(1 for _ in source.albums())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert count == 20_000
    assert peak < 4_000_000
