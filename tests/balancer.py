"""A plain balancer: every request goes to the next door in turn, whoever sends it, one that is ready if it asks.

A door that takes no connection is passed over, for nothing was sent to it. One that is lost after the request was sent
is nobody's to repeat: the caller is answered 502, as by any balancer.
"""

from __future__ import annotations

import http.client
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOOPBACK = "127.0.0.1"
_BETWEEN_TWO = frozenset({"connection", "transfer-encoding", "keep-alive"})
_BLOCK = 16 * 1024


class Balancer:
    """A context manager in front of the doors with these `ports`. `went` has for each request its path and its door."""

    def __init__(self, ports: list[int]) -> None:
        self.ports = ports
        self.went: list[tuple[str, int]] = []
        self._turn = 0
        self._lock = threading.Lock()
        self._server = _Server((LOOPBACK, 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, name="balancer", daemon=True)
        self.url = f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def __enter__(self) -> Balancer:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def doors(self, path: str) -> list[int]:
        """The doors to which requests for this path went, in their order."""
        return [port for asked, port in self.went if asked == path]

    def open(self, path: str) -> http.client.HTTPConnection | None:
        """A connection to the next door that takes one."""
        with self._lock:
            order = [self.ports[(self._turn + n) % len(self.ports)] for n in range(len(self.ports))]
            self._turn += 1
        for port in order:
            if not is_ready(port):
                continue
            connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
            with suppress(OSError):
                connection.connect()
                self.went.append((path.partition("?")[0], port))
                return connection
        return None


def is_ready(port: int) -> bool:
    """Whether a door says that it is. A balancer remembers that for a second or two; this one asks each time."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller or a door that goes away is nothing to print."""


def _handler(balancer: Balancer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def _pass_on(self) -> None:
            self.close_connection = True
            behind = balancer.open(self.path)
            if behind is None:
                return self.send_error(503)
            try:
                self._ask(behind)
                answer = behind.getresponse()
            except (OSError, http.client.HTTPException):
                return self.send_error(502)
            self._answer(answer)
            behind.close()
            return None

        def _ask(self, behind: http.client.HTTPConnection) -> None:
            behind.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in _BETWEEN_TWO:
                    behind.putheader(name, value)
            behind.endheaders()
            left = int(self.headers.get("content-length", 0))
            while left and (block := self.rfile.read1(min(left, _BLOCK))):
                behind.send(block)
                left -= len(block)

        def _answer(self, answer: http.client.HTTPResponse) -> None:
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _BETWEEN_TWO:
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            with suppress(OSError, http.client.HTTPException):
                while block := answer.read1(_BLOCK):
                    self.wfile.write(block)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
