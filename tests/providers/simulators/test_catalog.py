"""The shared world: big enough, with every trap in it, and the same every time."""

from collections import Counter

import pytest

from providers.music.musicbrainz import SPECIAL_PURPOSE_ARTISTS
from providers.simulators.catalog import demo_library, generated, world, world_with


def test_the_world_holds_hundreds_of_artists_with_unique_ids() -> None:
    artists = world().artists
    albums = [album for artist in artists for album in artist.albums]

    assert len(artists) >= 250
    assert len(albums) >= 2.5 * len(artists)
    assert len({artist.mbid for artist in artists}) == len(artists)
    assert len({album.mbid for album in albums}) == len(albums)
    assert all(artist.albums for artist in artists)


def test_years_are_possible() -> None:
    for artist in world().artists:
        for album in artist.albums:
            assert 1950 <= album.year <= 2026, (artist.name, album.title)
            assert artist.begin is None or artist.begin <= album.year, (artist.name, album.title)
        assert artist.begin is None or artist.end is None or artist.begin <= artist.end, artist.name


@pytest.mark.parametrize("name", ["Nirvana", "Bush", "The Beat", "Suede", "Dive", "Spoon", "Ghost"])
def test_same_name_pairs_are_told_apart(name: str) -> None:
    same = [artist for artist in world().artists if artist.name == name]

    assert len(same) == 2
    assert len({artist.disambiguation for artist in same}) == 2
    assert all(artist.disambiguation for artist in same)


@pytest.mark.parametrize("name", ["AC/DC", "Sigur Rós", "初音ミク", "Sunn O)))", "!!!", "†††", "Тату", "P!nk", "فيروز"])
def test_names_of_every_script_are_there(name: str) -> None:
    assert any(artist.name == name for artist in world().artists)


def test_artists_are_known_by_their_aliases() -> None:
    assert [artist.name for artist in world().named("the artist formerly known as prince")] == ["Prince"]


def test_merged_ids_lead_to_artists_of_the_world() -> None:
    survivors = world().survivors

    assert survivors
    assert not set(survivors) & set(world().by_mbid)
    assert set(survivors.values()) <= set(world().by_mbid)


def test_only_placeholders_have_ids_of_musicbrainz() -> None:
    own = {artist.name for artist in world().artists if artist.mbid in SPECIAL_PURPOSE_ARTISTS}

    assert own == {"Various Artists", "[unknown]"}


def test_the_demo_library_is_a_varied_part_of_the_world() -> None:
    library = demo_library().artists
    tags = Counter(tag for artist in library for tag in artist.tags)
    owned = [album.tracks_owned / album.tracks for artist in library for album in artist.albums]

    assert 50 <= len(library) <= 70
    assert len(tags) > 60
    assert 0.5 < sum(share == 1 for share in owned) / len(owned) < 0.9
    assert 0 in owned
    assert any(0 < share < 1 for share in owned)


def test_names_the_world_lacks_are_invented_once() -> None:
    first, second = (world_with(["Nirvana", "Some Listener's Band", " ", "Some Listener's Band"]) for _ in range(2))

    assert len(first.artists) == len(world().artists) + 1
    (invented,) = first.named("some listener's band")
    assert len(invented.albums) == 3
    assert second.named("some listener's band") == (invented,)


def test_a_generated_library_is_the_same_from_any_side() -> None:
    library = generated(artists=1000, albums_each=10, seed=3).artists

    assert len(library) == 1000
    assert [len(artist.albums) for artist in library[990:]] == [10] * 10
    assert library[41] == generated(artists=50_000, albums_each=10, seed=3).artists[41]
    assert library[41] != generated(artists=1000, albums_each=10, seed=4).artists[41]
    assert len({artist.mbid for artist in library}) == 1000
