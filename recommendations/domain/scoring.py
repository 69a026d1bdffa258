"""How well a candidate fits its listener and the list so far, as four parts that can be shown."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from statistics import fmean

from recommendations.domain.profile import real_genres
from recommendations.domain.styles import find_style, genre_styles, is_within, nearest_style, similarity
from recommendations.domain.types import Candidate, Profile, ScorePart

NEUTRAL = 0.5


def score(
    candidate: Candidate, profile: Profile, chosen: Sequence[Candidate], now: datetime, styles: Sequence[str] = ()
) -> Candidate:
    """The candidate with its score (0 to 1) and the parts: genre 40 %, era, diversity and model confidence 20 % each.

    `chosen` are the candidates already taken for the list, `styles` the list's own, which then stand in for the
    library's genres. What is unknown counts `NEUTRAL` and says so: a candidate is neither favored nor punished for it.
    """
    parts = (
        _genre(candidate, profile, styles),
        _era(candidate, profile, now),
        _diversity(candidate, chosen),
        _confidence(candidate),
    )
    return replace(candidate, score=round(sum(part.value * part.weight for part in parts), 4), parts=parts)


def candidate_styles(candidate: Candidate) -> set[str]:
    """The styles of a candidate: by MusicBrainz's tags, and by the model's own genres only where those name none."""
    return genre_styles(candidate.tags) or genre_styles(candidate.genres)


def _genre(candidate: Candidate, profile: Profile, styles: Sequence[str]) -> ScorePart:
    wanted = _wanted(profile, styles)
    named = real_genres(candidate.tags) or real_genres(candidate.genres)
    slugs = candidate_styles(candidate)
    if not wanted or not (named or slugs):
        return ScorePart("genre", NEUTRAL, 0.4, "No genre to compare")
    # Within a style the owner chose is a full match; of the library's genres only the same one is.
    near = _belonging if styles else similarity
    best, match = max(
        (reach * max((near(slug, genre) for slug in slugs), default=float(genre in named)), genre)
        for genre, reach in wanted.items()
    )
    if not best:
        return ScorePart("genre", 0.0, 0.4, "Far from your genres" if not styles else "Far from the list's styles")
    return ScorePart("genre", round(best, 4), 0.4, f"Close to {_called(match)}")


def _wanted(profile: Profile, styles: Sequence[str]) -> Mapping[str, float]:
    """What to compare with, each with how much a perfect match counts: list styles 1, genres by their rank in size."""
    slugs = {style.slug if (style := find_style(text)) else text: 1.0 for text in styles}
    if slugs or not profile.genres:
        return slugs
    # The square root keeps a genre of a tenth of the leading one worth a third of it: small loves are loves too.
    leading = profile.genres[0].share or 1.0
    shares = ((genre.name, (genre.share / leading) ** 0.5) for genre in profile.genres)
    wanted: dict[str, float] = {}
    for name, reach in shares:
        key = style.slug if (style := nearest_style(name)) else name
        wanted[key] = max(reach, wanted.get(key, 0.0))
    return wanted


def _belonging(slug: str, style: str) -> float:
    return 1.0 if is_within(slug, style) else similarity(slug, style)


def _era(candidate: Candidate, profile: Profile, now: datetime) -> ScorePart:
    year = candidate.year
    albums = {int(share.name.removesuffix("s")): share.share for share in profile.decades}
    if year is None or not albums or not 0 < year <= now.year + 1:
        return ScorePart("era", NEUTRAL, 0.2, "No year to compare")
    decade = year // 10 * 10
    own = albums.get(decade, 0.0)
    near = max(albums.get(decade - 10, 0.0), albums.get(decade + 10, 0.0)) / 2
    # Someone who buys new records wants new records, whatever decade the older ones fill.
    new = profile.new_release_share if year >= now.year - 1 else 0.0
    value = min(1.0, max(own, near, new) / max(albums.values()))
    because = "Newly released" if new > max(own, near) else f"{own:.0%} of your albums are from the {decade}s"
    return ScorePart("era", round(value, 4), 0.2, because)


def _diversity(candidate: Candidate, chosen: Sequence[Candidate]) -> ScorePart:
    """One minus the mean likeness to what is on the list; the mean, because some likeness to one is unavoidable."""
    if not chosen:
        return ScorePart("diversity", 1.0, 0.2, "First on the list")
    if any(_same_artist(candidate, other) for other in chosen):
        return ScorePart("diversity", 0.0, 0.2, "Another record by an artist on the list")
    slugs = candidate_styles(candidate)
    others = [known for other in chosen if (known := candidate_styles(other))]
    if not slugs or not others:
        return ScorePart("diversity", NEUTRAL, 0.2, "No genre to compare")
    value = 1 - fmean(_likeness(slugs, other) for other in others)
    return ScorePart(
        "diversity", round(value, 4), 0.2, "Unlike the rest of the list" if value > 0.5 else "Like the rest"
    )


def _likeness(slugs: set[str], others: set[str]) -> float:
    """How alike two sets of styles are: the mean of each style's nearest in the smaller set."""
    few, many = sorted((slugs, others), key=len)
    return fmean(max(similarity(a, b) for b in many) for a in few)


def _confidence(candidate: Candidate) -> ScorePart:
    if candidate.confidence is None:
        return ScorePart("confidence", NEUTRAL, 0.2, "The model gave no confidence")
    value = min(max(candidate.confidence, 0.0), 1.0)
    return ScorePart("confidence", round(value, 4), 0.2, f"The model is {value:.0%} sure")


def _same_artist(one: Candidate, other: Candidate) -> bool:
    if one.artist_mbid and other.artist_mbid:
        return one.artist_mbid == other.artist_mbid
    return one.artist.casefold() == other.artist.casefold()


def _called(genre: str) -> str:
    style = find_style(genre)
    return style.name if style else genre
