"""The connections to CarrierX: pooled, never used after idling, and able to say whether a request was begun.

`requests` and `urllib3` do the work; this adds what a POST that must not be repeated needs:

- a pooled connection that idled longer than the limit is closed and made anew before anything is written;
- the moment of the first byte is noted, since "never left" and "may have arrived" depend on it alone;
- the caller may look once more, at that moment, whether the request is still wanted.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import ssl
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ClosedPoolError
from urllib3.util import Retry, Url
from urllib3.util.connection import is_connection_dropped
from urllib3.util.ssl_ import create_urllib3_context

from dispatcher.host.egress import DIRECT, Egress

# At DEBUG urllib3 logs URLs, and the filter of a list may name a phone number.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

Permit = Callable[[], bool]

#: No request is repeated, whatever came of it; `read=False` lets a read time-out through as itself.
NO_RETRIES = Retry(0, read=False, redirect=False, status=0, other=0, respect_retry_after_header=False)


class PermitWithdrawnError(Exception):
    """The caller no longer wanted the request when its first byte was due; nothing was written."""


class _Exchange(threading.local):
    """This thread's request: whether its first byte was handed to the socket, and who may still stop it."""

    written: bool = False
    permit: Permit | None = None


_EXCHANGE = _Exchange()


def begin_exchange(permit: Permit | None = None) -> None:
    """Note that this thread starts a new request."""
    _EXCHANGE.written = False
    _EXCHANGE.permit = permit


def was_written() -> bool:
    """Whether a byte of this thread's request was handed to the socket: then it may have arrived."""
    return _EXCHANGE.written


def _first_byte() -> None:
    if _EXCHANGE.written:
        return
    if _EXCHANGE.permit is not None and not _EXCHANGE.permit():
        raise PermitWithdrawnError
    _EXCHANGE.written = True


class _WrittenAtOnce:
    """A connection that gathers a request's head and body and writes them together, in one call."""

    last_used = 0.0
    _gathered: bytearray | None = None
    _tunnelling = False

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._gathered = gathered = bytearray()
        try:
            super().request(*args, **kwargs)  # type: ignore[misc]
        finally:
            self._gathered = None
        self.send(gathered)

    def send(self, data: Any) -> None:
        if self._gathered is not None:
            self._gathered += data
            return
        if self._tunnelling:  # a word to the proxy: nothing of the request
            super().send(data)  # type: ignore[misc]
            return
        if self.sock is None:
            self.connect()
        elif self.sock.gettimeout() == 0:  # as `dispatcher.carrierx.multiplexer` left it
            self.sock.settimeout(self.timeout)
        _first_byte()
        super().send(data)  # type: ignore[misc]

    def _tunnel(self) -> None:
        self._tunnelling = True
        try:
            super()._tunnel()  # type: ignore[misc]
        finally:
            self._tunnelling = False

    if TYPE_CHECKING:
        sock: Any
        timeout: float | None

        def connect(self) -> None: ...


class _PlainConnection(_WrittenAtOnce, HTTPConnection):
    pass


class _TlsConnection(_WrittenAtOnce, HTTPSConnection):
    pass


class _FreshOnly:
    """A pool's taking and giving back, with an eye on how long a connection idled."""

    def __init__(self, *args: Any, idle_limit: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.idle_limit = idle_limit

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]
        if connection.sock is not None and time.monotonic() - connection.last_used > self.idle_limit:
            connection.close()  # urllib3 connects a closed one anew
        return connection

    def take_ready(self) -> Any:
        """A connection that can be written to now, or None: then the pool is as it was."""
        try:
            connection = self.pool.get(block=False)
        except (AttributeError, queue.Empty):  # closed, or all are in use
            return None
        if connection is not None and connection.sock is not None and self._is_fresh(connection):
            return connection
        with contextlib.suppress(ClosedPoolError):
            super()._put_conn(connection)  # type: ignore[misc]
        return None

    def _is_fresh(self, connection: Any) -> bool:
        if time.monotonic() - connection.last_used <= self.idle_limit and not is_connection_dropped(
            connection
        ):
            return True
        connection.close()
        return False

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.last_used = time.monotonic()
        super()._put_conn(conn)  # type: ignore[misc]

    if TYPE_CHECKING:
        pool: Any


class _PlainPool(_FreshOnly, HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(_FreshOnly, HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class CarrierAdapter(HTTPAdapter):
    """A `requests` adapter for one origin: the pool and the TLS context are looked up and made once.

    `pool_size` connections are kept; more in flight work, but are closed after use. `idle_limit` in seconds.
    Certificates are checked against certifi's bundle and that of `egress`, whose proxy is told to CONNECT.
    """

    def __init__(self, *, pool_size: int, idle_limit: float, tls: bool, egress: Egress = DIRECT) -> None:
        self._egress = egress
        self._idle_limit = idle_limit
        self._tls = tls
        self._pool: Any = None
        super().__init__(pool_connections=1, pool_maxsize=pool_size, max_retries=NO_RETRIES)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        if self._tls:
            pool_kwargs["ssl_context"] = context = _verifying_context()
            self._egress.trust(context)
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(_PlainPool, idle_limit=self._idle_limit),
            "https": self._tls_pool,
        }

    def _tls_pool(self, host: str, port: int | None = None, **kwargs: Any) -> _TlsPool:
        """A pool whose connections go through the proxy that this host is asked through, if there is one."""
        proxy = self._egress.proxy_for(host)
        if proxy is not None:
            kwargs |= {
                "_proxy": Url("http", host=proxy.host, port=proxy.port),
                "_proxy_headers": proxy.headers,
                "socket_options": HTTPSConnection.default_socket_options,
            }
        return _TlsPool(host, port, idle_limit=self._idle_limit, **kwargs)

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        pool: HTTPConnectionPool = self._pool
        return pool

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """The response without what an API client has no use for: cookies, encodings, history."""
        response = requests.Response()
        response.status_code = resp.status
        response.raw = resp
        response.request = req
        return response

    def take_ready(self) -> Any:
        """A pooled connection that can be written to at once, or None. Whoever takes it puts it back."""
        return self._pool.take_ready() if self._pool is not None else None

    def put_back(self, connection: Any) -> None:
        """The connection is the pool's again; a closed one is connected when it is next used."""
        with contextlib.suppress(ClosedPoolError):
            self._pool._put_conn(connection)

    def close(self) -> None:
        """Close the pooled connections; a later request finds the pool closed."""
        super().close()
        if self._pool is not None:
            self._pool.close()

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to set per request: the pool's one TLS context already demands and checks certificates."""


def _verifying_context() -> ssl.SSLContext:
    # One context for all connections: loading the bundle costs more than a whole request.
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(certifi.where())
    return context
