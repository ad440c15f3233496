"""Looks after what the straight line leaves behind: unknown outcomes, silent group members, callbacks that never came.

A batch is looked at when its time in the `care` set has come; each look says when the next is due.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from dispatcher.errors import ApiError, NotFound
from dispatcher.ledger.packing import Batch
from dispatcher.ledger.receipts import Receipt
from dispatcher.ledger.rows import FLAG_OWN_WORD, RowState
from dispatcher.model.campaign import Campaign
from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.state import SETTLING, WORD_RANK, CampaignState, RecipientState
from dispatcher.pipeline.charges import charges_of
from dispatcher.pipeline.doubts import Doubt, is_doubted, look_for_doubted
from dispatcher.pipeline.places import Place, is_mms, units_of
from dispatcher.pipeline.reread import shows_every_attempt
from dispatcher.pipeline.sids import sid_text
from dispatcher.pipeline.words import receipts_of
from dispatcher.pipeline.world import World
from dispatcher.rules.limits import parse_rate
from dispatcher.rules.senders import choose_sender

log = logging.getLogger(__name__)

#: Between two looks for a message whose outcome is unknown.
LOOK_AGAIN_MS = 20_000
#: Polls of one batch grow apart up to this.
LONGEST_POLL_MS = 3_600_000
#: A positive control is looked for in so many batches after this one, and as many before it.
BATCHES_BESIDE = 10
#: At most so many requests to CarrierX for one batch at one look; what is left is asked for at the next.
REQUESTS_A_LOOK = 100


@dataclass(frozen=True, slots=True)
class Look:
    """One batch as it stands now."""

    campaign: Campaign
    number: int
    batch: Batch
    states: Sequence[RowState]
    now_ms: int

    def messages(self) -> Iterator[tuple[int, tuple[int, ...], list[RowState]]]:
        """Message index, its rows' indexes, their states."""
        for index, message in enumerate(self.batch.messages):
            yield index, message.members, [self.states[row] for row in message.members]

    def sender(self, message: int) -> str:
        """The number that a message goes from; empty when it is not known."""
        said, pool = self.batch.messages[message], self.campaign.settings.senders
        first = self.batch.rows[said.members[0]].number or ""
        return said.sender or (choose_sender(first, pool) if pool else "")

    def place(self, message: int) -> Place:
        """Where a message of this batch stands."""
        said = self.batch.messages[message]
        rows = tuple((row, self.batch.rows[row].number or "") for row in said.members)
        return Place(self.campaign.id, self.number, message, rows, is_mms(said), units_of(said), said.sender)


def look_after(world: World, campaign_id: str, number: int) -> str:
    """Look at one batch: inherit, ask, resolve; then say when to look again. Answers one line."""
    try:
        campaign = world.ledger.campaign(campaign_id)
    except NotFound:
        return "gone"
    picture = world.ledger.batches.picture(campaign_id, number)
    if picture is None:
        return "gone"
    look = Look(campaign, number, picture.batch, picture.states, world.ledger.agenda.now_ms())
    receipts = list(_inheritances(world, look))
    try:
        receipts += _asked(world, look)
        found, missing = _looked_for(world, look)
        receipts += found
    except ApiError as error:
        log.info("looking after batch %s of %s: %s", number, campaign_id, error)
        missing = []
    receipts = [each if each.sender else replace(each, sender=look.sender(each.message)) for each in receipts]
    changed = world.ledger.receipts.apply(campaign_id, number, receipts, [], grace_ms=0) if receipts else 0
    after = world.ledger.batches.picture(campaign_id, number)
    if after is None:
        return "gone"
    back = world.ledger.batches.not_there(
        campaign_id,
        number,
        picture._replace(counts=after.counts),
        missing,
        again_ms=_again_ms(world, replace(look, states=after.states)),
        soon_ms=LOOK_AGAIN_MS,
        charges=charges_of(world.ledger, campaign, picture.batch, picture.states) if missing else None,
    )
    return "looked after meanwhile" if back < 0 else f"{changed} rows changed, {back} pending again"


