"""What is rendered for Lidarr: nothing twice, nothing malformed, and no album without its artist."""

import json
import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from recommendations.domain.types import Mode
from recommendations.models import ListedArtist, PublishedList, Recommendation, RecommendationList
from recommendations.queries.published import snapshot_path
from recommendations.services import publishing
from tests.factories import NOW, make_list, make_listed, make_published_list, mbid

VARIOUS_ARTISTS = "89ad4ac3-39f7-470e-963a-56509c546377"

pytestmark = pytest.mark.django_db


def _bodies(made: RecommendationList) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    publishing.render(made.pk, NOW)
    row = PublishedList.objects.get(list=made)
    return json.loads(bytes(row.custom)), json.loads(bytes(row.artists)), json.loads(bytes(row.albums))


def test_an_artist_is_named_once_best_score_first() -> None:
    made = make_list(mode=Mode.ALBUMS)
    make_listed(made, 1, score=0.2, release_group_mbid=mbid(101), album="Lesser")
    make_listed(made, 2, score=0.5, release_group_mbid=mbid(102))
    make_listed(made, 1, score=0.9, release_group_mbid=mbid(103), album="Best")

    custom, _, albums = _bodies(made)

    assert [item["MusicBrainzId"] for item in custom] == [mbid(1), mbid(2)]
    assert (custom[0]["AlbumId"], custom[0]["AlbumTitle"]) == (mbid(103), "Best")
    assert [album["foreignAlbumId"] for album in albums] == [mbid(103), mbid(102), mbid(101)]


@pytest.mark.parametrize(
    "malformed",
    ["", mbid(1).upper().replace("0000000", "ABCDEF0"), mbid(1)[:-1], f"{mbid(1)}\n", f" {mbid(1)}", VARIOUS_ARTISTS],
)
def test_an_id_that_could_abort_lidarrs_sync_is_left_out(malformed: str) -> None:
    made = make_list(mode=Mode.ALBUMS)
    make_listed(made, 1, artist_mbid=malformed, release_group_mbid=mbid(101))
    make_listed(made, 2, release_group_mbid=mbid(102))

    custom, artists, albums = _bodies(made)

    assert [item["MusicBrainzId"] for item in custom] == [mbid(2)]
    assert [artist["foreignArtistId"] for artist in artists] == [mbid(2)]
    assert [album["foreignAlbumId"] for album in albums] == [mbid(102)]


@pytest.mark.parametrize("status", [status for status in Recommendation.Status if status != "listed"])
def test_only_what_is_listed_is_served(status: str) -> None:
    made = make_list()
    make_listed(made, 1, status=status, first_listed_at=None)

    assert _bodies(made) == ([], [], [])


def test_the_fields_lidarr_reads_are_never_null() -> None:
    made = make_list(mode=Mode.ALBUMS)
    row = make_listed(made, 1, release_group_mbid=mbid(101), album="Laughing Stock")

    _, [artist], [album] = _bodies(made)

    assert artist == {
        "id": ListedArtist.objects.get().pk,
        "artistName": "Artist 1",
        "foreignArtistId": mbid(1),
        "monitored": True,
        "qualityProfileId": 1,
        "metadataProfileId": 1,
        "rootFolderPath": "/",
        "tags": [],
    }
    assert (album["id"], album["artistId"]) == (row.pk, artist["id"])
    assert (album["title"], album["foreignAlbumId"], album["monitored"]) == ("Laughing Stock", mbid(101), True)
    assert None not in album.values()


def test_an_artist_list_serves_artists_and_no_albums() -> None:
    made = make_list(mode=Mode.ARTISTS)
    make_listed(made, 1)

    custom, artists, albums = _bodies(made)

    assert custom == [{"MusicBrainzId": mbid(1), "ArtistName": "Artist 1"}]
    assert len(artists) == 1
    assert albums == []


def test_artists_keep_their_numbers_and_are_shared_by_lists() -> None:
    first, second = make_list("first", token="1"), make_list("second", token="2")
    make_listed(first, 1)
    _, [before], _ = _bodies(first)
    make_listed(second, 2)
    make_listed(second, 1)

    _, artists, _ = _bodies(second)
    _, [after], _ = _bodies(first)

    assert before == after
    assert {artist["foreignArtistId"]: artist["id"] for artist in artists}[mbid(1)] == before["id"]


