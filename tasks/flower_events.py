"""Flower sees every batch: also those that a process took up alongside the one that a Celery message named."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from typing import Any

from celery import Task
from celery.app.events import Events
from celery.events.dispatcher import EventDispatcher
from celery.utils import uuid

from dispatcher.pipeline.sending.alongside import AlongsideBatch
from tasks.broker import BROKER_ERRORS

log = logging.getLogger(__name__)


#: Events that a worker keeps for a broker that is away; of more, the oldest are not shown.
KEPT_EVENTS = 1000


class BoundedDispatcher(EventDispatcher):  # type: ignore[misc]  # Celery has no types
    """Celery's, which would keep all of them for a broker that takes nothing for a day."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._outbound_buffer: deque[Any] = deque(maxlen=KEPT_EVENTS)


class OwnEvents(Events):  # type: ignore[misc]
    """Celery's, with that dispatcher."""

    dispatcher_cls = BoundedDispatcher


def show(task: Task[..., str], alongside: Sequence[AlongsideBatch]) -> None:
    """Send the events that a task of its own would have sent for each. Without the broker nobody sees them: no harm."""
    if not alongside:
        return
    try:
        with task.app.events.default_dispatcher(hostname=task.request.hostname) as dispatcher:
            for batch in alongside:
                for kind, at_ms, fields in _life_of(task.name, batch):
                    dispatcher.send(kind, timestamp=at_ms / 1000, **fields)
    except BROKER_ERRORS as error:
        log.info("batches sent alongside others are not shown: %s", type(error).__name__)


def _life_of(name: str, batch: AlongsideBatch) -> list[tuple[str, int, dict[str, Any]]]:
    """The three events of a task's life, with their times and fields."""
    of = {"uuid": uuid()}
    kwargs = repr({"campaign": batch.campaign, "batch": batch.batch})
    seconds = (batch.ended_ms - batch.began_ms) / 1000
    return [
        ("task-received", batch.began_ms, {**of, "name": name, "args": "()", "kwargs": kwargs}),
        ("task-started", batch.began_ms, of),
        ("task-succeeded", batch.ended_ms, {**of, "result": repr(batch.line), "runtime": seconds}),
    ]
