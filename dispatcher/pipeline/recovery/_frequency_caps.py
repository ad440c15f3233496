"""What went since a copy of the ledger was made counts for frequency caps, whether its campaign is known or not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dispatcher.ledger.views.message_locator import MessageLocation
from dispatcher.model.correlation import MessageRef
from dispatcher.model.receipt import MessageStatus
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.rules.rates import parse_cap


class HistoryMessage(NamedTuple):
    """One message that CarrierX shows: where it stands in this ledger, if it does, and when it went, ms."""

    ref: MessageRef
    status: MessageStatus
    location: MessageLocation | None
    at_ms: int


def count_for_caps(runtime: Runtime, went: Iterable[HistoryMessage]) -> None:
    """Each number had these. May be repeated; without a frequency cap nothing is kept."""
    most, span_ms = parse_cap(runtime.settings.frequency_cap)
    if not most:
        return
    answers, since_ms = set(runtime.ledger.recovery.answers()), runtime.ledger.agenda.now_ms() - span_ms
    lately = [one for one in went if one.at_ms > since_ms and one.ref.campaign not in answers]
    counted = [(number, name, one.at_ms) for one in lately for number, name in _entries(one)]
    runtime.ledger.recovery.count_for_caps(counted, span_ms)


def _entries(one: HistoryMessage) -> Iterator[tuple[str, str]]:
    """Numbers, and under which name a claim would have counted them."""
    ref, status = one.ref, one.status
    if one.location is None:
        for number in {status.to, *status.group} - {None, ""}:
            yield str(number), f"{ref.campaign}.{ref.batch}.message {ref.message}"
        return
    for row, number in one.location.rows:
        if number and (not status.group or number in status.group):
            yield number, f"{ref.campaign}.{ref.batch}.{row}"
