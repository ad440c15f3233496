"""Hints: Celery messages that say where to look. Ids only; a lost one costs time, a repeated one nothing."""

from __future__ import annotations

import logging
import math
import time
from typing import Any

from dispatcher.pipeline.sending.feed import Publish
from dispatcher.pipeline.tick import Hints
from dispatcher.queues import HINT_SECONDS
from tasks.app import app
from tasks.broker import BROKER_ERRORS
from tasks.rabbitmq import CONFIRM_SECONDS

log = logging.getLogger(__name__)

#: A broker that did not take a hint is given none for so long.
LEFT_SECONDS = 5.0


def send(campaign_id: str, batch: int) -> None:
    """There is a batch to send."""
    _give("send_batch", campaign=campaign_id, batch=batch)


def look(_: str = "", __: int = 0) -> None:
    """There are batches to ask CarrierX about."""
    _give("look_after_batches")


def search(_: str = "", __: int = 0) -> None:
    """There are messages to look for."""
    _give("look_for_unconfirmed")


def expand(campaign_id: str, _: int = 0) -> None:
    """There is a file to read."""
    _give("expand_campaign", campaign=campaign_id)


def ingest(_: str = "", __: int = 0) -> None:
    """There are callbacks to apply."""
    _give("ingest_callbacks")


def answer(_: str = "", __: int = 0) -> None:
    """There are inbound messages that something follows from."""
    _give("answer_inbound")


def explain(_: str = "", __: int = 0) -> None:
    """There are failures without a reason."""
    _give("explain_failures")


def _give(task: str, **arguments: Any) -> None:
    app.send_task(task, kwargs=arguments, expires=HINT_SECONDS, confirm_timeout=CONFIRM_SECONDS)


class _OrLater:
    """Gives hints as a verb does: one that cannot be given is left to the tick, and so are others for a while.

    So nobody waits for a broker that takes nothing longer than for one hint.
    """

    def __init__(self) -> None:
        self._until = -math.inf

    def __call__(self, give: Publish) -> Publish:
        def give_or_leave(campaign_id: str, batch: int) -> None:
            if time.monotonic() < self._until:
                return
            try:
                give(campaign_id, batch)
            except BROKER_ERRORS as error:
                self._until = time.monotonic() + LEFT_SECONDS
                log.warning("hints are left to a later tick: %s", error)

        return give_or_leave


_or_later = _OrLater()
HINTS = Hints(
    send=_or_later(send),
    look=_or_later(look),
    search=_or_later(search),
    expand=_or_later(expand),
    ingest=_or_later(ingest),
    answer=_or_later(answer),
    explain=_or_later(explain),
)
