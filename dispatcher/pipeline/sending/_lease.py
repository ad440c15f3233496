"""The lease on one batch: renewed while it is worked on, and ended with what the work left of it."""

from __future__ import annotations

import logging

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.claims import Hold
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_result import StopReason
from dispatcher.rules import retry_policy

log = logging.getLogger(__name__)


class BatchLease:
    """A taken batch is ours while this is renewed, whenever a third of its time is over."""

    def __init__(self, runtime: Runtime, hold: Hold, lease_ms: int) -> None:
        self._runtime = runtime
        self._hold = hold
        self._lease_ms = lease_ms
        self._renewed = runtime.stopwatch()

    @property
    def seconds_to_renewal(self) -> float:
        """How long from now it is to be renewed."""
        return max(0.01, self._renewed + self._lease_ms / 3000 - self._runtime.stopwatch())

    def seconds_unrenewed(self, now: float) -> float:
        """How long ago, at this moment of the stopwatch, Redis said last that it is ours."""
        return now - self._renewed

    def keep(self) -> str:
        """Renew it if it is time: `ok` also if it is not, or Redis does not answer; else why it is not renewed."""
        now = self._runtime.stopwatch()
        if self.seconds_unrenewed(now) < self._lease_ms / 3000:
            return "ok"
        try:
            answer = self._runtime.ledger.batches.renew(self._hold, lease_ms=self._lease_ms)
        except StoreUnavailable:
            return "ok"
        self._renewed = now
        return answer

    def give_back(self, stop: StopReason) -> None:
        """End it; the ledger knows from the rows when the batch is due again."""
        counts = self._runtime.counters.take()
        try:
            self._runtime.ledger.batches.give_back(
                self._hold,
                wait_ms=stop.wait_ms,
                poll_ms=self._runtime.first_poll_ms,
                look_ms=retry_policy.FIRST_LOOK_MS,
                rests_for=stop.rests_for,
                counts=counts,
            )
        except StoreUnavailable:
            self._runtime.counters.put_back(counts)
            log.warning(
                "batch %s of %s not given back: its lease will run out", self._hold.batch, self._hold.campaign
            )

    def leave_window(self) -> None:
        """Its batch waits and costs no worker: others may be offered in its place."""
        try:
            self._runtime.ledger.batches.leave_window(self._hold)
        except StoreUnavailable:
            return
