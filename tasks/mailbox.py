"""The mailboxes of `celery inspect`, `celery control` and Flower: what workers are asked, and their answers.

RabbitMQ gives a mailbox to one connection alone, for as long as it believes in it. After a cut that can be minutes in
which the worker has come back on another connection, and would find its mailbox taken. So there a mailbox has a name of
its own for every connection, and answers have one for every question; who is meant stands in the message.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from celery.app.control import Control
from kombu.entity import Queue
from kombu.pidbox import Mailbox

from tasks.broker import BROKER_ERRORS
from tasks.rabbitmq import CONFIRM_SECONDS, is_rabbitmq

log = logging.getLogger(__name__)

#: Asked and answered within a few seconds or not at all: the thread that answers takes hints, too.
_AT_ONCE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}


class _AtOnce:
    """A producer that gives up soon, and notices that nobody has what it published."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    def publish(self, *arguments: Any, **options: Any) -> Any:
        bounds = {"retry_policy": _AT_ONCE, "confirm_timeout": CONFIRM_SECONDS}
        return self._producer.publish(*arguments, **options, **bounds)


class OwnMailbox(Mailbox):
    """kombu's, with those names where `of_rabbitmq` says so."""

    of_rabbitmq = False
    _question: str | None = None

    def __call__(self, connection: Any) -> OwnMailbox:
        """This mailbox on a connection, for one question."""
        bound: OwnMailbox = super().__call__(connection)
        if self.of_rabbitmq:
            bound._question = str(uuid4())
        return bound

    @property
    def oid(self) -> str:
        """Where answers go."""
        return self._question or str(super().oid)

    def get_queue(self, hostname: str) -> Queue:
        """Where what this worker is asked waits, for the connection that is about to listen."""
        queue: Queue = super().get_queue(hostname)
        if self.of_rabbitmq:
            queue.name = f"{hostname}.{uuid4().hex[:12]}.{self.namespace}.pidbox"
        return queue

    @contextmanager
    def producer_or_acquire(self, producer: Any = None, channel: Any = None) -> Iterator[_AtOnce]:
        """What questions and answers are published with."""
        with super().producer_or_acquire(producer, channel) as found:
            yield _AtOnce(found)

    def _publish_reply(self, *arguments: Any, **options: Any) -> None:
        try:
            super()._publish_reply(*arguments, **options)
        except BROKER_ERRORS as error:
            log.info("a question was not answered: %s", type(error).__name__)


class OwnControl(Control):  # type: ignore[misc]  # Celery has no types
    """Celery's, with that mailbox."""

    Mailbox = OwnMailbox

    def __init__(self, app: Any = None) -> None:
        super().__init__(app)
        self.mailbox.of_rabbitmq = is_rabbitmq(app.conf.broker_url or "")