def _inheritances(world: World, look: Look) -> Iterator[Receipt]:
    """Group members whom nobody spoke of inherit the word of the one that was heard, when the grace is over."""
    if _reports_by_member(world):
        return
    grace_ms = world.settings.group_grace * 1000
    for message, members, states in look.messages():
        heard = [state for state in states if state.flags & FLAG_OWN_WORD and state.state in WORD_RANK]
        if len(members) < 2 or not heard:
            continue
        if len(heard) > 1:
            world.ledger.receipts.learn("group_receipts", "member")
            return
        if look.now_ms >= max(heard[0].at_ms, heard[0].final_ms) + grace_ms:
            for row, state in zip(members, states, strict=True):
                if state is not heard[0]:
                    yield Receipt(message, row, heard[0].attempt, heard[0].state, "shared")


def _reports_by_member(world: World) -> bool:
    known = world.settings.group_receipts
    return known == "member" or (
        known == "auto" and world.ledger.receipts.learned("group_receipts") == "member"
    )


def _asked(world: World, look: Look) -> Iterator[Receipt]:
    """Ask CarrierX for messages whose last word is out for longer than a first callback takes."""
    long_sids = world.ledger.book.long_sids(look.campaign.id)
    requests = 0
    for message, _, states in look.messages():
        waiting = [state for state in states if state.state in SETTLING]
        if not waiting or not any(waiting[0].sid) or requests >= REQUESTS_A_LOOK:
            continue
        if look.now_ms < waiting[0].at_ms + _poll_first_ms(world):
            continue
        requests += 1
        _wait_for_turn(world)
        sid = sid_text(waiting[0], long_sids, look.number, message)
        status = world.carrierx.get_message(sid)
        if status is not None:
            yield from receipts_of(status, look.place(message), waiting[0].attempt)


def _looked_for(world: World, look: Look) -> tuple[list[Receipt], list[int]]:
    """Look for messages whose outcome is unknown: receipts of those found, rows of those that are not there."""
    found: list[Receipt] = []
    missing: list[int] = []
    if any(state.state is RecipientState.UNCONFIRMED for state in look.states):
        world.learn_secrets()
    doubts: list[Doubt] = []
    for message, members, states in look.messages():
        # Not always the first: a member that opted out was left out of the claim.
        state = next((each for each in states if each.state is RecipientState.UNCONFIRMED), None)
        if state is None:
            continue
        if is_doubted(state):
            doubts.append(Doubt(message, members, state))
            continue
        _wait_for_turn(world)
        listed = _listed_under_any_secret(world, look, message, state.attempt)
        if listed.status is not None:
            found += receipts_of(listed.status, look.place(message), state.attempt)
        elif listed.proves and _may_count(world, look, state) and _control_found(world, look, state):
            missing += members
    if doubts:
        receipts, rows = _doubted(world, look, doubts)
        found, missing = found + receipts, missing + rows
    return found, missing


def _doubted(world: World, look: Look, doubts: list[Doubt]) -> tuple[list[Receipt], list[int]]:
    """The same for messages that are in doubt since the ledger was put back, whichever attempt CarrierX has."""
    may_count = _may_count(world, look, doubts[0].state)
    found, absent = look_for_doubted(
        world,
        look.campaign.id,
        look.number,
        doubts,
        may_count=may_count,
        is_gap_known=lambda began_ms: shows_every_attempt(world, began_ms),
    )
    receipts: list[Receipt] = []
    for doubt in doubts:
        if doubt.message in found:
            attempt, status = found[doubt.message]
            receipts += receipts_of(status, look.place(doubt.message), attempt)
    return receipts, [row for doubt in absent for row in doubt.members]


def _may_count(world: World, look: Look, state: RowState) -> bool:
    """Whether 'not there' may mean anything yet for this campaign and this claim."""
    return (
        look.campaign.settings.on_unconfirmed == "lookup"
        and look.campaign.state is CampaignState.RUNNING
        and look.now_ms >= state.claimed_ms + world.settings.unconfirmed_wait * 1000
    )


