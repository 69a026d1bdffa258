"""Asks one address over and over: python -m tests.benchmarks.load URL CONNECTIONS SECONDS [ETAG]. Prints JSON.

Connections are kept. One that the server closes is opened anew, and that belongs to the next request's time.
"""

import json
import selectors
import socket
import sys
import time
from collections import Counter
from urllib.parse import urlsplit


class Connection:
    """One client that asks, waits for the whole answer, and asks again."""

    def __init__(self, selector: selectors.BaseSelector, address: tuple[str, int], request: bytes) -> None:
        self._selector = selector
        self._address = address
        self._request = request
        self._socket: socket.socket | None = None
        self._received = b""
        self._began = 0.0

    def ask(self) -> None:
        self._began = time.perf_counter()
        self._received = b""
        if self._socket is None:
            self._socket = socket.create_connection(self._address)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(self._socket, selectors.EVENT_READ, self)
        self._socket.sendall(self._request)

    def take(self) -> tuple[int, float] | None:
        """The status and the seconds it took once the answer is whole. Raises ConnectionError when it breaks off."""
        assert self._socket is not None
        piece = self._socket.recv(1 << 18)
        self._received += piece
        head, _, body = self._received.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        if not piece:
            raise ConnectionError("the server hung up in the middle of an answer")
        if b"\r\n\r\n" not in self._received or len(body) < int(fields.get(b"content-length", 0)):
            return None
        took = time.perf_counter() - self._began
        if fields.get(b"connection") == b"close":
            self.close()
        return int(head.split(b" ", 2)[1]), took

    def close(self) -> None:
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None


def main() -> None:
    url, connections, seconds, etag = (*sys.argv[1:], "")[:4]
    parts = urlsplit(url)
    condition = f"If-None-Match: {etag}\r\n" if etag else ""
    request = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n{condition}\r\n".encode()
    selector = selectors.DefaultSelector()
    clients = [
        Connection(selector, (str(parts.hostname), int(parts.port or 80)), request) for _ in range(int(connections))
    ]
    statuses: Counter[int] = Counter()
    times: list[float] = []
    began = time.perf_counter()
    for client in clients:
        client.ask()
    while time.perf_counter() - began < float(seconds):
        for key, _ in selector.select(timeout=5):
            if answer := key.data.take():
                statuses[answer[0]] += 1
                times.append(answer[1])
                key.data.ask()
    lasted = time.perf_counter() - began
    for client in clients:
        client.close()
    times.sort()
    print(
        json.dumps(
            {
                "statuses": statuses,
                "per_second": len(times) / lasted,
                "p50_ms": 1000 * times[len(times) // 2],
                "p99_ms": 1000 * times[int(len(times) * 0.99)],
            }
        )
    )


if __name__ == "__main__":
    main()
