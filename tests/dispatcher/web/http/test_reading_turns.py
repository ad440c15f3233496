"""Uploads are read a few at a time, and only while somebody waits."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack

import pytest
from starlette.types import Message

from dispatcher.web.http import reading_turns
from dispatcher.web.http.reading_turns import (
    READERS,
    CallerGoneError,
    ServerStopsError,
    UploadsBusyError,
    reading_turn,
    while_called,
)


@pytest.mark.slow
def test_more_than_a_few_at_once_are_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_turns, "TURN_SECONDS", 0.0)
    with ExitStack() as readers:
        for _ in range(READERS):
            readers.enter_context(reading_turn(threading.Event()))
        with pytest.raises(UploadsBusyError), reading_turn(threading.Event()):
            pass
    with reading_turn(threading.Event()):
        pass


def test_reading_ends_in_its_thread_when_the_caller_hangs_up() -> None:
    async def scene() -> None:
        hung_up = asyncio.Event()

        async def receive() -> Message:
            await hung_up.wait()
            return {"type": "http.disconnect"}

        def read() -> None:
            with reading_turn(threading.Event()) as pulse:
                asyncio.run_coroutine_threadsafe(_set(hung_up), loop)
                while True:
                    pulse()

        loop = asyncio.get_running_loop()
        async with while_called(receive):
            with pytest.raises(CallerGoneError):
                await asyncio.to_thread(read)

    asyncio.run(asyncio.wait_for(scene(), 60))


def test_reading_ends_when_the_server_stops() -> None:
    closing = threading.Event()
    with reading_turn(closing) as pulse:
        pulse()
        closing.set()
        with pytest.raises(ServerStopsError):
            pulse()


async def _set(event: asyncio.Event) -> None:
    event.set()
