"""The work on one taken batch: ask for claims, send what is granted, record what came back, until nothing is left.

One thread talks to Redis and to CarrierX: the records of what came back and the claims of what goes next share a
round trip, and POSTs are written and read where they are awaited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.claims import ClaimAnswer, TakenBatch
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.claim_wait import KEPT_BY_ROWS
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_pool import BatchPool
from dispatcher.pipeline.sending._batch_result import BatchSummary, StopReason, stop_for_limit, stop_reason_of
from dispatcher.pipeline.sending._claims import BatchClaims, ClaimQueue, PendingClaim
from dispatcher.pipeline.sending._in_flight import InFlight
from dispatcher.pipeline.sending._lease import BatchLease
from dispatcher.pipeline.sending._result_buffer import ResultBuffer
from dispatcher.rules import retry_policy

#: A claim granted ahead of its turn looks so often whether a request of another batch has come back.
TURN_SECONDS = 0.005


class BatchSender:
    """The work on one taken batch. Lives as long as one call of `send_batch`."""

    def __init__(
        self, runtime: Runtime, pool: BatchPool, taken: TakenBatch, lease_ms: int, settings: CampaignSettings
    ) -> None:
        self._runtime = runtime
        self._pool = pool
        self._hold = taken.hold
        self._claims = BatchClaims(runtime, taken.batch, settings)
        self._queue = ClaimQueue(self._claims.of_pending(taken.states), runtime.settings.in_flight)
        self._in_flight = InFlight(runtime, pool, taken.hold, taken.batch)
        self._results = ResultBuffer(runtime, taken.hold)
        self._stop = StopReason()
        self._summary = BatchSummary()
        self._away_since: float | None = None
        self.lease = BatchLease(runtime, taken.hold, lease_ms)

    @property
    def is_stopped(self) -> bool:
        """Something ended the work before all of the batch was sent."""
        return bool(self._stop.why)

    def work(self) -> None:
        """Until everything is sent, or a limit, a stop or a lost lease ends it; then until nothing is in flight."""
        try:
            with self._in_flight:
                self._work()
        finally:
            self._pool.release_all()

    def give_back(self) -> None:
        """End the lease; the batch is done, or due again."""
        self.lease.give_back(self._stop)

    def summary(self) -> str:
        """What was done, without anything about anybody."""
        return self._summary.line(self._stop)

    def _work(self) -> None:
        while self._queue or self._is_under_way:
            self._await(self._idle_seconds())
            self._in_flight.begin_granted()
            pending = self._next_claims()
            if self._results or pending:
                self._record_and_claim(pending)
            if self._stop.why and not self._is_under_way:
                break
            self._keep_lease()

    @property
    def _is_under_way(self) -> bool:
        """Something is claimed and not recorded yet."""
        return bool(self._in_flight.granted or self._in_flight.count or self._results)

    def _idle_seconds(self) -> float:
        """How long nothing can be done but wait for an answer; never past the next renewal of the lease."""
        if self._results:
            return 0.0
        if self._in_flight.granted:
            return TURN_SECONDS
        until_renewal = self.lease.seconds_to_renewal
        if self._queue and not self._stop.why:
            wait = self._queue.ready_at - self._runtime.stopwatch()
            if wait > 0:
                self._pool.on_wait()
            elif not self._pool.has_room:
                return until_renewal if self._in_flight.count else 0.01
            return min(max(wait, 0.0), until_renewal)
        if self._in_flight.count and not self._stop.why:
            self._pool.on_idle()
        return until_renewal if self._in_flight.count else 0.0

    def _await(self, seconds: float) -> None:
        """Take in what comes back, waiting at most so long for the first of it."""
        for result in self._in_flight.wait(seconds):
            self._results.add(result)

    def _next_claims(self) -> Sequence[PendingClaim]:
        now = self._runtime.stopwatch()
        if self._queue and not self._stop.why:
            self._give_up_waiting(now)
        if self._stop.why or self._queue.is_blocked(now):
            return ()
        room = self._pool.reserve_claims(self._queue.wanted)
        chosen = self._queue.choose(room, now)
        self._pool.release_claims(room - len(chosen))
        return [self._claims.as_of_now(pending, now) for pending in chosen]

    def _record_and_claim(self, pending: Sequence[PendingClaim]) -> None:
        records = self._results.records()
        try:
            self._results.apply_effects()
            recorded, answers = self._runtime.ledger.batches.record_and_claim(
                self._hold,
                records,
                [each.claim for each in pending],
                caller_ms=self._runtime.clock_ms(),
                fingerprint=self._runtime.fingerprint,
            )
        except StoreUnavailable:
            self._pool.release_claims(len(pending))
            self._store_away(pending)
            return
        self._away_since = None
        self._results.recorded(len(records))
        self._summary.recorded(records, recorded)
        self._obey(pending, answers)

    def _store_away(self, pending: Sequence[PendingClaim]) -> None:
        """Nothing is sent without Redis. The same claims are asked again: what it granted, it grants again."""
        self._queue.put_back(pending)
        now = self._runtime.stopwatch()
        self._queue.block_all(now + retry_policy.STORE_PAUSE_SECONDS)
        self._away_since = now if self._away_since is None else self._away_since
        if now - self._away_since > retry_policy.STORE_PATIENCE_SECONDS:
            self._stop = self._stop.because("redis away")
            self._results.forget()
            return
        self._await(retry_policy.STORE_PAUSE_SECONDS)

    def _obey(self, pending: Sequence[PendingClaim], answers: Sequence[ClaimAnswer]) -> None:
        granted, denied = 0, []
        for each, answer in zip(pending, answers, strict=True):
            match answer.word:
                case "go":
                    granted += 1
                    self._summary.skipped(each.claim, answer)
                    self._in_flight.grant(replace(each, claim=each.claim.to(answer.members)), answer.attempt)
                case "skip":
                    self._summary.skipped(each.claim, answer)
                case "wait" if answer.detail in KEPT_BY_ROWS:
                    self._summary.waiting(each.claim)
                case "wait" | "yield":
                    denied.append(each.with_new_token())
                    self._queue.block(each.claim, answer, self._runtime.stopwatch())
                case "done":
                    self._summary.settled_before(each.claim)
                case _:
                    self._stop = stop_reason_of(answer)
                    if answer.word == "brake":
                        self._runtime.look_for_another_token()
        self._pool.release_claims(len(pending) - granted)
        self._in_flight.begin_granted()
        if denied:
            self._wait_for_limits(denied, granted)
        elif pending:
            self._queue.more_at_once()

    def _wait_for_limits(self, denied: Sequence[PendingClaim], granted: int) -> None:
        self._queue.put_back(denied)
        self._pool.on_limit(self._hold.campaign)
        now = self._runtime.stopwatch()
        self._runtime.counters.waited(self._queue.binds, max(0.0, self._queue.ready_at - now))
        self._give_up_waiting(now)
        self._queue.fewer_at_once(granted)

    def _give_up_waiting(self, now: float) -> None:
        """A long wait, or any wait after a while with this batch, gives it back."""
        wait = self._queue.ready_at - now
        if wait > retry_policy.LONGEST_WAIT_MS / 1000 or (wait > 0 and self._pool.is_over):
            of_senders = self._queue.waits_for_senders
            keeps_senders = not of_senders or self._claims.pool_is_in_use()
            wait_ms = int(wait * 1000) + 1 if keeps_senders else 1
            self._stop = stop_for_limit(self._queue.binds, wait_ms, of_senders=of_senders)

    def _keep_lease(self) -> None:
        if not self._stop.is_lost and (answer := self.lease.keep()) != "ok":
            self._stop = self._stop.at_renewal(answer)
