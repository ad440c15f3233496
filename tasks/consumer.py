"""Celery's consumer; whatever it cannot work with is dropped with one line, and nothing of it is shown."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

from tasks.alarm import Alarm

log = logging.getLogger(__name__)

#: Between tries to reach a broker that is away.
RETRY_SECONDS = 2


class SteadyConsumer(Consumer):  # type: ignore[misc]  # Celery has no types
    """Unreadable, unknown or wrongly called: not a task of ours. Celery's own prints bodies, or ends the worker.

    It looks at once whether to end, however long it would wait for a message. Whatever goes wrong with its broker, it
    comes back, and does not ask without a pause.
    """

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        """Celery's steps, without what would make sixty queues and exchanges for tasks with a time: there are none."""

        default_steps = tuple(
            step for step in Consumer.Blueprint.default_steps if not step.endswith(":DelayedDelivery")
        )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._alarm = Alarm()
        self._failed_at = -math.inf
        super().__init__(*arguments, **options)

    def ensure_connected(self, conn: Any) -> Any:
        """Celery's own waits longer each time, up to half a minute: hints would lie there, the broker back long ago."""
        conn.ensure_connection = partial(
            conn.ensure_connection, interval_start=RETRY_SECONDS, interval_max=RETRY_SECONDS
        )
        return super().ensure_connected(conn)

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        """Wait a little, too."""
        super().on_connection_error_before_connected(exc)
        self._pause()

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Wait a little, too, if it was connected for a moment only: it is refused what it asks for."""
        super().on_connection_error_after_connected(exc)
        self._pause()

    def _pause(self) -> None:
        until = min(time.monotonic() + RETRY_SECONDS, self._failed_at + 2 * RETRY_SECONDS)
        while time.monotonic() < until:
            maybe_shutdown()
            time.sleep(0.1)
        self._failed_at = time.monotonic()

    def register_with_event_loop(self, hub: Any) -> None:
        """Called whenever it is connected anew."""
        super().register_with_event_loop(hub)
        self._alarm.watch(hub)

    def create_task_handler(self, *arguments: Any, **options: Any) -> Callable[[Any], None]:
        """What is called with every message."""
        handle = super().create_task_handler(*arguments, **options)
        # kombu counts a KeyError among the errors of a connection; here it is a header that is not there.
        of_broker = tuple({*self.connection_errors, *self.channel_errors} - {KeyError})

        def handle_any(message: Any) -> None:
            try:
                handle(message)
            except of_broker:
                raise
            except Exception as error:
                self._drop(message, type(error).__name__)

        return handle_any

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Its content is not what its type says, or of a type that is not accepted."""
        self._drop(message, f"its content cannot be read: {type(exc).__name__}")

    def on_unknown_message(self, body: object, message: Any) -> None:
        """It does not say which task."""
        self._drop(message, "it names no task")

    def on_unknown_task(self, body: object, message: Any, exc: Exception) -> None:
        """No such task."""
        self._drop(message, "there is no such task")

    def on_invalid_task(self, body: object, message: Any, exc: Exception) -> None:
        """The task does not take these arguments."""
        self._drop(message, f"its task cannot be called so: {type(exc).__name__}")

    def _drop(self, message: Any, why: str) -> None:
        log.warning("a message was dropped: %s", why)
        message.reject_log_error(log, self.connection_errors)
