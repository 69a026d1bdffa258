"""The httpx client every adapter is handed: short-lived, one per call, its answers capped and its redirects refused."""

import functools
import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from providers.errors import AddressRefused, MalformedAnswer, Redirected
from providers.http.addresses import Resolver, resolve
from providers.http.sockets import GuardedBackend, GuardedStream, Limits, Switch

MAX_BYTES = 16 * 1024 * 1024

# A packed piece of this size unpacks to at most about 4 MiB before the cap is checked.
_PIECE = 4096
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

# httpx writes whole URLs at INFO and httpcore response headers at DEBUG; Lidarr's feeds carry tokens in URLs.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class GuardedClient(httpx.Client):
    """An httpx client that cannot be led astray: see `open_client`. Use as a context manager.

    Raises AddressRefused, MalformedAnswer, TimedOut, ConnectionFailed and Stopped by itself, and httpx's own
    exceptions where httpx meets them: wrap calls in `translate`.
    """

    def __init__(self, *, switch: Switch, **settings: Any) -> None:
        super().__init__(**settings)
        self._switch = switch

    def abort(self) -> None:
        """End whatever this client does, from any thread: the thread that waits gets Stopped within 250 ms."""
        self._switch.turn_off()


def open_client(
    label: str,
    limits: Limits,
    *,
    max_bytes: int = MAX_BYTES,
    headers: Mapping[str, str] | None = None,
    resolver: Resolver = resolve,
) -> GuardedClient:
    """A client for one provider.

    http and https only; the host is resolved once and the vetted address connected to, while TLS checks the host's
    name; redirects are refused; a body beyond `max_bytes`, counted unpacked, is refused; no proxy is used.
    """
    switch = Switch(label)
    return GuardedClient(
        switch=switch,
        transport=_GuardedTransport(GuardedBackend(switch, limits, resolver), label, max_bytes),
        timeout=httpx.Timeout(None, connect=limits.connect.total_seconds(), pool=limits.connect.total_seconds()),
        headers={"Accept-Encoding": "gzip", "User-Agent": "Brainarr", **(headers or {})},
        trust_env=False,
        follow_redirects=False,
    )


class _GuardedTransport(httpx.BaseTransport):
    def __init__(self, backend: GuardedBackend, label: str, max_bytes: int) -> None:
        self._label = label
        self._max_bytes = max_bytes
        self._pool = httpcore.ConnectionPool(ssl_context=_trust(), network_backend=backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.scheme not in {"http", "https"}:
            raise AddressRefused(self._label, f"{request.url.scheme or 'no'} scheme")
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        response = _CappedResponse(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer.iter_stream(), answer.close, answer.extensions["network_stream"]),
            extensions={"http_version": answer.extensions["http_version"]},
        )
        response.label, response.max_bytes = self._label, self._max_bytes
        refusal = self._refusal(request, response)
        if refusal is not None:
            response.close()
            raise refusal
        return response

    def close(self) -> None:
        self._pool.close()

    def _refusal(self, request: httpx.Request, response: httpx.Response) -> MalformedAnswer | None:
        if response.status_code in _REDIRECTS:
            parts = urlsplit(urljoin(str(request.url), response.headers.get("location", "")))
            # Neither credentials nor the query: both may hold a key.
            where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
            return Redirected(self._label, where, status=response.status_code)
        # Packed twice, a few bytes could unpack to gigabytes between two checks of the cap.
        if (packing := response.headers.get("content-encoding", "identity").strip().lower()) not in {
            "",
            "identity",
            "gzip",
            "deflate",
        }:
            return MalformedAnswer(self._label, f"packed as {packing[:40]}, which was not asked for")
        return None


class _CappedResponse(httpx.Response):
    label: str
    max_bytes: int

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        seen = 0
        for piece in super().iter_bytes(chunk_size):
            seen += len(piece)
            if seen > self.max_bytes:
                self.close()
                raise MalformedAnswer(self.label, f"more than {self.max_bytes // 1024} KiB", status=self.status_code)
            yield piece


class _Body(httpx.SyncByteStream):
    def __init__(self, pieces: Iterator[bytes], close: Callable[[], None], connection: GuardedStream) -> None:
        self._pieces = pieces
        self._close = close
        self._connection = connection

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._connection.has_body_begun = True
            for start in range(0, len(piece), _PIECE):
                yield piece[start : start + _PIECE]

    def close(self) -> None:
        self._close()


@functools.cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()
