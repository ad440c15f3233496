"""The one address that the world knows of several installations: a reverse proxy that goes by the path alone."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOOPBACK = "127.0.0.1"
#: Of a request's head the rest is between the proxy and its caller.
_PASSED_ON = ("Content-Type", "Authorization")


class Front:
    """A context manager. `ports` has an installation's port by the first element of the path, which is taken off.

    Where nobody listens the caller's line is cut, as by a proxy that gives up: nothing was taken.
    """

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}
        self._server = _Server((LOOPBACK, 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, name="front", daemon=True)

    def __enter__(self) -> Front:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, name: str) -> str:
        """What an installation of this name is given as `MMS_PUBLIC_URL`."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}/{name}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """An installation that is away is nothing to print."""


def _handler(front: Front) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on(None)

        def do_POST(self) -> None:
            self._pass_on(self.rfile.read(int(self.headers["Content-Length"])))

        def _pass_on(self, body: bytes | None) -> None:
            _, name, path = self.path.split("/", 2)
            self.close_connection = True
            behind = http.client.HTTPConnection(LOOPBACK, front.ports[name], timeout=10)
            try:
                head = {word: value for word in _PASSED_ON if (value := self.headers.get(word))}
                behind.request(self.command, f"/{path}", body, head)
                answer = behind.getresponse()
                said = answer.read()
            finally:
                behind.close()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
