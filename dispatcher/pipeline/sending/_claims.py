"""The claims of one batch, made of its messages: from which number, at what cost, in which hours."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.claims import Claim, ClaimAnswer
from dispatcher.ledger.batches.packing import Batch, BatchRow
from dispatcher.ledger.batches.rows import RowState
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.claim_wait import ClaimWait
from dispatcher.model.segments import segments
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.rules.quiet_hours import Party
from dispatcher.rules.rates import parse_cap
from dispatcher.rules.send_window import SendWindow
from dispatcher.rules.sender_pool import choose_sender

TOKEN_BYTES = 8
#: The window of a group whose members share no hours.
NEVER = (-1, 0)


@dataclass(frozen=True, slots=True)
class PendingClaim:
    """A claim and when it was first asked for, on the stopwatch; 0 before that."""

    claim: Claim
    at: float = 0.0

    def with_new_token(self) -> PendingClaim:
        """The same, with a token of its own: should Redis run the denied one after all, late, it grants nothing."""
        return PendingClaim(replace(self.claim, token=os.urandom(TOKEN_BYTES)))


class BatchClaims:
    """Makes the claims of one batch."""

    def __init__(self, runtime: Runtime, batch: Batch, settings: CampaignSettings) -> None:
        self._runtime = runtime
        self._batch = batch
        self._send_window = SendWindow.under(settings, runtime.settings)
        self._cap = parse_cap(runtime.settings.frequency_cap)
        self._senders = settings.senders
        self._pool = self._senders_in_use()

    def pending(self, states: Sequence[RowState]) -> list[int]:
        """The messages that somebody still is to get, in the batch's order."""
        return [
            index
            for index, message in enumerate(self._batch.messages)
            if any(states[row].state is RecipientState.PENDING for row in message.members)
        ]

    def as_of_now(self, pending: PendingClaim, now: float) -> PendingClaim:
        """The claim with the hours as they are now. Asked again after a lost reply, it keeps its first moment."""
        claim = pending.claim
        if not self._send_window.is_always_open:
            parties = [self._party(row) for row in claim.members]
            window = self._send_window.window(parties, self._runtime.clock_ms())
            claim = replace(claim, window=window or NEVER)
        return PendingClaim(claim, pending.at or now)

    def pool_is_in_use(self) -> bool:
        """Whether the batch, taken again, would get the same senders."""
        try:
            return self._senders_in_use() == self._pool
        except StoreUnavailable:
            return True

    def _senders_in_use(self) -> tuple[str, ...]:
        """The campaign's pool without senders that an operator took out of use; all of it when none is left."""
        if all(message.sender for message in self._batch.messages):
            return self._senders
        disabled = self._runtime.ledger.limits.disabled()
        return tuple(sender for sender in self._senders if sender not in disabled) or self._senders

    def of(self, index: int) -> Claim:
        """A claim of this message, with a token of its own."""
        message = self._batch.messages[index]
        first = self._batch.rows[message.members[0]].number or ""
        alone = 1 if message.media else max(1, segments(message.text or ""))
        return Claim(
            index,
            message.members,
            message.sender or choose_sender(first, self._pool),
            alone if len(message.members) == 1 else len(message.members),
            os.urandom(TOKEN_BYTES),
            numbers=tuple(self._batch.rows[row].number or "" for row in message.members),
            alone=alone,
            cap=self._cap,
            media=bool(message.media),
        )

    def _party(self, row: int) -> Party:
        recipient = self._batch.rows[row]
        return recipient.number or "", recipient.timezone if isinstance(recipient, BatchRow) else None


#: Claims asked for at first; grows while all are granted, shrinks to what a limit grants.
FIRST_CLAIMS = 16


class ClaimQueue:
    """The messages that a batch still has to claim, in their order. Moments are on the stopwatch.

    `claim_of` makes a message's claim, when it is first looked at.
    """

    def __init__(self, messages: Sequence[int], claim_of: Callable[[int], Claim], most_at_once: int) -> None:
        self._rest: deque[int | PendingClaim] = deque(messages)
        self._claim_of = claim_of
        self._most_at_once = most_at_once
        self._at_once = FIRST_CLAIMS
        self._blocked_until = 0.0
        self._senders_blocked: dict[str, float] = {}
        self._binding = self._sender_binding = ClaimWait()

    def __len__(self) -> int:
        """So many are left."""
        return len(self._rest)

    @property
    def wanted(self) -> int:
        """So many would be asked for at once."""
        return min(self._at_once, len(self._rest))

    def choose(self, room: int, now: float) -> list[PendingClaim]:
        """At most so many whose senders no limit keeps; they are left no more."""
        chosen: list[PendingClaim] = []
        passed: list[PendingClaim] = []
        while self._rest and len(chosen) < room:
            pending = self._made(self._rest.popleft())
            free = self._senders_blocked.get(pending.claim.sender, 0.0) <= now
            (chosen if free else passed).append(pending)
        self._rest.extendleft(reversed(passed))
        return chosen

    def put_back(self, pending: Sequence[PendingClaim]) -> None:
        """These are to be asked for again, before all others."""
        self._rest.extendleft(reversed(pending))

    def block(self, claim: Claim, answer: ClaimAnswer, now: float) -> None:
        """A limit denied this claim. One of a single sender keeps only this sender's messages."""
        until, limit = now + answer.wait_ms / 1000, ClaimWait(answer.detail)
        if limit.scope.is_of(claim.sender):
            self._senders_blocked[claim.sender] = until
            self._sender_binding = limit
        else:
            self._blocked_until = max(self._blocked_until, until)
            self._binding = limit

    def block_all(self, until: float) -> None:
        """Nothing is asked for until then, and not a moment longer."""
        self._blocked_until = until

    def is_blocked(self, now: float) -> bool:
        """Nothing of it may be asked for yet, from whichever number."""
        return now < self._blocked_until

    @property
    def ready_at(self) -> float:
        """When the next claim may be asked for."""
        return max(self._blocked_until, self._first_sender_free())

    @property
    def waits_for_senders(self) -> bool:
        """What is waited for longest are limits of single senders."""
        return self._first_sender_free() > self._blocked_until

    @property
    def binds(self) -> ClaimWait:
        """The limit that is waited for longest."""
        return self._sender_binding if self.waits_for_senders else self._binding

    def fewer_at_once(self, granted: int) -> None:
        """Some were denied: one more than goes at once is asked for next, so that its answer tells the turn after."""
        self._at_once = max(1, granted) + 1

    def more_at_once(self) -> None:
        """None was denied: twice as many are asked for next."""
        self._at_once = min(2 * self._at_once, self._most_at_once)

    def _made(self, left: int | PendingClaim) -> PendingClaim:
        return PendingClaim(self._claim_of(left)) if isinstance(left, int) else left

    def _first_sender_free(self) -> float:
        if not self._senders_blocked:
            return 0.0
        self._rest = deque(map(self._made, self._rest))
        senders = {pending.claim.sender for pending in self._rest if isinstance(pending, PendingClaim)}
        return min((self._senders_blocked.get(sender, 0.0) for sender in senders), default=0.0)
