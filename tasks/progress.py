"""What a worker of this process has done: tasks taken, tasks ended, and whether any runs. Read by its guard.

Usually there is one. Those of several queues are told apart by their names, and by the threads that take their hints.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
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


class Taking(NamedTuple):
    """Which worker: its name, the thread that takes its hints, its queue when others work in this process, too."""

    worker: str
    thread: int
    queue: str = ""


_taken: Counter[int] = Counter()
_taken_at: dict[int, float] = {}


def progress(of: Taking) -> WorkerProgress:
    """As it is now; for the main process of a worker, any thread."""
    taken = _taken[of.thread]
    held, running = (
        _of_worker(of.worker, requests) for requests in (state.reserved_requests, state.active_requests)
    )
    return WorkerProgress(
        taken, taken - max(held, running), running, last_contact.seconds_since_contact(of.queue)
    )


def seconds_since_taken(of: Taking) -> float | None:
    """None: nothing was taken yet."""
    at = _taken_at.get(of.thread)
    return None if at is None else time.monotonic() - at


def _of_worker(name: str, requests: Iterable[Any]) -> int:
    while True:
        try:
            return sum(request.hostname == name for request in requests)
        except RuntimeError:  # another thread has put one in meanwhile
            continue


@task_received.connect
@task_revoked.connect
@task_rejected.connect
@task_unknown.connect
def _note(**_: Any) -> None:
    """A message came out of the queue, whatever became of it."""
    _taken[threading.get_ident()] += 1
    _taken_at[threading.get_ident()] = time.monotonic()
    last_contact.note_contact()
