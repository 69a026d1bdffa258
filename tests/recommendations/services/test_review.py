"""What a run saves, and what the owner decides about it: on the list at once, and nothing refused comes back."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError

from providers.accounts import declare_account, declare_lidarr
from providers.gateway import choose_model
from providers.models import LidarrConnection, ProviderAccount
from recommendations.domain.names import album_key, artist_key
from recommendations.domain.reasons import DropReason, ReviewReason
from recommendations.domain.types import Batch, Candidate, IdentityOption, Mode, ScorePart
from recommendations.models import LibraryAlbum, LibraryArtist, PublishedList, Recommendation, RecommendationList, Run
from recommendations.queries.library import OwnedLibrary
from recommendations.services.review import (
    DecisionRefused,
    approve,
    choose_identity,
    reject,
    reject_for_good,
    save_candidates,
    settle_owned,
    unresolved_candidates,
)
from recommendations.services.runs import brief_of
from recommendations.stage import RunContext
from recommendations.stages.publish import publish
from tests.factories import NOW, make_list, mbid

pytestmark = pytest.mark.django_db

Status = Recommendation.Status


@pytest.fixture
def account() -> ProviderAccount:
    return declare_account("Demo", "demo", "")


@pytest.fixture
def artists(account: ProviderAccount) -> RecommendationList:
    return make_list("artists", account=account)


@pytest.fixture
def albums(account: ProviderAccount) -> RecommendationList:
    return make_list("albums", account=account, mode=Mode.ALBUMS)


def _run(list_: RecommendationList, **fields: object) -> Run:
    return Run.objects.create(
        list=list_, brief={}, queued_at=NOW, provider="demo", model="curated", status="complete", **fields
    )


def _candidate(number: int, **fields: object) -> Candidate:
    known = Candidate(
        artist=f"Artist {number}",
        album=f"Album {number}",
        confidence=0.9,
        artist_mbid=mbid(number),
        release_group_mbid=mbid(100 + number),
        score=0.5,
        parts=(ScorePart("genre", 0.5, 0.4, "ambient"),),
    )
    return replace(known, **fields)  # type: ignore[arg-type]  # fields are what a test cares about


def _served(list_: RecommendationList, body: str = "custom") -> list[str]:
    name = {"custom": "MusicBrainzId", "albums": "foreignAlbumId"}[body]
    return sorted(item[name] for item in json.loads(bytes(getattr(PublishedList.objects.get(list=list_), body))))


def _status(number: int) -> str:
    return Recommendation.objects.get(artist=f"Artist {number}").status


# Saving.


def test_survivors_are_saved_with_their_reasons_and_served(artists: RecommendationList) -> None:
    waiting = _candidate(2, review=ReviewReason.BORDERLINE_CONFIDENCE)

    assert save_candidates(_run(artists), [_candidate(1), waiting], NOW) == (1, 1)

    row = Recommendation.objects.get(artist="Artist 1")
    assert (row.provider, row.model, row.evidence, row.album) == ("demo", "curated", "Album 1", "")
    assert row.score_parts == [{"name": "genre", "value": 0.5, "weight": 0.4, "because": "ambient"}]
    assert _served(artists) == [mbid(1)]


def test_saving_twice_changes_nothing(albums: RecommendationList) -> None:
    run = _run(albums)
    save_candidates(run, [_candidate(1), _candidate(2)], NOW)
    before = list(Recommendation.objects.order_by("pk").values())

    assert save_candidates(run, [_candidate(1), _candidate(2)], NOW) == (2, 0)

    assert list(Recommendation.objects.order_by("pk").values()) == before
    assert _served(albums, "albums") == [mbid(101), mbid(102)]


def test_what_comes_back_after_its_window_takes_its_old_place(artists: RecommendationList) -> None:
    save_candidates(_run(artists), [_candidate(1)], NOW)
    Recommendation.objects.update(status=Status.EXPIRED)
    later = NOW + timedelta(days=400)

    save_candidates(_run(artists), [_candidate(1)], later)

    row = Recommendation.objects.get()
    assert (row.status, row.created_at, row.first_listed_at) == (Status.LISTED, later, NOW)


def test_what_could_not_be_looked_up_is_kept_for_the_next_run_and_then_gone(artists: RecommendationList) -> None:
    unresolved = _candidate(1, artist_mbid="", release_group_mbid="", review=ReviewReason.UNRESOLVED)
    save_candidates(_run(artists), [unresolved], NOW)

    (kept,) = unresolved_candidates(artists)
    assert (kept.artist, kept.album, kept.confidence, kept.review) == ("Artist 1", "Album 1", 0.9, None)

    save_candidates(_run(artists), [_candidate(1)], NOW)
    assert (_status(1), unresolved_candidates(artists)) == (Status.LISTED, ())


def test_what_has_arrived_in_the_library_leaves_the_list(
    artists: RecommendationList, albums: RecommendationList
) -> None:
    connection = declare_lidarr("Lidarr", "http://lidarr:8686", "0123456789abcdef")
    for list_ in (artists, albums):
        list_.connections.add(connection)
    save_candidates(_run(artists), [_candidate(1), _candidate(2)], NOW)
    save_candidates(_run(albums), [_candidate(3), _candidate(4)], NOW)
    _own(connection, 1)
    # Lidarr knows every record of an artist; only one that is monitored or has files is owned.
    _own(connection, 3, is_owned=True)
    _own(connection, 4, is_owned=False)

    assert settle_owned(artists) == 1
    assert settle_owned(albums) == 1

    assert [_status(n) for n in (1, 2, 3, 4)] == [Status.IN_LIBRARY, Status.LISTED, Status.IN_LIBRARY, Status.LISTED]


def _own(connection: LidarrConnection, number: int, *, is_owned: bool = True) -> None:
    name, title = f"Artist {number}", f"Album {number}"
    LibraryArtist.objects.create(
        connection=connection, source_id=number, artist_mbid=mbid(number), name=name, artist_key=artist_key(name)
    )
    LibraryAlbum.objects.create(
        connection=connection,
        source_id=number,
        source_artist_id=number,
        release_group_mbid=mbid(100 + number),
        title=title,
        album_key=album_key(name, title),
        is_owned=is_owned,
    )


# Deciding.


def test_what_is_approved_is_served_and_what_is_turned_down_is_not(albums: RecommendationList) -> None:
    candidates = [_candidate(number, review=ReviewReason.POLICY) for number in (1, 2, 3, 4)]
    save_candidates(_run(albums), candidates, NOW)
    rows = {row.artist: row for row in Recommendation.objects.all()}
    assert _served(albums, "albums") == []

    assert approve([rows["Artist 1"], rows["Artist 2"]], None, NOW) == 2
    assert _served(albums, "albums") == [mbid(101), mbid(102)]

    reject([rows["Artist 2"]], None, NOW)
    reject_for_good([rows["Artist 3"]], None, NOW)
    assert _served(albums, "albums") == [mbid(101)]
    assert [_status(n) for n in (1, 2, 3, 4)] == [Status.LISTED, Status.REJECTED, Status.NEVER, Status.WAITING]


def test_an_album_approved_is_one_album(albums: RecommendationList) -> None:
    two = [
        _candidate(1, review=ReviewReason.POLICY),
        _candidate(1, album="Other", release_group_mbid=mbid(201), review=ReviewReason.POLICY),
    ]
    save_candidates(_run(albums), two, NOW)

    approve(Recommendation.objects.filter(release_group_mbid=mbid(101)), None, NOW)

    assert _served(albums, "albums") == [mbid(101)]


def test_nobody_of_uncertain_identity_is_approved_and_then_nobody_is(albums: RecommendationList) -> None:
    uncertain = _candidate(2, artist_mbid="", release_group_mbid="", review=ReviewReason.AMBIGUOUS_IDENTITY)
    save_candidates(_run(albums), [_candidate(1, review=ReviewReason.POLICY), uncertain], NOW)

    with pytest.raises(DecisionRefused, match=r"Artist 2.*choose the right one first"):
        approve(Recommendation.objects.all(), None, NOW)

    assert {row.status for row in Recommendation.objects.all()} == {Status.WAITING}
    assert _served(albums, "albums") == []


def test_an_identity_once_chosen_can_be_approved(albums: RecommendationList) -> None:
    option = IdentityOption(mbid(7), "The Other Artist 1", release_group_mbid=mbid(107))
    uncertain = _candidate(
        1, artist_mbid="", release_group_mbid="", review=ReviewReason.AMBIGUOUS_IDENTITY, options=(option,)
    )
    save_candidates(_run(albums), [uncertain], NOW)
    row = Recommendation.objects.get()

    choose_identity(row, option)
    approve([row], None, NOW)

    assert _served(albums, "albums") == [mbid(107)]


def test_an_identity_that_is_recommended_already_is_refused(artists: RecommendationList) -> None:
    option = IdentityOption(mbid(1), "Artist 1")
    uncertain = _candidate(2, artist_mbid="", review=ReviewReason.AMBIGUOUS_IDENTITY, options=(option,))
    save_candidates(_run(artists), [_candidate(1), uncertain], NOW)

    with pytest.raises(DecisionRefused, match="under that identity; reject this one"):
        choose_identity(Recommendation.objects.get(status=Status.WAITING), option)


def test_one_record_has_one_row(artists: RecommendationList) -> None:
    save_candidates(_run(artists), [_candidate(1)], NOW)
    row = Recommendation.objects.get()
    row.pk = None

    with pytest.raises(IntegrityError):
        row.save(force_insert=True)


# While a run is on its way.


def _publish(list_: RecommendationList, run: Run, candidates: tuple[Candidate, ...]) -> Batch:
    account = ProviderAccount.objects.get()
    context = RunContext(
        run_id=run.pk,
        correlation=run.correlation,
        brief=brief_of(list_),
        account_id=account.pk,
        chosen=choose_model(account.pk, ""),
        connection_ids=(),
        seed=0,
        now=NOW,
        library=OwnedLibrary(list_, (), NOW),
        kept_for_later=(),
        tick=lambda: None,
    )
    return publish(Batch(accepted=candidates), context)


def test_what_the_owner_refused_while_the_run_went_on_stays_refused(
    artists: RecommendationList, account: ProviderAccount
) -> None:
    other = make_list("other", account=account)
    save_candidates(_run(other), [_candidate(1), _candidate(2), _candidate(3)], NOW)
    reject_for_good(Recommendation.objects.filter(artist="Artist 1"), None, NOW)
    reject(Recommendation.objects.filter(artist="Artist 3"), None, NOW)

    batch = _publish(artists, _run(artists), tuple(_candidate(number) for number in (1, 2, 3, 4)))

    # A rejection is its own list's; never again is every list's; and one list serves what another does not.
    assert _served(artists) == [mbid(3), mbid(4)]
    assert [(drop.candidate.artist, drop.reason) for drop in batch.drops] == [
        ("Artist 1", DropReason.NEVER_AGAIN),
        ("Artist 2", DropReason.ON_ANOTHER_LIST),
    ]
    assert len(batch.accepted) == 2


def test_a_dry_run_saves_nothing_and_says_so(artists: RecommendationList) -> None:
    batch = _publish(artists, _run(artists, is_dry=True), (_candidate(1),))

    assert batch.notes == ("A dry run: nothing was published.",)
    assert not Recommendation.objects.exists()
