"""memory: bytes of Redis per recipient, everything counted, after sending and receipts, at growing sizes.

The baseline is one hash per recipient with what one would keep there. Process memory is this process's, which reads
the file, sends (without HTTP) and applies the receipts.
"""

from __future__ import annotations

import os
import resource
import uuid
from collections.abc import Iterator
from typing import Any

import redis

from benchmarks.ledgers import empty_runtime, read_campaign, send_without_http
from benchmarks.loops import message
from benchmarks.result import Asked, Line, Result
from benchmarks.store import used_bytes
from dispatcher.ledger.store import keys
from dispatcher.model.state import RecipientState

SIZES = (10_000, 100_000, 1_000_000)
#: Entries in each of the 65,536 hashes of the index of sids: of 6 million recipients, and of 65 million.
SHORT, LONG = 100, 1_000


def measure(asked: Asked) -> Iterator[Result]:
    """One line a size. The figures do not vary from run to run, so each is measured once."""
    sizes = (asked.rows,) if asked.rows else SIZES
    baseline = _hashes(min(sizes[0], SIZES[0]))
    lines = [_ours(size, baseline) for size in sizes]
    figures = {"Redis, each recipient": lines[-1].values["bytes a recipient"]}
    lines += [_index(most) for most in (SHORT, LONG)]
    lines.append(Line("one hash per recipient", {"bytes a recipient": baseline}, 1.0))
    yield Result("memory", "one hash per recipient", lines, figures)


def _ours(rows: int, baseline: float) -> Line:
    with empty_runtime(durable=False) as runtime:
        empty = used_bytes(runtime.ledger.redis)
        campaign = read_campaign(runtime, rows)
        read = used_bytes(runtime.ledger.redis) - empty
        send_without_http(runtime, campaign, RecipientState.DELIVERED)
        used = used_bytes(runtime.ledger.redis) - empty
        counts = runtime.ledger.campaign(campaign).counts
        assert counts[RecipientState.DELIVERED] == rows, counts
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    values = {"bytes a recipient": used / rows, "of it the file": read / rows, "process MB": peak}
    return Line(f"ours, {rows:,} recipients", values, used / rows / baseline)


def _index(entries: int) -> Line:
    """The index of sids alone, so many in a hash: more than 128 and Valkey's compact encoding is left."""
    hashes = 20_000 // entries
    with empty_runtime(durable=False) as runtime:
        client: redis.Redis = runtime.ledger.redis
        empty = used_bytes(client)
        for bucket in range(hashes):
            places = {os.urandom(8): f"1.{bucket}.{entry % 100}" for entry in range(entries)}
            client.hset(keys.sid_bucket(bucket.to_bytes(2)), mapping=dict[Any, Any](places))
        each = (used_bytes(client) - empty) / hashes / entries
    return Line(f"index of sids, {entries:,} a hash", {"bytes a recipient": each})


def _hashes(rows: int) -> float:
    """Bytes for one hash per recipient: number, text, sender, media, status, sid, times, price."""
    with empty_runtime(durable=False) as runtime:
        client: redis.Redis = runtime.ledger.redis
        empty = used_bytes(client)
        pipeline = client.pipeline(transaction=False)
        for row in range(rows):
            sent = message(row)
            fields: Any = {
                "to": str(sent["to"]),
                "from": str(sent["from"]),
                "message": str(sent["message"]),
                "media_urls": "https://media.example/spring.jpg",
                "status": "delivered",
                "message_sid": str(uuid.UUID(int=row)),
                "sent_at": 1_795_366_762.155,
                "updated_at": 1_795_366_763.155,
                "price": "0.0085",
            }
            pipeline.hset(f"campaign:1:recipient:{row}", mapping=fields)
            if row % 1000 == 999:
                pipeline.execute()
        pipeline.execute()
        return (used_bytes(client) - empty) / rows
