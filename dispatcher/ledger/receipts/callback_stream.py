"""The stream of callbacks: stored before they are answered, applied later, deleted by the script that applies them.

The group hands each entry to one reader, and remembers no more than how far it is: what is in the stream and was handed
out is in somebody's hands, and leaves it when it is applied. What stays there is of the dead, or of one that failed.
"""

from __future__ import annotations

import math
import time
from typing import Any, NamedTuple

import redis

from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import translated
from dispatcher.ledger.store.scripts import Scripts

#: Entries that were handed out and are still there after this long are taken over.
TAKE_OVER_MS = 30_000
#: So often in that time it is looked for such.
LOOKS = 6
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
        #: Those that were handed out and still there at the last look, since when, ms.
        self._seen: dict[bytes, float] = {}
        self._looked_ms = -math.inf
        self._left_behind: list[Any] = []

    def store(self, raw: bytes, received_ms: int) -> None:
        """Append one callback; when this returns it is on disk."""
        with translated():
            self._redis.xadd(keys.CALLBACKS, {"raw": raw, "at": received_ms})

    def take(self, consumer: str, most: int) -> list[StreamEntry]:
        """New entries, or those that nobody finished; at most `most`."""
        with translated():
            try:
                found = self._taken(consumer, most)
            except redis.ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
                self._make_group()
                found = self._taken(consumer, most)
        return [StreamEntry(entry_id, fields[b"raw"], int(fields[b"at"])) for entry_id, fields in found]

    def _taken(self, consumer: str, most: int) -> list[Any]:
        if not self._left_behind:
            new = self._new(consumer, most)
            if time.monotonic() * 1000 - self._looked_ms >= TAKE_OVER_MS / LOOKS:
                self._look(new, most)
            if new:
                return new
        found, self._left_behind = self._left_behind[:most], self._left_behind[most:]
        return found

    def _new(self, consumer: str, most: int) -> list[Any]:
        read: Any = self._redis.xreadgroup(
            keys.INGEST_GROUP, consumer, {keys.CALLBACKS: ">"}, count=most, noack=True
        )
        return list(read[0][1]) if read else []

    def _look(self, new: list[Any], most: int) -> None:
        """Who was there for too long, of all that came before what was read just now: whatever came was handed out.

        Somebody who holds them that long does no harm: what is applied twice changes nothing.
        """
        now_ms = self._looked_ms = time.monotonic() * 1000
        there: Any = self._redis.xrange(
            keys.CALLBACKS, max=f"({new[0][0].decode()}" if new else "+", count=most
        )
        self._seen = {entry_id: self._seen.get(entry_id, now_ms) for entry_id, _ in there}
        self._left_behind = [entry for entry in there if now_ms - self._seen[entry[0]] >= TAKE_OVER_MS]

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
            pipeline.xdel(keys.CALLBACKS, entry.id)
            pipeline.execute()

    def forget_consumers(self, silent_ms: int) -> int:
        """Names of readers that were silent for so long are forgotten; answers how many."""
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
