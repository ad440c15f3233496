"""Goes through a history's ledger events once, in order: claims with their circumstances, and words that went back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from dispatcher.ledger.batches.rows import FLAG_OWN_WORD, Lease, RowState
from dispatcher.model.state import WORD_RANK, CampaignState, RecipientState
from tests.chaos.history import Event, LeaseChange, OptOutChange, RowChange, StateChange

_NOTHING = Lease(0, 0, 0, 0, b"")


@dataclass(frozen=True, slots=True)
class RowKey:
    """A row by its place in the ledger."""

    campaign: str
    batch: int
    index: int


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """One row was claimed: its state before, and what else was true at that moment."""

    key: RowKey
    attempt: int
    at_ms: int
    token: bytes
    before: RecipientState
    campaign_state: CampaignState | None
    lease_ms: int
    opted_out: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class WordBack:
    """A row that CarrierX had spoken of fell back to an earlier word, or to a state before any word."""

    key: RowKey
    before: RecipientState
    after: RecipientState


@dataclass(frozen=True, slots=True)
class EarlyTake:
    """A batch changed hands so many ms before the lease of the one who had it was over."""

    campaign: str
    batch: int
    early_ms: int


@dataclass
class Replay:
    """What the events show. The counters, by campaign: rows whose outcome was unknown for a while, those of them that
    were found, and those that were not there and became pending again."""

    claims: list[ClaimedRow] = field(default_factory=list)
    words_back: list[WordBack] = field(default_factory=list)
    early_takes: list[EarlyTake] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    sent_again: Counter[str] = field(default_factory=Counter)


def replay(events: list[Event], lease_ms: int) -> Replay:
    """Go through them once."""
    result = Replay()
    rows: dict[RowKey, RowState] = {}
    leases: dict[tuple[str, int], Lease] = {}
    campaigns: dict[str, CampaignState] = {}
    out: frozenset[str] = frozenset()
    for event in events:
        match event:
            case StateChange():
                campaigns[event.campaign] = event.state
            case OptOutChange():
                out = out | {event.number} if event.is_out else out - {event.number}
            case LeaseChange():
                before = leases.get((event.campaign, event.batch), _NOTHING)
                _took(result, event, before, lease_ms)
                leases[event.campaign, event.batch] = event.lease
            case RowChange():
                key = RowKey(event.campaign, event.batch, event.index)
                lease = leases.get((event.campaign, event.batch), _NOTHING)
                around = _Around(campaigns.get(key.campaign), lease, out)
                _changed(result, key, rows.get(key), event.state, around)
                rows[key] = event.state
    return result


@dataclass(frozen=True, slots=True)
class _Around:
    """What else was true when a row changed."""

    campaign: CampaignState | None
    lease: Lease
    opted_out: frozenset[str]


def _took(result: Replay, event: LeaseChange, before: Lease, lease_ms: int) -> None:
    if event.lease.fence == before.fence or not event.lease.lease_ms:
        return
    taken_ms = event.lease.lease_ms - lease_ms
    if before.lease_ms > taken_ms:
        result.early_takes.append(EarlyTake(event.campaign, event.batch, before.lease_ms - taken_ms))


def _changed(
    result: Replay,
    key: RowKey,
    before: RowState | None,
    after: RowState,
    around: _Around,
) -> None:
    was = before.state if before else RecipientState.PENDING
    new_attempt = before is None or before.attempt != after.attempt
    if after.state is RecipientState.SENDING and (was is not RecipientState.SENDING or new_attempt):
        claimed = ClaimedRow(
            key,
            after.attempt,
            after.claimed_ms,
            after.sid[:8],
            was,
            around.campaign,
            around.lease.lease_ms,
            around.opted_out,
        )
        result.claims.append(claimed)
    elif before is not None and was in WORD_RANK and _fell(before, after):
        result.words_back.append(WordBack(key, was, after.state))
    if was is not RecipientState.UNCONFIRMED and after.state is RecipientState.UNCONFIRMED:
        result.unknown[key.campaign] += 1
    if was is RecipientState.UNCONFIRMED and after.state is not was:
        result.found[key.campaign] += after.state in WORD_RANK
        result.sent_again[key.campaign] += after.state is RecipientState.PENDING


def _fell(before: RowState, after: RowState) -> bool:
    """A member's first own word may stand below the one that it had inherited; nothing else may."""
    if after.state in WORD_RANK:
        first_own = bool(after.flags & FLAG_OWN_WORD) and not before.flags & FLAG_OWN_WORD
        return WORD_RANK[after.state] < WORD_RANK[before.state] and not first_own
    return True
