"""The work on one taken batch: ask for claims, send what is granted, record what came back, until nothing is left.

One thread talks to Redis and to CarrierX: the records of what came back and the claims of what goes next share a
round trip, and POSTs are written and read where they are awaited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.claims import ClaimAnswer, Taken
from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_pool import Lanes
from dispatcher.pipeline.sending._batch_result import Stop, Summary, stop_for_limit, stop_of
from dispatcher.pipeline.sending._claims import Asked, BatchClaims, Unclaimed
from dispatcher.pipeline.sending._in_flight import Posts
from dispatcher.pipeline.sending._lease import BatchLease
from dispatcher.pipeline.sending._result_buffer import Unrecorded

#: A longer wait gives the batch back instead of holding the process.
LONGEST_WAIT_MS = 2_000
#: Redis away for longer than this: what is in flight is left to be found as unconfirmed.
STORE_PATIENCE_SECONDS = 60.0
#: While Redis is away it is asked so often.
STORE_PAUSE_SECONDS = 0.5
#: A claim granted ahead of its turn looks so often whether a request of another batch has come back.
TURN_SECONDS = 0.005
#: Waits that the rows keep themselves: the batch is due again when the first is over.
_KEPT_WAITS = frozenset({"retry", "hours"})


class BatchRun:
    """The work on one taken batch. Lives as long as one call of `send_batch`."""

    def __init__(
        self, runtime: Runtime, lanes: Lanes, taken: Taken, lease_ms: int, settings: CampaignSettings
    ) -> None:
        self._runtime = runtime
        self._lanes = lanes
        self._hold = taken.hold
        self._claims = BatchClaims(runtime, taken.batch, settings)
        self._unclaimed = Unclaimed(self._claims.of_pending(taken.states), runtime.settings.in_flight)
        self._posts = Posts(runtime, lanes, taken.hold, taken.batch)
        self._unrecorded = Unrecorded(runtime, taken.hold)
        self._stop = Stop()
        self._summary = Summary()
        self._away_since: float | None = None
        self.lease = BatchLease(runtime, taken.hold, lease_ms)

    @property
    def is_stopped(self) -> bool:
        """Something ended the work before all of the batch was sent."""
        return bool(self._stop.why)

    def work(self) -> None:
        """Until everything is sent, or a limit, a stop or a lost lease ends it; then until nothing is in flight."""
        try:
            with self._posts:
                self._work()
        finally:
            self._lanes.leave()

    def give_back(self) -> None:
        """End the lease; the batch is done, or due again."""
        self.lease.give_back(self._stop)

    def summary(self) -> str:
        """What was done, without anything about anybody."""
        return self._summary.line(self._stop)

    def _work(self) -> None:
        while self._unclaimed or self._is_under_way:
            self._await(self._idle_seconds())
            self._posts.begin_granted()
            asked = self._next_claims()
            if self._unrecorded or asked:
                self._exchange(asked)
            if self._stop.why and not self._is_under_way:
                break
            self._keep_lease()

    @property
    def _is_under_way(self) -> bool:
        """Something is claimed and not recorded yet."""
        return bool(self._posts.granted or self._posts.in_flight or self._unrecorded)

    def _idle_seconds(self) -> float:
        """How long nothing can be done but wait for an answer; never past the next renewal of the lease."""
        if self._unrecorded:
            return 0.0
        if self._posts.granted:
            return TURN_SECONDS
        until_renewal = self.lease.seconds_to_renewal
        if self._unclaimed and not self._stop.why:
            blocked = self._unclaimed.ready_at - self._runtime.stopwatch()
            if blocked > 0:
                self._lanes.blocked()
            elif not self._lanes.has_room:
                return until_renewal if self._posts.in_flight else 0.01
            return min(max(blocked, 0.0), until_renewal)
        if self._posts.in_flight and not self._stop.why:
            self._lanes.spare()
        return until_renewal if self._posts.in_flight else 0.0

    def _await(self, seconds: float) -> None:
        """Take in what comes back, waiting at most so long for the first of it."""
        for ending in self._posts.wait(seconds):
            self._unrecorded.add(ending)

    def _next_claims(self) -> Sequence[Asked]:
        now = self._runtime.stopwatch()
        if self._unclaimed and not self._stop.why:
            self._give_up_waiting(now)
        if self._stop.why or self._unclaimed.is_blocked(now):
            return ()
        room = self._lanes.reserve(self._unclaimed.wanted)
        chosen = self._unclaimed.choose(room, now)
        self._lanes.free(room - len(chosen))
        return [self._claims.as_asked_now(asked, now) for asked in chosen]

    def _exchange(self, asked: Sequence[Asked]) -> None:
        records = self._unrecorded.records()
        try:
            self._unrecorded.spread_news()
            recorded, answers = self._runtime.ledger.batches.exchange(
                self._hold,
                records,
                [each.claim for each in asked],
                caller_ms=self._runtime.clock_ms(),
                fingerprint=self._runtime.fingerprint,
            )
        except StoreUnavailable:
            self._lanes.free(len(asked))
            self._store_away(asked)
            return
        self._away_since = None
        self._unrecorded.recorded(len(records))
        self._summary.recorded(records, recorded)
        self._obey(asked, answers)

    def _store_away(self, asked: Sequence[Asked]) -> None:
        """Nothing is sent without Redis. The same claims are asked again: what it granted, it grants again."""
        self._unclaimed.put_back(asked)
        now = self._runtime.stopwatch()
        self._unclaimed.block_all(now + STORE_PAUSE_SECONDS)
        self._away_since = now if self._away_since is None else self._away_since
        if now - self._away_since > STORE_PATIENCE_SECONDS:
            self._stop = self._stop.because("redis away")
            self._unrecorded.forget()
            return
        self._await(STORE_PAUSE_SECONDS)

    def _obey(self, asked: Sequence[Asked], answers: Sequence[ClaimAnswer]) -> None:
        granted, denied = 0, []
        for each, answer in zip(asked, answers, strict=True):
            match answer.word:
                case "go":
                    granted += 1
                    self._summary.skipped(each.claim, answer)
                    self._posts.grant(replace(each, claim=each.claim.to(answer.members)), answer.attempt)
                case "skip":
                    self._summary.skipped(each.claim, answer)
                case "wait" if answer.detail in _KEPT_WAITS:
                    self._summary.waiting(each.claim)
                case "wait" | "yield":
                    denied.append(each.anew())
                    self._unclaimed.block(each.claim, answer, self._runtime.stopwatch())
                case "done":
                    self._summary.settled_before(each.claim)
                case _:
                    self._stop = stop_of(answer)
                    if answer.word == "brake":
                        self._runtime.look_for_another_token()
        self._lanes.free(len(asked) - granted)
        self._posts.begin_granted()
        if denied:
            self._wait_for_limits(denied, granted)
        elif asked:
            self._unclaimed.more_at_once()

    def _wait_for_limits(self, denied: Sequence[Asked], granted: int) -> None:
        self._unclaimed.put_back(denied)
        self._lanes.limited(self._hold.campaign)
        now = self._runtime.stopwatch()
        self._runtime.tally.waited(self._unclaimed.binds, max(0.0, self._unclaimed.ready_at - now))
        self._give_up_waiting(now)
        self._unclaimed.fewer_at_once(granted)

    def _give_up_waiting(self, now: float) -> None:
        """A long wait, or any wait after a while with this batch, gives it back."""
        wait = self._unclaimed.ready_at - now
        if wait > LONGEST_WAIT_MS / 1000 or (wait > 0 and self._lanes.is_over):
            of_senders = self._unclaimed.waits_for_senders
            keeps_senders = not of_senders or self._claims.pool_is_in_use()
            wait_ms = int(wait * 1000) + 1 if keeps_senders else 1
            self._stop = stop_for_limit(self._unclaimed.binds, wait_ms, of_senders=of_senders)

    def _keep_lease(self) -> None:
        if not self._stop.is_lost and (answer := self.lease.keep()) != "ok":
            self._stop = self._stop.at_renewal(answer)
