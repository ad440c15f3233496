"""Celery's register of queues; what is consumed from is a thread's own choice.

Celery keeps one choice for the whole application. Here several workers may work in one process, a thread each.
"""

from __future__ import annotations

import threading
from typing import Any

from celery.app.amqp import AMQP, Queues


class OwnQueues(Queues):  # type: ignore[misc]  # Celery has no types
    """Celery's, but for that choice."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._chosen = threading.local()
        super().__init__(*arguments, **options)

    @property
    def _consume_from(self) -> dict[str, Any] | None:
        return getattr(self._chosen, "queues", None)

    @_consume_from.setter
    def _consume_from(self, queues: dict[str, Any] | None) -> None:
        self._chosen.queues = queues


class OwnAmqp(AMQP):  # type: ignore[misc]  # Celery has no types
    """Celery's, with that register."""

    queues_cls = OwnQueues
