"""What came back from CarrierX for a batch and is not in the ledger yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from dispatcher.ledger.batches.claims import Hold, Record
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._post_results import Ending


class Unrecorded:
    """Records of endings, and the news in them: what an ending means for other messages."""

    def __init__(self, runtime: Runtime, hold: Hold) -> None:
        self._runtime = runtime
        self._hold = hold
        self._records: list[Record] = []
        self._news: deque[Ending] = deque()

    def __len__(self) -> int:
        """So many are to be recorded."""
        return len(self._records)

    def add(self, ending: Ending) -> None:
        """Another one came back."""
        self._records += (*ending.beside, ending.record)
        if ending.seconds is not None:
            self._runtime.tally.sent(ending.record.outcome, ending.seconds)
        if ending.hold_ms or ending.brake or ending.odd_word:
            self._news.append(ending)

    def records(self) -> Sequence[Record]:
        """All that are to be recorded now, in the order in which they came back."""
        return self._records[:]

    def recorded(self, count: int) -> None:
        """The first so many are in the ledger."""
        self._records = self._records[count:]

    def forget(self) -> None:
        """They stay claimed in the ledger, to be found as unconfirmed."""
        self._records.clear()
        self._news.clear()

    def spread_news(self) -> None:
        """What an ending means for others is in the ledger before its own record makes the message due again.

        Raises:
            StoreUnavailable: Redis does not answer; what it did not take is told again the next time.
        """
        agenda = self._runtime.ledger.agenda
        while self._news:
            ending = self._news[0]
            if ending.hold_ms:
                agenda.hold(ending.hold_scope, ending.hold_ms, slower=True)
            if ending.brake:
                agenda.brake(ending.brake, ending.refused, self._runtime.clock_ms())
            if ending.odd_word:
                for row in ending.record.members:
                    self._runtime.ledger.receipts.keep_word(
                        self._hold.campaign, self._hold.batch, row, ending.odd_word
                    )
            self._news.popleft()
