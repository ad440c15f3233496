"""What claims took of daily caps and of a ceiling in dollars, worked out again for what CarrierX did not take."""

from __future__ import annotations

from collections.abc import Sequence

from dispatcher.ledger.batches.claims import Charge
from dispatcher.ledger.batches.packing import Batch, BatchMessage
from dispatcher.ledger.batches.rows import RowState
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.model.segments import segments
from dispatcher.model.state import RecipientState
from dispatcher.rules.sender_pool import choose_sender


def units_of(message: BatchMessage, members: int) -> int:
    """Legs or segments of a message to so many, as the claim counts them."""
    if members > 1:
        return members
    return 1 if message.media else max(1, segments(message.text or ""))


def charges_of(
    ledger: Ledger, campaign: Campaign, batch: Batch, states: Sequence[RowState]
) -> dict[int, Charge]:
    """For each unconfirmed row of the batch its part. A pool's sender is the one that would be chosen now."""
    pool, charges = campaign.settings.senders, dict[int, Charge]()
    if any(not message.sender for message in batch.messages):
        disabled = ledger.limits.disabled()
        pool = tuple(sender for sender in pool if sender not in disabled) or pool
    for message in batch.messages:
        rows = [row for row in message.members if states[row].state is RecipientState.UNCONFIRMED]
        first = batch.rows[message.members[0]].number or ""
        sender = message.sender or (choose_sender(first, pool) if pool else "")
        units, unit = units_of(message, len(rows)), "legs" if len(rows) > 1 or message.media else "segments"
        charges |= {row: Charge(units // len(rows), unit, sender) for row in rows}
    return charges
