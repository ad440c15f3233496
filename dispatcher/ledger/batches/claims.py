"""What a sender and the ledger tell each other: a batch taken under a lease, claims, their answers, their records."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from dispatcher.ledger.batches.packing import Batch
from dispatcher.ledger.batches.rows import RowState
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.state import RecipientState

Outcome = Literal["accepted", "refused", "later", "forbidden", "unknown"]


@dataclass(frozen=True, slots=True)
class Hold:
    """A lease on a batch: every claim names it."""

    campaign: str
    batch: int
    token: bytes = field(repr=False)
    fence: int


@dataclass(frozen=True, slots=True)
class TakenBatch:
    """The answer to a take that succeeded."""

    hold: Hold
    batch: Batch
    states: list[RowState] = field(repr=False)
    settings: CampaignSettings = field(default_factory=CampaignSettings, repr=False)


class Denied(NamedTuple):
    """The answer to a take that did not: `taken`, `done`, `later` (with ms) or `halt` (with the state)."""

    why: str
    detail: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Ask to send one message now. `cost` in legs or segments; `token` (8 bytes) makes it safe to ask again.

    `numbers` are the members', for suppression and cap. `alone` is the cost when a group has one member left.
    `window` is when it is allowed, in ms: (0, 0) always, (-1, 0) never. `cap` is a frequency cap: at most so many
    messages to a number in so many ms; (0, 0) none.
    """

    message: int
    members: tuple[int, ...]
    sender: str = field(repr=False)
    cost: int
    token: bytes = field(repr=False)
    numbers: tuple[str, ...] = field(default=(), repr=False)
    alone: int = 1
    window: tuple[int, int] = (0, 0)
    cap: tuple[int, int] = (0, 0)
    media: bool = False

    @property
    def unit(self) -> Literal["legs", "segments"]:
        """What its cost is counted in: legs of an MMS, segments of an SMS."""
        return "legs" if len(self.members) > 1 or self.media else "segments"

    def to(self, members: tuple[int, ...]) -> Claim:
        """This claim as it was granted: to these members, for what they cost."""
        if members == self.members:
            return self
        cost = self.alone if len(members) == 1 else len(members)
        return replace(self, members=members, numbers=self._numbers_of(members), cost=cost)

    def part(self, members: tuple[int, ...]) -> Claim:
        """What this claim of a group was charged for these of its members."""
        return replace(self, members=members, numbers=self._numbers_of(members), cost=len(members))

    def _numbers_of(self, members: tuple[int, ...]) -> tuple[str, ...]:
        by_member = dict(zip(self.members, self.numbers, strict=False))
        return tuple(by_member[member] for member in members if member in by_member)


class ClaimAnswer(NamedTuple):
    """`go` (attempt, members that may) · `wait`, `yield` (wait_ms, scope) · `skip` · `taken` · `done` · `halt` ·
    `clock` · `brake`.

    The scope of a wait is a limit's, or `retry` or `hours`: then the row keeps the time and the batch knows it; or
    `closing`: the window closed since it was computed.
    """

    word: str
    attempt: int = 0
    wait_ms: int = 0
    detail: str = ""
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """What became of a claim. `word` is CarrierX's, `text` why it was refused or has to wait (`wait_ms`).

    `cost` of `unit` from `sender` is what the claim was charged; a refused or delayed message gives it back to days
    and money. `health` is what it says of CarrierX: `f` a failure of the API, `a` an answer, `m` an answer that
    means that we are set up wrongly, empty: nothing. A `forbidden` message is refused or tried again, as others tell;
    `account` is the fingerprint of the token, and why nothing goes with it if it is the account's.
    """

    message: int
    members: tuple[int, ...]
    token: bytes = field(repr=False)
    outcome: Outcome
    word: RecipientState = RecipientState.QUEUED
    sid: str | None = None
    text: str = ""
    wait_ms: int = 0
    price: str | None = None
    cost: int = 0
    unit: Literal["legs", "segments"] = "legs"
    sender: str = field(default="", repr=False)
    health: Literal["f", "a", "m", ""] = ""
    account: str = ""


class Charge(NamedTuple):
    """What one row took of days and money: legs or segments, which of them, and the number that it was to go from."""

    units: int
    unit: str
    sender: str


NO_CHARGE = Charge(0, "", "")
