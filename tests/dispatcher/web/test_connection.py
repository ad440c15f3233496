"""Connections of clients that mean no good, on real sockets: endless heads, half requests, too many at once."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest
from redis import Redis

from dispatcher.web import _connection
from dispatcher.web._connection import (
    CLOSED_AT_ONCE,
    CONNECTIONS,
    HEAD_MAX,
    BoundedProtocol,
    connection_limit,
)
from tests.dispatcher.web.conftest import KEY
from tests.dispatcher.web.receivers import receiver
from tests.stack import until

if TYPE_CHECKING:
    from tests.dispatcher.web.conftest import Serve

URL = f"/callbacks/carrierx/{KEY}"


class Lines:
    """Raw connections to a server."""

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("http://").partition(":")
        self._where = (host, int(port))
        self.open: list[socket.socket] = []

    def dial(self, *said: bytes) -> socket.socket:
        """A new connection on which this was said."""
        line = socket.create_connection(self._where, timeout=30)
        self.open.append(line)
        for words in said:
            line.sendall(words)
        return line


@pytest.fixture
def address(serve: Serve, valkey_url: str, redis: Redis, tmp_path: Path) -> str:
    """A callback receiver."""
    return serve(receiver(valkey_url, tmp_path))


@pytest.fixture
def lines(address: str) -> Iterator[Lines]:
    """Raw connections to it, closed with the test."""
    lines = Lines(address)
    yield lines
    for line in lines.open:
        line.close()


def answer_of(line: socket.socket) -> bytes:
    """Everything that is said until the other side closes."""
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := line.recv(65536):
            said += chunk
    return said


def is_closed(line: socket.socket) -> bool:
    """Whether the other side closed it by now; what it said before is passed over."""
    line.setblocking(False)
    try:
        said = line.recv(65536)
        while said:
            said = line.recv(65536)
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    return True


def call(address: str) -> int:
    return httpx.post(address + URL, content=b"{}", trust_env=False, verify=False, timeout=30).status_code


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"GET / HTTP/1.1\r\nhost: x\r\n", b"x-a: " + b"a" * 4000 + b"\r\n"),
        (b"GET / HTTP/1.1\r\nx-a: ", b"a" * 4096),
        (b"GET /", b"a" * 4096),
        (b"", b"\r\n" * 2048),
        (
            b"POST %s HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
            % URL.encode(),
            b"x-a: " + b"a" * 4000 + b"\r\n",
        ),
        (
            b"POST %s HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2;" % URL.encode(),
            b"a" * 4096,
        ),
    ],
    ids=["headers", "one header", "address", "empty lines", "trailers", "chunk extensions"],
)
def test_a_head_without_an_end_is_cut_off(address: str, lines: Lines, begin: bytes, more: bytes) -> None:
    before = psutil.Process().memory_info().rss
    line = lines.dial(begin)
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < 100 * HEAD_MAX:
            line.sendall(more)
            sent += len(more)
    assert sent < 100 * HEAD_MAX
    assert psutil.Process().memory_info().rss - before < 32 << 20
    assert call(address) == 200


def test_a_head_that_is_too_large_says_so(lines: Lines) -> None:
    line = lines.dial(b"GET / HTTP/1.1\r\nx-a: ")
    for _ in range(HEAD_MAX // 4096 + 1):
        line.sendall(b"a" * 4096)
        time.sleep(0.001)  # so that it comes in several pieces
    assert answer_of(line).startswith(b"HTTP/1.1 431 ")


def test_a_head_as_large_as_real_ones_are_is_read(address: str) -> None:
    headers = {f"x-{number}": "a" * 1000 for number in range(30)}
    assert httpx.get(address + URL, headers=headers, trust_env=False, verify=False).status_code == 405


@pytest.mark.slow
@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\nhost: x\r\n",
        b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n{" % URL.encode(),
        b"POST /elsewhere HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n{",
    ],
)
def test_half_a_request_ends_in_a_while(lines: Lines, said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_connection, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(_connection, "REST_SECONDS", 0.3)
    line = lines.dial(said)
    until(lambda: is_closed(line))


def test_the_body_of_a_callback_comes_soon_or_not_at_all(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_connection, "CALLBACK_SECONDS", 0.5)
    callback, other = (
        lines.dial(b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n{" % path)
        for path in (URL.encode(), b"/elsewhere")
    )

    def drip() -> bool:
        with contextlib.suppress(ConnectionError):
            callback.sendall(b"x" * 1000)
        return is_closed(callback)

    until(drip)
    assert not is_closed(other)


@pytest.mark.slow
def test_one_byte_now_and_then_does_not_keep_a_connection(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_connection, "HEAD_SECONDS", 0.5)
    line = lines.dial(b"GET / HTTP/1.1\r\n")

    def drip() -> bool:
        with contextlib.suppress(ConnectionError):
            line.sendall(b"x: y\r\n")
        return is_closed(line)

    until(drip)


def test_who_holds_connections_takes_none_from_a_callback(
    address: str, lines: Lines, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedProtocol, "most", 40)
    first = lines.dial(b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{" % URL.encode())
    for number in range(200):
        lines.dial(b"GET / HTTP/1.1\r\nhost: x\r\n" if number % 2 else b"")
        if number % 20 == 19:
            assert call(address) == 200
    first.sendall(b"}")
    first.settimeout(30)
    assert first.recv(64).startswith(b"HTTP/1.1 200 ")
    lines.open.remove(first)
    first.close()
    until(lambda: sum(not is_closed(line) for line in lines.open) <= 40 + CLOSED_AT_ONCE)
    assert redis.xlen("mms:callbacks") == 11


def test_there_are_no_more_connections_than_files_and_no_more_than_a_thousand() -> None:
    assert CLOSED_AT_ONCE <= connection_limit() <= CONNECTIONS
