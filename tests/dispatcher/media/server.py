"""A web server with media, redirects and bad manners, one for each path."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dispatcher.model.media import MEDIA_BYTES_MAX

PICTURE = b"\xff\xd8\xff\xe0" + bytes(996)


class MediaServer:
    """`url` is its address, `asked` counts requests by method and path, `over` ends what hangs."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0
        self.over = threading.Event()
        self._lock = threading.Lock()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.http.daemon_threads = True

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.http.server_address[1])

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def enter(self, by: int) -> None:
        """Count the slow requests under way."""
        with self._lock:
            self.at_once += by
            self.most_at_once = max(self.most_at_once, self.at_once)


@contextmanager
def running_media_server() -> Iterator[MediaServer]:
    """A server on a free port of this machine."""
    server = MediaServer()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.http.shutdown()
        server.http.server_close()
        thread.join()


def _handler(server: MediaServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Not a word."""

        def do_HEAD(self) -> None:
            self._serve("HEAD")

        def do_GET(self) -> None:
            self._serve("GET")

        def _serve(self, method: str) -> None:
            server.asked[f"{method} {self.path}"] += 1
            try:
                name = self.path.strip("/").replace("-", "_").partition("/")[0].partition("?")[0]
                getattr(self, f"on_{name}", self.on_missing)(method)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def _file(self, kind: str, size: int) -> None:
            self._answer(200, {"Content-Type": kind, "Content-Length": str(size)})

        def on_missing(self, _: str) -> None:
            self._answer(404, {"Content-Length": "0"})

        def on_picture(self, _: str) -> None:
            self._file("image/jpeg; charset=binary", len(PICTURE))

        def on_large(self, _: str) -> None:
            self._file("video/mp4", 700 * 1024)

        def on_half(self, _: str) -> None:
            self._file("video/mp4", MEDIA_BYTES_MAX // 2 + 1)

        def on_too_large(self, _: str) -> None:
            self._file("video/mp4", MEDIA_BYTES_MAX + 1)

        def on_page(self, _: str) -> None:
            self._file("text/html", 100)

        def on_card(self, _: str) -> None:
            self._file("text/vcard", 100)

        def on_drawing(self, _: str) -> None:
            self._file("image/svg+xml", 100)

        def on_empty(self, _: str) -> None:
            self._file("image/png", 0)

        def on_no_head(self, method: str) -> None:
            if method == "HEAD":
                self._answer(405, {"Content-Length": "0"})
            else:
                self._answer(
                    206,
                    {"Content-Type": "image/png", "Content-Range": "bytes 0-0/777", "Content-Length": "1"},
                    b"x",
                )

        def on_silent_head(self, method: str) -> None:
            if method == "HEAD":
                self.close_connection = True
            else:
                self._file("image/png", 555)

        def on_mute_head(self, method: str) -> None:
            if method == "HEAD":
                server.over.wait()
            else:
                self.on_no_head(method)

        def on_refused_head(self, method: str) -> None:
            if method == "HEAD":
                self._answer(403, {"Content-Type": "application/xml", "Content-Length": "0"})
            else:
                self.on_no_head(method)

        def on_rote_head(self, method: str) -> None:
            if method == "HEAD":
                self._file("text/html", 99)
            else:
                self.on_no_head(method)

        def on_no_ranges(self, method: str) -> None:
            if method == "GET" and not self.headers["Range"]:
                self._file("image/png", 321)
            else:
                self._answer(501, {"Content-Length": "0"})

        def on_unmeasured(self, method: str) -> None:
            self._answer(200, {"Content-Type": "image/gif"}, PICTURE)

        def on_endless(self, method: str) -> None:
            self._answer(200, {"Content-Type": "image/gif"})
            while method == "GET" and not server.over.is_set():
                self.wfile.write(bytes(64 * 1024))

        def on_unknown_total(self, method: str) -> None:
            if method == "HEAD":
                self._answer(501, {"Content-Length": "0"})
            elif self.headers["Range"]:
                self._answer(206, {"Content-Type": "image/gif", "Content-Range": "bytes 0-0/*"}, b"x")
            else:
                self._answer(200, {"Content-Type": "image/gif"}, PICTURE)

        def on_hanging(self, _: str) -> None:
            server.over.wait()

        def on_dripping(self, _: str) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not server.over.wait(0.05):
                self.wfile.write(b"x")
                self.wfile.flush()

        def on_hop(self, _: str) -> None:
            left = int(self.path.rsplit("/", 1)[-1])
            target = f"/hop/{left - 1}" if left > 1 else "/picture"
            self._answer(302, {"Location": target, "Content-Length": "0"})

        def on_away(self, _: str) -> None:
            self._answer(302, {"Location": self.path.partition("?")[2], "Content-Length": "0"})

        def on_slow(self, _: str) -> None:
            server.enter(1)
            server.over.wait(0.02)
            server.enter(-1)  # before the answer, since whoever has it asks the next one at once
            self._file("image/png", 10)

    return Handler
