"""Every ending of a POST, in one table: what is written into the ledger for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from dispatcher.errors import (
    ApiError,
    Forbidden,
    NotSent,
    OutcomeUnknown,
    Refusal,
    Refused,
    Throttled,
    Unauthorized,
)
from dispatcher.ledger.batches.claims import Claim, Record
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.scope import ACCOUNT, LimitScope
from dispatcher.model.state import WORD_RANK, RecipientState
from dispatcher.pipeline.sending._refused_members import named_members, split
from dispatcher.rules import retry_policy

#: Refusals that speak of how we are set up, not of the message.
MISFITS = frozenset({404, 415})
#: A 429 that names one of these is about the number, not the account.
SENDER_FIELDS = frozenset({"from", "from_did"})
#: And one that names one of these, with whatever index, is about this message only.
RECIPIENT_FIELDS = ("to", "to_did", "group_recipients", "message", "media_urls")

Health = Literal["f", "a", "m", ""]


@dataclass(frozen=True, slots=True)
class PostResult:
    """How one POST ended: what to record, and what it means for all others.

    `hold_ms` keeps `hold_scope` waiting, the account or one sender; `brake` stops everything that uses the token,
    with the reason (where the record is `forbidden`, if others get the same), and `refused` is that token's
    fingerprint; `odd_word` is a word of CarrierX that is no state of ours; `seconds` is how long the POST took, None
    if there was none; `members_refused` are records of members who ended otherwise.
    """

    record: Record
    hold_ms: int = 0
    hold_scope: LimitScope = ACCOUNT
    brake: str = ""
    refused: str = ""
    odd_word: str = ""
    seconds: float | None = None
    members_refused: tuple[Record, ...] = ()

    def with_token(self, fingerprint: str) -> PostResult:
        """The same of a POST that showed the token of this fingerprint."""
        if self.record.outcome != "forbidden":
            return replace(self, refused=fingerprint)
        return replace(self, record=replace(self.record, account=f"{fingerprint} {self.brake}"), brake="")


def accepted(claim: Claim, status: MessageStatus) -> PostResult:
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
    return PostResult(record, odd_word="" if known else status.status)


def failed(claim: Claim, error: ApiError, attempt: int) -> PostResult:
    """CarrierX did not take it, or nobody knows. One line per branch of the error tree."""
    match error:
        case Refusal() if named := named_members(error, claim):
            return _without(claim, named)
        case Forbidden():
            reason = f"CarrierX forbids every message (HTTP {error.status}); once mended there, give the token again"
            return PostResult(_record(claim, "forbidden", _in_words(error)), brake=reason)
        case Refused():
            health: Health = "m" if error.status in MISFITS else "a"
            return PostResult(_record(claim, "refused", _in_words(error), health=health))
        case Unauthorized():
            reason = f"CarrierX refuses the token (HTTP {error.status})"
            return PostResult(_record(claim, "later", reason), brake=reason)
        case Throttled(status=429):
            return _slower(claim, error, attempt)
        case Throttled() if attempt >= retry_policy.MOST_CONFLICTS:
            text = f"conflict at CarrierX ({error.status}) in {retry_policy.MOST_CONFLICTS} tries"
            return PostResult(_record(claim, "refused", text))
        case Throttled():
            text = f"conflict at CarrierX ({error.status})"
            return PostResult(_record(claim, "later", text, retry_policy.backoff_ms(attempt)))
        case NotSent() if attempt >= retry_policy.MOST_TRIES:
            text = f"CarrierX could not be reached in {retry_policy.MOST_TRIES} tries"
            return PostResult(_record(claim, "refused", text, health="f"))
        case NotSent():
            text = "CarrierX could not be reached"
            return PostResult(_record(claim, "later", text, retry_policy.backoff_ms(attempt), health="f"))
        case OutcomeUnknown():
            return PostResult(
                _record(claim, "unknown", error.message, retry_policy.FIRST_LOOK_MS, health="f")
            )
        case _:
            return PostResult(
                _record(claim, "unknown", type(error).__name__, retry_policy.FIRST_LOOK_MS, health="")
            )


def _without(claim: Claim, named: dict[int, str]) -> PostResult:
    """A group of which CarrierX refused some by name: they are rejected, and it goes once more without them, as another
    attempt. A kill before this is in the ledger leaves all of it to be looked for."""
    alone, left = split(claim, named)
    refused = [
        replace(_record(each, "refused", text), unit=claim.unit)
        for each, text in zip(alone, named.values(), strict=True)
    ]
    again = _record(left, "later", "once more, without members that CarrierX refused")
    return PostResult(replace(again, unit=claim.unit), members_refused=tuple(refused))


def _slower(claim: Claim, error: Throttled, attempt: int) -> PostResult:
    """A 429 holds what it names: the number, this message alone, or else the account."""
    hold = retry_policy.hold_ms(error.retry_after)
    field = (error.field or "").partition("[")[0].partition(".")[0].strip().lower()
    if attempt >= retry_policy.MOST_TRIES:
        text = f"CarrierX asked to slow down (429) in {retry_policy.MOST_TRIES} tries"
        record = _record(claim, "refused", text)
    else:
        record = _record(claim, "later", "CarrierX asked to slow down (429)", hold)
    if field in RECIPIENT_FIELDS:
        return PostResult(record)
    scope = LimitScope.sender(claim.sender) if field in SENDER_FIELDS else ACCOUNT
    return PostResult(record, hold_ms=hold, hold_scope=scope)


def _in_words(error: Refused | Forbidden) -> str:
    text = f"{error.field}: {error.text}" if error.field else error.text
    return text or f"HTTP {error.status}"


def stale(claim: Claim) -> PostResult:
    """The claim had gone stale before the first byte was written: nothing left us."""
    return PostResult(_record(claim, "later", "", health=""))


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
