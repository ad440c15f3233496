"""What Flower is told of the batches beside the one that was hinted at: of many, a part and the sum of the rest."""

from __future__ import annotations

from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_result import BatchSummary
from dispatcher.pipeline.sending._batch_sender import BatchSender
from dispatcher.pipeline.sending.alongside import AlongsideBatch

#: Batches of one task that are shown as if each had been a task.
MOST_SHOWN = 12


class AlongsideLog:
    """Hears of each batch that is given back."""

    def __init__(self, runtime: Runtime, first: BatchSender | None) -> None:
        self.batches: list[AlongsideBatch] = []
        self._runtime = runtime
        self._first = first
        self._more = 0
        self._rest = BatchSummary()

    def ended(self, sender: BatchSender) -> None:
        """This batch is given back; one that nothing was done of is not shown."""
        if sender is self._first or sender.summary.is_empty:
            return
        if len(self.batches) < MOST_SHOWN:
            hold, now_ms = sender.hold, self._runtime.clock_ms()
            self.batches.append(
                AlongsideBatch(hold.campaign, hold.batch, sender.line(), sender.began_ms, now_ms)
            )
            return
        self._more += 1
        self._rest.add(sender.summary)

    def rest(self) -> str:
        """Those that are not shown, such as `; 12 more batches: 40 queued`; empty when all are."""
        return f"; {self._more} more batches: {self._rest.line()}" if self._more else ""
