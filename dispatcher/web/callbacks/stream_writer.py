"""Callbacks into their Redis stream, many to a round trip.

While one pipeline waits for its reply (which comes after the sync to disk), the callbacks that arrive gather for the
next, and for ten milliseconds more, unless many wait: what a callback costs is the sync and the round trip, and they
serve all that came meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from redis import exceptions
from redis.asyncio import Redis

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.consent.optouts import receive_call
from dispatcher.ledger.receipts.dead_letters import bury_call
from dispatcher.ledger.receipts.spool import SpooledCallback, drain_call
from dispatcher.ledger.store.schema import REFUSAL
from dispatcher.pipeline.consent.inbound import opting_out
from dispatcher.web.callbacks._on_disk import OnDisk
from dispatcher.web.callbacks._spool_file import Spooled

#: Entries in one pipeline: with bodies of 64 KB at most 16 MB in flight.
BATCH = 256
#: One pipeline begins so long after another, unless so many wait. The first after a rest begins at once.
GATHER_SECONDS, ENOUGH = 0.01, 16
#: Callbacks that may wait here; beyond, the store is too slow.
WAITING_MAX = 4096
#: CarrierX waits for an answer meanwhile.
REPLY_SECONDS = 3.0

#: Redis does not answer, or cannot write now; whether the callback is stored is unknown.
_AWAY = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    OSError,
)
_CANNOT_WRITE = ("MISCONF", "MASTERDOWN", "NOREPLICAS", "LOADING", "BUSY ", REFUSAL)


#: A script's text and its arguments; without a text what is added to a stream.
_Call = tuple[str | None, Sequence[Any]]


class StoreAway(StoreUnavailable):
    """Redis cannot take callbacks now; it will again."""


class _Unstored(NamedTuple):
    callback: Spooled
    stored: asyncio.Future[None]


class CallbackStreamWriter:
    """Appends callbacks to `stream` as the fields `raw` (the body) and `at` (ms since 1970)."""

    def __init__(self, redis: Redis, stream: str, *, unsafe: bool = False) -> None:
        """`unsafe`: an operator does without disks and replicas."""
        self._redis = redis
        self._stream = stream
        self._on_disk = None if unsafe else OnDisk(redis)
        self._waiting: deque[_Unstored] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._next_write = 0.0
        self._gathering: asyncio.Future[None] | None = None

    async def store(self, callback: Spooled) -> None:
        """Return once the callback is in the stream.

        Raises:
            StoreAway: Redis does not answer, or is too slow; whether it is stored is unknown.
            StoreUnavailable: Redis refuses it.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise StoreAway("too many callbacks wait for Redis")
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Unstored(callback, stored))
        if self._writing is None:
            self._writing = asyncio.create_task(self._drain())
        elif len(self._waiting) >= ENOUGH:
            self._write_now()
        await stored

    async def bury(self, callback: Spooled) -> None:
        """Keep one that cannot be read.

        Raises:
            StoreAway, StoreUnavailable: as `store`.
        """
        (answer,) = await self._stored([bury_call(callback.raw, callback.received_ms)])
        if answer is not None:
            raise answer

    async def drain(self, spool_id: str, spooled: Sequence[SpooledCallback]) -> StoreUnavailable | None:
        """Put these of a spool into the stream in one step, each once however often it is tried; None, or why not."""
        (answer,) = await self._stored([drain_call(spool_id, spooled)])
        return answer

    async def _append(self, callbacks: Sequence[Spooled]) -> list[StoreUnavailable | None]:
        """Append these, which came just now, in one round trip; for each None, or why it may not be stored."""
        return await self._stored([self._call(callback) for callback in callbacks])

    def _call(self, callback: Spooled) -> _Call:
        """The one command that stores one callback; an opt-out is on the suppression list in the same step."""
        out = opting_out(callback.raw)
        if out is None:
            return None, (self._stream, {b"raw": callback.raw, b"at": callback.received_ms})
        return receive_call(callback.raw, callback.received_ms, out.number, out.source, fresh=True)

    async def _stored(self, calls: Sequence[_Call]) -> list[StoreUnavailable | None]:
        """Run these scripts and additions in one round trip, and wait for the disks; for each None, or why not."""
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                if self._on_disk is not None:
                    await self._on_disk.know()
                answers: list[Any] = await self._pipeline(calls).execute(raise_on_error=False)
        except (exceptions.RedisError, OSError) as error:
            if self._on_disk is not None:
                self._on_disk.forget()
            return [_why(error)] * len(calls)
        stored, tail = answers[: len(calls)], answers[len(calls) :]
        if self._on_disk is None:
            return [_why_of(answer) for answer in stored]
        wrong = next((answer for answer in tail if isinstance(answer, Exception)), None)
        if wrong is not None:
            return [_why(wrong)] * len(calls)
        if not self._on_disk.took(tail):
            return [StoreAway("not enough replicas have the callbacks on disk")] * len(calls)
        return [_why_of(answer) for answer in stored]

    def _pipeline(self, calls: Sequence[_Call]) -> Any:
        pipeline: Any = self._redis.pipeline(transaction=False)
        for text, arguments in calls:
            if text is None:
                pipeline.xadd(*arguments)
            else:
                pipeline.eval(text, 0, *arguments)
        if self._on_disk is not None:
            self._on_disk.put(pipeline)
        return pipeline

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await self._gather()
                count = min(BATCH, len(self._waiting))
                batch = [self._waiting.popleft() for _ in range(count)]
                answers = await self._append([one.callback for one in batch])
                for one, answer in zip(batch, answers, strict=True):
                    _resolve(one.stored, answer)
                if isinstance(answers[-1], StoreAway):
                    self._give_up(answers[-1])
        finally:
            self._writing = None

    async def _gather(self) -> None:
        loop = asyncio.get_running_loop()
        if len(self._waiting) < ENOUGH and loop.time() < self._next_write:
            self._gathering = loop.create_future()
            timer = loop.call_at(self._next_write, self._write_now)
            try:
                await self._gathering
            finally:
                timer.cancel()
        self._next_write = loop.time() + GATHER_SECONDS

    def _write_now(self) -> None:
        if self._gathering is not None and not self._gathering.done():
            self._gathering.set_result(None)

    def _give_up(self, why: StoreAway) -> None:
        """Those behind shall not wait for a time-out of their own."""
        while self._waiting:
            _resolve(self._waiting.popleft().stored, why)


def _why(error: Exception) -> StoreUnavailable:
    if isinstance(error, _AWAY) or str(error).startswith(_CANNOT_WRITE):
        return StoreAway("Redis does not take callbacks now")
    return StoreUnavailable("Redis refused a callback")


def _why_of(answer: object) -> StoreUnavailable | None:
    return _why(answer) if isinstance(answer, Exception) else None


def _resolve(stored: asyncio.Future[None], answer: StoreUnavailable | None) -> None:
    if stored.done():
        return
    if answer is None:
        stored.set_result(None)
    else:
        stored.set_exception(answer)
