"""What people send to our numbers: recognised at the receiver, kept, and followed up."""

from __future__ import annotations

from typing import NamedTuple

from dispatcher.carrierx.damaged_callbacks import texts_of
from dispatcher.carrierx.webhook import UnreadableCallbackError, read_callback
from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.ledger.receipts.callback_stream import StreamEntry
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.recipient import masked
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.rules.keywords import Meaning, meaning_of

#: What may be on the suppression list: 11 digits.
_DIGITS = 11
#: How an opt-out by an inbound message is known in the suppression list.
SOURCE = "inbound"


class OptingOut(NamedTuple):
    """Somebody who asks for no more messages, and how we know: `source` of the suppression list."""

    number: str
    source: str

    def __repr__(self) -> str:
        return f"OptingOut(number={masked(self.number)})"


def opting_out(raw: bytes) -> OptingOut | None:
    """Whether a callback's body is an inbound message that asks to stop; the receiver asks before it stores it.

    Anybody may call the receiver: a forged STOP annoys, so it is believed; everything else is proved first.
    """
    if not _may_be_inbound(raw):
        return None
    try:
        status = read_callback(raw)
    except UnreadableCallbackError:
        return None
    if status is None or status.direction != "inbound" or len(status.sender or "") != _DIGITS:
        return None
    if Meaning.STOP not in map(meaning_of, [status.text, *texts_of(raw)]):
        return None
    return OptingOut(status.sender or "", SOURCE)


def _may_be_inbound(raw: bytes) -> bool:
    """False where the body says plainly that it is about a message of ours: most need no reading."""
    lower = raw.lower()
    return b"outbound" not in lower or b"inbound" in lower or b"\\u" in raw or b"\0" in raw


def keep(runtime: Runtime, entry: StreamEntry, status: MessageStatus) -> None:
    """Keep an inbound message; acknowledged in the same step. A repeated one is kept once.

    An opt-out is on the list since the receiver; one that came another way is put there first.
    """
    message = Inbound(
        sid=status.message_sid,
        at_ms=entry.at_ms,
        sender=status.sender or "",
        to=status.to or "",
        text=status.text or "",
        media=status.media,
        meaning=meaning_of(status.text).value,
        status=status.status,
    )
    if message.meaning == Meaning.STOP and len(message.sender) == _DIGITS:
        optouts = runtime.ledger.optouts
        if optouts.put([OptOut(message.sender, "out", message.at_ms, SOURCE)]):
            optouts.owe_confirmation(message.sender, message.at_ms)
    needs_review = message.meaning == Meaning.NEEDS_REVIEW
    runtime.ledger.inbound.keep(
        entry.id, message, needs_review=needs_review, follows=_may_follow(runtime, message)
    )


def _may_follow(runtime: Runtime, message: Inbound) -> bool:
    """Whether an answer or a return may follow from it under these settings; `auto_replies` decides."""
    chosen = runtime.settings
    match message.meaning:
        case Meaning.STOP:
            return bool(chosen.stop_answer)
        case Meaning.START:
            return chosen.start_allowed
        case Meaning.HELP:
            return bool(chosen.help_answer)
        case _:
            return bool(chosen.auto_answer)
