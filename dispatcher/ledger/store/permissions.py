"""What a user of the server must be allowed: tried without doing any of it.

A server looks at rights, keys and channels when a command is queued in a transaction, not when it runs. So everything
that the ledger, its scripts and Celery's hints need is queued, and the transaction is discarded.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import redis

from dispatcher.ledger.store.cluster import ANSWERS
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.queues import QUEUE_NAMES

_KEY = "mms:trial"
_Call = tuple[str | int, ...]

#: Of strings, hashes, sets, sorted sets, lists and streams: what scripts and Python call, on a key of ours.
_LEDGER: tuple[_Call, ...] = (
    ("APPEND", _KEY, ""),
    ("DEL", _KEY),
    ("EXISTS", _KEY),
    ("EXPIRE", _KEY, 1),
    ("GET", _KEY),
    ("GETRANGE", _KEY, 0, 1),
    ("INCR", _KEY),
    ("INCRBY", _KEY, 1),
    ("MGET", _KEY),
    ("PERSIST", _KEY),
    ("PEXPIRE", _KEY, 1),
    ("PTTL", _KEY),
    ("RENAME", _KEY, _KEY),
    ("SET", _KEY, 1),
    ("SETRANGE", _KEY, 0, ""),
    ("TTL", _KEY),
    ("UNLINK", _KEY),
    ("HDEL", _KEY, 1),
    ("HEXISTS", _KEY, 1),
    ("HGET", _KEY, 1),
    ("HGETALL", _KEY),
    ("HINCRBY", _KEY, 1, 1),
    ("HKEYS", _KEY),
    ("HLEN", _KEY),
    ("HMGET", _KEY, 1),
    ("HSCAN", _KEY, 0),
    ("HSET", _KEY, 1, 1),
    ("HSETNX", _KEY, 1, 1),
    ("HVALS", _KEY),
    ("SADD", _KEY, 1),
    ("SCARD", _KEY),
    ("SISMEMBER", _KEY, 1),
    ("SMEMBERS", _KEY),
    ("SRANDMEMBER", _KEY, 1),
    ("SREM", _KEY, 1),
    ("ZADD", _KEY, 1, 1),
    ("ZCARD", _KEY),
    ("ZCOUNT", _KEY, 0, 1),
    ("ZINCRBY", _KEY, 1, 1),
    ("ZRANGE", _KEY, 0, 1),
    ("ZRANGEBYSCORE", _KEY, 0, 1),
    ("ZRANK", _KEY, 1),
    ("ZREM", _KEY, 1),
    ("ZREMRANGEBYSCORE", _KEY, 0, 1),
    ("ZREVRANGE", _KEY, 0, 1),
    ("ZREVRANGEBYSCORE", _KEY, 1, 0),
    ("ZREVRANK", _KEY, 1),
    ("ZSCORE", _KEY, 1),
    ("LINDEX", _KEY, 0),
    ("LLEN", _KEY),
    ("LPUSH", _KEY, 1),
    ("LRANGE", _KEY, 0, 1),
    ("LREM", _KEY, 0, 1),
    ("LTRIM", _KEY, 0, 1),
    ("RPUSH", _KEY, 1),
    ("XADD", _KEY, "*", "f", 1),
    ("XDEL", _KEY, "1-1"),
    ("XGROUP", "CREATE", _KEY, "g", "0"),
    ("XGROUP", "DELCONSUMER", _KEY, "g", "c"),
    ("XINFO", "CONSUMERS", _KEY, "g"),
    ("XLEN", _KEY),
    ("XRANGE", _KEY, "-", "+"),
    ("XREADGROUP", "GROUP", "g", "c", "STREAMS", _KEY, ">"),
    ("XREVRANGE", _KEY, "+", "-"),
    ("XTRIM", _KEY, "MAXLEN", 1),
    ("EVAL", "return 1", 0),
    ("EVALSHA", "0" * 40, 0),
    ("SCRIPT", "LOAD", "return 1"),
    ("UNWATCH",),
    ("PING",),
    ("TIME",),
    ("INFO", "server"),
    ("CONFIG", "GET", "appendonly"),
    ("ROLE",),
    ("WAITAOF", 0, 0, 1),
)


def _hints(database: int) -> tuple[_Call, ...]:
    """What Celery needs for hints: lists, bindings, and channels for events and for what workers are asked."""
    return (
        *(("LLEN", queue) for queue in QUEUE_NAMES),
        *(("LPUSH", queue, 1) for queue in QUEUE_NAMES),
        *(("BRPOP", queue, 1) for queue in QUEUE_NAMES),
        ("SADD", "_kombu.binding.send", 1),
        ("SMEMBERS", "_kombu.binding.send"),
        ("EXISTS", "_kombu.binding.celery.pidbox"),
        ("PUBLISH", f"/{database}.celeryev/worker.online", 1),
        ("PUBLISH", f"/{database}.celery.pidbox", 1),
        ("SUBSCRIBE", f"/{database}.celery.pidbox"),
        ("PSUBSCRIBE", f"/{database}.celeryev/*"),
        ("UNSUBSCRIBE",),
        ("PUNSUBSCRIBE",),
    )


class MissingPermissions(NamedTuple):
    """What is missing: commands that the server does not know, that the user may not run, keys and channels."""

    unknown: tuple[str, ...]
    commands: tuple[str, ...]
    keys: tuple[str, ...]
    channels: tuple[str, ...]

    def __str__(self) -> str:
        parts = (
            ("the server does not know {}", self.unknown),
            ("this user may not run {}", self.commands),
            ("this user may not use keys like {}", self.keys),
            ("this user may not use channels like {}", self.channels),
        )
        return "; ".join(text.format(", ".join(names)) for text, names in parts if names)


def missing_permissions(client: redis.Redis, *, hints: bool) -> MissingPermissions | None:
    """What the server does not allow this user of what is needed, with `hints` also of a broker. None: all is there.

    Raises:
        StoreUnavailable: Redis does not answer, or knows no transactions.
    """
    database = int(client.connection_pool.connection_kwargs.get("db") or 0)
    calls = (*_LEDGER, *(_hints(database) if hints else ()))
    with translated():
        found = list(zip(calls, _queued(client, calls), strict=True))
        for _, answer in found:
            if isinstance(answer, ANSWERS):  # a proxy in front of a cluster; it says nothing of this user
                raise answer
    wrong = [(call, str(answer)) for call, answer in found if isinstance(answer, redis.ResponseError)]
    if not wrong:
        return None
    unknown = _names(call for call, text in wrong if "nknown" in text)
    refused = [(call, text) for call, text in wrong if "nknown" not in text]
    channels = {str(call[1]) for call, text in refused if "channel" in text}
    keys = {_family(str(call[1])) for call, text in refused if _is_about_keys(text)}
    commands = _names(call for call, text in refused if "channel" not in text and not _is_about_keys(text))
    return MissingPermissions(unknown, commands, tuple(sorted(keys)), tuple(sorted(channels)))


def _queued(client: redis.Redis, calls: tuple[_Call, ...]) -> list[Any]:
    """What the server answers to each when it is queued; nothing of it is done."""
    pool: Any = client.connection_pool
    connection = pool.get_connection()
    try:
        connection.send_command("MULTI")
        connection.read_response()  # or everything would be done
        connection.send_packed_command(connection.pack_commands([*calls, ("DISCARD",)]))
        answers = [_answer(connection) for _ in calls]
        _answer(connection)
        return answers
    finally:
        connection.disconnect()
        pool.release(connection)


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response()
    except redis.ResponseError as error:
        return error


def _is_about_keys(text: str) -> bool:
    return "key" in text and "channel" not in text and "command" not in text


def _family(key: str) -> str:
    return "mms:*" if key.startswith("mms:") else "_kombu*" if key.startswith("_kombu") else key


def _names(calls: Any) -> tuple[str, ...]:
    two = {"CONFIG", "SCRIPT", "XGROUP", "XINFO"}
    names = {f"{call[0]} {call[1]}" if call[0] in two else str(call[0]) for call in calls}
    return tuple(sorted(text_of(name) for name in names))
