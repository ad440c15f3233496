"""What the worker of this process has done: tasks taken, tasks ended, and whether any runs. Read by its guard."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from celery.signals import task_received, task_rejected, task_revoked, task_unknown
from celery.worker import state

from dispatcher.ledger.store import last_contact


class WorkerProgress(NamedTuple):
    """Counts since the start; `seconds_since_contact`: how long no running task has spoken with the ledger."""

    taken: int
    ended: int
    running: int
    seconds_since_contact: float


_taken = 0
_taken_at = 0.0


def progress() -> WorkerProgress:
    """As it is now; for the main process of a worker, any thread."""
    running = len(state.active_requests)
    return WorkerProgress(
        _taken, state.all_total_count[0] - running, running, last_contact.seconds_since_contact()
    )


def seconds_since_taken() -> float | None:
    """None: nothing was taken yet."""
    return time.monotonic() - _taken_at if _taken else None


@task_received.connect
@task_revoked.connect
@task_rejected.connect
@task_unknown.connect
def _note(**_: Any) -> None:
    """A message came out of the queue, whatever became of it."""
    global _taken, _taken_at  # noqa: PLW0603 - the signals have no other place
    _taken += 1
    _taken_at = time.monotonic()
    last_contact.note_contact()
