"""Lidarr's own two ways of reading a list, replayed against the running product."""

import json
import threading
from collections.abc import Callable

import httpx
import pytest

from providers.simulators.lidarr import Import, LidarrComplaint, read_custom_list, read_lidarr_list
from tests.e2e.conftest import STRANGERS, House

pytestmark = pytest.mark.e2e

TOKEN = "0123456789abcdef-0123456789"
ARTISTS = {"name": "Quiet", "slug": "quiet", "target": 6, "token": TOKEN}
ALBUMS = {**ARTISTS, "name": "Records", "slug": "records", "mode": "albums"}
NAMES = {artist.mbid: artist for artist in STRANGERS}


def _custom(house: House, slug: str, token: str = TOKEN) -> list[Import]:
    return read_custom_list(f"{house.url}/lists/{slug}?apikey={token}")


def _lidarr(house: House, slug: str, token: str = TOKEN) -> list[Import]:
    return read_lidarr_list(f"{house.url}/lidarr/{slug}", token)


def test_both_lists_can_be_read_before_and_after_their_first_run(house: House) -> None:
    house.up()
    house.provision(ARTISTS, ALBUMS)
    assert _custom(house, "quiet") == _custom(house, "records") == []
    assert _lidarr(house, "quiet") == _lidarr(house, "records") == []

    house.manage("run_list", "quiet")
    # What one list holds is nothing new to another.
    house.change("UPDATE recommendations_recommendation SET status = 'expired', created_at = '2020-01-01'")
    house.manage("run_list", "records")

    artists = _custom(house, "quiet")
    assert len(artists) == 6
    assert {item.artist_mbid for item in artists} <= set(NAMES)
    albums = _lidarr(house, "records")
    assert len(albums) == 6
    for item in albums:
        artist = NAMES[item.artist_mbid]
        assert item.artist == artist.name
        assert item.release_group_mbid in {album.mbid for album in artist.albums}
    # An artist list holds no album, and stock Lidarr then imports nothing from it this way.
    assert _lidarr(house, "quiet") == []


@pytest.mark.parametrize("read", [_custom, _lidarr])
@pytest.mark.parametrize("token", ["", "0123456789abcdef-012345678", TOKEN.upper(), f"{TOKEN}x"])
def test_a_wrong_token_reads_as_unauthorized(
    token: str, read: Callable[[House, str, str], list[Import]], shared_house: House
) -> None:
    with pytest.raises(LidarrComplaint, match="unauthorized"):
        read(shared_house, "quiet", token)


def test_a_token_of_one_list_does_not_open_another(shared_house: House) -> None:
    with pytest.raises(LidarrComplaint, match="unauthorized"):
        _custom(shared_house, "other")


def test_a_list_read_while_runs_publish_never_fails_in_between(house: House) -> None:
    house.up()
    house.provision({**ALBUMS, "target": 3, "suggestion_window_days": 0})
    complaints: list[str] = []
    read: list[int] = []
    is_over = threading.Event()

    def keep_reading() -> None:
        while not is_over.is_set():
            try:
                read.append(len(_lidarr(house, "records")))
            except LidarrComplaint as complaint:
                complaints.append(str(complaint))

    reader = threading.Thread(target=keep_reading)
    reader.start()
    try:
        for _ in range(4):
            house.manage("run_list", "records")
    finally:
        is_over.set()
        reader.join()

    assert complaints == []
    assert read == sorted(read)
    assert read[-1] == 12


def test_albums_read_before_a_run_find_their_artists_after_it(house: House) -> None:
    house.up()
    house.provision(ALBUMS)
    house.manage("run_list", "records")
    headers = {"X-Api-Key": TOKEN}
    albums = httpx.get(f"{house.url}/lidarr/records/api/v1/album", headers=headers).json()

    # All of them leave the list, and others come.
    house.change("UPDATE recommendations_recommendation SET status = 'rejected', decided_at = created_at")
    house.manage("run_list", "records")

    artists = httpx.get(f"{house.url}/lidarr/records/api/v1/artist", headers=headers).json()
    assert {album["artistId"] for album in albums} <= {artist["id"] for artist in artists}
    after = httpx.get(f"{house.url}/lidarr/records/api/v1/album", headers=headers).json()
    assert {album["foreignAlbumId"] for album in after}.isdisjoint({album["foreignAlbumId"] for album in albums})


def test_decisions_reach_the_list_at_once(house: House) -> None:
    house.up()
    house.provision({**ALBUMS, "review": "everything"})
    house.manage("run_list", "records")
    waiting = house.rows(
        "SELECT id, release_group_mbid FROM recommendations_recommendation WHERE status = 'waiting' ORDER BY id"
    )
    assert len(waiting) == 6
    assert _lidarr(house, "records") == []

    _decide(house, "approve", [waiting[0][0], waiting[1][0], waiting[2][0]])
    assert {item.release_group_mbid for item in _lidarr(house, "records")} == {mbid for _, mbid in waiting[:3]}

    _decide(house, "reject", [waiting[0][0]])
    _decide(house, "reject_for_good", [waiting[1][0]])
    assert {item.release_group_mbid for item in _lidarr(house, "records")} == {waiting[2][1]}

    house.manage("run_list", "records")
    later = {item.release_group_mbid for item in _lidarr(house, "records")}
    assert later == {waiting[2][1]}, "what was turned down must not come back"


def _decide(house: House, decision: str, ids: list[int]) -> None:
    house.shell(
        "from recommendations.services import review\n"
        "from recommendations.models import Recommendation\n"
        f"review.{decision}(Recommendation.objects.filter(pk__in={json.dumps(ids)}), None, timezone.now())"
    )
