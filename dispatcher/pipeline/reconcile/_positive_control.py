"""Whether 'not there' means anything: CarrierX's lists have to show what it certainly has, and took up later."""

from __future__ import annotations

from collections.abc import Iterator

from dispatcher.model.correlation import MessageRef
from dispatcher.model.state import WORD_RANK
from dispatcher.pipeline.polling.batch_list import BatchList, try_batch_list
from dispatcher.pipeline.polling.message_list import read_message_list
from dispatcher.pipeline.reconcile._batch_view import BatchView
from dispatcher.pipeline.runtime.runtime import Runtime

#: A control is looked for in so many batches after this one, and as many before it.
NEIGHBOURS = 10
#: Pages of a list that should show one message.
PAGES = 3


def shows_until(runtime: Runtime, view: BatchView, shown: BatchList, *, since: int) -> int | None:
    """Up to when lists of a batch show all that CarrierX took (our clock, ms); None if they do not.

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


def newest_found(runtime: Runtime, view: BatchView, *, after: int) -> int:
    """When the newest message was accepted that the same query finds, ms, if that was after this; else 0.

    Taken from the batch itself, else from one beside it: in a batch whose answers were all lost there is none.
    """
    for neighbour in (view, *_neighbours(runtime, view)):
        at_ms, message, attempt = max(
            ((at_ms, message, attempt) for message, attempt, at_ms in _accepted(neighbour)), default=(0, 0, 0)
        )
        if at_ms > after:
            control = MessageRef(neighbour.campaign.id, neighbour.number, message, attempt)
            listed = read_message_list(runtime, control, most_pages=PAGES)
            return at_ms if listed.status is not None else 0
    return 0


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
