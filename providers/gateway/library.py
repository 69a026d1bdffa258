"""The door to the owner's library: a Lidarr, read in a thread so that a slow one can be waited for or given up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from providers.contracts import Endpoint, Exclusion, LibraryStatus, OwnedAlbum, OwnedArtist
from providers.errors import AuthenticationFailed, SecretUnreadable
from providers.gateway.reader import call_aside, read_aside
from providers.http import GuardedClient, Limits, open_client
from providers.models import LidarrConnection
from providers.music.lidarr import Lidarr

T = TypeVar("T")

# Lidarr builds its whole answer before it sends the first byte; for 50,000 artists on a small box that takes minutes.
# The total only bounds a library that never ends.
LIMITS = Limits(
    connect=timedelta(seconds=10),
    first_token=timedelta(minutes=5),
    idle=timedelta(minutes=2),
    total=timedelta(hours=2),
)
MAX_BYTES = 8 * 1024**3


class OpenLibrary:
    """A Lidarr behind the reader thread; satisfies contracts.LibrarySource."""

    def __init__(self, connection: LidarrConnection, client: GuardedClient, tick: Callable[[], None]) -> None:
        self._name = connection.name
        self._client = client
        self._tick = tick
        self._lidarr = Lidarr(client, Endpoint(connection.base_url, connection.name, _key_of(connection)))

    @property
    def skipped(self) -> int:
        """How many unusable items (no id, a malformed one, a second one) were passed over so far."""
        return self._lidarr.skipped.total()

    def status(self) -> LibraryStatus:
        return call_aside(
            self._lidarr.status, provider=self._name, limits=LIMITS, abort=self._client.abort, tick=self._tick
        )

    def artists(self) -> Iterator[OwnedArtist]:
        return self._aside(self._lidarr.artists)

    def albums(self, source_artist_id: int | None = None) -> Iterator[OwnedAlbum]:
        return self._aside(lambda: self._lidarr.albums(source_artist_id))

    def exclusions(self) -> Iterator[Exclusion]:
        return self._aside(self._lidarr.exclusions)

    def _aside(self, source: Callable[[], Iterator[T]]) -> Iterator[T]:
        return read_aside(source, provider=self._name, limits=LIMITS, abort=self._client.abort, tick=self._tick)


def _key_of(connection: LidarrConnection) -> str:
    try:
        return str(connection.api_key.open())
    except SecretUnreadable as error:
        raise AuthenticationFailed(connection.name, str(error)) from error


@contextmanager
def open_library(connection_id: int, *, tick: Callable[[], None]) -> Iterator[OpenLibrary]:
    """The library of a connection, for the length of a `with`; it raises ProviderError, or what `tick` raises."""
    connection = LidarrConnection.objects.get(pk=connection_id)
    with open_client(connection.name, LIMITS, max_bytes=MAX_BYTES) as client:
        yield OpenLibrary(connection, client, tick)
