"""One HTTP request to an address that was resolved and judged before; over by its deadline in any case."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from urllib.parse import SplitResult, quote

from dispatcher.media.addresses import Endpoint
from dispatcher.media.deadline import Deadline

PORTS = {"http": 80, "https": 443}
_PATH_SAFE = "/%:=&~+!$,;'@()*[]-._?"
_HEADERS = {
    "User-Agent": "mms-dispatcher",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class _Line:
    """A connection that a timer cuts when the time is over: a server that drips bytes outlives any read time-out."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self.sock = sock
        self._timer = threading.Timer(deadline.left(), self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        try:
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        except OSError:
            return

    def secure(self, host: str) -> None:
        """Speak TLS from here on, with a server that proves to be this host."""
        self.sock = _tls().wrap_socket(self.sock, server_hostname=host, do_handshake_on_connect=False)
        self.sock.do_handshake()

    def close(self) -> None:
        """Hang up."""
        self._timer.cancel()
        self.sock.close()


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _connected(endpoints: Sequence[Endpoint], deadline: Deadline) -> socket.socket:
    """A connection to the first address that takes one."""
    last: OSError = OSError("no address")
    for endpoint in endpoints:
        sock = socket.socket(endpoint.family, socket.SOCK_STREAM)
        try:
            sock.settimeout(deadline.left())
            sock.connect(endpoint.sockaddr)
        except OSError as error:
            sock.close()
            last = error
        else:
            return sock
    raise last


@contextmanager
def fetched(
    method: str,
    url: SplitResult,
    endpoints: Sequence[Endpoint],
    deadline: Deadline,
    *,
    first_byte: bool = False,
) -> Iterator[http.client.HTTPResponse]:
    """The answer to one request, redirects not followed. `first_byte` asks for no more than that one.

    Raises:
        OSError, http.client.HTTPException: there is no answer, or not in time.
    """
    host = url.hostname or ""
    line = _Line(_connected(endpoints, deadline), deadline)
    try:
        if url.scheme == "https":
            line.secure(host.encode("idna").decode())
        connection = http.client.HTTPConnection("resolved.invalid")
        connection.sock = line.sock
        headers = {"Host": _host_header(url), **_HEADERS} | ({"Range": "bytes=0-0"} if first_byte else {})
        connection.request(method, _target(url), headers=headers)
        with connection.getresponse() as response:
            yield response
    finally:
        line.close()


def _host_header(url: SplitResult) -> str:
    host = (url.hostname or "").encode("idna").decode()
    if ":" in host:
        host = f"[{host}]"
    return host if url.port in (None, PORTS[url.scheme]) else f"{host}:{url.port}"


def _target(url: SplitResult) -> str:
    path = quote(url.path or "/", safe=_PATH_SAFE)
    return f"{path}?{quote(url.query, safe=_PATH_SAFE)}" if url.query else path
