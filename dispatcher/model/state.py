"""The states of a recipient and of a campaign, and the order of CarrierX's words."""

from __future__ import annotations

from enum import StrEnum


class RecipientState(StrEnum):
    """Where one row of the file stands. Every row is in exactly one of these, always."""

    PENDING = "pending"
    SENDING = "sending"
    UNCONFIRMED = "unconfirmed"
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    INVALID = "invalid"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    CHECKING = "checking"
    READY = "ready"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FAILED = "failed"


#: A campaign that goes on, or can be let go on.
RESUMABLE = frozenset({CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED})

#: CarrierX's words in their one total order; the highest heard within an attempt wins.
WORD_RANK = {
    RecipientState.QUEUED: 1,
    RecipientState.SENT: 2,
    RecipientState.FAILED: 3,
    RecipientState.DELIVERED: 4,
}

#: While any row is in one of these, the campaign is not completed.
UNFINISHED = frozenset({RecipientState.PENDING, RecipientState.SENDING, RecipientState.UNCONFIRMED})

#: Taken by CarrierX, its last word still out; final when the settle window ends.
SETTLING = frozenset({RecipientState.QUEUED, RecipientState.SENT})

#: Nothing can change these but a retry (or, for `rejected`, a believable receipt).
FINAL = frozenset(RecipientState) - UNFINISHED - SETTLING

#: One byte per state in the packed row of the ledger. The Lua scripts use the same letters.
STATE_CODE = {
    RecipientState.PENDING: "p",
    RecipientState.SENDING: "s",
    RecipientState.UNCONFIRMED: "u",
    RecipientState.QUEUED: "q",
    RecipientState.SENT: "t",
    RecipientState.FAILED: "f",
    RecipientState.DELIVERED: "d",
    RecipientState.REJECTED: "r",
    RecipientState.SKIPPED: "k",
    RecipientState.INVALID: "i",
    RecipientState.CANCELLED: "c",
    RecipientState.EXPIRED: "e",
}
CODE_STATE = {code: state for state, code in STATE_CODE.items()}
