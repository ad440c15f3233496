"""A small HTTP/1.1 server on asyncio: fast, and able to reset a connection on purpose."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import httptools

BODY_MAX = 1024 * 1024
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_NO_HEADERS: Mapping[str, str] = {}


@dataclass(slots=True)
class Request:
    """One request, read whole. Header names are lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))


@dataclass(slots=True)
class Reply:
    """One answer. A body that is not bytes is written as JSON."""

    status: int
    body: object = b""
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)

    def encode(self, keep_alive: bool) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        head = [
            f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        if not keep_alive:
            head.append("Connection: close")
        return "\r\n".join([*head, "", ""]).encode("latin-1", "replace") + body


Handler = Callable[[Request, "Connection"], None]


class Connection(asyncio.Protocol):
    """One client's connection; hands each request to the handler, which answers or resets when it likes."""

    def __init__(self, handler: Handler, open_connections: set[Connection]) -> None:
        self._handler = handler
        self._open = open_connections
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._begin()

    def reply(self, reply: Reply) -> None:
        """Write the answer; nothing happens if the client has gone."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(reply.encode(self._keep_alive))
        if not self._keep_alive:
            self._transport.close()

    def reset(self) -> None:
        """Break the connection without an answer: the client sees a reset."""
        if self._transport is not None:
            _linger_for_nothing(self._transport)
            self._transport.abort()

    def close(self) -> None:
        """Close when what was written is out."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._open.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.close()
        except httptools.HttpParserError:
            self._keep_alive = False
            self.reply(Reply(400))

    # The parser's events.

    def on_message_begin(self) -> None:
        self._begin()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._keep_alive = self._parser.should_keep_alive()
        if len(self._body) > BODY_MAX:
            self.reply(Reply(413))
            return
        method = self._parser.get_method().decode("latin-1")
        self._handler(Request(method, self._target.decode("latin-1"), self._headers, self._body), self)

    def _begin(self) -> None:
        self._target, self._body = b"", b""
        self._headers: dict[str, str] = {}
        self._keep_alive = True


def _linger_for_nothing(transport: asyncio.Transport) -> None:
    # With a linger of 0 s the kernel sends RST instead of FIN.
    sock: Any = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
