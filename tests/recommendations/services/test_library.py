"""Reading a Lidarr: all of it first, then what changed, and nothing is lost when a reading breaks off."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from providers.models import LidarrConnection
from providers.simulators.catalog import Album, Artist, SimulatedLibrary, library_of, world
from providers.simulators.lidarr import LidarrSimulator, Quirk
from recommendations.models import LibraryAlbum, LibraryArtist, LibraryExclusion, LibrarySync
from recommendations.services.library import LibraryUnavailable, Snapshot, import_library

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)


class Killed(BaseException):
    """Ends a reading as SIGKILL would: nothing of ours gets to tidy up."""


@pytest.fixture
def lidarr() -> Iterator[LidarrSimulator]:
    with LidarrSimulator() as simulator:
        yield simulator


@pytest.fixture
def connection(lidarr: LidarrSimulator) -> LidarrConnection:
    return LidarrConnection.objects.create(name="Lidarr", base_url=lidarr.base_url, api_key=lidarr.api_key)


def _read(connection: LidarrConnection, *, days: float = 0.0, tick: Callable[[], None] = lambda: None) -> Snapshot:
    """A reading so many days from now."""
    return import_library(connection.pk, now=timezone.now() + days * A_DAY, tick=tick)


def _change(lidarr: LidarrSimulator, position: int, change: Callable[[Artist], Artist]) -> Artist:
    artists = list(lidarr.library.artists)
    artists[position] = change(artists[position])
    lidarr.library = SimulatedLibrary(artists)
    lidarr.requests.clear()
    return artists[position]


def _with_a_new_album(artist: Artist) -> Artist:
    fresh = Album("0f0f0f0f-0000-4000-8000-00000000f0f0", "Brand New", 2026, tracks_owned=10)
    return replace(artist, albums=(*artist.albums, fresh))


def _stored() -> tuple[set[tuple[int, str]], set[tuple[int, str]]]:
    artists = LibraryArtist.objects.values_list("source_id", "artist_mbid")
    return set(artists), set(LibraryAlbum.objects.values_list("source_id", "release_group_mbid"))


def _albums_asked(lidarr: LidarrSimulator) -> list[dict[str, list[str]]]:
    return [dict(request.query) for request in lidarr.seen("/api/v1/album")]


def test_the_first_reading_stores_every_artist_and_album(lidarr: LidarrSimulator, connection: LidarrConnection) -> None:
    snapshot = _read(connection)

    owned = lidarr.library.artists
    assert set(LibraryArtist.objects.values_list("name", "artist_mbid")) == {(a.name, a.mbid) for a in owned}
    assert set(LibraryAlbum.objects.values_list("release_group_mbid", flat=True)) == {
        album.mbid for artist in owned for album in artist.albums
    }
    sync = LibrarySync.objects.get()
    assert (sync.is_complete, sync.artists, sync.library_hash) == (True, len(owned), snapshot.library_hash)
    assert snapshot.problem == ""


def test_what_is_stored_is_found_by_key(connection: LidarrConnection) -> None:
    _read(connection)

    assert LibraryArtist.objects.get(artist_key="mybloodyvalentine").name == "My Bloody Valentine"
    assert LibraryAlbum.objects.get(album_key="mybloodyvalentine|loveless").year == 1991


def test_an_unchanged_library_costs_one_list_of_artists_and_keeps_its_hash(
    lidarr: LidarrSimulator, connection: LidarrConnection
) -> None:
    first = _read(connection)
    lidarr.requests.clear()

    second = _read(connection, days=1)

    assert second == first
    assert LibrarySync.objects.count() == 2
    assert [request.path for request in lidarr.seen("/api/v1/a")] == ["/api/v1/artist"]


def test_a_reading_of_less_than_a_minute_ago_still_holds(lidarr: LidarrSimulator, connection: LidarrConnection) -> None:
    first = _read(connection)
    lidarr.requests.clear()

    assert _read(connection) == first
    assert lidarr.seen() == []


def test_a_clock_that_went_back_does_not_make_an_old_reading_fresh(
    lidarr: LidarrSimulator, connection: LidarrConnection
) -> None:
    _read(connection)
    lidarr.requests.clear()

    _read(connection, days=-1)

    assert lidarr.seen("/api/v1/artist")


def test_a_changed_artist_is_read_again_with_the_albums_and_nobody_else_is(
    lidarr: LidarrSimulator, connection: LidarrConnection
) -> None:
    before = _read(connection)
    changed = _change(lidarr, 4, _with_a_new_album)

    after = _read(connection, days=1)

    assert _albums_asked(lidarr) == [{"artistId": ["5"]}]
    assert LibraryAlbum.objects.get(title="Brand New").source_artist_id == 5
    assert LibraryArtist.objects.get(source_id=5).album_count == len(changed.albums)
    assert after.library_hash != before.library_hash


def test_an_album_that_is_gone_from_lidarr_is_gone_here(lidarr: LidarrSimulator, connection: LidarrConnection) -> None:
    _read(connection)
    gone = lidarr.library.artists[4].albums[-1]
    _change(lidarr, 4, lambda artist: replace(artist, albums=artist.albums[:-1]))

    _read(connection, days=1)

    assert not LibraryAlbum.objects.filter(release_group_mbid=gone.mbid).exists()


def test_an_artist_that_is_gone_from_lidarr_takes_the_albums_along(
    lidarr: LidarrSimulator, connection: LidarrConnection
) -> None:
    _read(connection)
    *kept, gone = lidarr.library.artists
    lidarr.library = SimulatedLibrary(kept)

    _read(connection, days=1)

    assert not LibraryArtist.objects.filter(artist_mbid=gone.mbid).exists()
    assert not LibraryAlbum.objects.filter(release_group_mbid__in=[album.mbid for album in gone.albums]).exists()
    assert LibrarySync.objects.latest("started_at").removed == 1


def test_what_changes_without_a_count_changing_is_seen_within_a_week(
    lidarr: LidarrSimulator, connection: LidarrConnection
) -> None:
    _read(connection)
    _change(
        lidarr, 4, lambda artist: replace(artist, albums=(replace(artist.albums[0], year=1901), *artist.albums[1:]))
    )

    _read(connection, days=1)
    assert not LibraryAlbum.objects.filter(year=1901).exists()

    _read(connection, days=7.1)
    assert LibraryAlbum.objects.filter(year=1901).exists()


@pytest.mark.parametrize("kind", ["drop", "truncate", "malformed", "redirect"])
@pytest.mark.parametrize("path", ["/api/v1/system/status", "/api/v1/artist", "/api/v1/importlistexclusion"])
def test_a_reading_that_fails_removes_nothing_and_the_last_one_holds(
    kind: str, path: str, lidarr: LidarrSimulator, connection: LidarrConnection
) -> None:
    before, stored = _read(connection), _stored()
    lidarr.library = SimulatedLibrary(lidarr.library.artists[:10])
    lidarr.fault(kind, path=path, times=-1)

    after = _read(connection, days=1)

    assert after.library_hash == before.library_hash
    assert "is used instead" in after.problem
    assert _stored() == stored
    assert LibrarySync.objects.latest("started_at").is_complete is False


def test_a_list_of_artists_cut_off_half_way_removes_nobody(
    lidarr: LidarrSimulator, connection: LidarrConnection
) -> None:
    before, stored = _read(connection), _stored()
    lidarr.fault("truncate", path="/api/v1/artist", after=1)

    after = _read(connection, days=1)

    assert (after.library_hash, _stored()) == (before.library_hash, stored)


def test_albums_that_could_not_be_read_are_read_the_next_time(
    lidarr: LidarrSimulator, connection: LidarrConnection
) -> None:
    _read(connection)
    _change(lidarr, 4, _with_a_new_album)
    lidarr.fault("drop", path="/api/v1/album")
    _read(connection, days=1)

    _read(connection, days=2)

    assert LibraryAlbum.objects.filter(title="Brand New").exists()


def test_a_reading_killed_between_artists_and_albums_leads_to_a_full_one(
    lidarr: LidarrSimulator, connection: LidarrConnection
) -> None:
    _read(connection)
    _change(lidarr, 4, _with_a_new_album)
    lidarr.fault("slow", path="/api/v1/album", seconds=0.5)

    def die_at_the_albums() -> None:
        if lidarr.seen("/api/v1/album"):
            raise Killed

    with pytest.raises(Killed):
        _read(connection, days=1, tick=die_at_the_albums)
    lidarr.requests.clear()

    _read(connection, days=2)

    assert _albums_asked(lidarr) == [{}]
    assert LibraryAlbum.objects.filter(title="Brand New").exists()


def test_a_lidarr_that_was_never_read_and_cannot_be_is_no_library(
    lidarr: LidarrSimulator, connection: LidarrConnection
) -> None:
    lidarr.fault("status", status=401, times=-1)

    with pytest.raises(LibraryUnavailable, match=r"did not accept the API key.*Lidarr → Connections"):
        _read(connection)

    assert LibraryArtist.objects.count() == 0
    assert "API key" in LibrarySync.objects.get().problem


def test_a_lidarr_that_is_off_leaves_the_last_reading_and_says_so(
    lidarr: LidarrSimulator, connection: LidarrConnection
) -> None:
    before = _read(connection)
    with LidarrSimulator() as other:
        connection.base_url = other.base_url
    connection.save()

    after = _read(connection, days=1)

    assert after.library_hash == before.library_hash
    assert "Lidarr could not be reached" in after.problem


def test_one_lidarr_leaves_the_library_of_another_alone(lidarr: LidarrSimulator, connection: LidarrConnection) -> None:
    _read(connection)
    count = LibraryArtist.objects.count()
    with LidarrSimulator(SimulatedLibrary(lidarr.library.artists[:3])) as second:
        row = LidarrConnection.objects.create(name="Second", base_url=second.base_url, api_key=second.api_key)
        _read(row)

    assert LibraryArtist.objects.filter(connection=connection).count() == count
    assert LibraryArtist.objects.filter(connection=row).count() == 3


def test_broken_and_repeated_items_are_passed_over_and_counted() -> None:
    with LidarrSimulator(quirks=list(Quirk)) as lidarr:
        connection = LidarrConnection.objects.create(name="Odd", base_url=lidarr.base_url, api_key=lidarr.api_key)
        _read(connection)
        sound = len(lidarr.library.artists)

    # Of six odd items in each of the two lists, the sparse one and the one with a single genre tag are usable.
    assert LibrarySync.objects.get().skipped == 8
    assert LibraryArtist.objects.count() == sound + 2
    assert LibraryArtist.objects.get(source_id=2_000_000_000).genres == []
    assert LibraryArtist.objects.get(source_id=2_000_000_001).genres == ["Post-Rock", "Ambient"]


def test_names_in_every_script_arrive_as_they_are_written() -> None:
    names = [
        "Sigur Rós",
        "初音ミク",
        "Кино",
        "أم كلثوم",
        "방탄소년단",
        "Μάνος Χατζιδάκις",
        "周杰倫",
        "!!!",
        "†††",
        "Ke$ha",
        "Sunn O)))",
    ]
    with LidarrSimulator(library_of(artist for name in names for artist in world().named(name)[:1])) as lidarr:
        connection = LidarrConnection.objects.create(name="World", base_url=lidarr.base_url, api_key=lidarr.api_key)
        _read(connection)

    assert set(LibraryArtist.objects.values_list("name", flat=True)) == set(names)
    keys = set(LibraryArtist.objects.values_list("artist_key", flat=True))
    assert len(keys) == len(names)
    assert "" not in keys


def test_exclusions_are_those_of_the_last_reading(lidarr: LidarrSimulator, connection: LidarrConnection) -> None:
    mbids = [artist.mbid for artist in world().artists[:3]]
    lidarr.exclusions = [{"id": n, "foreignId": mbid, "artistName": "X"} for n, mbid in enumerate(mbids[:2], start=1)]
    _read(connection)
    lidarr.exclusions = [{"id": 3, "foreignId": mbids[2], "artistName": "Y"}]

    _read(connection, days=1)

    assert list(LibraryExclusion.objects.values_list("mbid", "name")) == [(mbids[2], "Y")]


def test_the_caller_is_asked_to_tick_while_lidarr_is_slow(
    lidarr: LidarrSimulator, connection: LidarrConnection
) -> None:
    lidarr.fault("slow", path="/api/v1/artist", seconds=0.5)
    ticked: list[datetime] = []

    _read(connection, tick=lambda: ticked.append(timezone.now()))

    assert len(ticked) >= 2
