"""Uploads are read a few at a time, only while somebody waits for the answer, and beside the callback receiver.

A reader in a thread and the receiver share one interpreter: the more threads compute, the later a callback is answered.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Protocol

from starlette.types import Receive

from dispatcher.errors import MmsError

READERS = 2
#: How long an upload waits for its turn; then the caller is asked to come again.
TURN_SECONDS = 30.0
#: How long a thread that computes keeps the interpreter from the receiver at most. Python's own 5 ms are felt there.
SWITCH_SECONDS = 0.001

_turns = threading.BoundedSemaphore(READERS)
_gone: ContextVar[threading.Event | None] = ContextVar("gone", default=None)


class UploadsBusyError(MmsError):
    """Too many files are read just now."""

    def __init__(self) -> None:
        super().__init__("other files are being read just now", hint="try again in a moment")


class CallerGoneError(MmsError):
    """Nobody waits for this answer any more."""

    def __init__(self) -> None:
        super().__init__("the caller went away, so the file was not read on")


@asynccontextmanager
async def while_called(receive: Receive) -> AsyncIterator[None]:
    """Note when the caller hangs up, for what is read meanwhile, in this task and in threads that it starts. The body
    was received before."""
    gone = threading.Event()

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            continue
        gone.set()

    watching, token = asyncio.create_task(watch()), _gone.set(gone)
    try:
        yield
    finally:
        gone.set()
        watching.cancel()
        _gone.reset(token)


class ServerStopsError(MmsError):
    """This process was asked to stop."""

    def __init__(self) -> None:
        super().__init__("the server is being stopped", hint="try again in a moment")


class Flag(Protocol):
    """Something that is set once, in whatever thread."""

    def is_set(self) -> bool:
        """Whether it is."""


@contextmanager
def reading_turn(closing: Flag) -> Iterator[Callable[[], None]]:
    """A turn to read an upload; gives what the reader has to call now and then. `closing` tells that the server stops.

    Raises:
        UploadsBusyError: there was none in time.
        CallerGoneError, ServerStopsError: nobody will get the answer; also from what is given.
    """
    gone = _gone.get()

    def pulse() -> None:
        if gone is not None and gone.is_set():
            raise CallerGoneError
        if closing.is_set():
            raise ServerStopsError

    until = time.monotonic() + TURN_SECONDS
    while not _turns.acquire(timeout=0.5):
        pulse()
        if time.monotonic() > until:
            raise UploadsBusyError
    try:
        sys.setswitchinterval(SWITCH_SECONDS)
        yield pulse
    finally:
        _turns.release()
