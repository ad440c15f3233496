"""Looks for messages that are quarantined since the ledger was put back: any attempt of theirs may be at CarrierX.

One list shows a whole batch (`user_data like campaign.batch.%`). Where CarrierX does not understand that, each message
is asked for by itself in some attempts, and is not there only if the list of everything does not show it either.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from dispatcher.errors import Refused
from dispatcher.ledger.batches.rows import FLAG_NOT_THERE, FLAG_RESTORED, RESTORED_TRIES, RowState
from dispatcher.ledger.installation.recovery import Control
from dispatcher.model.correlation import MessageRef
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.state import WORD_RANK, RecipientState
from dispatcher.pipeline.polling.batch_list import PAGES, read_batch_list
from dispatcher.pipeline.polling.message_list import read_message_list
from dispatcher.pipeline.runtime.runtime import Runtime

#: Messages asked for one by one in one look at a batch.
MESSAGES_A_LOOK = 25
#: The newest campaigns among which a message sent since the recovery is looked for.
CAMPAIGNS = 20


class UnconfirmedMessage(NamedTuple):
    """One message of unknown outcome: its index, its rows, and the state of the first that is unconfirmed."""

    message: int
    members: tuple[int, ...]
    state: RowState


class Shown(NamedTuple):
    """What CarrierX showed: attempt and status by message. `proves`: what is not in it may mean something."""

    found: dict[int, tuple[int, MessageStatus]]
    proves: bool


def is_quarantined(state: RowState) -> bool:
    """Whether a row is unconfirmed because the ledger was put back."""
    return state.state is RecipientState.UNCONFIRMED and bool(state.flags & FLAG_RESTORED)


def look_for_quarantined(
    runtime: Runtime,
    campaign_id: str,
    number: int,
    quarantined: Sequence[UnconfirmedMessage],
    *,
    may_count: bool,
    is_history_complete: Callable[[int], bool],
) -> tuple[dict[int, tuple[int, MessageStatus]], list[UnconfirmedMessage]]:
    """Look for these messages of a batch: those found, with their attempts, and those that are not there.

    `may_count`: enough time has gone by since the recovery for "not there" to mean something.
    `is_history_complete` is asked with the recovery's time (ms) where only single attempts can be looked for: nobody
    knows how many there were.

    Raises:
        ApiError: CarrierX gave no answer.
    """
    shown = _listed(runtime, campaign_id, number)
    rest = [unconfirmed for unconfirmed in quarantined if unconfirmed.message not in shown.found]
    if not rest:
        return shown.found, []
    began_ms = rest[0].state.claimed_ms
    controls = list(_controls(runtime, began_ms))
    if shown.found or _is_listed(runtime, list(_controls(runtime, 0))):
        proved = may_count and shown.proves and _is_listed(runtime, controls)
        return shown.found, rest if proved else []
    found, absent = _one_by_one(runtime, campaign_id, number, rest)
    if found:
        runtime.ledger.recovery.set_control(Control(began_ms, campaign_id, number, next(iter(found))))
    proved = bool(absent) and may_count and _is_found(runtime, controls) and is_history_complete(began_ms)
    return found, absent if proved else []


def _one_by_one(
    runtime: Runtime, campaign_id: str, number: int, quarantined: Sequence[UnconfirmedMessage]
) -> tuple[dict[int, tuple[int, MessageStatus]], list[UnconfirmedMessage]]:
    """The same where no list shows a batch; those who were looked for less come first."""
    found: dict[int, tuple[int, MessageStatus]] = {}
    absent: list[UnconfirmedMessage] = []
    shuffled = random.sample(quarantined, len(quarantined))
    for unconfirmed in sorted(shuffled, key=lambda each: each.state.flags & FLAG_NOT_THERE)[:MESSAGES_A_LOOK]:
        alone = _asked_for(runtime, campaign_id, number, unconfirmed)
        found |= alone.found
        if not alone.found and alone.proves:
            absent.append(unconfirmed)
    return found, absent


def _listed(runtime: Runtime, campaign_id: str, number: int) -> Shown:
    """Everything of a batch in one list, every item compared here; nothing where CarrierX takes no such filter."""
    try:
        shown = read_batch_list(runtime, "search", campaign_id, number, beyond_others=True)
    except Refused:
        return Shown({}, proves=False)
    return Shown(shown.newest(), proves=shown.whole)


def _asked_for(runtime: Runtime, campaign_id: str, number: int, unconfirmed: UnconfirmedMessage) -> Shown:
    """One message in the attempts that are likely, the latest first, under any of our secrets."""
    proves = True
    for attempt in range(
        unconfirmed.state.attempt + RESTORED_TRIES, max(0, unconfirmed.state.attempt - 1), -1
    ):
        ref = MessageRef(campaign_id, number, unconfirmed.message, attempt)
        listed = read_message_list(runtime, ref, most_pages=PAGES)
        if listed.status is not None:
            return Shown({unconfirmed.message: (attempt, listed.status)}, proves=True)
        proves = proves and listed.proves
    return Shown({}, proves)


def _controls(runtime: Runtime, began_ms: int) -> Iterator[MessageRef]:
    """Messages that CarrierX certainly has: one that it showed in the recovery, and such as it took since."""
    known = runtime.ledger.recovery.control()
    if known is not None and known.began_ms >= began_ms:
        yield from _taken(runtime, known.campaign, known.batch, 0, known.message)
    for campaign in runtime.ledger.campaigns.list(limit=CAMPAIGNS):
        numbers = runtime.ledger.campaigns.batch_numbers(campaign.id)
        for number in sorted({*numbers[:1], *numbers[-1:]}):
            yield from _taken(runtime, campaign.id, number, began_ms)


def _taken(
    runtime: Runtime, campaign_id: str, number: int, after_ms: int, message: int | None = None
) -> Iterator[MessageRef]:
    """This message of a batch, or the first, if CarrierX took it after this."""
    picture = runtime.ledger.batches.picture(campaign_id, number)
    for index, each in enumerate(picture.batch.messages if picture else ()):
        state = picture.states[each.members[0]] if picture else None
        wanted = message in (None, index) and state is not None
        if wanted and state and state.state in WORD_RANK and state.at_ms > after_ms:
            yield MessageRef(campaign_id, number, index, state.attempt)
            return


def _is_listed(runtime: Runtime, controls: Sequence[MessageRef]) -> bool:
    """The positive control: a list of the same kind shows one of these."""
    return any(
        control.message in _listed(runtime, control.campaign, control.batch).found for control in controls[:2]
    )


def _is_found(runtime: Runtime, controls: Sequence[MessageRef]) -> bool:
    """The same for looks at single messages."""
    return any(
        read_message_list(runtime, control, most_pages=PAGES).status is not None for control in controls[:2]
    )
