"""What came back from CarrierX for a batch and is not in the ledger yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dispatcher.ledger.batches.claims import Hold, Record
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._post_results import PostResult


class Unrecorded(NamedTuple):
    """Records of a batch, and of these results what they mean for other messages."""

    records: Sequence[Record]
    effects: Sequence[PostResult]


class ResultBuffer:
    """Records of results, and their effects: what a result means for other messages."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._records: list[Record] = []
        self._effects: list[PostResult] = []

    def __len__(self) -> int:
        """So many are to be recorded."""
        return len(self._records)

    def add(self, result: PostResult) -> None:
        """Another one came back."""
        self._records += (*result.members_refused, result.record)
        if result.seconds is not None:
            self._runtime.counters.sent(result.record.outcome, result.seconds)
        if result.hold_ms or result.brake or result.odd_word:
            self._effects.append(result)

    def unrecorded(self) -> Unrecorded:
        """All that is to be recorded now, in the order in which it came back."""
        return Unrecorded(self._records[:], self._effects[:])

    def recorded(self, written: Unrecorded) -> None:
        """This much, the first of it, is in the ledger."""
        self._records = self._records[len(written.records) :]
        self._effects = self._effects[len(written.effects) :]

    def forget(self) -> None:
        """They stay claimed in the ledger, to be found as unconfirmed."""
        self._records.clear()
        self._effects.clear()


def apply_effects(runtime: Runtime, hold: Hold, effects: Sequence[PostResult]) -> None:
    """What results mean for others is in the ledger before their own records make messages due again. Safe to repeat.

    Raises:
        StoreUnavailable: Redis does not answer; all of it is to be told again.
    """
    agenda = runtime.ledger.agenda
    for result in effects:
        if result.hold_ms:
            agenda.hold(result.hold_scope, result.hold_ms, slower=True)
        if result.brake:
            agenda.brake(result.brake, result.refused, runtime.clock_ms())
        if result.odd_word:
            for row in result.record.members:
                runtime.ledger.receipts.keep_word(hold.campaign, hold.batch, row, result.odd_word)
