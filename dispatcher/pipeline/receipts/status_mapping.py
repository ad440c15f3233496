"""CarrierX's words become ours, for the member of a message that they speak of."""

from __future__ import annotations

from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.ledger.views.message_locator import MessageLocation
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.state import WORD_RANK, RecipientState


def state_of(word: str) -> RecipientState | None:
    """The state that a word of CarrierX stands for; None for a word of its open set that we do not know."""
    return RecipientState(word) if word in WORD_RANK else None


def receipts_of(status: MessageStatus, location: MessageLocation, attempt: int) -> list[Receipt]:
    """What a status says of each row of its message; empty when it speaks of somebody who is not in it.

    A status speaks for its `to` only. That the message exists at all means that CarrierX took it, for every
    member: the others get a shared `queued`, below any word of their own. An unknown word proves no more than that.
    `attempt` is 0 when no MAC verifies the status: then it needs a number of the message.
    """
    word = state_of(status.status) or RecipientState.QUEUED
    own = location.row_of(status.to)
    if status.to is None and not attempt:
        return []
    if own is None and (status.to is not None or len(location.rows) == 1):
        return []
    receipts, sender = [], location.sender or status.sender or ""
    if own is not None:
        spoken = Receipt(
            location.message,
            own,
            attempt,
            word,
            "own",
            status.message_sid,
            mcc=status.mcc,
            mnc=status.mnc,
            price=status.price,
            unit="legs" if location.mms else "segments",
            units=location.units,
            rows=tuple(row for row, _ in location.rows) if len(location.rows) > 1 else (),
            sender=sender,
        )
        receipts.append(spoken)
    for row, _ in location.rows:
        if row != own:
            sid, word = status.message_sid, RecipientState.QUEUED
            receipts.append(
                Receipt(location.message, row, attempt, word, "shared", sid, unit="legs", sender=sender)
            )
    return receipts
