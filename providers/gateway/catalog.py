"""The door to MusicBrainz: one request at a time for the whole installation, repeated a little, then given up on."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar
from urllib.parse import urlsplit

from django.conf import settings

from providers.contracts import CatalogArtist, CatalogReleaseGroup, Found, Merged
from providers.errors import NotFound, ProviderError
from providers.gateway.reader import call_aside
from providers.guard import retry
from providers.http import GuardedClient, Limits, open_client
from providers.models import Pace
from providers.music.musicbrainz import MusicBrainz

T = TypeVar("T")

LIMITS = Limits(
    connect=timedelta(seconds=10),
    first_token=timedelta(seconds=30),
    idle=timedelta(seconds=15),
    total=timedelta(seconds=60),
)
# No honest queue is longer; a slot further off was set by a clock that has since gone back.
LONGEST_QUEUE_S = 120.0
LONGEST_WAIT = timedelta(seconds=30)


class CatalogUnavailable(Exception):
    """The catalog could not be asked just now; what depends on it must wait, never guess."""


class OpenCatalog:
    """MusicBrainz, paced and patient; satisfies contracts.Catalog. Raises CatalogUnavailable, or what `tick` raises."""

    def __init__(self, tick: Callable[[], None]) -> None:
        self._tick = tick
        self._connect()
        self.requests = 0

    def close(self) -> None:
        self._client.close()

    def fits(self, pairs: Sequence[tuple[str, str]]) -> int:
        """How many of the pairs, from the first, one request can carry."""
        return self._musicbrainz.fits(pairs)

    def fits_names(self, names: Sequence[str]) -> int:
        """How many of the names, from the first, one request can carry."""
        return self._musicbrainz.fits_names(names)

    def find_release_groups(self, pairs: Sequence[tuple[str, str]]) -> Found[CatalogReleaseGroup]:
        return self._ask(lambda: self._musicbrainz.find_release_groups(pairs))

    def find_artists(self, names: Sequence[str]) -> Found[CatalogArtist]:
        return self._ask(lambda: self._musicbrainz.find_artists(names))

    def find_release_groups_by(self, wanted: Sequence[tuple[str, str]]) -> Found[CatalogReleaseGroup]:
        return self._ask(lambda: self._musicbrainz.find_release_groups_by(wanted))

    def artist(self, artist_mbid: str) -> CatalogArtist:
        """One artist by id; a merged id gives the surviving artist. Raises NotFound."""
        found = self._ask(lambda: self._musicbrainz.artist(artist_mbid))
        if isinstance(found, Merged):
            survivor = found.artist_mbid
            found = self._ask(lambda: self._musicbrainz.artist(survivor))
        if isinstance(found, Merged):
            raise NotFound("MusicBrainz", "one merge leads to another")
        return found

    def _ask(self, request: Callable[[], T]) -> T:
        for attempt in range(1, 2 + retry.RETRIES):
            self._wait_until(_take_slot(time.time()))
            self.requests += 1
            try:
                return call_aside(
                    request, provider="MusicBrainz", limits=LIMITS, abort=self._client.abort, tick=self._tick
                )
            except ProviderError as error:
                # A call that fails turns its client off for good.
                self._client.close()
                self._connect()
                if isinstance(error, NotFound):
                    raise
                if not retry.is_worth_retrying(error) or attempt > retry.RETRIES:
                    raise CatalogUnavailable(str(error)) from error
                wait = min(retry.wait_before(attempt, error, random.random()), LONGEST_WAIT)  # noqa: S311 (jitter)
                # MusicBrainz declines everybody behind this address, so every process waits, not only this one.
                _postpone(time.time() + wait.total_seconds())
        raise AssertionError("the last attempt returns or raises")

    def _connect(self) -> None:
        self._client: GuardedClient = open_client("MusicBrainz", LIMITS)
        self._musicbrainz = MusicBrainz(self._client, settings.MUSICBRAINZ_URL, user_agent=_user_agent())

    def _wait_until(self, moment: float) -> None:
        while (left := moment - time.time()) > 0:
            self._tick()
            time.sleep(min(left, 0.2))


@contextmanager
def open_catalog(*, tick: Callable[[], None]) -> Iterator[OpenCatalog]:
    """MusicBrainz or the mirror set in BRAINARR_MUSICBRAINZ_URL, for the length of a `with`."""
    with closing(OpenCatalog(tick)) as catalog:
        yield catalog


def _take_slot(now: float) -> float:
    """Reserve the installation's next free moment and return it. `now` and the result: seconds since the epoch."""
    service = urlsplit(settings.MUSICBRAINZ_URL).netloc
    interval = 1.0 / settings.MUSICBRAINZ_RATE
    while True:
        pace, _ = Pace.objects.get_or_create(service=service)
        is_believable = pace.next_at <= now + LONGEST_QUEUE_S
        slot = max(now, pace.next_at) if is_believable else now
        taken = Pace.objects.filter(service=service, next_at=pace.next_at).update(next_at=slot + interval)
        if taken == 1:
            return slot


def _postpone(moment: float) -> None:
    Pace.objects.filter(service=urlsplit(settings.MUSICBRAINZ_URL).netloc, next_at__lt=moment).update(next_at=moment)


def _user_agent() -> str:
    try:
        number = version("brainarr")
    except PackageNotFoundError:
        number = "dev"
    return f"Brainarr/{number} ( {settings.CONTACT_URL} )"
