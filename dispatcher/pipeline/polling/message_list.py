"""CarrierX's list shows one message, by the `user_data` that it carries; every item is compared here."""

from __future__ import annotations

from typing import NamedTuple

from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.model.receipt import MessageStatus
from dispatcher.pipeline.polling.turns import pages_of_messages
from dispatcher.pipeline.runtime.runtime import Runtime

LIMIT = 100


class ListedMessage(NamedTuple):
    """The message that was looked for, if the list has it. `proves`: its absence from this list means something."""

    status: MessageStatus | None
    proves: bool


def read_message_list(runtime: Runtime, ref: MessageRef, *, most_pages: int) -> ListedMessage:
    """One attempt at a message, under any of our secrets: the process that sent it may have had another.

    Raises:
        ApiError: CarrierX gave no answer, or takes no such filter.
    """
    listed = ListedMessage(None, proves=True)
    for secret in runtime.secrets:
        found = _marked(runtime, write_user_data(ref, secret), most_pages)
        if found.status is not None:
            return found
        listed = ListedMessage(None, proves=listed.proves and found.proves)
    return listed


def _marked(runtime: Runtime, user_data: str, most_pages: int) -> ListedMessage:
    """A list that shows anything else has ignored the filter: the one looked for may stand beyond its pages."""
    others = False
    wanted = f"user_data eq {user_data}"
    for page in pages_of_messages(runtime, "search", wanted, limit=LIMIT, most=most_pages):
        for status in page.items:
            if status.user_data == user_data:
                return ListedMessage(status, proves=True)
        others = others or page.received > 0
    return ListedMessage(None, proves=not others)
