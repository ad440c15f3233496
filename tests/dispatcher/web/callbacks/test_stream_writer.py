"""Callbacks that come together share a write, and its sync to disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from redis.asyncio import Redis

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.receipts.spool import SpooledCallback
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.schema import SCHEMA
from dispatcher.web.callbacks import stream_writer
from dispatcher.web.callbacks._spool_file import Spooled
from dispatcher.web.callbacks.stream_writer import ENOUGH, CallbackStreamWriter, StoreAway
from tests.valkey import ValkeyServer


class Counting(CallbackStreamWriter):
    """Remembers how many went into each write."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis, keys.CALLBACKS)
        self.writes: list[int] = []

    async def _append(self, callbacks: Sequence[Spooled]) -> list[StoreUnavailable | None]:
        self.writes.append(len(callbacks))
        return await super()._append(callbacks)


def writes(server: ValkeyServer, story: Callable[[Counting], Awaitable[None]]) -> list[int]:
    """How the writes of this story were divided."""

    async def tell() -> list[int]:
        async with Redis.from_url(server.url) as redis:
            writer = Counting(redis)
            await story(writer)
            assert await redis.xlen(keys.CALLBACKS) >= sum(writer.writes)
        return writer.writes

    return asyncio.run(tell())


def callback(number: int = 0) -> Spooled:
    """One of any."""
    return Spooled(b'{"direction":"outbound","n":%d}' % number, 1)


def test_the_first_after_a_rest_is_written_at_once_and_those_that_follow_together(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_writer, "GATHER_SECONDS", 1.0)

    async def story(writer: Counting) -> None:
        await writer.store(callback())
        later = [asyncio.create_task(writer.store(callback(number))) for number in range(3)]
        await asyncio.sleep(0)
        await writer.store(callback(3))
        await asyncio.gather(*later)

    assert writes(server, story) == [1, 4]


def test_many_do_not_wait_for_more(server: ValkeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_writer, "GATHER_SECONDS", 3600.0)

    async def story(writer: Counting) -> None:
        await writer.store(callback())
        some = [asyncio.create_task(writer.store(callback(number))) for number in range(ENOUGH - 1)]
        await asyncio.sleep(0)
        await asyncio.gather(writer.store(callback(ENOUGH)), *some)

    assert writes(server, story) == [1, ENOUGH]


def test_a_ledger_that_lets_in_newer_programs_only_is_away_for_a_stop_and_for_what_is_spooled(
    server: ValkeyServer,
) -> None:
    stop = Spooled(b'{"direction":"inbound","from":"15162065575","to":"15162065576","message":"STOP"}', 1)

    async def tell() -> None:
        async with Redis.from_url(server.url) as redis:
            await redis.hset(keys.STAMP, "needs", str(SCHEMA + 1))
            writer = CallbackStreamWriter(redis, keys.CALLBACKS)
            with pytest.raises(StoreAway):
                await writer.store(stop)
            drained = [SpooledCallback(callback().raw, 1, "", "", 40)]
            assert isinstance(await writer.drain("a-spool", drained), StoreAway)
            assert await redis.keys("*") == [keys.STAMP.encode()]

    asyncio.run(tell())
