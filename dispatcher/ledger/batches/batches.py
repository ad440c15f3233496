"""Batches: added by the reader, offered by the feeder, read, looked after; what senders do with them is in `leases`.

One method per script; the arguments' order is known here and in the script's head, nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dispatcher.ledger.batches.claims import NO_CHARGE, Charge
from dispatcher.ledger.batches.leases import Leases
from dispatcher.ledger.batches.packing import Batch, PackedBatch, WrittenColumns, unpack_batch, unpack_columns
from dispatcher.ledger.batches.rows import (
    RowState,
    StateColumns,
    unpack_lease,
    unpack_rows,
    unpack_state_columns,
)
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import type_of_argument
from dispatcher.model.state import STATE_CODE, RecipientState

COUNTS_BYTES = 12


class Picture(NamedTuple):
    """A batch at one moment: what the file said, its rows' states, how often it was looked after, its counts."""

    batch: Batch
    states: list[RowState]
    looks: int
    counts: bytes


class NextLook(NamedTuple):
    """When a batch is looked at next, in so many ms, 0: never. Without `exactly` a look that is due sooner stays, and 0
    changes nothing."""

    ms: int
    exactly: bool = True

    @property
    def written(self) -> str:
        """As the script takes it."""
        return str(self.ms) if self.exactly else f"<{self.ms}" if self.ms else ""


class Batches(Leases):
    """The batches of all campaigns."""

    def add(
        self, campaign_id: str, number: int, batch: Batch, *, rows_read: int, reader: str, lease_ms: int
    ) -> str:
        """Write batch `number` and move the reading's cursor; `ok`, `have` (it was there) or `lost`."""
        made = [(number, PackedBatch.of(batch), rows_read)]
        return self.add_many(campaign_id, made, reader=reader, lease_ms=lease_ms)

    def add_many(
        self, campaign_id: str, made: Sequence[tuple[int, PackedBatch, int]], *, reader: str, lease_ms: int
    ) -> str:
        """Write consecutive batches (number, batch, rows read with it) in one round trip and with one sync to disk; the
        last one's answer."""
        calls = [
            ("batches/add_batch", (campaign_id, number, *packed, rows_read, reader, lease_ms))
            for number, packed, rows_read in made
        ]
        return text_of(self._scripts.run_many(calls, transaction=True)[-1])

    def offer(self, campaign_id: str, *, window: int, most: int, offer_ms: int) -> list[int]:
        """Start the campaign if its time has come; offer due batches while the window has room.

        `window` counts what is on offer or under way of all campaigns, `most` of this one.
        """
        return [
            int(number) for number in self._scripts.run("batches/offer", campaign_id, window, most, offer_ms)
        ]

    def counts(self, campaign_id: str, first: int, most: int) -> list[bytes]:
        """The packed counts by state of so many batches, in one answer; all zeros for one that is not there."""
        packed: bytes = self._scripts.run("batches/counts", campaign_id, first, most)
        return [packed[start : start + COUNTS_BYTES] for start in range(0, len(packed), COUNTS_BYTES)]

    def sweep(
        self, campaign_id: str, number: int, to: RecipientState, rows: Sequence[int], *, look_ms: int
    ) -> int:
        """End the pending rows of one batch of a cancelled or failed campaign."""
        return int(self._scripts.run("campaigns/sweep", campaign_id, number, STATE_CODE[to], look_ms, *rows))

    def retry(self, campaign_id: str, number: int, chosen: Sequence[tuple[int, int, str]]) -> int | str:
        """A new attempt for these failed or rejected rows (message, row, number); answers how many, or the state
        of the campaign that does not allow it. Those who opted out stay."""
        flat = [part for each in chosen for part in each]
        answer = self._scripts.run("batches/retry", campaign_id, number, *flat)
        return int(answer) if isinstance(answer, int) else text_of(answer)

    def resolve(
        self,
        campaign_id: str,
        number: int,
        rows: Sequence[int],
        *,
        sent: bool,
        charges: Mapping[int, Charge] | None = None,
    ) -> int:
        """A person decides an unconfirmed message, whose rows these are; answers how many were decided. What they were
        charged is given back if it was not sent."""
        arguments: list[type_of_argument] = [campaign_id, number, "sent" if sent else "not-sent"]
        for row in rows:
            arguments += [row, *(charges or {}).get(row, NO_CHARGE)]
        return int(self._scripts.run("batches/resolve", *arguments))

    def picture(self, campaign_id: str, number: int) -> Picture | None:
        """One batch as it stands now; None when there is no such batch."""
        with translated():
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.get(keys.batch(campaign_id, number))
            pipeline.hgetall(keys.rows(campaign_id, number))
            packed, changed = pipeline.execute()
        if packed is None or b"m" not in changed:
            return None
        batch = unpack_batch(packed)
        return Picture(batch, unpack_rows(batch, changed), unpack_lease(changed[b"m"]).looks, changed[b"n"])

    def not_there(
        self,
        campaign_id: str,
        number: int,
        picture: Picture,
        rows: Sequence[int],
        *,
        care: NextLook,
        search: NextLook,
        soon_ms: int,
        charges: Mapping[int, Charge] | None = None,
    ) -> int:
        """A look at this picture is over: these unconfirmed rows were not found. Answers how many are pending
        again; -1 when somebody looked meanwhile, and nothing changed.

        The next looks are as `care` and `search` say, or in `soon_ms` if something moved since the picture was taken.
        What rows were charged is given back when they become pending.
        """
        arguments: list[type_of_argument] = [
            campaign_id,
            number,
            picture.looks,
            picture.counts,
            care.written,
            search.written,
            soon_ms,
        ]
        for row in rows:
            arguments += [row, picture.states[row].attempt, *(charges or {}).get(row, NO_CHARGE)]
        return int(self._scripts.run("batches/confirm_missing", *arguments))

    def content(self, campaign_id: str, number: int) -> Batch | None:
        """What the file said of one batch; None when there is no such batch."""
        with translated():
            packed: Any = self._redis.get(keys.batch(campaign_id, number))
        return unpack_batch(packed) if packed is not None else None

    def read(self, campaign_id: str, numbers: Sequence[int]) -> list[tuple[Batch, list[RowState]]]:
        """Several batches with their rows' states, in one round trip."""
        batches = [(unpack_batch(packed), changed) for packed, changed in self._read(campaign_id, numbers)]
        return [(batch, unpack_rows(batch, changed)) for batch, changed in batches]

    def read_columns(
        self, campaign_id: str, numbers: Sequence[int]
    ) -> list[tuple[WrittenColumns, StateColumns]]:
        """The same by column."""
        batches = [(unpack_columns(packed), changed) for packed, changed in self._read(campaign_id, numbers)]
        return [(written, unpack_state_columns(written, changed)) for written, changed in batches]

    def _read(self, campaign_id: str, numbers: Sequence[int]) -> list[tuple[bytes, dict[bytes, bytes]]]:
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            for number in numbers:
                pipeline.get(keys.batch(campaign_id, number))
                pipeline.hgetall(keys.rows(campaign_id, number))
            answers = pipeline.execute()
        return list(zip(answers[::2], answers[1::2], strict=True))
