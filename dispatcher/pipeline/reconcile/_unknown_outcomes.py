"""Looks for messages whose outcome is unknown: found, or not there while a later one is.

One list shows a whole batch. Where it proves nothing, messages are looked for one by one, each by its `user_data`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dispatcher.errors import ApiError
from dispatcher.ledger.batches.rows import RowState
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.state import WORD_RANK, CampaignState, RecipientState
from dispatcher.pipeline.polling.batch_list import BatchList, try_batch_list
from dispatcher.pipeline.polling.turns import pages_of_messages
from dispatcher.pipeline.receipts.status_mapping import receipts_of
from dispatcher.pipeline.reconcile._batch_view import BatchView
from dispatcher.pipeline.recovery.quarantine_lookup import (
    UnconfirmedMessage,
    is_quarantined,
    look_for_quarantined,
)
from dispatcher.pipeline.recovery.recover import shows_every_attempt
from dispatcher.pipeline.runtime.runtime import Runtime

log = logging.getLogger(__name__)

#: A positive control is looked for in so many batches after this one, and as many before it.
NEIGHBOURS = 10
#: Messages looked for one by one at one look; the others follow at the next.
ONE_BY_ONE = 10
#: Pages of a list that should show one message.
PAGES, LIMIT = 3, 100


class Searched(NamedTuple):
    """Receipts of messages that were found, rows of those that are not there, how many messages were left."""

    receipts: list[Receipt]
    missing: list[int]
    left: int = 0


def search(runtime: Runtime, view: BatchView) -> Searched:
    """Look for a batch's unconfirmed messages.

    Raises:
        ApiError: CarrierX gave no answer.
    """
    unknown = [each for each in map(_unknown, view.messages()) if each is not None]
    if unknown:
        runtime.learn_secrets()
    quarantined = [each for each in unknown if is_quarantined(each.state)]
    plain = [each for each in unknown if not is_quarantined(each.state)]
    searched = _search_plain(runtime, view, plain) if plain else Searched([], [])
    if quarantined:
        more = _search_quarantined(runtime, view, quarantined)
        receipts, missing = searched.receipts + more.receipts, searched.missing + more.missing
        searched = Searched(receipts, missing, searched.left)
    return searched


def _unknown(message: tuple[int, tuple[int, ...], list[RowState]]) -> UnconfirmedMessage | None:
    """The message, if it is unconfirmed. Not always by its first row: one that opted out was left out of the claim."""
    index, members, states = message
    state = next((each for each in states if each.state is RecipientState.UNCONFIRMED), None)
    return None if state is None else UnconfirmedMessage(index, members, state)


def _search_plain(runtime: Runtime, view: BatchView, unknown: Sequence[UnconfirmedMessage]) -> Searched:
    shown = try_batch_list(runtime, "search", view.campaign.id, view.number)
    receipts: list[Receipt] = []
    absent: list[UnconfirmedMessage] = []
    for each in unknown:
        told = shown.of(each.message, each.state.attempt)
        receipts += _receipts(view, each, told)
        absent += [] if told else [each]
    if not absent:
        return Searched(receipts, [])
    shows_until = _shows_until(runtime, view, shown, since=max(each.state.claimed_ms for each in absent))
    if shows_until is None:
        alone = _one_by_one(runtime, view, absent)
        return alone._replace(receipts=receipts + alone.receipts)
    gone = [
        each
        for each in absent
        if each.state.claimed_ms < shows_until and _may_count(runtime, view, each.state)
    ]
    return Searched(receipts, _rows(gone))


def _receipts(view: BatchView, each: UnconfirmedMessage, told: Sequence[MessageStatus]) -> list[Receipt]:
    location = view.location(each.message)
    return [receipt for status in told for receipt in receipts_of(status, location, each.state.attempt)]


def _rows(messages: Sequence[UnconfirmedMessage]) -> list[int]:
    return [row for each in messages for row in each.members]


def _shows_until(runtime: Runtime, view: BatchView, shown: BatchList, *, since: int) -> int | None:
    """The positive control: lists of a batch show all that CarrierX took up to then (our clock, ms); None if that is
    not so.

    Proved by the batch's own list, or where nothing in it was accepted after `since`, by that of a batch beside it.
    """
    if not shown.whole:
        return None
    own = _newest_shown(view, shown)
    if own is None or own > since:
        return own
    for neighbour in _neighbours(runtime, view):
        if any(at_ms > since for _, _, at_ms in _accepted(neighbour)):
            theirs = try_batch_list(runtime, "search", neighbour.campaign.id, neighbour.number)
            newest = _newest_shown(neighbour, theirs) if theirs.whole else None
            return newest and max(newest, own)
    return own or None


def _newest_shown(view: BatchView, shown: BatchList) -> int | None:
    """When the newest of a batch's accepted messages was accepted, ms, 0 if none was; None if the list lacks one."""
    newest = 0
    for message, attempt, at_ms in _accepted(view):
        if not shown.of(message, attempt):
            return None
        newest = max(newest, at_ms)
    return newest


