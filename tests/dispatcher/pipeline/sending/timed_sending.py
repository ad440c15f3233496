"""Sending a batch as often as it is due, on a clock that the test moves."""

from __future__ import annotations

from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending.send import send_batch
from tests.factories import CAMPAIGN, START_MS
from tests.valkey import set_clock


class Clock:
    """The time of a timed ledger and of the workers on it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.now_ms = START_MS
        set_clock(ledger.redis, self.now_ms)

    def __call__(self) -> int:
        """The workers' clock."""
        return self.now_ms

    def advance(self, by_ms: int) -> None:
        """Let time pass for all."""
        self.now_ms += by_ms
        set_clock(self._ledger.redis, self.now_ms)


def until_nothing_is_due(runtime: Runtime, clock: Clock, *, most: int = 60) -> None:
    """Send the batch again as often as it is due, as feeder and workers do, a minute apart."""
    for _ in range(most):
        if not runtime.ledger.agenda.due_batches(CAMPAIGN, 1):
            return
        send_batch(runtime, CAMPAIGN, 0)
        clock.advance(61_000)
    raise AssertionError("the batch is due for ever")
