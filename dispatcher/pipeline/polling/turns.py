"""Whose turn it is to ask CarrierX: all questions share one rate (`MMS_POLL_RATE`), and each kind has a part of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from dispatcher.carrierx.pagination import ListPage
from dispatcher.model.receipt import MessageStatus
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.rules.rates import parse_rate

PollKind = Literal["search", "gap", "answers", "reasons", "states"]

#: While several kinds wait, each gets its weight's part; what one does not use is the others'. What may have been sent
#: comes first, then what people wrote, then why it failed; whether it was delivered can wait.
WEIGHTS: dict[PollKind, float] = {"search": 4, "gap": 4, "answers": 3, "reasons": 2, "states": 1}


def wait_for_turn(runtime: Runtime, kind: PollKind) -> None:
    """Return when one request to CarrierX is ours, over all processes."""
    per_second = parse_rate(runtime.settings.poll_rate).per_second
    runtime.ledger.agenda.wait_for_turn(kind, WEIGHTS[kind], per_second)


def pages_of_messages(
    runtime: Runtime, kind: PollKind, filter: str, *, limit: int, most: int
) -> Iterator[ListPage[MessageStatus]]:
    """CarrierX's messages of a filter, at most so many pages, each in a turn of its own.

    Raises:
        ApiError: CarrierX gave no such answer.
    """
    offset = 0
    for _ in range(most):
        wait_for_turn(runtime, kind)
        page = runtime.carrierx.list_messages(filter=filter, limit=limit, offset=offset)
        yield page
        if not page.has_more:
            return
        offset = page.next_offset