def _accepted(view: BatchView) -> Iterator[tuple[int, int, int]]:
    """Messages that CarrierX certainly has, with their attempts and when it took them, ms."""
    for message, _, states in view.messages():
        taken = next((state for state in states if state.state in WORD_RANK), None)
        if taken is not None:
            yield message, taken.attempt, taken.at_ms


def _neighbours(runtime: Runtime, view: BatchView) -> Iterator[BatchView]:
    """The batches around this one, the following ones first: they were sent later."""
    around = [*range(1, NEIGHBOURS + 1), *range(-1, -NEIGHBOURS - 1, -1)]
    known = runtime.ledger.campaigns.batch_numbers(view.campaign.id)
    for number in (view.number + step for step in around):
        if number in known:
            batch, states = runtime.ledger.batches.read(view.campaign.id, [number])[0]
            yield BatchView(view.campaign, number, batch, states, view.now_ms)


def _may_count(runtime: Runtime, view: BatchView, state: RowState) -> bool:
    """Whether 'not there' may mean anything yet for this campaign and this claim."""
    return (
        view.campaign.settings.on_unconfirmed == "lookup"
        and view.campaign.state is CampaignState.RUNNING
        and view.now_ms >= state.claimed_ms + runtime.settings.unconfirmed_wait * 1000
    )


class Listed(NamedTuple):
    """The message that was looked for, if the list has it. `proves`: its absence from this list means something."""

    status: MessageStatus | None
    proves: bool


def _one_by_one(runtime: Runtime, view: BatchView, absent: Sequence[UnconfirmedMessage]) -> Searched:
    """Some of these, each by a list of its own; those that follow at the next look."""
    receipts: list[Receipt] = []
    gone: list[UnconfirmedMessage] = []
    proved_ms = 0
    for each in view.turn(absent, ONE_BY_ONE):
        try:
            listed = _listed_under_any_secret(runtime, view, each.message, each.state.attempt)
        except ApiError as error:  # the others are none the worse for it
            log.info("looking for a message of %s: %s", view.campaign.id, error)
            continue
        if listed.status is not None:
            receipts += _receipts(view, each, [listed.status])
        elif listed.proves and _may_count(runtime, view, each.state):
            if proved_ms <= each.state.claimed_ms:
                proved_ms = _control(runtime, view, after=each.state.claimed_ms)
            gone += [each] if proved_ms > each.state.claimed_ms else []
    return Searched(receipts, _rows(gone), max(0, len(absent) - ONE_BY_ONE))


def _control(runtime: Runtime, view: BatchView, *, after: int) -> int:
    """When the newest message was accepted that the same query finds, ms, if that was after this; else 0.

    Taken from the batch itself, else from one beside it: in a batch whose answers were all lost there is none.
    """
    for neighbour in (view, *_neighbours(runtime, view)):
        at_ms, message, attempt = max(
            ((at_ms, message, attempt) for message, attempt, at_ms in _accepted(neighbour)), default=(0, 0, 0)
        )
        if at_ms > after:
            control = _listed_under_any_secret(runtime, neighbour, message, attempt)
            return at_ms if control.status is not None else 0
    return 0


def _listed_under_any_secret(runtime: Runtime, view: BatchView, message: int, attempt: int) -> Listed:
    """Whichever of our secrets marked the message: the process that sent it may have had another."""
    ref = MessageRef(view.campaign.id, view.number, message, attempt)
    listed = Listed(None, proves=True)
    for secret in runtime.secrets:
        found = _listed(runtime, write_user_data(ref, secret))
        if found.status is not None:
            return found
        listed = Listed(None, proves=listed.proves and found.proves)
    return listed


def _listed(runtime: Runtime, user_data: str) -> Listed:
    """Look in CarrierX's list for the message that carries this `user_data`, every item compared here.

    A list that shows anything else has ignored the filter, and then the one looked for may stand beyond its pages.
    """
    others = False
    wanted = f"user_data eq {user_data}"
    for page in pages_of_messages(runtime, "search", wanted, limit=LIMIT, most=PAGES):
        for status in page.items:
            if status.user_data == user_data:
                return Listed(status, proves=True)
        others = others or page.received > 0
    return Listed(None, proves=not others)


def _search_quarantined(
    runtime: Runtime, view: BatchView, quarantined: Sequence[UnconfirmedMessage]
) -> Searched:
    """The same for messages that are quarantined since the ledger was put back, whichever attempt CarrierX has."""
    found, absent = look_for_quarantined(
        runtime,
        view.campaign.id,
        view.number,
        quarantined,
        may_count=_may_count(runtime, view, quarantined[0].state),
        is_history_complete=lambda began_ms: shows_every_attempt(runtime, began_ms),
    )
    receipts: list[Receipt] = []
    for unconfirmed in quarantined:
        if unconfirmed.message in found:
            attempt, status = found[unconfirmed.message]
            receipts += receipts_of(status, view.location(unconfirmed.message), attempt)
    return Searched(receipts, _rows(absent))
