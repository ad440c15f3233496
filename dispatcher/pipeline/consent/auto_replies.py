"""What follows from inbound messages: a confirmation after STOP, a return after START, HELP, an automatic answer.

Anybody may call the receiver, so each waits until CarrierX itself shows that message with the same sender, recipient
and text. Answers go out through the same ledger, limits and suppression as everything else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from dispatcher.carrierx.client import CarrierX
from dispatcher.errors import ApiError, InputError
from dispatcher.ledger.consent.inbound import TEXT_MAX, Inbound
from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.model.receipt import MessageStatus
from dispatcher.pipeline.campaigns.one_off import OneOffMessage, submit_one_off
from dispatcher.pipeline.consent.inbound import SOURCE
from dispatcher.pipeline.polling.turns import wait_for_turn
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.rules import retry_policy
from dispatcher.rules.keywords import Meaning

MOST_AT_ONCE = 50
#: One hint is worked on for so long.
SLICE_MS = 5_000
#: One process at a time looks at a message.
TURN_MS = 30_000
#: One HELP a number, and one automatic answer a number and DID, in this time: two machines never talk for ever.
ONCE_MS = 3_600_000
_ANSWERED = "answered"
_LATELY = "answered within the hour"
_NO_TEXT = "no answer is set"


class AutoReply(NamedTuple):
    """What to send. `kind` is how the claim treats it."""

    text: str
    kind: str

    def __repr__(self) -> str:
        return f"AutoReply(kind={self.kind})"


def answer_inbound(runtime: Runtime) -> str:
    """Look at the inbound messages that something may follow from. Answers one line."""
    agenda, inbound = runtime.ledger.agenda, runtime.ledger.inbound
    now_ms, done = agenda.now_ms(), 0
    for sid in inbound.todo(now_ms, MOST_AT_ONCE):
        if runtime.is_stopping() or agenda.now_ms() >= now_ms + SLICE_MS:
            break  # the next hint goes on
        if agenda.latch(f"mms:turn:answer:{sid}", TURN_MS):
            found = inbound.read([sid])
            if not found:
                inbound.done(sid)
            done += sum(_finish(runtime, message, now_ms) for message in found)
    return f"{done} answered"


def _finish(runtime: Runtime, message: Inbound, now_ms: int) -> bool:
    """True when something was sent."""
    wait_for_turn(runtime, "answers")
    proved = _is_proved(runtime.carrierx, message)
    if proved is None and now_ms - message.at_ms < retry_policy.PROOF_PATIENCE_MS:
        runtime.ledger.inbound.later(message.sid, now_ms + retry_policy.PROOF_AGAIN_MS)
        return False
    if not proved:
        runtime.ledger.receipts.alarm("inbound_not_at_carrierx")
        runtime.ledger.inbound.finished(message, "not at CarrierX")
        return False
    runtime.ledger.inbound.learn_ours([message.to])
    if message.at_ms < runtime.ledger.recovery.recovered_at():
        runtime.ledger.inbound.finished(message, "the ledger was put back since: it may have been answered")
        return False
    answer = _follow(runtime, message)
    if runtime.ledger.inbound.is_ours(message.sender):
        answer = "it came from a number of ours"
    if isinstance(answer, str):
        runtime.ledger.inbound.finished(message, answer)
        return False
    # Before it is sent: an answer may be lost with its process, never sent twice.
    runtime.ledger.inbound.finished(message, _ANSWERED)
    if not _send(runtime, message, answer):
        runtime.ledger.inbound.finished(replace(message, outcome=_ANSWERED), "the answer cannot be sent")
        return False
    return True


def _is_proved(client: CarrierX, message: Inbound) -> bool | None:
    """Whether CarrierX shows this very message; None: it does not yet, or did not say."""
    try:
        found = client.get_message(message.sid)
    except ApiError:
        return None
    return None if found is None else _is_the_same(found, message)


def _is_the_same(found: MessageStatus, message: Inbound) -> bool:
    text = (found.text or "")[:TEXT_MAX]
    return (found.direction, found.sender, found.to, text) == (
        "inbound",
        message.sender,
        message.to,
        message.text,
    )


def _follow(runtime: Runtime, message: Inbound) -> AutoReply | str:
    """What this proved message does, and what it is answered; or why nothing is."""
    chosen, optouts = runtime.settings, runtime.ledger.optouts
    match message.meaning:
        case Meaning.STOP:
            if not optouts.confirmation_done(message.sender):
                return "told before"
            return _reply(chosen.stop_answer, "confirmation")
        case Meaning.START:
            if not optouts.put([OptOut(message.sender, "in", message.at_ms, SOURCE)]):
                return "was not opted out"
            return _reply(chosen.start_answer, "answer")
        case Meaning.HELP:
            return (
                _reply(chosen.help_answer, "answer") if _first(runtime, "help", message.sender) else _LATELY
            )
        case _:
            pair = f"{message.sender}:{message.to}"
            if not chosen.auto_answer or not _first(runtime, "auto", pair):
                return _LATELY if chosen.auto_answer else _NO_TEXT
            text = chosen.auto_answer.replace("{{status}}", message.status)
            return AutoReply(text.replace("{{from}}", message.sender), "answer")


def _reply(text: str, kind: str) -> AutoReply | str:
    return AutoReply(text, kind) if text else _NO_TEXT


def _first(runtime: Runtime, what: str, whom: str) -> bool:
    return runtime.ledger.agenda.latch(f"mms:turn:{what}:{whom}", ONCE_MS)


def _send(runtime: Runtime, message: Inbound, answer: AutoReply) -> bool:
    """Put the answer into the ledger."""
    one_off = OneOffMessage(message.to, (message.sender,), answer.text)
    try:
        submit_one_off(runtime.ledger, one_off, runtime.settings, name=answer.kind, kind=answer.kind)
    except InputError:
        runtime.ledger.receipts.alarm("answer_not_sendable")
        return False
    return True
