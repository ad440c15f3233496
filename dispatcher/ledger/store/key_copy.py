"""Copies the ledger's keys from one server to another of any version: by what they hold, not by how it is stored.

A server reads no dump of a newer one, so each type is read and written by its own commands, and read back to compare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import redis

from dispatcher.errors import StoreRefused
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated

_KEYS_AT_ONCE = 500
#: No command is longer than so many parts; even, since they come in pairs.
_MOST_PARTS = 5_000
#: What ends sooner than this is left out.
_SOON_MS = 60_000
#: How a value is asked for, by its type.
_READ: dict[str, Callable[[Any, bytes], Any]] = {
    "string": lambda pipeline, key: pipeline.get(key),
    "hash": lambda pipeline, key: pipeline.hgetall(key),
    "set": lambda pipeline, key: pipeline.smembers(key),
    "zset": lambda pipeline, key: pipeline.zrange(key, 0, -1, withscores=True),
    "list": lambda pipeline, key: pipeline.lrange(key, 0, -1),
    "stream": lambda pipeline, key: pipeline.xrange(key),
}
#: How it is written, and the parts of that.
_ADD = {"hash": "HSET", "set": "SADD", "zset": "ZADD", "list": "RPUSH"}
_PARTS_OF: dict[str, Callable[[Any], list[Any]]] = {
    "hash": lambda value: [part for pair in value.items() for part in pair],
    "set": list,
    "zset": lambda value: [part for member, score in value for part in (repr(score), member)],
    "list": list,
}


class KeyValue(NamedTuple):
    """A key, its type, when it ends (ms since 1970, less than 0: never), and what it holds."""

    key: bytes
    kind: str
    ends_ms: int
    value: Any

    def lasts(self, now_ms: int) -> bool:
        """Whether there is anything to keep of it. A stream without entries has only its readers' places."""
        return bool(self.value or self.value == b"") and not 0 <= self.ends_ms < now_ms + _SOON_MS


def copy_keys(source: redis.Redis, target: redis.Redis) -> int:
    """Copy all of the ledger's keys, with their ends; answers how many. The mark of a restore is the target's own, and
    what ends within a minute is left out: it is of processes that are gone.

    Nobody may be at work in either.

    Raises:
        StoreUnavailable: a server does not answer.
        StoreRefused: the target does not hold what was written.
    """
    copied = 0
    for some in _some_keys(source):
        lasting = [value for value in _values(source, some) if value.lasts(_now_ms(source))]
        _write(target, lasting)
        if _values(target, [value.key for value in lasting]) != lasting:
            raise StoreRefused(
                "this Redis does not hold what was written to it", hint="empty it, and try another"
            )
        copied += len(lasting)
    return copied


def _some_keys(source: redis.Redis) -> Iterator[list[bytes]]:
    some: list[bytes] = []
    with translated():
        for key in source.scan_iter(match="mms:*", count=1_000):
            if text_of(key) != keys.RESTORED:
                some.append(key)
            if len(some) == _KEYS_AT_ONCE:
                yield some
                some = []
    if some:
        yield some


def _values(client: redis.Redis, some: Sequence[bytes]) -> list[KeyValue]:
    with translated():
        pipeline: Any = client.pipeline(transaction=False)
        for key in some:
            pipeline.type(key)
            pipeline.pexpiretime(key)
        found = pipeline.execute()
        kinds = [text_of(kind) for kind in found[::2]]
        for key, kind in zip(some, kinds, strict=True):
            _READ.get(kind, _READ["string"])(pipeline, key)
        return list(map(KeyValue, some, kinds, found[1::2], pipeline.execute()))


def _now_ms(client: redis.Redis) -> int:
    with translated():
        seconds, micros = client.time()
    return int(seconds) * 1000 + int(micros) // 1000


def _write(target: redis.Redis, values: Sequence[KeyValue]) -> None:
    """In one transaction: the server then syncs to its disk once, not whenever it has read a part."""
    with translated():
        pipeline: Any = target.pipeline(transaction=True)
        for value in values:
            for command in _commands(value):
                pipeline.execute_command(*command)
            if value.ends_ms > 0:
                pipeline.pexpireat(value.key, value.ends_ms)
        pipeline.execute()


def _commands(value: KeyValue) -> Iterator[tuple[Any, ...]]:
    if value.kind == "string":
        yield "SET", value.key, value.value
    elif value.kind == "stream":  # without its group: what is in it was not worked on, whoever had taken it
        for name, fields in value.value:
            yield "XADD", value.key, name, *(part for pair in fields.items() for part in pair)
    else:
        parts = _PARTS_OF[value.kind](value.value)
        for first in range(0, len(parts), _MOST_PARTS):
            yield _ADD[value.kind], value.key, *parts[first : first + _MOST_PARTS]
