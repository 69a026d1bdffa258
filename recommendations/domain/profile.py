"""What a library says about its owner: genres, decades, depth and habits, read in one pass over its artists."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from math import log, log1p
from operator import itemgetter
from typing import Any, Generic, TypeVar

from recommendations.domain.styles import find_style, nearest_style, split_genres
from recommendations.domain.types import Cluster, OwnedFacts, Profile, Share

T = TypeVar("T")

NO_GENRE = "no genre given"
OTHER = "other"
MOST_CLUSTERS = 40

_RECENT = timedelta(days=180)
_LONGEST_GENRE = 40
_PLACEHOLDERS = frozenset(
    {"all", "default", "genre", "misc", "miscellaneous", "n/a", "none", "other", "unclassifiable", "unknown", "various"}
)


class Best(Generic[T]):
    """Keeps the `size` items of lowest rank in bounded memory. Ranks must order items that are not interchangeable."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: list[tuple[tuple[Any, ...], T]] = []
        self._worst: tuple[Any, ...] | None = None

    def offer(self, rank: tuple[Any, ...], item: T) -> None:
        if self._size < 1 or (self._worst is not None and rank >= self._worst):
            return
        self._entries.append((rank, item))
        if len(self._entries) >= 2 * self._size:
            self._cut()

    def ranked(self) -> list[tuple[tuple[Any, ...], T]]:
        """What was kept with its rank, lowest first."""
        self._cut()
        return self._entries

    def items(self) -> tuple[T, ...]:
        """What was kept, lowest rank first."""
        return tuple(item for _, item in self.ranked())

    def _cut(self) -> None:
        self._entries.sort(key=itemgetter(0))
        del self._entries[self._size :]
        if self._entries and len(self._entries) == self._size:
            self._worst = self._entries[-1][0]


def weight(artist: OwnedFacts) -> int:
    """How much an artist counts, in thousandths: logarithms of albums, tracks and plays, tempered by the rating.

    Logarithms keep one artist of 10,000 plays from being the whole library. What is merely listed counts a tenth of
    one album. A rating (0 to 10) moves the weight by at most a fifth. Whole numbers, because sums of floats depend on
    the order of the artists.
    """
    owned = log1p(max(artist.albums_owned, 0)) + log1p(max(artist.tracks_owned, 0) / 10) / 2
    liking = 1.0 if artist.rating is None else 0.8 + min(max(artist.rating, 0.0), 10.0) / 25
    return round(1000 * liking * (0.07 + owned + log1p(max(artist.plays, 0) / 10)))


def real_genres(genres: Iterable[str]) -> tuple[str, ...]:
    """The genres worth counting, under one spelling each, in the library's order; placeholders are left out."""
    return tuple(dict.fromkeys(name for genre in split_genres(genres) if (name := _countable(genre))))


@lru_cache(maxsize=4096)
def leading_genre(genres: tuple[str, ...]) -> str:
    """The genre an artist is filed under: the first that names a known style, else the first, else `NO_GENRE`."""
    return _leading(real_genres(genres))


def build_profile(
    artists: Iterable[OwnedFacts], decades: Mapping[int, int], new_releases: int, now: datetime
) -> Profile:
    """The profile of a library; the order of the artists does not matter, and none of them is held.

    `decades` counts albums by the first year of their decade, `new_releases` those among them that are new. Memory
    grows with the number of genres, not of artists. An empty library gives an empty profile. A completist artist is
    owned to 80 % of at least 5 known albums, a sampled one with 1 or 2 of at least 5.
    """
    counts: Counter[str] = Counter()
    genres: Counter[str] = Counter()
    clusters: defaultdict[str, _Cluster] = defaultdict(_Cluster)
    top = Best[str](25)
    recent = Best[str](15)
    for artist in artists:
        heft = weight(artist)
        for habit, amount in _habits(artist):
            counts[habit] += amount
        real = real_genres(artist.genres)
        for genre in real:
            genres[genre] += heft // len(real)
        clusters[_leading(real)].add(artist.name, heft)
        top.offer((-heft, artist.name), artist.name)
        if artist.added_at and now - _RECENT <= artist.added_at <= now:
            recent.offer((now - artist.added_at, artist.name), artist.name)
    owning = max(counts["owning"], 1)
    return Profile(
        artist_count=counts["artists"],
        album_count=counts["albums"],
        genres=_shares(genres)[:30],
        decades=_shares(Counter({f"{decade}s": albums for decade, albums in decades.items() if albums > 0})),
        new_release_share=_ratio(new_releases, sum(decades.values())),
        completist_share=_ratio(counts["completist"], owning),
        sampler_share=_ratio(counts["sampled"], owning),
        diversity=_evenness(genres),
        clusters=_ranked_clusters(clusters),
        top_artists=top.items(),
        recent_artists=recent.items(),
    )


@lru_cache(maxsize=8192)
def _countable(genre: str) -> str:
    style = find_style(genre)
    name = style.name if style else genre.casefold()
    is_real = name not in _PLACEHOLDERS and len(name) <= _LONGEST_GENRE and any(letter.isalpha() for letter in name)
    return name if is_real else ""


def _leading(real: tuple[str, ...]) -> str:
    return next((genre for genre in real if nearest_style(genre)), real[0] if real else NO_GENRE)


class _Cluster:
    """The artists filed under one genre, as counts and the few heaviest names."""

    def __init__(self) -> None:
        self.size = 0
        self.heft = 0
        self.names = Best[str](6)

    def add(self, name: str, heft: int) -> None:
        self.size += 1
        self.heft += heft
        self.names.offer((-heft, name), name)

    def absorb(self, other: "_Cluster") -> None:
        self.size += other.size
        self.heft += other.heft
        for rank, name in other.names.ranked():
            self.names.offer(rank, name)


def _habits(artist: OwnedFacts) -> Iterator[tuple[str, int]]:
    owned, known = max(artist.albums_owned, 0), artist.albums_known
    yield "artists", 1
    yield "albums", owned
    if owned:
        yield "owning", 1
    if known >= 5 and owned >= 0.8 * known:
        yield "completist", 1
    if known >= 5 and owned in (1, 2):
        yield "sampled", 1


def _ranked_clusters(clusters: Mapping[str, _Cluster]) -> tuple[Cluster, ...]:
    ranked = sorted(clusters.items(), key=lambda entry: (-entry[1].heft, entry[0]))
    if len(ranked) > MOST_CLUSTERS:
        rest = _Cluster()
        for _, small in ranked[MOST_CLUSTERS - 1 :]:
            rest.absorb(small)
        ranked = [*ranked[: MOST_CLUSTERS - 1], (OTHER, rest)]
    total = sum(cluster.heft for _, cluster in ranked)
    return tuple(
        Cluster(name, cluster.size, _ratio(cluster.heft, total), cluster.names.items()) for name, cluster in ranked
    )


def _shares(amounts: Counter[str]) -> tuple[Share, ...]:
    ranked = sorted(amounts.items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple(Share(name, _ratio(amount, amounts.total())) for name, amount in ranked)


def _evenness(amounts: Counter[str]) -> float:
    """Shannon's entropy over its maximum for as many genres (Pielou's J', J. Theor. Biol. 13, 1966): 1 is even."""
    present = sorted(amount for amount in amounts.values() if amount)
    if len(present) < 2:
        return 0.0
    total = sum(present)
    return round(-sum(amount / total * log(amount / total) for amount in present) / log(len(present)), 4)


def _ratio(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
