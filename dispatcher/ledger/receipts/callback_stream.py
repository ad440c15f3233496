"""The stream of callbacks: stored before they are answered, applied later, acknowledged by the script that applies."""

from __future__ import annotations

from typing import Any, NamedTuple

import redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import translated
from dispatcher.ledger.store.scripts import Scripts

#: Entries that a consumer took and did not finish for this long are taken over.
TAKE_OVER_MS = 30_000
#: How long a receipt waits for its message.
EARLY_RECEIPT_MS = 24 * 3_600_000


class StreamEntry(NamedTuple):
    """One callback as it came: the stream's id, the raw body, and when we received it (ms)."""

    id: bytes
    raw: bytes
    at_ms: int


class CallbackStream:
    """Reads and writes the stream of callbacks."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def store(self, raw: bytes, received_ms: int) -> None:
        """Append one callback; when this returns it is on disk."""
        with translated():
            self._redis.xadd(keys.CALLBACKS, {"raw": raw, "at": received_ms})

    def take(self, consumer: str, most: int) -> list[StreamEntry]:
        """Entries of dead consumers first, then new ones; at most `most`."""
        with translated():
            try:
                return self._read(consumer, most)
            except redis.ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
                self._make_group()
                return self._read(consumer, most)

    def _read(self, consumer: str, most: int) -> list[StreamEntry]:
        abandoned: Any = self._redis.xautoclaim(
            keys.CALLBACKS, keys.INGEST_GROUP, consumer, min_idle_time=TAKE_OVER_MS, count=most
        )
        found = [entry for entry in abandoned[1] if entry[1]]
        if not found:
            streams: Any = self._redis.xreadgroup(
                keys.INGEST_GROUP, consumer, {keys.CALLBACKS: ">"}, count=most
            )
            found = streams[0][1] if streams else []
        return [StreamEntry(entry_id, fields[b"raw"], int(fields[b"at"])) for entry_id, fields in found]

    def _make_group(self) -> None:
        try:
            self._redis.xgroup_create(keys.CALLBACKS, keys.INGEST_GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    def acknowledge(self, ids: list[bytes]) -> None:
        """Entries that change nothing in the ledger: done."""
        if ids:
            with translated():
                self._redis.xack(keys.CALLBACKS, keys.INGEST_GROUP, *ids)
                self._redis.xdel(keys.CALLBACKS, *ids)

    def keep_early_receipt(self, entry: StreamEntry, sid_hash: bytes) -> bool:
        """A receipt whose message is not known waits a day for it, acknowledged in the same step.

        False: the message became known meanwhile; the receipt comes out of the stream once more.
        """
        arguments = (entry.id, entry.raw, entry.at_ms, sid_hash, EARLY_RECEIPT_MS)
        return bool(self._scripts.run("receipts/store_orphan", *arguments) == b"kept")

    def move_to_dead_letters(self, entry: StreamEntry, most: int = 1_000) -> None:
        """A callback that nothing can be done with is kept for a person, the newest `most` of them; acknowledged."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            kept: Any = {"raw": entry.raw, "at": entry.at_ms}
            pipeline.xadd(keys.ASIDE, kept, maxlen=most, approximate=False)
            pipeline.xack(keys.CALLBACKS, keys.INGEST_GROUP, entry.id)
            pipeline.xdel(keys.CALLBACKS, entry.id)
            pipeline.execute()

    def forget_consumers(self, silent_ms: int) -> int:
        """Names of readers that were silent for so long and hold nothing are forgotten; answers how many."""
        return int(self._scripts.run("receipts/drop_consumers", keys.INGEST_GROUP, silent_ms))

    def hold_hints(self, milliseconds: int) -> None:
        """A drain is under way: nobody needs to be hinted at callbacks for so long."""
        with translated():
            self._redis.set(keys.INGEST_HINTED, 1, px=milliseconds)

    def allow_hints(self) -> None:
        """It is over."""
        with translated():
            self._redis.delete(keys.INGEST_HINTED)

    def waiting(self) -> int:
        """Callbacks stored and not applied yet."""
        with translated():
            return int(self._redis.xlen(keys.CALLBACKS))
