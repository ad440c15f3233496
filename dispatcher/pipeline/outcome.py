"""Every ending of a POST, in one table: what is written into the ledger for it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from dispatcher.errors import ApiError, NotSent, OutcomeUnknown, Refused, Throttled, Unauthorized
from dispatcher.ledger.claims import Claim, Record
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.state import WORD_RANK, RecipientState

#: First look for a message whose outcome is unknown: its callback is given this long to tell by itself.
FIRST_LOOK_MS = 10_000
#: Full jitter between nothing and this, doubled with each try up to the cap.
BACKOFF_FIRST_MS = 500
BACKOFF_CAP_MS = 60_000
#: More tries than this and CarrierX is not there for this message.
MOST_TRIES = 200
#: Without a Retry-After, a 429 holds the account for this long.
DEFAULT_HOLD_MS = 1_000
#: A server that asks for more patience than this is asked again all the same.
LONGEST_HOLD_MS = 3_600_000
#: Refusals that speak of how we are set up, not of the message.
MISFITS = frozenset({404, 415})
#: A 429 that names one of these is about the number, not the account.
SENDER_FIELDS = frozenset({"from", "from_did"})

Health = Literal["f", "a", "m", ""]


@dataclass(frozen=True, slots=True)
class Ending:
    """How one POST ended: what to record, and what it means for all others.

    `hold_ms` keeps `hold_scope` waiting, the account or one sender; `brake` stops everything that uses the token,
    with the reason, and `refused` is that token's fingerprint; `odd_word` is a word of CarrierX that is no state
    of ours; `seconds` is how long the POST took, None if there was none.
    """

    record: Record
    hold_ms: int = 0
    hold_scope: str = "account"
    brake: str = ""
    refused: str = ""
    odd_word: str = ""
    seconds: float | None = None


def accepted(claim: Claim, status: MessageStatus) -> Ending:
    """CarrierX took it. Its word counts from the first; one we do not know is kept, and means `queued`."""
    known = status.status in WORD_RANK
    word = RecipientState(status.status) if known else RecipientState.QUEUED
    record = Record(
        claim.message,
        claim.members,
        claim.token,
        "accepted",
        word=word,
        sid=status.message_sid,
        price=status.price,
        cost=claim.cost,
        unit=claim.unit,
        sender=claim.sender,
        health="a",
    )
    return Ending(record, odd_word="" if known else status.status)


def failed(claim: Claim, error: ApiError, attempt: int) -> Ending:
    """CarrierX did not take it, or nobody knows. One line per branch of the error tree."""
    match error:
        case Refused():
            text = f"{error.field}: {error.text}" if error.field else error.text
            health: Health = "m" if error.status in MISFITS else "a"
            return Ending(_record(claim, "refused", text or f"HTTP {error.status}", health=health))
        case Unauthorized():
            reason = f"CarrierX refuses the token (HTTP {error.status})"
            return Ending(_record(claim, "later", reason), brake=reason)
        case Throttled(status=429):
            hold = min(int(1000 * (error.retry_after or 0)) or DEFAULT_HOLD_MS, LONGEST_HOLD_MS)
            scope = f"sender:{claim.sender}" if error.field in SENDER_FIELDS else "account"
            record = _record(claim, "later", "CarrierX asked to slow down (429)", hold)
            return Ending(record, hold_ms=hold, hold_scope=scope)
        case Throttled():
            return Ending(
                _record(claim, "later", f"conflict at CarrierX ({error.status})", backoff_ms(attempt))
            )
        case NotSent() if attempt >= MOST_TRIES:
            text = f"CarrierX could not be reached in {MOST_TRIES} tries"
            return Ending(_record(claim, "refused", text, health="f"))
        case NotSent():
            text = "CarrierX could not be reached"
            return Ending(_record(claim, "later", text, backoff_ms(attempt), health="f"))
        case OutcomeUnknown():
            return Ending(_record(claim, "unknown", error.message, FIRST_LOOK_MS, health="f"))
        case _:
            return Ending(_record(claim, "unknown", type(error).__name__, FIRST_LOOK_MS, health=""))


def given_back(claim: Claim) -> Ending:
    """The claim had gone stale before the first byte was written: nothing left us."""
    return Ending(_record(claim, "later", "", health=""))


def backoff_ms(attempt: int) -> int:
    """Full jitter: anything up to the doubled and capped step."""
    return random.randint(0, min(BACKOFF_CAP_MS, BACKOFF_FIRST_MS << min(attempt, 20)))


def _record(claim: Claim, outcome: str, text: str, wait_ms: int = 0, *, health: Health = "a") -> Record:
    return Record(
        claim.message,
        claim.members,
        claim.token,
        outcome,  # type: ignore[arg-type]
        text=text[:300],
        wait_ms=wait_ms,
        cost=claim.cost,
        unit=claim.unit,
        sender=claim.sender,
        health=health,
    )
