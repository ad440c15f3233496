"""Sends callbacks: a few keep-alive connections per receiver, the rest waits in a queue."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from urllib.parse import SplitResult, urlsplit

import httptools

#: The HTTP status, or None where there was no answer.
Done = Callable[[int | None], None]
TIMEOUT_SECONDS = 10.0
#: Receivers close idle connections; one that idled this long is not written to again.
IDLE_SECONDS = 2.0


@dataclass(slots=True)
class _Job:
    request: bytes
    done: Done


class CallbackSender:
    """Posts JSON bodies to callback URLs and says how each was answered; repeats nothing by itself."""

    def __init__(self, connections: int = 16) -> None:
        self._connections = connections
        self._receivers: dict[tuple[str, str], _Receiver] = {}

    def send(self, url: str, body: bytes, done: Done) -> None:
        """Post the body; `done` is called once, with the status or None."""
        try:
            parts = urlsplit(url)
            receiver = self._receiver(parts)
        except ValueError:
            done(None)
            return
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = (
            f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
            f"User-Agent: carrierx-simulator\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        receiver.add(_Job(head.encode("latin-1", "replace") + body, done))

    def close(self) -> None:
        """Close all connections; callbacks still waiting are dropped."""
        for receiver in self._receivers.values():
            receiver.close()

    def _receiver(self, parts: SplitResult) -> _Receiver:
        key = (parts.scheme, parts.netloc)
        if key not in self._receivers:
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("not an http URL")
            tls = ssl.create_default_context() if parts.scheme == "https" else None
            port = parts.port or (443 if tls else 80)
            self._receivers[key] = _Receiver(parts.hostname, port, tls, self._connections)
        return self._receivers[key]


class _Receiver:
    """One origin: its queue and its connections."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, most: int) -> None:
        self._address = (host, port, tls)
        self._most = most
        self._waiting: deque[_Job] = deque()
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._connecting: set[asyncio.Task[None]] = set()

    def add(self, job: _Job) -> None:
        while self._idle:
            connection = self._idle.pop()
            if connection.idled_seconds() < IDLE_SECONDS:
                connection.begin(job)
                return
            connection.drop()
        self._waiting.append(job)
        self._want_connection()

    def _want_connection(self) -> None:
        if len(self._open) + len(self._connecting) < self._most:
            task = asyncio.get_running_loop().create_task(self._connect())
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    def close(self) -> None:
        self._most = 0
        self._waiting.clear()
        for connection in list(self._open):
            connection.close()

    def connection_is_free(self, connection: _Connection) -> None:
        if self._waiting:
            connection.begin(self._waiting.popleft())
        else:
            self._idle.append(connection)

    def connection_is_lost(self, connection: _Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if self._waiting:
            self._want_connection()

    def _taken_from_queue(self) -> list[_Job]:
        jobs = list(self._waiting)
        self._waiting.clear()
        return jobs

    async def _connect(self) -> None:
        host, port, tls = self._address
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                _, connection = await loop.create_connection(lambda: _Connection(self), host, port, ssl=tls)
        except (OSError, ValueError):
            for job in self._taken_from_queue():
                job.done(None)
            return
        self._open.add(connection)
        self.connection_is_free(connection)


class _Connection(asyncio.Protocol):
    """One connection, one callback at a time."""

    def __init__(self, receiver: _Receiver) -> None:
        self._receiver = receiver
        self._job: _Job | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._free_since = time.monotonic()

    def idled_seconds(self) -> float:
        return time.monotonic() - self._free_since

    def begin(self, job: _Job) -> None:
        self._job = job
        self._parser = httptools.HttpResponseParser(self)
        if self._transport is None or self._transport.is_closing():
            self._finish(None)
            return
        self._timer = asyncio.get_running_loop().call_later(TIMEOUT_SECONDS, self.drop)
        self._transport.write(job.request)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._receiver.connection_is_lost(self)
        self._finish(None)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.drop()

    def on_message_complete(self) -> None:
        keep_alive = self._parser.should_keep_alive()
        status = self._parser.get_status_code()
        self._free_since = time.monotonic()
        self._finish(status)
        if keep_alive:
            self._receiver.connection_is_free(self)
        else:
            self.close()

    def _finish(self, status: int | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        job, self._job = self._job, None
        if job is not None:
            job.done(status)
