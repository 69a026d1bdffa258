"""Draws the artists that stand for a library: its top, its latest, and a random share from every cluster."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from operator import itemgetter

from recommendations.domain.profile import OTHER, Best, leading_genre, weight
from recommendations.domain.types import Cluster, Discovery, OwnedFacts, Profile

MAJOR_SHARE = 0.02

_SHARES: Mapping[Discovery, tuple[float, float]] = {
    Discovery.SIMILAR: (0.60, 0.30),
    Discovery.ADJACENT: (0.45, 0.35),
    Discovery.EXPLORATORY: (0.35, 0.40),
}
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class Sample:
    """The artists to name in a prompt, none of them twice: any head of `drawn` is as random as the whole."""

    top: tuple[OwnedFacts, ...] = ()
    recent: tuple[OwnedFacts, ...] = ()
    drawn: tuple[OwnedFacts, ...] = ()


def sample(artists: Iterable[OwnedFacts], profile: Profile, discovery: Discovery, size: int, seed: int) -> Sample:
    """Draw `size` artists in one pass, in memory bounded by `size`; the order of the library does not matter.

    Top, recent and random artists have shares of 60/30/10 (similar), 45/35/20 (adjacent) and 35/40/25 (exploratory).
    The random share is dealt to the clusters by their size; every cluster of at least 2 % is in the sample, at the cost
    of the recent artists if need be. The same seed draws the same artists, the next one others, so that in time all
    of a library is seen. `profile` is the profile of these artists.
    """
    top_share, recent_share = _SHARES[discovery]
    top = Best[OwnedFacts](round(size * top_share))
    # Those at the top are often the latest as well: enough are kept to fill the share without them.
    recent = Best[OwnedFacts](size)
    pools = {cluster.name: Best[OwnedFacts](size) for cluster in profile.clusters}
    for artist in artists:
        identity = _identity(artist)
        lot = _lot(artist, seed)
        top.offer((-weight(artist), lot, identity), artist)
        if artist.added_at:
            # A library imported in one go has one date for all; then the lot decides, not the alphabet.
            recent.offer((-artist.added_at.timestamp(), lot, identity), artist)
        genre = leading_genre(artist.genres)
        if pool := pools.get(genre if genre in pools else OTHER):
            pool.offer((lot, identity), artist)

    leaders = top.items()
    unseen = _unseen(profile, leaders)
    if len(leaders) + len(unseen) > size:
        leaders = leaders[: max(0, size - len(_unseen(profile, ())))]
        unseen = _unseen(profile, leaders)
    taken = {id(artist) for artist in leaders}
    room = max(0, min(round(size * recent_share), size - len(leaders) - len(unseen)))
    latest = tuple(artist for artist in recent.items() if id(artist) not in taken)[:room]
    taken |= {id(artist) for artist in latest}
    seats = size - len(leaders) - len(latest)
    quotas = _quotas(profile.clusters, unseen[:seats], seats, seed)
    return Sample(leaders, latest, _deal(pools, taken, quotas, seats))


def _unseen(profile: Profile, leaders: Iterable[OwnedFacts]) -> list[str]:
    """The major clusters that none of these artists belongs to."""
    seen = {leading_genre(artist.genres) for artist in leaders}
    return [cluster.name for cluster in profile.clusters if cluster.share >= MAJOR_SHARE and cluster.name not in seen]


def _quotas(clusters: Iterable[Cluster], unseen: Iterable[str], seats: int, seed: int) -> dict[str, int]:
    """One seat for each cluster not seen yet; the others by size, spread evenly from a start that moves with the seed.

    This is systematic sampling: each cluster gets its exact share rounded up or down, and one too small for a seat
    in every run gets it in some. The golden ratio keeps the starts of consecutive seeds apart.
    """
    quotas = dict.fromkeys(unseen, 1)
    sizes = [(cluster.name, cluster.size) for cluster in clusters]
    left = seats - len(quotas)
    total = sum(size for _, size in sizes)
    reach = seed * _GOLDEN % 1
    for name, size in sizes:
        reach += left * size / total
        quotas[name] = quotas.get(name, 0) + int(reach)
        reach -= int(reach)
    return quotas


def _deal(
    pools: Mapping[str, Best[OwnedFacts]], taken: set[int], quotas: Mapping[str, int], seats: int
) -> tuple[OwnedFacts, ...]:
    """Fill each cluster's quota, and the seats that small clusters leave empty from all clusters together."""
    dealt, spare = [], []
    for name, pool in pools.items():
        free = [entry for entry in pool.ranked() if id(entry[1]) not in taken]
        dealt += free[: quotas[name]]
        spare += free[quotas[name] :]
    spare.sort(key=itemgetter(0))
    dealt += spare[: max(0, seats - len(dealt))]
    return tuple(artist for _, artist in sorted(dealt, key=itemgetter(0)))


def _identity(artist: OwnedFacts) -> tuple[object, ...]:
    """Tells apart whatever is not interchangeable, so that no order of the library shows through."""
    return (
        artist.name,
        artist.disambiguation,
        artist.genres,
        artist.albums_owned,
        artist.albums_known,
        artist.tracks_owned,
        artist.plays,
    )


def _lot(artist: OwnedFacts, seed: int) -> bytes:
    """What the artist draws under this seed. Python's own hash would change with every process."""
    return blake2b(f"{seed}\0{artist.name}\0{artist.disambiguation}".encode("utf-8", "replace"), digest_size=8).digest()
