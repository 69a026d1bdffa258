"""The sockets under every call: vetted, bounded in time, and shut down from another thread when a call is aborted."""

import contextlib
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpcore

from providers.errors import AddressRefused, ConnectionFailed, Phase, Stopped, TimedOut
from providers.http.addresses import Resolver, Target, vet

# How soon a blocked resolve or connect notices an abort.
_SLICE = 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each part of one exchange may take.

    `connect` covers resolving, connecting and TLS, each; `first_token` runs from the request's last byte sent to the
    first byte of the body; `idle` is the longest silence after that; `total` runs from the request to the last byte.
    A server that sends keep-alives without ever sending text is within these limits: who reads the text watches that.
    """

    connect: timedelta = timedelta(seconds=10)
    first_token: timedelta = timedelta(seconds=60)
    idle: timedelta = timedelta(seconds=30)
    total: timedelta = timedelta(minutes=10)


class Switch:
    """Ends every call of one client: shuts down what is open, refuses what comes after."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._is_off = threading.Event()

    def turn_off(self) -> None:
        self._is_off.set()
        with self._lock:
            for sock in self._sockets:
                with contextlib.suppress(OSError):
                    # Not SSLSocket.shutdown: that drops the TLS state under the feet of the thread that reads.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def check(self) -> None:
        if self._is_off.is_set():
            raise Stopped(self.label)

    def watch(self, sock: socket.socket) -> None:
        with self._lock:
            self._sockets.add(sock)
        try:
            self.check()
        except Stopped:
            self.drop(sock)
            raise

    def drop(self, sock: socket.socket) -> None:
        with self._lock:
            self._sockets.discard(sock)
        sock.close()


class GuardedBackend(httpcore.NetworkBackend):
    """Resolves once, vets, and connects to exactly the address it vetted: a second DNS answer is never asked for."""

    def __init__(self, switch: Switch, limits: Limits, resolver: Resolver) -> None:
        self._switch = switch
        self._limits = limits
        self._resolver = resolver

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> "GuardedStream":
        self._switch.check()
        allowance = self._limits.connect.total_seconds()
        targets = vet(host, self._resolve(host, port, time.monotonic() + allowance))
        if not targets:
            raise AddressRefused(self._switch.label, f"{host} leads to a link-local, metadata or multicast address")
        deadline = time.monotonic() + allowance
        failure: Exception | None = None
        for number, target in enumerate(targets):
            # A first address that never answers must leave time for the second.
            share = (deadline - time.monotonic()) / (len(targets) - number)
            try:
                return GuardedStream(self._connect(target, time.monotonic() + share), self._switch, self._limits)
            except (OSError, TimedOut) as error:
                failure = error
        if isinstance(failure, TimedOut):
            raise failure
        raise ConnectionFailed(self._switch.label, _reason(failure))

    def _resolve(self, host: str, port: int, deadline: float) -> Sequence[Target]:
        answer: list[Sequence[Target] | OSError] = []
        done = threading.Event()

        def ask() -> None:
            try:
                answer.append(self._resolver(host, port))
            except OSError as error:
                answer.append(error)
            except UnicodeError as error:
                answer.append(OSError(str(error)))
            done.set()

        # The system's resolver cannot be interrupted; an abandoned thread ends by itself when the resolver gives up.
        threading.Thread(target=ask, name="resolve", daemon=True).start()
        while not done.wait(_SLICE):
            self._switch.check()
            if time.monotonic() > deadline:
                raise TimedOut(self._switch.label, f"resolving {host} took too long", phase=Phase.CONNECT)
        found = answer[0]
        if isinstance(found, OSError):
            raise ConnectionFailed(self._switch.label, f"{host} could not be resolved: {_reason(found)}")
        return found

    def _connect(self, target: Target, deadline: float) -> socket.socket:
        family, address = target
        sock = socket.socket(family, socket.SOCK_STREAM)
        self._switch.watch(sock)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                sock.connect(address)
            self._await_connection(sock, deadline)
        except BaseException:
            self._switch.drop(sock)
            raise
        return sock

    def _await_connection(self, sock: socket.socket, deadline: float) -> None:
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        while not poll.poll(_SLICE * 1000):
            self._switch.check()
            if time.monotonic() > deadline:
                raise TimedOut(self._switch.label, phase=Phase.CONNECT)
        self._switch.check()
        if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(code, os.strerror(code))


class GuardedStream(httpcore.NetworkStream):
    """One connection. Writing starts an exchange and its clocks; the transport says when the body has begun."""

    def __init__(self, sock: socket.socket, switch: Switch, limits: Limits) -> None:
        self._sock = sock
        self._switch = switch
        self._limits = limits
        self._asked_at = time.monotonic()
        self.has_body_begun = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        phase, allowance = self._allowance()
        if timeout is not None:
            allowance = min(allowance, timeout)
        if allowance <= 0:
            raise TimedOut(self._switch.label, phase=phase)
        try:
            self._sock.settimeout(allowance)
            piece = self._sock.recv(max_bytes)
        except TimeoutError:
            raise TimedOut(self._switch.label, phase=phase) from None
        except OSError as error:
            self._switch.check()
            raise ConnectionFailed(self._switch.label, _reason(error)) from None
        # An abort looks like a peer that hung up.
        self._switch.check()
        return piece

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.has_body_begun = False
        try:
            self._sock.settimeout(self._limits.first_token.total_seconds())
            self._sock.sendall(buffer)
        except TimeoutError:
            raise TimedOut(self._switch.label, "it stopped taking our request", phase=Phase.FIRST_TOKEN) from None
        except OSError as error:
            self._switch.check()
            # httpcore then reads what the server may have said before it hung up.
            raise httpcore.WriteError(_reason(error)) from None
        self._asked_at = time.monotonic()

    def close(self) -> None:
        self._switch.drop(self._sock)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "GuardedStream":
        plain = self._sock
        try:
            plain.settimeout(self._limits.connect.total_seconds())
            # The handshake comes after the switch knows the new socket, or an abort could not reach it.
            self._sock = ssl_context.wrap_socket(plain, server_hostname=server_hostname, do_handshake_on_connect=False)
            self._switch.drop(plain)
            self._switch.watch(self._sock)
            self._sock.do_handshake()
        except TimeoutError:
            self.close()
            raise TimedOut(self._switch.label, "the TLS handshake took too long", phase=Phase.CONNECT) from None
        except (OSError, ValueError) as error:
            self.close()
            self._switch.check()
            raise ConnectionFailed(self._switch.label, f"TLS: {_reason(error)}") from None
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        if info == "is_readable":
            if self._sock.fileno() < 0:
                return True
            poll = select.poll()
            poll.register(self._sock, select.POLLIN)
            return bool(poll.poll(0))
        return None

    def _allowance(self) -> tuple[Phase, float]:
        now = time.monotonic()
        left = self._asked_at + self._limits.total.total_seconds() - now
        if self.has_body_begun:
            phase, allowance = Phase.IDLE, self._limits.idle.total_seconds()
        else:
            phase, allowance = Phase.FIRST_TOKEN, self._asked_at + self._limits.first_token.total_seconds() - now
        return (Phase.TOTAL, left) if left < allowance else (phase, allowance)


def _reason(error: BaseException | None) -> str:
    """The plain words of a socket error; certificate errors keep the sentence that names what is wrong."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)
