"""What came back from CarrierX for a batch and is not in the ledger yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from dispatcher.ledger.batches.claims import Hold, Record
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._post_results import PostResult


class ResultBuffer:
    """Records of results, and their effects: what a result means for other messages."""

    def __init__(self, runtime: Runtime, hold: Hold) -> None:
        self._runtime = runtime
        self._hold = hold
        self._records: list[Record] = []
        self._effects: deque[PostResult] = deque()

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

    def records(self) -> Sequence[Record]:
        """All that are to be recorded now, in the order in which they came back."""
        return self._records[:]

    def recorded(self, count: int) -> None:
        """The first so many are in the ledger."""
        self._records = self._records[count:]

    def forget(self) -> None:
        """They stay claimed in the ledger, to be found as unconfirmed."""
        self._records.clear()
        self._effects.clear()

    def apply_effects(self) -> None:
        """What a result means for others is in the ledger before its own record makes the message due again.

        Raises:
            StoreUnavailable: Redis does not answer; what it did not take is told again the next time.
        """
        agenda = self._runtime.ledger.agenda
        while self._effects:
            result = self._effects[0]
            if result.hold_ms:
                agenda.hold(result.hold_scope, result.hold_ms, slower=True)
            if result.brake:
                agenda.brake(result.brake, result.refused, self._runtime.clock_ms())
            if result.odd_word:
                for row in result.record.members:
                    self._runtime.ledger.receipts.keep_word(
                        self._hold.campaign, self._hold.batch, row, result.odd_word
                    )
            self._effects.popleft()
