"""What a message and a callback cannot do without, and nothing else: no limit, consent, lease, order, money or spool.

    python -m benchmarks.bare send URL STORE ROWS
    python -m benchmarks.bare door PORT STORE
    python -m benchmarks.bare drain STORE CALLBACKS

`send`: for each message JSON, one write to a socket and one read, JSON; for 64 of them two scripts in one round trip,
which write each row and its sid. `door`: the same server as ours; JSON, and an entry in a stream, whose sync those
share who come together. `drain`: entries by the hundred, JSON, and one script that moves their rows up.
"""

from __future__ import annotations

import asyncio
import json
import select
import socket
import sys
import time
from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

import msgpack
import redis
import uvicorn
from redis.asyncio import Redis as AsyncRedis

from benchmarks.loops import HEADERS, message

IN_FLIGHT, CHUNK, BATCH = 64, 500, 100
STREAM, GROUP = "bare:callbacks", "bare"
_CLAIM = """
local rows, new, set = cmsgpack.unpack(ARGV[2]), ARGV[3], {}
for i, row in ipairs(redis.call('HMGET', ARGV[1], unpack(rows))) do
  if not row then set[#set + 1], set[#set + 2] = rows[i], new end
end
redis.call('HSET', ARGV[1], unpack(set))
redis.call('HINCRBY', 'bare:counts', 's', #set / 2)
return #set / 2
"""
_RECORD = """
local rows, sids, set = cmsgpack.unpack(ARGV[2]), cmsgpack.unpack(ARGV[3]), {}
for i, row in ipairs(redis.call('HMGET', ARGV[1], unpack(rows))) do
  set[#set + 1], set[#set + 2] = rows[i], 'q' .. string.sub(row, 2, 20) .. sids[i]
  redis.call('HSET', 'bare:sid:' .. string.byte(sids[i], 1, 1), string.sub(sids[i], 2, 9), ARGV[1] .. rows[i])
end
redis.call('HSET', ARGV[1], unpack(set))
redis.call('HINCRBY', 'bare:counts', 'q', #rows)
redis.call('HINCRBY', 'bare:counts', 's', -#rows)
"""
_APPLY = """
local RANK, moved = { q = 1, t = 2, f = 3, d = 4 }, {}
for _, one in ipairs(cmsgpack.unpack(ARGV[1])) do
  local key, rows, words, set = one[1], one[2], one[3], {}
  for i, row in ipairs(redis.call('HMGET', key, unpack(rows))) do
    local was = string.sub(row or 'q', 1, 1)
    if RANK[words[i]] > RANK[was] then
      moved[was], moved[words[i]] = (moved[was] or 0) - 1, (moved[words[i]] or 0) + 1
      set[#set + 1], set[#set + 2] = rows[i], words[i] .. string.sub(row or string.rep('x', 40), 2)
    end
  end
  if #set > 0 then redis.call('HSET', key, unpack(set)) end
end
for state, by in pairs(moved) do redis.call('HINCRBY', 'bare:counts', state, by) end
redis.call('XDEL', 'bare:callbacks', unpack(cmsgpack.unpack(ARGV[2])))
"""


def _packed(value: object) -> bytes:
    found: bytes = msgpack.packb(value, use_bin_type=False)
    return found


class _Posts:
    """Requests in flight, one a connection."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        assert address.port is not None
        self._head = (
            f"POST {address.path}/sms/messages HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Authorization: {HEADERS['Authorization']}\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        ).encode()
        self._poll = select.poll()
        self._free = [socket.create_connection(("127.0.0.1", address.port)) for _ in range(IN_FLIGHT)]
        for line in self._free:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def answers(self, rows: list[int]) -> list[bytes]:
        """Post these; the sids, 16 bytes each."""
        lines = {}
        for line, row in zip(self._free, rows, strict=False):
            body = json.dumps(message(row), separators=(",", ":")).encode()
            line.send(self._head % len(body) + body)
            lines[line.fileno()] = line
            self._poll.register(line, select.POLLIN)
        sids = []
        while lines:
            for number, _ in self._poll.poll():
                answer = lines.pop(number).recv(65_536)
                self._poll.unregister(number)
                sids.append(
                    bytes.fromhex(
                        json.loads(answer.partition(b"\r\n\r\n")[2])["message_sid"].replace("-", "")
                    )
                )
        return sids


def send(url: str, store: str, rows: int) -> float:
    """Every row claimed, posted, recorded; the CPU seconds of it."""
    client = redis.Redis.from_url(store)
    claim, record = (client.script_load(text) for text in (_CLAIM, _RECORD))
    posts, start = _Posts(url), time.process_time()
    recorded: list[tuple[str, bytes, bytes]] = []
    shares = [range(first, min(first + IN_FLIGHT, rows)) for first in range(0, rows, IN_FLIGHT)]
    for some in [*shares, range(0)]:
        pipeline = client.pipeline(transaction=False)
        for arguments in recorded:
            pipeline.evalsha(record, 0, *arguments)
        key = f"bare:rows:{some[0] // BATCH}" if some else ""
        if some:
            pipeline.evalsha(claim, 0, key, _packed(list(some)), b"s" + bytes(39))
        pipeline.execute()
        recorded = [(key, _packed(list(some)), _packed(posts.answers(list(some))))] if some else []
    return time.process_time() - start


class _Door:
    def __init__(self, store: str) -> None:
        self._redis = AsyncRedis.from_url(store)
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def __call__(self, _: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        json.loads(body)
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((body, stored))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await stored
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def _write(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting, []
            pipeline = self._redis.pipeline(transaction=False)
            for body, _ in some:
                pipeline.xadd(STREAM, {b"raw": body, b"at": 1})
            await pipeline.execute()
            for _, stored in some:
                stored.set_result(None)
        self._writing = None


def door(port: int, store: str) -> None:
    """Serve until killed."""
    uvicorn.run(
        _Door(store), port=port, loop="asyncio", http="httptools", lifespan="off", access_log=False,
        log_level="error", server_header=False,
    )  # fmt: skip


def drain(store: str, callbacks: int) -> float:
    """So many callbacks, as they come; the CPU seconds of it."""
    client = redis.Redis.from_url(store)
    apply = client.script_load(_APPLY)
    client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    letters, start = {"queued": "q", "sent": "t", "delivered": "d"}, time.process_time()
    while callbacks:
        read: Any = client.xreadgroup(GROUP, "one", {STREAM: ">"}, count=CHUNK, block=100, noack=True)
        entries = read[0][1] if read else []
        by_batch: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
        for _, fields in entries:
            said = json.loads(fields[b"raw"])
            _, batch, row, *_ = said["user_data"].split(".")
            rows, words = by_batch[f"bare:rows:{batch}"]
            rows.append(row)
            words.append(letters[said["status"]])
        if entries:
            batches = [(key, *found) for key, found in by_batch.items()]
            client.evalsha(apply, 0, _packed(batches), _packed([name for name, _ in entries]))
            callbacks -= len(entries)
    return time.process_time() - start


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["send", url, store, rows]:
            print(send(url, store, int(rows)))
        case ["door", port, store]:
            door(int(port), store)
        case ["drain", store, callbacks]:
            print(drain(store, int(callbacks)))
