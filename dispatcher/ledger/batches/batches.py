"""Batches: added by the reader, offered by the feeder, taken, claimed and recorded by senders.

One method per script; the arguments' order is known here (that of claims and records in `_claim_wire`) and in the
script's head, nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dispatcher.ledger.batches._claim_wire import Call, claim_answers, claim_call, record_call
from dispatcher.ledger.batches.claims import (
    NO_CHARGE,
    Charge,
    Claim,
    ClaimAnswer,
    Denied,
    Hold,
    Record,
    TakenBatch,
)
from dispatcher.ledger.batches.packing import Batch, PackedBatch, WrittenColumns, unpack_batch, unpack_columns
from dispatcher.ledger.batches.rows import (
    RowState,
    StateColumns,
    unpack_lease,
    unpack_rows,
    unpack_state_columns,
)
from dispatcher.ledger.installation.counters import count_call
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import text_of, translated
from dispatcher.ledger.store.scripts import Scripts, type_of_argument
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


class Batches:
    """The batches of all campaigns."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis = scripts.redis

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

    def take(
        self, campaign_id: str, number: int, *, token: bytes, lease_ms: int, look_ms: int
    ) -> TakenBatch | Denied:
        """Take a batch under a lease. What a dead sender had claimed becomes `unconfirmed`."""
        answer = self._scripts.run("batches/take", campaign_id, number, token, lease_ms, look_ms)
        word = answer[0].decode()
        if word != "ok":
            return Denied(word, text_of(answer[1]) if len(answer) > 1 else "")
        batch = unpack_batch(answer[2])
        changed = dict(zip(answer[3][::2], answer[3][1::2], strict=True))
        return TakenBatch(Hold(campaign_id, number, token, answer[1]), batch, unpack_rows(batch, changed))

    def pick(self, had: Sequence[str], *, offer_ms: int, unserved: bool) -> tuple[str, int] | None:
        """Another campaign's batch for a process that waits and has batches of these already; None: there is none.

        An `unserved` one is of a campaign that no process waits for a limit with. It is due again after `offer_ms` if
        nobody takes it.
        """
        picked = self._scripts.run("batches/offer_other", offer_ms, int(unserved), *had)
        return (text_of(picked[0]), int(picked[1])) if picked else None

    def leave_window(self, hold: Hold) -> None:
        """A batch that waits does not count among those under way."""
        with translated():
            self._redis.zrem(keys.OFFERED, f"{hold.campaign}:{hold.batch}")

    def renew(self, hold: Hold, *, lease_ms: int) -> str:
        """`ok`, `lost`, or the campaign's state when it does not run any more."""
        return str(
            self._scripts.run("batches/renew", hold.campaign, hold.batch, hold.token, lease_ms).decode()
        )

    def record_and_claim(
        self,
        hold: Hold,
        records: Sequence[Record],
        claims: Sequence[Claim],
        *,
        caller_ms: int,
        fingerprint: str,
    ) -> tuple[list[str], list[ClaimAnswer]]:
        """Record and claim in one round trip, in this order. Safe to repeat with the same arguments.

        `caller_ms` is the caller's own clock: more than 5 s apart from Redis's and every claim is denied.
        """
        calls: list[Call] = []
        if records:
            calls.append(record_call(hold, records))
        if claims:
            calls.append(claim_call(hold, claims, caller_ms, fingerprint))
        answers = self._scripts.run_many(calls)
        recorded = [text_of(answer) for answer in answers[0]] if records else []
        return recorded, claim_answers(answers[-1], len(claims)) if claims else []

    def give_back(
        self,
        hold: Hold,
        *,
        wait_ms: int,
        poll_ms: int,
        look_ms: int,
        rests_for: str = "",
        counts: Mapping[str, int] | None = None,
    ) -> str:
        """End the lease: `done`, `due` (again, when its next row is) or `lost`. What was claimed and never
        recorded is looked for after `look_ms`; rows without a last word are asked for after `poll_ms`.

        With `rests_for` the whole campaign rests for `wait_ms`: that limit holds all of it. `counts` goes with it."""
        arguments = (hold.campaign, hold.batch, hold.token, wait_ms, poll_ms, look_ms, rests_for)
        calls: list[Call] = [("batches/give_back", arguments)]
        if counts:
            calls.append(count_call(counts))
        return text_of(self._scripts.run_many(calls)[0])

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
