"""Callbacks into their Redis stream, many to a round trip.

While one pipeline waits for its reply (which comes after the fsync), the callbacks that arrive gather for the
next: one sync to disk serves them all.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

from dispatcher.errors import StoreUnavailable

#: Entries in one pipeline: with bodies of 64 KB at most 16 MB in flight.
BATCH = 256
#: Callbacks that may wait here; beyond, the store is too slow and the sender shall come again.
WAITING_MAX = 4096
#: CarrierX waits for an answer meanwhile.
REPLY_SECONDS = 3.0


class _Waiting(NamedTuple):
    raw: bytes
    received_ms: int
    stored: asyncio.Future[None]


class InboxWriter:
    """Appends callbacks to `stream` as the fields `raw` (the body) and `at` (ms since 1970)."""

    def __init__(self, redis: Redis, stream: str) -> None:
        self._redis = redis
        self._stream = stream
        self._waiting: deque[_Waiting] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def store(self, raw: bytes, received_ms: int) -> None:
        """Return once the callback is in the stream.

        Raises:
            StoreUnavailable: Redis does not answer, refuses, or is too slow; whether it is stored is unknown.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise StoreUnavailable("too many callbacks wait for Redis")
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(raw, received_ms, stored))
        if self._writing is None:
            self._writing = asyncio.create_task(self._drain())
        await stored

    async def _drain(self) -> None:
        try:
            while self._waiting:
                count = min(BATCH, len(self._waiting))
                batch = [self._waiting.popleft() for _ in range(count)]
                for one, answer in zip(batch, await self._append(batch), strict=True):
                    _resolve(one.stored, answer)
        finally:
            self._writing = None

    async def _append(self, batch: list[_Waiting]) -> list[object]:
        pipeline = self._redis.pipeline(transaction=False)
        for one in batch:
            pipeline.xadd(self._stream, {b"raw": one.raw, b"at": one.received_ms})
        try:
            async with asyncio.timeout(REPLY_SECONDS):
                answers: list[object] = await pipeline.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            return [error] * len(batch)
        return answers


def _resolve(stored: asyncio.Future[None], answer: object) -> None:
    if stored.done():
        return
    if isinstance(answer, Exception):
        stored.set_exception(StoreUnavailable("Redis did not take a callback"))
    else:
        stored.set_result(None)