def test_albums_read_before_a_publish_find_their_artists_after_it() -> None:
    made = make_list(mode=Mode.ALBUMS)
    moved = make_listed(made, 1, release_group_mbid=mbid(101))
    deleted = make_listed(made, 2, release_group_mbid=mbid(102))
    make_listed(made, 3, release_group_mbid=mbid(103))
    _, _, albums_before = _bodies(made)

    moved.artist_mbid = mbid(9)
    moved.save()
    deleted.delete()
    Recommendation.objects.filter(artist_mbid=mbid(3)).update(status="in_library")
    made.mode = Mode.ARTISTS
    made.save()
    _, artists_after, _ = _bodies(made)

    assert {album["artistId"] for album in albums_before} <= {artist["id"] for artist in artists_after}


def test_the_etag_changes_with_the_content_alone() -> None:
    made = make_published_list()
    empty = PublishedList.objects.get().etag

    publishing.render(made.pk, NOW + timedelta(days=1))
    unchanged = PublishedList.objects.get()
    make_listed(made, 1)
    publishing.render(made.pk, NOW + timedelta(days=2))

    assert unchanged.etag == empty
    assert unchanged.rendered_at == NOW
    assert PublishedList.objects.get().etag != empty


def test_the_copy_on_disk_follows_the_row(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        made = make_published_list()
        make_listed(made, 1)
        publishing.render(made.pk, NOW)

    path = snapshot_path("jazz")
    kept, row = json.loads(path.read_text()), PublishedList.objects.get()
    assert kept["custom"].encode() == bytes(row.custom)
    assert (kept["slug"], kept["etag"], kept["token_digest"]) == ("jazz", row.etag, row.token_digest)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [other.name for other in path.parent.glob("*")] in (["jazz.json", ".lock"], [".lock", "jazz.json"])


def test_nothing_is_copied_from_a_transaction_that_did_not_commit() -> None:
    make_published_list()

    assert not snapshot_path("jazz").exists()


def test_a_renamed_list_leaves_no_copy_under_its_old_name(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        made = make_published_list("jazz")
    made.slug = "bebop"
    made.save()
    with django_capture_on_commit_callbacks(execute=True):
        publishing.render(made.pk, NOW)

    assert not snapshot_path("jazz").exists()
    assert snapshot_path("bebop").exists()


def test_a_forgotten_list_leaves_no_copy(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        make_published_list("jazz")

    publishing.forget("jazz")
    publishing.forget("jazz")

    assert not snapshot_path("jazz").exists()


def test_a_copy_that_cannot_be_written_loses_nothing_else(
    data_folder: Path,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    # /dev/full fails as a full disk does: on writing, with ENOSPC.
    (data_folder / "published").mkdir()
    os.symlink("/dev/full", data_folder / "published" / "jazz.new")

    with caplog.at_level(logging.WARNING), django_capture_on_commit_callbacks(execute=True):
        make_published_list("jazz")

    assert PublishedList.objects.filter(slug="jazz").exists()
    assert not snapshot_path("jazz").exists()
    assert "copy on disk could not be written" in caplog.text
    assert "No space left" in caplog.text


class EveryList(TestCase):
    """Whatever rows there are, Lidarr can read what they become."""

    @settings(deadline=None, max_examples=60)
    @given(
        rows=st.lists(
            st.tuples(
                st.sampled_from([mbid(1), mbid(2), mbid(3), "", "not-an-id", mbid(0xABCDEF).upper()]),
                st.sampled_from([mbid(101), mbid(102), mbid(103), "", "x"]),
                st.none() | st.floats(0, 1),
                st.sampled_from(Recommendation.Status.values),
                st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
            ),
            max_size=12,
            unique_by=lambda row: (row[0], row[1]),
        ),
        mode=st.sampled_from(Mode),
    )
    def test_lidarr_can_read_it(self, rows: list[tuple[str, str, float | None, str, str]], mode: Mode) -> None:
        made = make_list(mode=mode)
        for artist_mbid, group_mbid, score, status, name in rows:
            fields = {"score": score, "status": status, "artist": name, "album": name}
            make_listed(made, 0, artist_mbid=artist_mbid, release_group_mbid=group_mbid, **fields)

        custom, artists, albums = _bodies(made)

        named = [item["MusicBrainzId"] for item in custom]
        assert len(set(named)) == len(named)
        assert set(named) <= {mbid(1), mbid(2), mbid(3)}
        numbers = [artist["id"] for artist in artists]
        assert len(set(numbers)) == len(numbers)
        assert {album["artistId"] for album in albums} <= set(numbers)
