"""Keys of every type are the same on the other server; what cannot be carried is not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_py

from dispatcher.errors import StoreRefused
from dispatcher.ledger.store import key_copy, keys
from dispatcher.ledger.store.connection import client
from dispatcher.ledger.store.key_copy import copy_keys
from tests.valkey import running_valkey


@pytest.fixture
def target(tmp_path: Path) -> Iterator[redis_py.Redis]:
    """An empty server."""
    with running_valkey(tmp_path / "target") as server, client(server.url) as connected:
        yield connected


def test_every_type_arrives_with_its_bytes_its_numbers_and_its_end(
    redis: redis_py.Redis, target: redis_py.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_copy, "_MOST_PARTS", 4)
    raw = os.urandom(300) + b"\r\n\0"
    redis.set("mms:string", raw)
    redis.set("mms:empty", b"")
    redis.hset("mms:hash", mapping={raw: raw, b"2": b"b", b"3": b"c"})
    redis.sadd("mms:set", raw, b"2", b"3", b"4", b"5")
    redis.zadd("mms:zset", {raw: 0.1, b"b": 1764345600123.0, b"c": float("inf"), b"d": -3e-7})
    redis.rpush("mms:list", raw, b"2", b"2", b"1", b"0")
    for number in range(3):
        redis.xadd(keys.CALLBACKS, {"raw": raw, "at": number}, id=f"5-{number + 1}")
    redis.xgroup_create(keys.CALLBACKS, "ingest", id="$")
    redis.pexpireat("mms:hash", 4_102_444_800_000)
    redis.set("_kombu.binding.send", "not ours")
    assert copy_keys(redis, target) == 7
    assert held(target) == held(redis)
    assert len(held(target)) == 7
    assert target.keys("_kombu*") == []


def held(client: redis_py.Redis) -> dict[str, object]:
    """What a server has of these."""
    return {
        "string": (client.get("mms:string"), client.get("mms:empty")),
        "hash": client.hgetall("mms:hash"),
        "set": client.smembers("mms:set"),
        "zset": client.zrange("mms:zset", 0, -1, withscores=True),
        "list": client.lrange("mms:list", 0, -1),
        "stream": client.xrange(keys.CALLBACKS),
        "ends": [client.pexpiretime(f"mms:{name}") for name in ("string", "hash", "set", "zset", "list")],
    }


def test_what_ends_within_a_minute_a_stream_without_entries_and_the_mark_of_a_restore_stay_behind(
    redis: redis_py.Redis, target: redis_py.Redis
) -> None:
    redis.set("mms:soon", 1, px=59_000)
    redis.set("mms:later", 1, px=120_000)
    redis.xgroup_create(keys.CALLBACKS, "ingest", id="0", mkstream=True)
    redis.hset(keys.RESTORED, "why", "older")
    assert copy_keys(redis, target) == 1
    assert target.keys() == [b"mms:later"]


def test_a_server_that_has_something_else_there_is_not_believed(
    redis: redis_py.Redis, target: redis_py.Redis
) -> None:
    redis.hset("mms:hash", mapping={"ours": 1})
    target.hset("mms:hash", mapping={"theirs": 1})
    with pytest.raises(StoreRefused, match="does not hold what was written"):
        copy_keys(redis, target)
