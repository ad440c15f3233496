"""One HTTP request to an address that was resolved and judged before, or through the proxy; over by its deadline."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, quote

from dispatcher.host.egress import DIRECT, Egress, Proxy
from dispatcher.media._deadline import Deadline
from dispatcher.media.resolver import Endpoint

_HEAD_MAX = 64 * 1024
PORTS = {"http": 80, "https": 443}
_PATH_SAFE = "/%:=&~+!$,;'@()*[]-._?"
_HEADERS = {
    "User-Agent": "mms-dispatcher",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class Route(NamedTuple):
    """Addresses to connect to: the host's, or those of the proxy that finds it; and whose certificates are good."""

    endpoints: Sequence[Endpoint]
    proxy: Proxy | None = None
    egress: Egress = DIRECT


class _TimedConnection:
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

    def tunnel(self, host: str, port: int, proxy: Proxy) -> None:
        """Have the proxy connect us to this host."""
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        said = "".join(f"{name}: {value}\r\n" for name, value in {"Host": authority, **proxy.headers}.items())
        self.sock.sendall(f"CONNECT {authority} HTTP/1.1\r\n{said}\r\n".encode("latin-1"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):  # byte by byte: what follows is TLS's
            byte = self.sock.recv(1)
            if not byte or len(head) > _HEAD_MAX:
                raise OSError("the proxy hung up")
            head += byte
        if not re.match(rb"HTTP/1\.[01] 2\d\d\b", head):
            raise OSError("the proxy does not connect us")

    def secure(self, host: str, egress: Egress) -> None:
        """Speak TLS from here on, with a server that proves to be this host."""
        self.sock = _tls(egress).wrap_socket(self.sock, server_hostname=host, do_handshake_on_connect=False)
        self.sock.do_handshake()

    def close(self) -> None:
        """Hang up."""
        self._timer.cancel()
        self.sock.close()


@lru_cache(maxsize=4)
def _tls(egress: Egress) -> ssl.SSLContext:
    context = ssl.create_default_context()
    egress.trust(context)
    return context


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
    route: Route,
    deadline: Deadline,
    *,
    first_byte: bool = False,
) -> Iterator[http.client.HTTPResponse]:
    """The answer to one request, redirects not followed. `first_byte` asks for no more than that one.

    Raises:
        OSError, http.client.HTTPException: there is no answer, or not in time.
    """
    host = url.hostname or ""
    connection = _TimedConnection(_connected(route.endpoints, deadline), deadline)
    try:
        if url.scheme == "https":
            name = host.encode("idna").decode()
            if route.proxy is not None:
                connection.tunnel(name, url.port or PORTS["https"], route.proxy)
            connection.secure(name, route.egress)
        client = http.client.HTTPConnection("resolved.invalid")
        client.sock = connection.sock
        headers = {"Host": _host_header(url), **_HEADERS} | ({"Range": "bytes=0-0"} if first_byte else {})
        target = _target(url)
        if route.proxy is not None and url.scheme == "http":
            target, headers = f"http://{_host_header(url)}{target}", headers | route.proxy.headers
        client.request(method, target, headers=headers)
        with client.getresponse() as response:
            yield response
    finally:
        connection.close()


def _host_header(url: SplitResult) -> str:
    host = (url.hostname or "").encode("idna").decode()
    if ":" in host:
        host = f"[{host}]"
    return host if url.port in (None, PORTS[url.scheme]) else f"{host}:{url.port}"


def _target(url: SplitResult) -> str:
    path = quote(url.path or "/", safe=_PATH_SAFE)
    return f"{path}?{quote(url.query, safe=_PATH_SAFE)}" if url.query else path
