"""One taken batch on its way: what it claims next, what came back for it, and why it ends before all of it is sent.

It talks to nobody: `_send_loop` carries what it wants to Redis and to CarrierX, together with what other batches want.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dispatcher.ledger.batches.claims import Claim, ClaimAnswer, TakenBatch
from dispatcher.ledger.batches.leases import EndedHold, Exchange
from dispatcher.model.claim_wait import KEPT_BY_ROWS
from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.model.message import Outgoing
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_result import BatchSummary, StopReason, stop_for_limit, stop_reason_of
from dispatcher.pipeline.sending._claims import BatchClaims, ClaimQueue, PendingClaim
from dispatcher.pipeline.sending._post_results import PostResult
from dispatcher.pipeline.sending._result_buffer import ResultBuffer, Unrecorded
from dispatcher.pipeline.sending._room import Room
from dispatcher.rules import retry_policy

Granted = list[tuple[PendingClaim, int]]


class BatchSender:
    """One batch, from its lease to its end. Moments are on the stopwatch."""

    def __init__(self, runtime: Runtime, room: Room, taken: TakenBatch) -> None:
        self.hold = taken.hold
        self.began_ms = runtime.clock_ms()
        self.renewed = runtime.stopwatch()
        self.stop = StopReason()
        self.summary = BatchSummary()
        self.is_urgent = taken.settings.priority == "urgent"
        self.is_dropped = False
        self.is_filed = False
        self._runtime = runtime
        self._room = room
        self._batch = taken.batch
        self._claims = BatchClaims(runtime, taken.batch, taken.settings)
        self._queue = ClaimQueue(
            self._claims.pending(taken.states), self._claims.of, runtime.settings.in_flight
        )
        self._results = ResultBuffer(runtime)
        self._asked: Sequence[PendingClaim] | None = None
        self._unrecorded = Unrecorded((), ())
        self._claimed = 0
        self._gave_up_at: float | None = None

    @property
    def is_waiting_to_claim(self) -> bool:
        """There are messages to ask for, at `ready_at`."""
        return bool(self._queue) and not self.stop.why and self._asked is None and not self.is_dropped

    @property
    def ready_at(self) -> float:
        """When the next claim may be asked for."""
        return self._queue.ready_at

    @property
    def left(self) -> int:
        """So many messages are not asked for yet."""
        return len(self._queue) if not self.stop.why else 0

    @property
    def is_all_claimed(self) -> bool:
        """Nothing of it is left to claim."""
        return not self._queue and not self.stop.why

    @property
    def wanted(self) -> int:
        """So many would be asked for at once."""
        return self._queue.wanted

    @property
    def has_results(self) -> bool:
        """Something came back and is not in the ledger yet."""
        return bool(self._results)

    @property
    def is_over(self) -> bool:
        """Nothing is to be asked for or under way any more."""
        idle = self._asked is None and not self._claimed and not self._results
        return self.is_dropped or (idle and (bool(self.stop.why) or not self._queue))

    def ended(self, now: float) -> EndedHold:
        """How it is given back: what it waited for answers already counts."""
        wait_ms = self.stop.wait_ms
        if wait_ms and self._gave_up_at is not None:
            wait_ms = max(1, wait_ms - int((now - self._gave_up_at) * 1000))
        return EndedHold(self.hold, wait_ms, self.stop.rests_for)

    def line(self) -> str:
        """What was done, without anything about anybody."""
        return self.summary.line(self.stop)

    def outgoing(self, claim: Claim, attempt: int) -> Outgoing:
        """The message of a granted claim, with its mark."""
        message = self._batch.messages[claim.message]
        ref = MessageRef(self.hold.campaign, self.hold.batch, claim.message, attempt)
        return Outgoing(
            sender=claim.sender,
            to=tuple(self._batch.rows[row].number or "" for row in claim.members),
            text=message.text,
            media=message.media,
            user_data=write_user_data(ref, self._runtime.installation.secrets[0]),
        )

    def among_waiting(self) -> None:
        """Others wait for a limit, perhaps the same one: it begins as if one message of it had been granted."""
        self._queue.fewer_at_once(1)

    def take_in(self, result: PostResult) -> None:
        """This came back from CarrierX."""
        if not self.is_dropped:
            self._release(1)
            self._results.add(result)

    def drop(self) -> None:
        """Nothing of it goes on: its lease runs out, and what was claimed is looked for."""
        self.is_dropped = True
        self._release(self._claimed)

    def ask(self, most: int, now: float) -> tuple[Exchange, Unrecorded] | None:
        """What is to be recorded, and at most so many claims, if there is any of it; `answered` or `unanswered`
        follows."""
        chosen: Sequence[PendingClaim] = ()
        if self.is_waiting_to_claim and self._queue.ready_at <= now:
            chosen = [
                self._claims.as_of_now(pending, now)
                for pending in self._queue.choose(min(most, self._queue.wanted), now)
            ]
        unrecorded = self._results.unrecorded()
        if not chosen and not unrecorded.records:
            return None
        self._asked, self._unrecorded = chosen, unrecorded
        self._claimed += len(chosen)
        self._room.claimed += len(chosen)
        return Exchange(self.hold, unrecorded.records, [each.claim for each in chosen]), unrecorded

    def unanswered(self) -> None:
        """Redis did not say what became of it. The same claims are asked again: what it granted, it grants again."""
        asked, self._asked = self._asked or (), None
        self._release(len(asked))
        self._queue.put_back(asked)

    def answered(self, recorded: Sequence[str], answers: Sequence[ClaimAnswer], now: float) -> Granted:
        """What the ledger said to what was asked; answers the claims that were granted, with their attempts."""
        asked, self._asked = self._asked or (), None
        self._results.recorded(self._unrecorded)
        self.summary.recorded(self._unrecorded.records, recorded)
        granted: Granted = []
        denied: list[PendingClaim] = []
        for each, answer in zip(asked, answers, strict=True):
            self._obey(each, answer, now, granted, denied)
        self._release(len(asked) - len(granted))
        if denied:
            self._wait_for_limits(denied, len(granted), now)
        elif asked:
            self._queue.more_at_once()
        return granted

    def give_up_waiting(self, now: float, *, is_over: bool) -> None:
        """A long wait gives the batch back. When the time of the process is over any wait does, and the batch is due at
        once, for whoever comes next to wait with."""
        if self.stop.why or not self._queue:
            return
        wait = self._queue.ready_at - now
        is_long = wait > retry_policy.LONGEST_WAIT_MS / 1000
        if is_long or (wait > 0 and is_over):
            of_senders = self._queue.waits_for_senders
            keeps_senders = is_long and (not of_senders or self._claims.pool_is_in_use())
            wait_ms = int(wait * 1000) + 1 if keeps_senders else 1
            self._gave_up_at = now
            self.stop = stop_for_limit(self._queue.binds, wait_ms, of_senders=of_senders or not is_long)

    def stop_claiming(self) -> None:
        """The process is to stop: what is not claimed yet is due at once, for whoever comes next."""
        if self._queue and not self.stop.why:
            self.stop = StopReason("the worker stops")

    def forget_results(self) -> None:
        """Redis is away for too long: what came back stays claimed, to be found as unconfirmed."""
        self.stop = self.stop.because("redis away")
        self._results.forget()

    def renewed_as(self, answer: str, now: float) -> None:
        """The lease was to be renewed, and this was the answer."""
        self.renewed = now
        if answer != "ok" and not self.stop.is_lost:
            self.stop = self.stop.at_renewal(answer)

    def _obey(
        self,
        each: PendingClaim,
        answer: ClaimAnswer,
        now: float,
        granted: Granted,
        denied: list[PendingClaim],
    ) -> None:
        match answer.word:
            case "go":
                self.summary.skipped(each.claim, answer)
                granted.append((replace(each, claim=each.claim.to(answer.members)), answer.attempt))
            case "skip":
                self.summary.skipped(each.claim, answer)
            case "wait" if answer.detail in KEPT_BY_ROWS:
                self.summary.waiting(each.claim)
            case "wait" | "yield":
                denied.append(each.with_new_token())
                self._queue.block(each.claim, answer, now)
            case "done":
                self.summary.settled_before(each.claim)
            case _:
                self.stop = stop_reason_of(answer)
                if answer.word == "brake":
                    self._runtime.look_for_another_token()

    def _wait_for_limits(self, denied: Sequence[PendingClaim], granted: int, now: float) -> None:
        self._queue.put_back(denied)
        self._runtime.counters.waited(self._queue.binds, max(0.0, self._queue.ready_at - now))
        self._queue.fewer_at_once(granted)

    def _release(self, count: int) -> None:
        """So many claims are not under way any more; never more than there are, for a drop releases all of them."""
        count = min(count, self._claimed)
        self._claimed -= count
        self._room.claimed -= count
