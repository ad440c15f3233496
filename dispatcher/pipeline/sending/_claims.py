"""The claims of one batch, made of its messages: from which number, at what cost, in which hours."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.claims import Claim
from dispatcher.ledger.batches.packing import Batch, BatchMessage, BatchRow
from dispatcher.ledger.batches.rows import RowState
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.segments import segments
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.runtime.runtime import World
from dispatcher.rules.quiet_hours import Party
from dispatcher.rules.rates import parse_cap
from dispatcher.rules.send_window import Departure
from dispatcher.rules.sender_pool import choose_sender

TOKEN_BYTES = 8
#: The window of a group whose members share no hours.
NEVER = (-1, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim and when it was first asked for, on the stopwatch; 0 before that."""

    claim: Claim
    at: float = 0.0

    def anew(self) -> Asked:
        """The same, with a token of its own: should Redis run the denied one after all, late, it grants nothing."""
        return Asked(replace(self.claim, token=os.urandom(TOKEN_BYTES)))


class BatchClaims:
    """Makes the claims of one batch."""

    def __init__(self, world: World, batch: Batch, settings: CampaignSettings) -> None:
        self._world = world
        self._batch = batch
        self._departure = Departure(settings.quiet_hours, settings.at, world.settings.hours_margin)
        self._cap = parse_cap(world.settings.frequency_cap)
        self._senders = settings.senders
        self._pool = self._senders_in_use()

    def of_pending(self, states: Sequence[RowState]) -> list[Claim]:
        """One for each message that somebody still is to get, in the batch's order."""
        return [
            self._new(index, message)
            for index, message in enumerate(self._batch.messages)
            if any(states[row].state is RecipientState.PENDING for row in message.members)
        ]

    def as_asked_now(self, asked: Asked, now: float) -> Asked:
        """The claim with the hours as they are now. Asked again after a lost reply, it keeps its first moment."""
        claim = asked.claim
        if not self._departure.always:
            parties = [self._party(row) for row in claim.members]
            window = self._departure.window(parties, self._world.clock_ms())
            claim = replace(claim, window=window or NEVER)
        return Asked(claim, asked.at or now)

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
        disabled = self._world.ledger.limits.disabled()
        return tuple(sender for sender in self._senders if sender not in disabled) or self._senders

    def _new(self, index: int, message: BatchMessage) -> Claim:
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
