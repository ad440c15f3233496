"""Callbacks that come together share a write, and its sync to disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
import redis as redis_py
from redis.asyncio import Redis

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.receipts.spool import SpooledCallback
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.replicas import Replicas
from dispatcher.ledger.store.schema import SCHEMA
from dispatcher.web.callbacks import stream_writer
from dispatcher.web.callbacks._spool_file import Spooled
from dispatcher.web.callbacks.stream_writer import ENOUGH, CallbackStreamWriter, StoreAway
from tests.stack import until
from tests.valkey import ValkeyServer, running_valkey


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


def stored(server: ValkeyServer, url: str = "") -> list[bool]:
    """Whether each of a few callbacks, one after the other, counts as stored."""

    async def tell() -> list[bool]:
        async with Redis.from_url(url or server.url) as redis:
            writer = CallbackStreamWriter(redis, keys.CALLBACKS)
            found = []
            for number in range(3):
                try:
                    await writer.store(callback(number))
                    found.append(True)
                except StoreUnavailable:
                    found.append(False)
            return found

    return asyncio.run(tell())


@pytest.mark.slow
def test_a_callback_is_stored_when_the_replica_has_it_on_disk(server: ValkeyServer, tmp_path: Path) -> None:
    of = ("--replicaof", "127.0.0.1", str(server.port))
    with running_valkey(tmp_path / "replica", *of) as replica, redis_py.Redis.from_url(server.url) as client:
        server_side = Replicas(client)
        client.config_set("repl-diskless-sync-delay", 0)
        until(lambda: server_side.look().attached == 1, 20)
        until(lambda: stored(server) == [True] * 3, 20)
        replica.pause()
        assert stored(server) == [False] * 3
        replica.resume()
        until(lambda: stored(server) == [True] * 3, 20)


def test_a_server_that_does_not_show_its_settings_is_waited_for_until_its_disk_has_it(
    server: ValkeyServer,
) -> None:
    with redis_py.Redis.from_url(server.url) as client:
        client.config_set("appendfsync", "everysec")
        client.acl_setuser(
            "door", enabled=True, nopass=True, keys="*", channels="*", commands=["+@all", "-config"]
        )
        begun = time.monotonic()
        assert stored(server, server.url.replace("redis://", "redis://door:any@")) == [True] * 3
        assert time.monotonic() - begun > 0.15  # its disk was waited for
