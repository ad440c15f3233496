"""A connection to the web process: how long its heads may be, how long it may take, who goes when there are too many.

uvicorn's protocol with the bounds that it lacks. When there are as many connections as may be, whoever has sent no
whole request goes first, then whoever rests between two or reads a page that never ends, and a callback at work never:
those who hold connections take none from CarrierX.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Request line and headers, or trailers: bytes without any of a body among them.
HEAD_MAX = 64 * 1024
#: From the connection, or from the first byte of a later request, to the end of its headers.
HEAD_SECONDS = 15.0
#: A callback's whole body must come in this time; it is small, and its receiver need not look at a clock then.
CALLBACK_SECONDS = 10.0
#: A body may rest so long, and must come faster than this, in bytes a second; an answer may lie unread so long.
REST_SECONDS = 30.0
BYTES_A_SECOND = 500
#: Connections at a time of one process; so many are closed at once when one too many comes.
CONNECTIONS = 1000
CLOSED_AT_ONCE = 20
#: Files and sockets of our own beside the connections.
OTHER_FILES = 124
CALLBACKS = "/callbacks/"

_TOO_LARGE = (431, "Request Header Fields Too Large", "The head of the request is too large.\n")
_TOO_SLOW = (408, "Request Timeout", "The request did not come.\n")
#: What a connection is worth when there are too many: the least goes first, a callback at work never.
_NO_REQUEST, _AT_REST, _AT_WORK, _CALLBACK_AT_REST, _CALLBACK_AT_WORK = range(5)


class BoundedProtocol(HttpToolsProtocol):
    """One connection of at most `most`; `look_after` ends it when its time is over."""

    most: ClassVar[int] = CONNECTIONS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head_bytes = 0
        self._body_bytes = 0
        self._in_head = True
        self._in_body = False
        self._since = self._moved = time.monotonic()
        self._unread_since: float | None = None

    def connection_made(self, transport: Any) -> None:
        """Be one of `most`; if there are as many, a few are closed. Callbacks at work never are."""
        if len(self.connections) >= self.most:
            close_the_least(self.connections)
        super().connection_made(transport)
        if len(self.connections) > self.most + CLOSED_AT_ONCE:  # those that were ended are still leaving
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read on; a head that is too long ends the connection, before it is kept."""
        self._head_bytes += len(data)
        self._moved = time.monotonic()
        super().data_received(data)
        if self._head_bytes > HEAD_MAX and not self.transport.is_closing():
            self._end(*_TOO_LARGE)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_head, self._since = True, self._moved
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is whole."""
        self._in_head, self._in_body = False, True
        self._head_bytes = self._body_bytes = 0
        self._since = self._moved
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of its body."""
        self._head_bytes = 0
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it."""
        self._in_body, self._head_bytes = False, 0
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not read."""
        self._unread_since = time.monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        """It has read."""
        self._unread_since = None
        super().resume_writing()

    @property
    def rank(self) -> tuple[int, float]:
        """What it is worth, and since when it is as it is."""
        if self._in_head or self.cycle is None:
            return _NO_REQUEST, self._since
        if self.cycle.response_complete:
            return (_CALLBACK_AT_REST if self._is_callback else _AT_REST), self._since
        return (_CALLBACK_AT_WORK if self._is_callback else _AT_WORK), self._since

    def look_after(self, now: float) -> None:
        """End it if its time is over."""
        if self.transport.is_closing():
            return
        if self._unread_since is not None and now - self._unread_since > REST_SECONDS:
            self.transport.abort()
        elif (self._in_body and self._body_late(now)) or self._head_late(now):
            self._end(*_TOO_SLOW)

    @property
    def _is_callback(self) -> bool:
        return str(self.scope.get("path", "")).startswith(CALLBACKS)

    @property
    def _answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _head_late(self, now: float) -> bool:
        """Nothing whole was sent for too long. Between two requests uvicorn's own time runs, until a byte comes."""
        waiting = self._in_head or (self._answered and not self._in_body)
        return waiting and self.timeout_keep_alive_task is None and now - self._since > HEAD_SECONDS

    def _body_late(self, now: float) -> bool:
        if self.flow.read_paused:  # it is we who do not read
            self._since = self._moved = now
            self._body_bytes = 0
            return False
        if self._is_callback and now - self._since > CALLBACK_SECONDS:
            return True
        allowed = REST_SECONDS if self._answered else REST_SECONDS + self._body_bytes / BYTES_A_SECOND
        return now - self._since > allowed or now - self._moved > REST_SECONDS

    def _end(self, status: int, phrase: str, text: str) -> None:
        """Answer where no answer is under way, and close."""
        if self._answered or (self._in_body and not self.cycle.response_started):
            head = (
                f"HTTP/1.1 {status} {phrase}\r\ncontent-type: text/plain\r\ncontent-length: {len(text)}\r\n"
            )
            self.transport.write(f"{head}connection: close\r\n\r\n{text}".encode())
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()


def close_the_least(connections: Iterable[Any]) -> None:
    """Close a few connections, those that are worth least, of these the oldest."""
    found = list(connections)
    ranked = sorted((one.rank, index) for index, one in enumerate(found))
    for (worth, _), index in ranked[:CLOSED_AT_ONCE]:
        if worth < _CALLBACK_AT_WORK:
            found[index].transport.abort()


def look_after(connections: Iterable[Any], now: float) -> None:
    """End those whose time is over; `now` in seconds of the monotonic clock."""
    for one in list(connections):
        one.look_after(now)


def connection_limit() -> int:
    """How many connections this process may have: as many as it is allowed files for, and no more than a thousand."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    free = CONNECTIONS if soft == resource.RLIM_INFINITY else soft - OTHER_FILES
    return max(CLOSED_AT_ONCE, min(CONNECTIONS, free))