def _control_found(world: World, look: Look, doubtful: RowState) -> bool:
    """The positive control: a message accepted later than the doubtful one is found by the same query.

    Taken from the batch itself, else from one beside it: in a batch whose answers were all lost there is none.
    """
    for beside in _beside(world, look):
        for message, _, states in beside.messages():
            if states[0].state in WORD_RANK and states[0].at_ms > doubtful.claimed_ms:
                _wait_for_turn(world)
                control = _listed_under_any_secret(world, beside, message, states[0].attempt)
                return control.status is not None
    return False


def _beside(world: World, look: Look) -> Iterator[Look]:
    """The batch itself, then those around it, the following ones first: they were sent later."""
    yield look
    around = [*range(1, BATCHES_BESIDE + 1), *range(-1, -BATCHES_BESIDE - 1, -1)]
    known = world.ledger.book.batch_numbers(look.campaign.id)
    for number in (look.number + step for step in around):
        if number in known:
            batch, states = world.ledger.batches.read(look.campaign.id, [number])[0]
            yield Look(look.campaign, number, batch, states, look.now_ms)


class Listed(NamedTuple):
    """The message that was looked for, if the list has it. `proves`: its absence from this list means something."""

    status: MessageStatus | None
    proves: bool


def _listed(world: World, user_data: str) -> Listed:
    """Look in CarrierX's list for the message that carries this `user_data`, every item compared here.

    A list that shows anything else has ignored the filter, and then the one looked for may stand beyond its pages.
    """
    pages = world.carrierx.walk_messages(filter=f"user_data eq {user_data}", limit=100, max_pages=3)
    others = False
    for status in pages:
        if status.user_data == user_data:
            return Listed(status, proves=True)
        others = True
    return Listed(None, proves=not others)


def _listed_under_any_secret(world: World, look: Look, message: int, attempt: int) -> Listed:
    """The same, whichever of our secrets marked the message: the process that sent it may have had another."""
    ref = MessageRef(look.campaign.id, look.number, message, attempt)
    listed = Listed(None, proves=True)
    for secret in world.secrets:
        found = _listed(world, write_user_data(ref, secret))
        if found.status is not None:
            return found
        listed = Listed(None, proves=listed.proves and found.proves)
    return listed


def _wait_for_turn(world: World) -> None:
    """Keep the status requests of all workers under their own rate."""
    world.ledger.agenda.wait_for_turn("polls", parse_rate(world.settings.poll_rate).per_second)


def _poll_first_ms(world: World) -> int:
    """Without a public URL nothing else tells us; with one, asking is for callbacks that were lost."""
    return int(world.settings.poll_first * 1000) * (1 if world.polls else 120)


def _again_ms(world: World, look: Look) -> int:
    """When this batch is to be looked at next; 0: never, until something happens in it."""
    states = {state.state for state in look.states}
    waits = []
    if RecipientState.UNCONFIRMED in states and look.campaign.settings.on_unconfirmed == "lookup":
        waits.append(_look_again_ms(world, look))
    if states & SETTLING and look.campaign.settled_at is None:
        oldest = min(state.at_ms for state in look.states if state.state in SETTLING)
        age = max(look.now_ms - oldest, _poll_first_ms(world))
        waits.append(min(age, LONGEST_POLL_MS))
        if not _reports_by_member(world) and any(len(message.members) > 1 for message in look.batch.messages):
            waits.append(max(1000, int(world.settings.group_grace * 1000)))
    return int(min(waits)) if waits else 0


def _look_again_ms(world: World, look: Look) -> int:
    """Soon; what is in doubt since the ledger was put back was just looked for, and may not count before its time."""
    unknown = [state for state in look.states if state.state is RecipientState.UNCONFIRMED]
    if not all(is_doubted(state) for state in unknown):
        return LOOK_AGAIN_MS
    counts_at_ms = unknown[0].claimed_ms + int(world.settings.unconfirmed_wait * 1000)
    return max(LOOK_AGAIN_MS, counts_at_ms - look.now_ms)
