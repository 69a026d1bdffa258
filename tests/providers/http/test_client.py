"""What a guarded client bounds: time, size, redirects, and calls that somebody else ends."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest

from providers.errors import ConnectionFailed, MalformedAnswer, Phase, ProviderError, Redirected, Stopped, TimedOut
from providers.http import GuardedClient, Limits, open_client, translate
from providers.http.addresses import Target
from providers.simulators.server import Reply, Request, Simulator


class TlsServer(Protocol):
    port: int
    names: list[str | None]


LONG = timedelta(seconds=20)
SHORT = timedelta(milliseconds=150)
LIMITS = Limits(LONG, LONG, LONG, LONG)


class Pieces(Simulator):
    """Answers with what it was given."""

    reply: Callable[[], Reply] = staticmethod(lambda: Reply(body=iter([b"a", b"b", b"c"])))

    def answer(self, request: Request) -> Reply:
        return self.reply()


@pytest.fixture
def server() -> Iterator[Pieces]:
    with Pieces() as server:
        yield server


def test_an_answer_comes_whole(server: Pieces) -> None:
    with open_client("Lidarr", LIMITS) as client:
        assert client.get(server.url).text == "abc"


def test_silence_before_the_body_is_a_first_token_time_out(server: Pieces) -> None:
    server.fault("stall", seconds=5)

    with open_client("Ollama", replace(LIMITS, first_token=SHORT)) as client, pytest.raises(TimedOut) as caught:
        client.get(server.url)

    assert caught.value.phase is Phase.FIRST_TOKEN


def test_silence_within_the_body_is_an_idle_time_out(server: Pieces) -> None:
    server.fault("stall", after=1, seconds=5)

    with open_client("Ollama", replace(LIMITS, idle=SHORT)) as client, pytest.raises(TimedOut) as caught:
        client.get(server.url)

    assert caught.value.phase is Phase.IDLE


def test_a_long_wait_for_the_first_byte_is_not_judged_by_the_idle_limit(server: Pieces) -> None:
    def slow_start() -> Iterator[bytes]:
        server.wait(0.3)
        yield b"late"

    server.reply = lambda: Reply(body=slow_start())

    with open_client("Ollama", replace(LIMITS, idle=SHORT)) as client:
        assert client.get(server.url).text == "late"
        # Again on the kept connection, whose last body had begun.
        assert client.get(server.url).text == "late"


def test_the_first_token_limit_starts_anew_with_every_request_on_a_kept_connection(server: Pieces) -> None:
    server.reply = lambda: Reply.of({})

    with open_client("Ollama", replace(LIMITS, first_token=timedelta(milliseconds=400))) as client:
        client.get(server.url)
        time.sleep(0.5)
        assert client.get(server.url).status_code == 200


def test_an_endless_trickle_ends_at_the_total_limit(server: Pieces) -> None:
    def trickle() -> Iterator[bytes]:
        while True:
            server.wait(0.05)
            yield b"."

    server.reply = lambda: Reply(body=trickle())

    with (
        open_client("Ollama", replace(LIMITS, total=timedelta(milliseconds=300))) as client,
        pytest.raises(TimedOut) as caught,
    ):
        client.get(server.url)

    assert caught.value.phase is Phase.TOTAL


def test_a_host_that_never_answers_is_a_connect_time_out() -> None:
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as deaf,
        socket.create_connection(deaf.getsockname()),
        open_client("Ollama", replace(LIMITS, connect=SHORT)) as client,
        pytest.raises(TimedOut) as caught,
    ):
        client.get("http://{}:{}/".format(*deaf.getsockname()))

    assert caught.value.phase is Phase.CONNECT


def test_a_closed_port_is_a_failed_connection() -> None:
    with open_client("Ollama", LIMITS) as client, pytest.raises(ConnectionFailed, match="refused"):
        client.get("http://127.0.0.1:1/")


def aborted_after(client: GuardedClient, call: Callable[[], object], delay: float = 0.2) -> tuple[Exception, float]:
    """What the call raised in its own thread, and how long after the abort."""
    raised: list[tuple[Exception, float]] = []

    def run() -> None:
        try:
            with translate("Ollama"):
                call()
        except ProviderError as error:
            raised.append((error, time.monotonic()))

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(delay)
    client.abort()
    at = time.monotonic()
    thread.join(5)
    error, when = raised[0]
    return error, when - at


@pytest.mark.parametrize("after", [0, 1])
def test_an_abort_ends_a_blocked_read_at_once(server: Pieces, after: int) -> None:
    server.fault("stall", after=after, seconds=10)

    with open_client("Ollama", LIMITS) as client:
        error, seconds = aborted_after(client, lambda: client.get(server.url))

    assert isinstance(error, Stopped)
    assert seconds < 0.25


def test_an_abort_ends_a_blocked_connect_at_once() -> None:
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as deaf,
        socket.create_connection(deaf.getsockname()),
        open_client("Ollama", LIMITS) as client,
    ):
        error, seconds = aborted_after(client, lambda: client.get("http://{}:{}/".format(*deaf.getsockname())))

    assert isinstance(error, Stopped)
    assert seconds < 0.25


def test_an_abort_ends_a_blocked_look_up_at_once() -> None:
    release = threading.Event()

    def slow(host: str, port: int) -> Sequence[Target]:
        release.wait(5)
        return []

    with open_client("Ollama", LIMITS, resolver=slow) as client:
        error, seconds = aborted_after(client, lambda: client.get("http://slow.example/"))
        release.set()

    assert isinstance(error, Stopped)
    assert seconds < 0.25


def test_an_abort_ends_a_blocked_tls_handshake_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, open_client("Ollama", LIMITS) as client:
        error, seconds = aborted_after(client, lambda: client.get("https://{}:{}/".format(*mute.getsockname())))

    assert isinstance(error, Stopped)
    assert seconds < 0.25


def test_an_aborted_client_starts_nothing_new(server: Pieces) -> None:
    with open_client("Ollama", LIMITS) as client:
        client.abort()
        with pytest.raises(Stopped):
            client.get(server.url)

    assert server.seen() == []


def test_a_redirect_is_refused_and_names_its_goal_without_secrets(server: Pieces) -> None:
    server.fault("redirect", body="http://user:hunter2@elsewhere.example/login?apikey=canary")

    with (
        open_client("Lidarr", LIMITS) as client,
        pytest.raises(Redirected, match=r"to another address \(\"http://elsewhere\.example/login\"\)") as caught,
    ):
        client.get(server.url, headers={"X-Api-Key": "canary"})

    assert "canary" not in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert len(server.seen()) == 1


def test_an_oversized_answer_is_refused(server: Pieces) -> None:
    server.reply = lambda: Reply(body=iter([b"x" * 600] * 2))

    with open_client("Lidarr", LIMITS, max_bytes=1000) as client, pytest.raises(MalformedAnswer, match="more than"):
        client.get(server.url)


def test_a_bomb_is_counted_unpacked(server: Pieces) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    server.reply = lambda: Reply(body=bomb, headers={"Content-Encoding": "gzip"})

    with open_client("Lidarr", LIMITS, max_bytes=100_000) as client, pytest.raises(MalformedAnswer, match="more than"):
        client.get(server.url)


def test_a_packed_answer_is_unpacked(server: Pieces) -> None:
    server.reply = lambda: Reply(body=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})

    with open_client("Lidarr", LIMITS) as client:
        assert client.get(server.url).text == "hello"


def test_an_answer_packed_twice_is_refused(server: Pieces) -> None:
    server.reply = lambda: Reply(
        body=gzip.compress(gzip.compress(b"hello")), headers={"Content-Encoding": "gzip, gzip"}
    )

    with open_client("Lidarr", LIMITS) as client, pytest.raises(MalformedAnswer, match="gzip, gzip"):
        client.get(server.url)


def test_a_proxy_in_the_environment_is_not_used(server: Pieces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    with open_client("Lidarr", LIMITS) as client:
        assert client.get(server.url).status_code == 200


def test_tls_asks_for_the_name_in_the_url_and_checks_who_vouches_for_it(tls_server: TlsServer) -> None:
    target = (socket.AF_INET, ("127.0.0.1", tls_server.port))

    with (
        open_client("Lidarr", LIMITS, resolver=lambda host, port: [target]) as client,
        pytest.raises(ConnectionFailed, match="TLS: self-signed certificate"),
    ):
        client.get(f"https://lidarr.example:{tls_server.port}/")

    assert tls_server.names == ["lidarr.example"]
