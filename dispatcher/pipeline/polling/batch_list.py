"""One list of CarrierX shows what it has of a whole batch: `user_data like campaign.batch.%`, each item compared here.

CarrierX may refuse that, ignore it, or lag. Then others must ask for messages one by one, and nobody asks for lists for
a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dispatcher.errors import OutcomeUnknown, Refused
from dispatcher.model.correlation import base36, read_user_data
from dispatcher.model.receipt import MessageStatus
from dispatcher.pipeline.polling.turns import PollKind, pages_of_messages
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.rules.retry_policy import NO_LISTS_MS

#: A batch has at most 100 messages; more than these pages of objects of it are not ours.
PAGES, LIMIT = 5, 1000
_USELESS = "mms:turn:no-list"


class BatchList(NamedTuple):
    """What a list showed of a batch, by message: attempts and statuses. `whole`: it was read to its end, and nothing
    else was in it, so that what is not there may mean something."""

    found: Mapping[int, list[tuple[int, MessageStatus]]]
    whole: bool

    def of(self, message: int, attempt: int) -> list[MessageStatus]:
        """What it says of one attempt at a message."""
        return [status for known, status in self.found.get(message, ()) if known == attempt]

    def newest(self) -> dict[int, tuple[int, MessageStatus]]:
        """The latest attempt of each message that it shows."""
        return {
            message: max(shown, key=lambda each: each[0]) for message, shown in self.found.items() if shown
        }


NOTHING = BatchList({}, whole=False)


def read_batch_list(
    runtime: Runtime, kind: PollKind, campaign_id: str, number: int, *, beyond_others: bool = False
) -> BatchList:
    """The list of a batch. One that shows others' messages has ignored the filter: without `beyond_others` it is not
    read beyond the page that shows it.

    Raises:
        ApiError: CarrierX gave no answer, or takes no such filter.
    """
    found: dict[int, list[tuple[int, MessageStatus]]] = {}
    others, more = False, True
    wanted = f"user_data like {campaign_id}.{base36(number)}.%"
    for page in pages_of_messages(runtime, kind, wanted, limit=LIMIT, most=PAGES):
        more = page.has_more
        others = others or len(page.items) < page.received
        for status in page.items:
            ref = read_user_data(status.user_data, runtime.secrets)
            if ref is None or (ref.campaign, ref.batch) != (campaign_id, number):
                others = True
            else:
                found.setdefault(ref.message, []).append((ref.attempt, status))
        if others and not beyond_others:
            break
    return BatchList(found, whole=not others and not more)


def try_batch_list(runtime: Runtime, kind: PollKind, campaign_id: str, number: int) -> BatchList:
    """The same; nothing where lists are no help, and then for a while none is asked for.

    Raises:
        ApiError: CarrierX gave no answer at all.
    """
    agenda = runtime.ledger.agenda
    if agenda.is_latched(_USELESS):
        return NOTHING
    try:
        shown = read_batch_list(runtime, kind, campaign_id, number)
    except (Refused, OutcomeUnknown):
        shown = NOTHING
    if not shown.whole:
        agenda.latch(_USELESS, NO_LISTS_MS)
    return shown
