"""Looks for messages whose outcome is unknown: found, or not there while a later one is.

One list shows a whole batch. Where it proves nothing, messages are looked for one by one, each by its `user_data`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

from dispatcher.errors import ApiError
from dispatcher.ledger.batches.rows import RowState
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.model.correlation import MessageRef
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.polling.batch_list import try_batch_list
from dispatcher.pipeline.polling.message_list import read_message_list
from dispatcher.pipeline.receipts.status_mapping import receipts_of
from dispatcher.pipeline.reconcile._batch_view import BatchView
from dispatcher.pipeline.reconcile._positive_control import PAGES, newest_found, shows_until
from dispatcher.pipeline.recovery.quarantine_lookup import (
    UnconfirmedMessage,
    is_quarantined,
    look_for_quarantined,
)
from dispatcher.pipeline.recovery.recover import shows_every_attempt
from dispatcher.pipeline.runtime.runtime import Runtime

log = logging.getLogger(__name__)

#: Messages looked for one by one at one look; the others follow at the next.
ONE_BY_ONE = 10


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
    shown_until = shows_until(runtime, view, shown, since=max(each.state.claimed_ms for each in absent))
    if shown_until is None:
        alone = _one_by_one(runtime, view, absent)
        return alone._replace(receipts=receipts + alone.receipts)
    gone = [
        each
        for each in absent
        if each.state.claimed_ms < shown_until and _may_count(runtime, view, each.state)
    ]
    return Searched(receipts, _rows(gone))


def _receipts(view: BatchView, each: UnconfirmedMessage, told: Sequence[MessageStatus]) -> list[Receipt]:
    location = view.location(each.message)
    return [receipt for status in told for receipt in receipts_of(status, location, each.state.attempt)]


def _rows(messages: Sequence[UnconfirmedMessage]) -> list[int]:
    return [row for each in messages for row in each.members]


def _may_count(runtime: Runtime, view: BatchView, state: RowState) -> bool:
    """Whether 'not there' may mean anything yet for this campaign and this claim."""
    return (
        view.campaign.settings.on_unconfirmed == "lookup"
        and view.campaign.state is CampaignState.RUNNING
        and view.now_ms >= state.claimed_ms + runtime.settings.unconfirmed_wait * 1000
    )


def _one_by_one(runtime: Runtime, view: BatchView, absent: Sequence[UnconfirmedMessage]) -> Searched:
    """Some of these, each by a list of its own; those that follow at the next look."""
    receipts: list[Receipt] = []
    gone: list[UnconfirmedMessage] = []
    proved_ms = 0
    for each in view.turn(absent, ONE_BY_ONE):
        try:
            ref = MessageRef(view.campaign.id, view.number, each.message, each.state.attempt)
            listed = read_message_list(runtime, ref, most_pages=PAGES)
        except ApiError as error:  # the others are none the worse for it
            log.info("looking for a message of %s: %s", view.campaign.id, error)
            continue
        if listed.status is not None:
            receipts += _receipts(view, each, [listed.status])
        elif listed.proves and _may_count(runtime, view, each.state):
            if proved_ms <= each.state.claimed_ms:
                proved_ms = newest_found(runtime, view, after=each.state.claimed_ms)
            gone += [each] if proved_ms > each.state.claimed_ms else []
    return Searched(receipts, _rows(gone), max(0, len(absent) - ONE_BY_ONE))


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
