"""A recorded ledger in a Valkey: its time goes on from when it was recorded, its CarrierX knows what it had taken."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import redis as redis_py

from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.runtime.runtime import wall_ms
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.engine import Engine
from dispatcher.simulator.faults import Faults
from dispatcher.simulator.launch import serve
from dispatcher.simulator.store import TakenMessage

#: All that there are.
RECORDINGS = sorted((Path(__file__).parent.parent / "data" / "ledgers").glob("*.jsonl"))
#: Redis's own time, put so far ahead, ms.
_SHIFT = "test:shift"
_CLOCK = f"""
local function now_us()
  local time = redis.call('TIME')
  local shift_ms = tonumber(redis.call('GET', '{_SHIFT}') or 0)
  return tonumber(time[1]) * 1000000 + tonumber(time[2]) + shift_ms * 1000
end
"""


class Recording(NamedTuple):
    """What a file holds: when it was recorded, what CarrierX had taken, a token and a session that are let in, the
    callback key, and the ledger's keys."""

    at_ms: int
    taken: list[dict[str, Any]]
    token: str
    session: str
    callback_key: str
    keys: list[dict[str, Any]]


def read(file: Path) -> Recording:
    """The recording of this file."""
    first, *keys = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return Recording(**first, keys=keys)


def put_into(redis: redis_py.Redis, recording: Recording) -> Ledger:
    """The ledger as it was, a moment after; who waits for a turn moves its clock."""
    for line in recording.keys:
        _PUT[line["type"]](redis, line["key"], _raw(line["value"]))
        for group in line.get("groups", ()):
            redis.xgroup_create(line["key"], group, id="0")
        if "ttl_ms" in line:
            redis.pexpire(line["key"], line["ttl_ms"])
    redis.set(_SHIFT, recording.at_ms + 1000 - wall_ms())
    ledger = Ledger(redis, clock=_CLOCK)
    ledger.agenda.pause = lambda seconds: pass_time(redis, seconds)
    ledger.agenda.now_ms = clock_of(redis)  # type: ignore[method-assign]
    return ledger


def clock_of(redis: redis_py.Redis) -> Callable[[], int]:
    """The time of that ledger, ms, as a process of today tells it."""
    return lambda: wall_ms() + int(float(redis.get(_SHIFT) or 0))


def pass_time(redis: redis_py.Redis, seconds: float) -> None:
    """So much of that ledger's time goes by."""
    redis.set(_SHIFT, int(float(redis.get(_SHIFT) or 0) + seconds * 1000))


@contextmanager
def carrierx_of(recording: Recording) -> Iterator[SimulatorHandle]:
    """A simulated CarrierX that took what the recorded one had taken."""
    address: Future[str] = Future()
    stopping: Future[Callable[[], object]] = Future()
    engine = Engine(Faults(), "test-token", None)
    for each in recording.taken:
        message = TakenMessage(
            sid=each["message_sid"],
            sender=each["from"],
            to=tuple(each["to"]),
            group=len(each["to"]) > 1,
            message=each["message"],
            media_urls=tuple(each["media_urls"]),
            user_data=each["user_data"],
            created=each["created"],
            status=each["status"],
            words=each["words"],
        )
        engine.store.messages[message.sid] = message
        engine.store.by_user_data[message.user_data or ""].append(message)

    async def answer() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        stopping.set_result(lambda: loop.call_soon_threadsafe(stop.set))
        await serve(engine, "127.0.0.1", 0, address.set_result, stop)

    thread = threading.Thread(target=lambda: asyncio.run(answer()), name="carrierx", daemon=True)
    thread.start()
    try:
        yield SimulatorHandle(address.result(timeout=10), "test-token")
    finally:
        stopping.result(timeout=10)()
        thread.join(timeout=10)


def _raw(value: Any) -> Any:
    """What Redis is given: bytes where they were no text."""
    if isinstance(value, dict):
        return base64.b64decode(value["b64"])
    return [_raw(each) for each in value] if isinstance(value, list) else value


_PUT: dict[str, Callable[[redis_py.Redis, str, Any], object]] = {
    "string": lambda redis, key, value: redis.set(key, value),
    "hash": lambda redis, key, value: redis.hset(key, items=[each for pair in value for each in pair]),
    "set": lambda redis, key, value: redis.sadd(key, *value),
    "list": lambda redis, key, value: redis.rpush(key, *value),
    "zset": lambda redis, key, value: redis.zadd(key, dict(value)),
    "stream": lambda redis, key, value: [redis.xadd(key, dict(fields), id=name) for name, fields in value],
}
