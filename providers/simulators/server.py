"""A small threaded HTTP server that the simulators stand on: it records requests and commits faults on request."""

import contextlib
import json
import socket
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

CONTROL = "/_simulator"


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent. Header names are lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    at: float

    def json(self) -> Any:
        return json.loads(self.body)

    def parameter(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a simulator answers; an iterable body is sent chunked, piece by piece."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> "Reply":
        body = json.dumps(value, ensure_ascii=False).encode()
        return cls(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


@dataclass(slots=True)
class Fault:
    """Trouble for the next `times` requests (-1: all) whose path starts with `path`, after letting `skip` pass.

    kind: status (answers `status` with `body` and `headers`), stall (accepts, sends `after` pieces, then nothing for
    `seconds`), drop (sends `after` pieces, then resets the connection), truncate (sends `after` pieces and ends as if
    that were all), malformed (200 with `body` or a web page), slow (`seconds` before every piece), redirect (302 to
    `body`).
    """

    kind: str
    path: str = "/"
    times: int = 1
    skip: int = 0
    after: int = 0
    seconds: float = 0.0
    status: int = 500
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Simulator:
    """Subclass and write `answer`. Use as a context manager, or `start` and `stop`.

    Other processes control it over HTTP: GET and DELETE /_simulator/requests, POST and DELETE /_simulator/faults.
    """

    name = "simulator"

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server((host, port), _Handler)
        self._server.simulator = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def answer(self, request: Request) -> Reply:
        """What the real server would answer, refusals included."""
        raise LookupError(f"{type(self).__name__} has no answer for {request.path}")

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def fault(self, kind: str, **particulars: Any) -> None:
        """Queue trouble; see `Fault`."""
        with self._lock:
            self.faults.append(Fault(kind, **particulars))

    def seen(self, prefix: str = "/") -> list[Request]:
        """The requests recorded so far whose path starts with `prefix`."""
        with self._lock:
            return [request for request in self.requests if request.path.startswith(prefix)]

    def reply_to(self, request: Request) -> tuple[Reply, Fault | None]:
        if request.path.startswith(CONTROL):
            return self._control(request), None
        with self._lock:
            self.requests.append(request)
            fault = self._due(request)
        if fault is None:
            return self.answer(request), None
        if fault.kind == "status":
            return Reply(
                fault.status, fault.body.encode(), {"Content-Type": "application/json", **fault.headers}
            ), fault
        if fault.kind == "malformed":
            page = fault.body or "<!doctype html><title>Sign in</title><h1>Sign in</h1>"
            return Reply(200, page.encode(), {"Content-Type": "text/html"}), fault
        if fault.kind == "redirect":
            return Reply(302, b"", {"Location": fault.body}), fault
        return self.answer(request), fault

    def wait(self, seconds: float) -> None:
        """Sleep that ends when the simulator stops."""
        self._stopping.wait(seconds)

    def _due(self, request: Request) -> Fault | None:
        for fault in self.faults:
            if fault.times == 0 or not request.path.startswith(fault.path):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times > 0:
                fault.times -= 1
            return fault
        return None

    def _control(self, request: Request) -> Reply:
        with self._lock:
            match (request.method, request.path.removeprefix(CONTROL)):
                case ("GET", "/requests"):
                    return Reply.of([_as_json(seen) for seen in self.requests])
                case ("DELETE", "/requests"):
                    self.requests.clear()
                case ("POST", "/faults"):
                    self.faults.append(Fault(**request.json()))
                case ("DELETE", "/faults"):
                    self.faults.clear()
                case _:
                    return Reply.of({"error": "no such control"}, 404)
        return Reply.of({})


def _as_json(request: Request) -> dict[str, Any]:
    return {**asdict(request), "body": request.body.decode("utf-8", "replace")}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128
    simulator: Simulator

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the exercise; anything else is a bug in a simulator and is shown."""
        if not isinstance(sys.exc_info()[1], BrokenPipeError | ConnectionResetError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
            at=time.time(),
        )
        reply, fault = self.server.simulator.reply_to(request)
        self._send(reply, fault)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve

    def _send(self, reply: Reply, fault: Fault | None) -> None:
        is_piecewise = fault is not None and fault.kind in {"stall", "drop", "truncate", "slow"}
        if isinstance(reply.body, bytes) and not is_piecewise:
            self._head(reply, {"Content-Length": str(len(reply.body))})
            self.wfile.write(reply.body)
            return
        pieces = _halves(reply.body) if isinstance(reply.body, bytes) else iter(reply.body)
        self._head(reply, {"Transfer-Encoding": "chunked"})
        for number, piece in enumerate(pieces):
            if fault is not None and not self._survives(fault, number):
                return
            self._chunk(piece)
        self._chunk(b"")

    def _survives(self, fault: Fault, number: int) -> bool:
        """Commit the fault if its moment has come; False ends the reply here."""
        if fault.kind == "slow":
            self.server.simulator.wait(fault.seconds)
            return True
        if number < fault.after:
            return True
        if fault.kind == "truncate":
            self._chunk(b"")
        elif fault.kind == "stall":
            self.server.simulator.wait(fault.seconds)
        if fault.kind in {"stall", "drop"}:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        return False

    def _head(self, reply: Reply, headers: Mapping[str, str]) -> None:
        self.send_response(reply.status)
        for name, value in {**reply.headers, **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _chunk(self, piece: bytes) -> None:
        if piece or self.command != "HEAD":
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Simulators keep their requests in memory instead of printing them."""


def _halves(body: bytes) -> Iterator[bytes]:
    middle = len(body) // 2
    yield body[:middle]
    yield body[middle:]
