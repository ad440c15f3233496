"""Many POSTs under way at once on one thread: each is written when it is begun and read when its answer is there.

A thread that waits for each answer costs more than the request itself. Only connections that are ready are used
here: making one (a name, a handshake, their time-outs) is left to `CarrierX.send` on a thread. What an ending means
is decided where it is for `send`, in `dispatcher.carrierx._error_mapping`.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Hashable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar

from dispatcher.carrierx._error_mapping import failure_of_exception
from dispatcher.carrierx._http_reader import read_answer
from dispatcher.carrierx.client import CarrierX
from dispatcher.carrierx.transport import Permit
from dispatcher.errors import ApiError, NotSent
from dispatcher.model.message import Outgoing
from dispatcher.model.receipt import MessageStatus

CHUNK = 64 * 1024
#: A ready connection's buffer takes a message at once. One that does not is waited for so long.
WRITE_SECONDS = 2.0
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

Tag = TypeVar("Tag", bound=Hashable)


class FinishedPost(NamedTuple, Generic[Tag]):
    """A POST that is over: as what CarrierX took it, or why it did not."""

    tag: Tag
    outcome: MessageStatus | ApiError


@dataclass(slots=True)
class _OpenPost(Generic[Tag]):
    tag: Tag
    client: CarrierX
    connection: Any
    deadline: float
    got: bytearray = field(default_factory=bytearray)


class Multiplexer(Generic[Tag]):
    """The POSTs of one thread. Use it in a `with`; nothing but `wake` is for other threads."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._open: dict[int, _OpenPost[Tag]] = {}
        self._over: list[FinishedPost[Tag]] = []
        self._woken, self._bell = socket.socketpair()
        for end in (self._woken, self._bell):
            end.setblocking(False)
        self._poll.register(self._woken, select.POLLIN)

    def __enter__(self) -> Multiplexer[Tag]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for post in self._open.values():
            post.connection.close()
            post.client.give_back(post.connection)
        self._woken.close()
        self._bell.close()

    def begin(self, tag: Tag, client: CarrierX, outgoing: Outgoing, permit: Permit) -> bool:
        """Write this POST on a ready connection; `wait` tells how it ended. False: there is none, nothing was done.

        `permit` is asked once, just before the first byte; its no is a `NotSent`.
        """
        connection = client.ready_connection() if isinstance(client, CarrierX) else None
        if connection is None:
            return False
        request = client.request_of(outgoing)
        if not permit():
            client.give_back(connection)
            self._over.append(
                FinishedPost(tag, NotSent("the request was no longer wanted when its first byte was due"))
            )
            return True
        post = _OpenPost(tag, client, connection, time.monotonic() + client.read_timeout)
        try:
            _write(connection.sock, request)
        except Exception as error:
            self._end(post, failure_of_exception(error, written=True), reusable=False)
            return True
        descriptor = connection.sock.fileno()
        self._open[descriptor] = post
        self._poll.register(descriptor, select.POLLIN)
        return True

    def wait(self, seconds: float) -> list[FinishedPost[Tag]]:
        """Those that ended; waits at most so long for the first, or until it is woken."""
        if self._over:
            seconds = 0.0
        elif self._open:
            first = next(iter(self._open.values()))
            seconds = max(0.0, min(seconds, first.deadline - time.monotonic()))
        for descriptor, _ in self._poll.poll(seconds * 1000):
            if descriptor == self._woken.fileno():
                with contextlib.suppress(BlockingIOError):
                    self._woken.recv(CHUNK)
            else:
                self._read(descriptor)
        self._expire()
        over, self._over = self._over, []
        return over

    def wake(self) -> None:
        """End a `wait`. For other threads; after the end it does nothing."""
        with contextlib.suppress(OSError):
            self._bell.send(b"!")

    def _read(self, descriptor: int) -> None:
        post = self._open[descriptor]
        try:
            while True:
                chunk = post.connection.sock.recv(CHUNK)
                post.got += chunk
                whole = read_answer(post.got, ended=not chunk)
                if whole is not None:
                    break
        except _LATER:
            return
        except Exception as error:
            self._finish(descriptor, failure_of_exception(error, written=True), reusable=False)
            return
        self._finish(descriptor, post.client.read_taken(whole.answer), reusable=whole.reusable)

    def _expire(self) -> None:
        """Those whose time is over. All have the same time: the first that was begun is the first to go."""
        now = time.monotonic()
        while self._open:
            descriptor, post = next(iter(self._open.items()))
            if post.deadline > now:
                return
            self._finish(descriptor, failure_of_exception(TimeoutError(), written=True), reusable=False)

    def _finish(self, descriptor: int, outcome: MessageStatus | ApiError, *, reusable: bool) -> None:
        self._poll.unregister(descriptor)
        self._end(self._open.pop(descriptor), outcome, reusable=reusable)

    def _end(self, post: _OpenPost[Tag], outcome: MessageStatus | ApiError, *, reusable: bool) -> None:
        if not reusable:
            post.connection.close()
        post.client.give_back(post.connection)
        self._over.append(FinishedPost(post.tag, outcome))


def _write(sock: Any, request: bytes) -> None:
    sock.settimeout(0)
    try:
        sent = sock.send(request)
    except _LATER:
        sent = 0
    if sent < len(request):
        sock.settimeout(WRITE_SECONDS)
        sock.sendall(request[sent:])
        sock.settimeout(0)
