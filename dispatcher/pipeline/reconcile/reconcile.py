"""Looks after what the straight line leaves behind: unknown outcomes, silent group members, callbacks that never came.

A batch is asked about when its time in the `care` set has come, and looked for when it has in the `search` set; each
look says when the next is due.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import NamedTuple

from dispatcher.errors import ApiError, NotFound
from dispatcher.ledger.batches.agenda import LookKind
from dispatcher.ledger.batches.batches import NextLook, Picture
from dispatcher.ledger.batches.rows import FLAG_OWN_WORD
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.model.state import SETTLING, WORD_RANK, RecipientState
from dispatcher.pipeline.limits.charges import charges_of
from dispatcher.pipeline.reconcile._batch_view import BatchView
from dispatcher.pipeline.reconcile._lost_callbacks import poll_states
from dispatcher.pipeline.reconcile._unknown_outcomes import search
from dispatcher.pipeline.recovery.quarantine_lookup import is_quarantined
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.rules import retry_policy

log = logging.getLogger(__name__)

#: One hint looks at what is due for so long; the tick gives the next.
SLICE_MS = 5_000
#: Nobody else looks at a batch meanwhile, should its looker die.
LEASE_MS = 30_000
BOTH: tuple[LookKind, ...] = ("search", "care")


def look_while_due(runtime: Runtime, kind: LookKind) -> str:
    """Look at batches that are due for this, of any campaign, for a few seconds. Answers one line."""
    agenda, looked = runtime.ledger.agenda, 0
    until_ms = agenda.now_ms() + SLICE_MS
    while not runtime.is_stopping() and agenda.now_ms() < until_ms:
        batch = agenda.pick_look(kind, lease_ms=LEASE_MS, chance=random.random())
        if batch is None:
            break
        look_after(runtime, *batch, kinds=(kind,))
        looked += 1
    return f"{looked} batches looked at"


class _Learned(NamedTuple):
    """What one look brought: receipts, rows that are not there, and how many messages there was no time for: to ask
    what became of them, to look for them."""

    receipts: list[Receipt]
    missing: list[int]
    unasked: int
    unsearched: int


def look_after(runtime: Runtime, campaign_id: str, number: int, *, kinds: Collection[LookKind] = BOTH) -> str:
    """Look at one batch: inherit, ask, resolve; then say when to look again. Answers one line."""
    try:
        campaign = runtime.ledger.campaign(campaign_id)
    except NotFound:
        return "gone"
    picture = runtime.ledger.batches.picture(campaign_id, number)
    if picture is None:
        return "gone"
    view = BatchView(
        campaign, number, picture.batch, picture.states, runtime.ledger.agenda.now_ms(), picture.looks
    )
    learned = _learned(runtime, view, kinds)
    told = [
        each if each.sender else replace(each, sender=view.sender(each.message)) for each in learned.receipts
    ]
    changed = runtime.ledger.receipts.apply(campaign_id, number, told, [], grace_ms=0) if told else 0
    after = runtime.ledger.batches.picture(campaign_id, number)
    if after is None:
        return "gone"
    back = _end(runtime, view, picture._replace(counts=after.counts), after, learned, kinds)
    return "looked after meanwhile" if back < 0 else f"{changed} rows changed, {back} pending again"


def _learned(runtime: Runtime, view: BatchView, kinds: Collection[LookKind]) -> _Learned:
    """Everything that can be known now. Without an answer of CarrierX nothing counts as not there."""
    receipts = list(_inheritances(runtime, view)) if "care" in kinds else []
    missing: list[int] = []
    unasked = unsearched = 0
    try:
        if "search" in kinds:
            searched = search(runtime, view)
            receipts += searched.receipts
            missing, unsearched = searched.missing, searched.left
        if "care" in kinds:
            polled = poll_states(runtime, view)
            receipts += polled.receipts
            unasked = polled.left
    except ApiError as error:
        log.info("looking after batch %s of %s: %s", view.number, view.campaign.id, error)
    return _Learned(receipts, missing, unasked, unsearched)


def _end(
    runtime: Runtime,
    view: BatchView,
    seen: Picture,
    after: Picture,
    learned: _Learned,
    kinds: Collection[LookKind],
) -> int:
    """The look is over; answers the rows that are pending again, -1 if somebody looked meanwhile."""
    now = replace(view, states=after.states)
    asks = _ask_again_ms(runtime, now, learned.unasked)
    searches = retry_policy.LOOK_ON_MS if learned.unsearched else _search_again_ms(runtime, now)
    charges = charges_of(runtime.ledger, view.campaign, seen.batch, seen.states) if learned.missing else None
    return runtime.ledger.batches.not_there(
        view.campaign.id,
        view.number,
        seen,
        learned.missing,
        care=NextLook(asks, exactly="care" in kinds),
        search=NextLook(searches, exactly="search" in kinds),
        soon_ms=retry_policy.LOOK_AGAIN_MS,
        charges=charges,
    )


def _inheritances(runtime: Runtime, view: BatchView) -> Iterator[Receipt]:
    """Group members whom nobody spoke of inherit the word of the one that was heard, when the grace is over."""
    if _reports_by_member(runtime):
        return
    grace_ms = runtime.settings.group_grace * 1000
    for message, members, states in view.messages():
        heard = [state for state in states if state.flags & FLAG_OWN_WORD and state.state in WORD_RANK]
        if len(members) < 2 or not heard:
            continue
        if len(heard) > 1:
            runtime.ledger.receipts.learn("group_receipts", "member")
            return
        if view.now_ms >= max(heard[0].at_ms, heard[0].final_ms) + grace_ms:
            for row, state in zip(members, states, strict=True):
                if state is not heard[0]:
                    yield Receipt(message, row, heard[0].attempt, heard[0].state, "shared")


def _reports_by_member(runtime: Runtime) -> bool:
    known = runtime.settings.group_receipts
    return known == "member" or (
        known == "auto" and runtime.ledger.receipts.learned("group_receipts") == "member"
    )


def _ask_again_ms(runtime: Runtime, view: BatchView, left: int) -> int:
    """When CarrierX is to be asked about this batch next; 0: never, until something happens in it.

    With some `left` sooner, so that all are asked for in the time that one look would have waited.
    """
    settling = [state.at_ms for state in view.states if state.state in SETTLING]
    if not settling or view.campaign.settled_at is not None:
        return 0
    age = max(view.now_ms - min(settling), runtime.first_poll_ms)
    wait = min(age, retry_policy.LONGEST_POLL_MS)
    if not _reports_by_member(runtime) and any(len(message.members) > 1 for message in view.batch.messages):
        wait = min(wait, max(1000, int(runtime.settings.group_grace * 1000)))
    if left:
        wait = max(min(wait, retry_policy.LOOK_AGAIN_MS), wait * (len(settling) - left) // len(settling))
    return wait


def _search_again_ms(runtime: Runtime, view: BatchView) -> int:
    """The same for what is unconfirmed. What is quarantined since the ledger was put back was just looked for, and may
    not count before its time."""
    unknown = [state for state in view.states if state.state is RecipientState.UNCONFIRMED]
    if not unknown or view.campaign.settings.on_unconfirmed != "lookup":
        return 0
    if not all(is_quarantined(state) for state in unknown):
        age = view.now_ms - min(state.claimed_ms for state in unknown)
        return retry_policy.look_again_ms(age)
    counts_at_ms = unknown[0].claimed_ms + int(runtime.settings.unconfirmed_wait * 1000)
    return max(retry_policy.LOOK_AGAIN_MS, counts_at_ms - view.now_ms)
