"""Who a suggestion is at MusicBrainz: asked in batches, remembered, and never guessed."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from providers.guard import retry
from providers.simulators.catalog import Artist, World, world
from providers.simulators.musicbrainz import MusicBrainzSimulator
from recommendations.domain.identity import Certainty, Verdict
from recommendations.domain.types import Candidate, Mode
from recommendations.models import Resolution
from recommendations.services.resolution import resolve_candidates
from tests.factories import NOW, mbid

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def quick() -> Iterator[MusicBrainzSimulator]:
    with MusicBrainzSimulator(rate=0) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def musicbrainz(quick: MusicBrainzSimulator, settings: Any, monkeypatch: pytest.MonkeyPatch) -> MusicBrainzSimulator:
    settings.MUSICBRAINZ_URL = quick.url
    settings.MUSICBRAINZ_RATE = 1000.0
    monkeypatch.setattr(retry, "FIRST_WAIT", timedelta(milliseconds=1))
    quick.faults.clear()
    quick.requests.clear()
    return quick


def _resolve(
    candidates: Sequence[Candidate],
    mode: Mode = Mode.ARTISTS,
    *,
    days: float = 0,
    tick: Callable[[], None] = lambda: None,
) -> list[Verdict]:
    return resolve_candidates(candidates, mode, now=NOW + timedelta(days=days), tick=tick)


def _one(candidate: Candidate, mode: Mode = Mode.ARTISTS) -> Verdict:
    (verdict,) = _resolve([candidate], mode)
    return verdict


def _artist(name: str, disambiguation: str = "") -> Artist:
    (found,) = (a for a in world().named(name) if a.name == name and disambiguation in a.disambiguation)
    return found


def _pairs(count: int) -> list[tuple[Candidate, Artist]]:
    alone = [artist for artist in world().artists if artist.albums and len(world().named(artist.name)) == 1]
    return [(Candidate(a.name, a.albums[0].title, a.albums[0].year), a) for a in alone[:count]]


@pytest.mark.parametrize("mode", list(Mode))
def test_a_hundred_suggestions_take_at_most_ten_requests_and_again_none(
    mode: Mode, musicbrainz: MusicBrainzSimulator
) -> None:
    pairs = _pairs(100)
    asked = [candidate for candidate, _ in pairs]

    verdicts = _resolve(asked, mode)

    assert [verdict.candidate.artist_mbid for verdict in verdicts] == [artist.mbid for _, artist in pairs]
    assert 5 <= len(musicbrainz.requests) <= 10
    musicbrainz.requests.clear()
    assert [verdict.candidate for verdict in _resolve(asked, mode)] == [verdict.candidate for verdict in verdicts]
    assert musicbrainz.requests == []


def test_in_album_mode_the_record_is_identified_too() -> None:
    slowdive = _artist("Slowdive")

    verdict = _one(Candidate("slowdive", "souvlaki"), Mode.ALBUMS)

    assert verdict.certainty is Certainty.CERTAIN
    assert verdict.candidate.release_group_mbid == next(a.mbid for a in slowdive.albums if a.title == "Souvlaki")
    assert (verdict.candidate.artist, verdict.candidate.album) == ("Slowdive", "Souvlaki")


@pytest.mark.parametrize(
    ("album", "year", "who"),
    [("Nevermind", None, "grunge"), ("All of Us", None, "from the UK"), ("In Utero", 1993, "grunge")],
)
def test_artists_of_one_name_are_told_apart_by_the_record(album: str, year: int | None, who: str) -> None:
    verdict = _one(Candidate("Nirvana", album, year))

    assert verdict.certainty is Certainty.CERTAIN
    assert verdict.candidate.artist_mbid == _artist("Nirvana", who).mbid


def test_artists_of_one_name_are_told_apart_by_genre() -> None:
    verdict = _one(Candidate("Ghost", genres=("psychedelic folk",)))

    assert verdict.candidate.artist_mbid == _artist("Ghost", "Japanese").mbid


def test_an_artist_whose_name_is_shared_and_nothing_else_known_is_the_owners_to_choose() -> None:
    verdict = _one(Candidate("Death"))

    assert verdict.certainty is Certainty.AMBIGUOUS
    assert verdict.candidate.artist_mbid == ""
    assert {option.artist_mbid for option in verdict.candidate.options} == {a.mbid for a in world().named("Death")}
    assert all(option.disambiguation for option in verdict.candidate.options)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    ("alias", "name"), [("Haruomi Hosono", "細野晴臣"), ("Kino", "Кино"), ("BTS", "방탄소년단"), ("Bjork", "Björk")]
)
def test_an_alias_leads_to_the_artist_and_the_record(alias: str, name: str, mode: Mode) -> None:
    artist = _artist(name)

    verdict = _one(Candidate(alias, artist.albums[0].title), mode)

    assert verdict.certainty is Certainty.CERTAIN
    assert (verdict.candidate.artist_mbid, verdict.candidate.artist) == (artist.mbid, name)


@pytest.mark.parametrize(
    "candidate",
    [
        Candidate("The Velvet Harbingers", "Midnight Cartography"),
        Candidate("Slowdyve", "Souvlaki"),
        Candidate("Echo", "Ocean Rain"),
        Candidate('" OR artist:*) AND (\\', "[ *~^"),
    ],
    ids=lambda candidate: candidate.artist,
)
@pytest.mark.parametrize("mode", list(Mode))
def test_an_invention_or_another_spelling_is_not_found(candidate: Candidate, mode: Mode) -> None:
    verdict = _one(candidate, mode)

    assert verdict.certainty is Certainty.NOT_FOUND
    assert verdict.candidate == candidate


def test_in_album_mode_an_invented_record_of_a_real_artist_is_not_found() -> None:
    assert _one(Candidate("Björk", "Basalt Hymns"), Mode.ALBUMS).certainty is Certainty.NOT_FOUND


def test_a_record_of_somebody_else_does_not_lend_its_id() -> None:
    verdict = _one(Candidate("Slowdive", "Loveless"), Mode.ALBUMS)

    assert verdict.certainty is Certainty.NOT_FOUND


def test_verdicts_come_in_the_order_of_the_candidates() -> None:
    asked = [Candidate("Nobody at All"), Candidate("Ride"), Candidate("Death"), Candidate("Lush", "Spooky")]

    verdicts = _resolve(asked)

    assert [verdict.candidate.artist for verdict in verdicts] == ["Nobody at All", "Ride", "Death", "Lush"]
    assert [verdict.certainty.value for verdict in verdicts] == ["not_found", "certain", "ambiguous", "certain"]


def _world_with(artists: Sequence[Artist]) -> MusicBrainzSimulator:
    return MusicBrainzSimulator(World([*artists, *world().artists]), rate=0)


def test_names_that_crowd_each_other_out_are_asked_again_in_smaller_parts(settings: Any) -> None:
    # More artists are called so than one answer carries, and they rank above the others.
    name = "Five Hollow Bells Ring Low"
    with _world_with([Artist(mbid(number), name, f"no. {number}") for number in range(150)]) as crowded:
        settings.MUSICBRAINZ_URL = crowded.url
        verdicts = _resolve([Candidate(name), Candidate("Ride"), Candidate("Lush")])

    assert [verdict.certainty.value for verdict in verdicts] == ["ambiguous", "certain", "certain"]


def test_an_artist_of_the_very_name_goes_before_one_that_has_it_as_an_alias(settings: Any) -> None:
    assert _one(Candidate("Manitoba")).candidate.artist == "Caribou"

    with _world_with([Artist(mbid(1), "Manitoba")]) as extended:
        settings.MUSICBRAINZ_URL = extended.url
        (verdict,) = _resolve([Candidate("Manitoba")], days=91)

    assert (verdict.certainty, verdict.candidate.artist_mbid) == (Certainty.CERTAIN, mbid(1))


def test_in_an_outage_everything_stays_open_and_is_found_once_it_is_over(musicbrainz: MusicBrainzSimulator) -> None:
    asked = [candidate for candidate, _ in _pairs(30)]
    musicbrainz.fault("status", status=503, times=-1)

    during = _resolve(asked)
    musicbrainz.faults.clear()
    after = _resolve(asked)

    assert {verdict.certainty for verdict in during} == {Certainty.UNRESOLVED}
    assert [verdict.candidate for verdict in during] == asked
    assert {verdict.certainty for verdict in after} == {Certainty.CERTAIN}


def test_what_was_found_before_an_outage_is_kept(musicbrainz: MusicBrainzSimulator) -> None:
    asked = [candidate for candidate, _ in _pairs(45)]
    musicbrainz.fault("status", status=503, times=-1, skip=1)

    verdicts = _resolve(asked)

    found = [verdict.certainty for verdict in verdicts].count(Certainty.CERTAIN)
    assert 15 <= found <= 20
    assert Resolution.objects.count() == found


def test_one_busy_moment_is_waited_out(musicbrainz: MusicBrainzSimulator) -> None:
    musicbrainz.fault("status", status=503)

    assert _one(Candidate("Ride")).certainty is Certainty.CERTAIN
    assert len(musicbrainz.requests) == 2


def test_not_found_is_asked_again_after_a_week_and_found_after_three_months(
    musicbrainz: MusicBrainzSimulator,
) -> None:
    asked = [Candidate("Ride"), Candidate("Nobody at All")]
    _resolve(asked)

    def requests_after(days: float) -> int:
        musicbrainz.requests.clear()
        _resolve(asked, days=days)
        return len(musicbrainz.requests)

    assert requests_after(6.9) == 0
    assert requests_after(7.1) == 1
    assert "Ride" not in musicbrainz.requests[0].parameter("query")
    assert requests_after(90.1) == 1


def test_what_genre_decided_is_not_remembered_for_the_other_genre() -> None:
    _one(Candidate("Ghost", genres=("heavy metal",)))

    verdict = _one(Candidate("Ghost", genres=("psychedelic folk",)))

    assert verdict.candidate.artist_mbid == _artist("Ghost", "Japanese").mbid


def test_what_is_remembered_keeps_the_models_own_words_of_this_time() -> None:
    _one(Candidate("Ride", reason="first", confidence=0.4))

    verdict = _one(Candidate("ride", reason="second", confidence=0.9))

    assert (verdict.candidate.artist, verdict.candidate.reason, verdict.candidate.confidence) == ("Ride", "second", 0.9)


def test_artist_mode_remembers_nothing_for_album_mode() -> None:
    _one(Candidate("Slowdive", "A Record That Is None"), Mode.ARTISTS)

    assert _one(Candidate("Slowdive", "A Record That Is None"), Mode.ALBUMS).certainty is Certainty.NOT_FOUND


def test_a_cancelled_run_ends_the_enquiry(musicbrainz: MusicBrainzSimulator) -> None:
    class Cancelled(Exception):
        pass

    def cancel() -> None:
        raise Cancelled

    musicbrainz.fault("slow", seconds=5, times=-1)

    with pytest.raises(Cancelled):
        _resolve([Candidate("Ride")], tick=cancel)


def test_nothing_to_ask_asks_nobody(musicbrainz: MusicBrainzSimulator) -> None:
    assert _resolve([]) == []
    assert musicbrainz.requests == []


def _age(days: int, **changes: str) -> None:
    """Make what is remembered so many days older, with another id if one is given."""
    for row in Resolution.objects.all():
        row.candidate = {**row.candidate, **changes}
        row.expires_at -= timedelta(days=days)
        row.save()


def test_an_id_known_for_long_is_followed_to_the_artist_it_was_merged_into(musicbrainz: MusicBrainzSimulator) -> None:
    bjork = _artist("Björk")
    candidate = Candidate("Björk", bjork.albums[0].title)
    _one(candidate)
    _age(40, artist_mbid=bjork.merged[0])

    assert _one(candidate).candidate.artist_mbid == bjork.mbid

    musicbrainz.requests.clear()
    assert _one(candidate).candidate.artist_mbid == bjork.mbid
    assert musicbrainz.seen("/ws/2") == []


def test_an_id_that_is_gone_is_asked_for_anew() -> None:
    bjork = _artist("Björk")
    candidate = Candidate("Björk", bjork.albums[0].title)
    _one(candidate)
    _age(40, artist_mbid=mbid(7))

    assert _one(candidate).candidate.artist_mbid == bjork.mbid


def test_an_outage_leaves_an_old_id_as_it_is_known(musicbrainz: MusicBrainzSimulator) -> None:
    bjork = _artist("Björk")
    candidate = Candidate("Björk", bjork.albums[0].title)
    _one(candidate)
    _age(40)
    musicbrainz.fault("status", status=503, times=-1)

    assert _one(candidate).candidate.artist_mbid == bjork.mbid
