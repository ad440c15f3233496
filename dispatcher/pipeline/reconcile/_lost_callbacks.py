"""Asks CarrierX what became of messages whose callbacks never came: one list for a batch, else one by one."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import NamedTuple

from dispatcher.errors import ApiError
from dispatcher.ledger.batches.rows import FLAG_SID_TEXT, RowState, sid_text
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.state import SETTLING
from dispatcher.pipeline.polling.batch_list import NOTHING, try_batch_list
from dispatcher.pipeline.polling.turns import wait_for_turn
from dispatcher.pipeline.receipts.status_mapping import receipts_of
from dispatcher.pipeline.reconcile._batch_view import BatchView
from dispatcher.pipeline.runtime.runtime import Runtime

log = logging.getLogger(__name__)

#: Messages asked for one by one at one look; the others follow at the next.
ONE_BY_ONE = 10


class PolledStates(NamedTuple):
    """What CarrierX said, and how many messages there was no time to ask for."""

    receipts: list[Receipt]
    left: int


def poll_states(runtime: Runtime, view: BatchView) -> PolledStates:
    """Ask for messages whose last word is out for longer than a first callback takes.

    Raises:
        ApiError: CarrierX gave no answer.
    """
    waiting = dict(_waiting(runtime, view))
    shown = try_batch_list(runtime, "states", view.campaign.id, view.number) if len(waiting) > 1 else NOTHING
    receipts: list[Receipt] = []
    unseen: list[int] = []
    for message, state in waiting.items():
        told = shown.of(message, state.attempt)
        receipts += _receipts(view, message, state, told)
        if not told:
            unseen.append(message)
    turn = view.turn(unseen, ONE_BY_ONE)
    long_sids = _long_sids(
        runtime, view, [message for message in turn if waiting[message].flags & FLAG_SID_TEXT]
    )
    for message in turn:
        wait_for_turn(runtime, "states")
        try:
            status = runtime.carrierx.get_message(sid_text(waiting[message], long_sids, view.number, message))
        except ApiError as error:  # the others are none the worse for it
            log.info("asking for a message of %s: %s", view.campaign.id, error)
            continue
        receipts += _receipts(view, message, waiting[message], [status] if status else [])
    return PolledStates(receipts, len(unseen) - len(turn))


def _waiting(runtime: Runtime, view: BatchView) -> Iterable[tuple[int, RowState]]:
    for message, _, states in view.messages():
        state = next((each for each in states if each.state in SETTLING), None)
        if state and any(state.sid) and view.now_ms >= state.at_ms + runtime.first_poll_ms:
            yield message, state


def _long_sids(runtime: Runtime, view: BatchView, messages: Iterable[int]) -> dict[str, str]:
    """Sids that are no UUID, of these messages alone: a large campaign may have many."""
    return runtime.ledger.campaigns.some_long_sids(
        view.campaign.id, [f"{view.number}.{message}" for message in messages]
    )


def _receipts(view: BatchView, message: int, state: RowState, told: Iterable[MessageStatus]) -> list[Receipt]:
    location = view.location(message)
    return [receipt for status in told for receipt in receipts_of(status, location, state.attempt)]
