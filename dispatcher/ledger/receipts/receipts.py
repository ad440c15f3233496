"""Receipts: what CarrierX said of messages, brought to their rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import msgpack

from dispatcher.ledger.batches.rows import RowRef, pack_sid
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts
from dispatcher.model.state import STATE_CODE, RecipientState

#: Receipts that one step applies: while it does, the server answers nobody else for a few milliseconds.
STEP = 500


@dataclass(frozen=True, slots=True)
class Receipt:
    """CarrierX's word about one row. `how` is `own`, or `shared` when a group member inherits another's word.

    `attempt` is 0 when the receipt does not tell it. `price` is that of the whole message, which has these `rows`
    and costs so many `units`. `sender` is the number that it went from, `went_ms` when (0: about now).
    """

    message: int
    row: int
    attempt: int
    word: RecipientState
    how: Literal["own", "shared"] = "own"
    sid: str | None = None
    mcc: str | None = None
    mnc: str | None = None
    price: str | None = None
    unit: Literal["legs", "segments"] = "segments"
    units: int = 1
    rows: tuple[int, ...] = ()
    sender: str = field(default="", repr=False)
    went_ms: int = 0


class BatchReceipts(NamedTuple):
    """What one batch gets in one step: receipts, the stream entries they came in, and the grace of its groups."""

    campaign: str
    batch: int
    receipts: Sequence[Receipt]
    entries: Sequence[bytes]
    grace_ms: int


class Receipts:
    """Applies receipts and finds messages by their sid."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

    def apply(
        self,
        campaign_id: str,
        batch: int,
        receipts: Sequence[Receipt],
        entries: Sequence[bytes],
        *,
        grace_ms: int,
    ) -> int:
        """Apply in one step and acknowledge the stream entries they came in; answers the rows that changed.

        `grace_ms` is when silent members of these groups are looked after; 0 for messages to one.
        """
        return self.apply_many([BatchReceipts(campaign_id, batch, receipts, entries, grace_ms)])

    def apply_many(self, by_batch: Sequence[BatchReceipts]) -> int:
        """Apply these, each batch in one step, all in one round trip; answers the rows that changed."""
        calls = [("receipts/apply", _arguments(some)) for some in _in_steps(by_batch)]
        return sum(int(changed) for changed in self._scripts.run_many(calls))

    def find(self, sids: Sequence[str]) -> list[tuple[str, int, int] | None]:
        """For each sid the campaign, batch and message that it belongs to, or None."""
        if not sids:
            return []
        packed = [pack_sid(sid) for sid in sids]
        with translated():
            pipeline = self._redis.pipeline(transaction=False)
            for sid in packed:
                pipeline.hget(keys.sid_bucket(sid.hashed), sid.hashed[2:10])
            found = [value.decode().split(".") if value else None for value in pipeline.execute()]
            serials = sorted({key[0] for key in found if key})
            ids = dict(zip(serials, self._redis.hmget(keys.NUMBERS, serials), strict=True)) if serials else {}
        return [
            (ids[key[0]].decode(), int(key[1]), int(key[2])) if key and ids.get(key[0]) else None
            for key in found
        ]

    def keep_word(self, campaign_id: str, batch: int, row: int, word: str) -> None:
        """A word that is no state of ours is kept beside the state (its first 40 characters)."""
        with translated():
            self._redis.hset(keys.odd(campaign_id), RowRef(batch, row).text, word[:40])

    def learned(self, name: str) -> str | None:
        """What is known of the account, such as `group_receipts`."""
        with translated():
            value = self._redis.hget(keys.ACCOUNT, name)
        return text_of(value) if value else None

    def learn(self, name: str, value: str) -> None:
        """Remember something of the account."""
        with translated():
            self._redis.hset(keys.ACCOUNT, name, value)

    def alarm(self, what: str) -> None:
        """Count something that should not happen."""
        with translated():
            self._redis.hincrby(keys.ALARMS, what, 1)


def _in_steps(by_batch: Sequence[BatchReceipts]) -> Iterator[list[BatchReceipts]]:
    """The batches of a campaign together, in steps of so many receipts as hold nobody up; a batch is never divided."""
    step: list[BatchReceipts] = []
    for one in sorted(by_batch, key=lambda one: one.campaign):
        if step and sum(len(each.receipts) for each in step) + len(one.receipts) > STEP:
            yield step
            step = []
        step.append(one)
    if step:
        yield step


def _arguments(step: Sequence[BatchReceipts]) -> tuple[bytes, bytes]:
    batches = [(one.campaign, one.batch, one.grace_ms, list(map(_fields, one.receipts))) for one in step]
    entries = [entry for one in step for entry in one.entries]
    # Lua knows one kind of string only.
    return msgpack.packb(batches, use_bin_type=False), msgpack.packb(entries, use_bin_type=False)


def _fields(receipt: Receipt) -> tuple[Any, ...]:
    """In the order of `receipts/apply`."""
    sid = pack_sid(receipt.sid)
    return (
        receipt.message,
        receipt.attempt,
        STATE_CODE[receipt.word],
        int(receipt.how == "own"),
        receipt.row,
        sid.packed,
        sid.text,
        sid.hashed,
        _code(receipt.mcc),
        _code(receipt.mnc),
        receipt.price or "",
        receipt.unit,
        receipt.units,
        receipt.sender,
        receipt.went_ms,
        *receipt.rows,
    )


def _code(value: str | None) -> int:
    """A carrier's number, or -1."""
    return int(value) if value and value.isdecimal() and value.isascii() and len(value) < 6 else -1
