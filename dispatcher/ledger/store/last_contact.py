"""When a worker's tasks last spoke with the ledger: one number that a process shares with the processes it forks.

Whatever works, however long it takes, talks to the ledger every few seconds: it renews a lease, claims, writes. So a
task that runs and has been silent for long is one that hangs. In a process with workers of several queues each has a
number of its own beside: what the threads of one say does not hide that those of another hang.
"""

from __future__ import annotations

import mmap
import struct
import threading
import time

_NUMBER = struct.Struct("d")
_shared = mmap.mmap(-1, _NUMBER.size)
_of_queues: dict[str, float] = {}
_thread = threading.local()


def start_afresh() -> None:
    """Share with the present process no more: it was forked from one that is not its worker."""
    global _shared  # noqa: PLW0603 - a process has one
    _shared = mmap.mmap(-1, _NUMBER.size)


def note_contact() -> None:
    """Note that this process talks to the ledger now, unless its thread only watches."""
    if getattr(_thread, "is_silent", False):
        return
    if queue := working_for():
        _of_queues[queue] = time.monotonic()
    else:
        _NUMBER.pack_into(_shared, 0, time.monotonic())


def only_watch() -> None:
    """What this thread says to the ledger from now on is no work."""
    _thread.is_silent = True


def work_for(queue: str) -> None:
    """What this thread says from now on is the work of that queue, and no sign of life of another's."""
    _thread.queue = queue


def working_for() -> str:
    """The queue that this thread works for; none where the process has one worker."""
    queue: str = getattr(_thread, "queue", "")
    return queue


def seconds_since_contact(queue: str = "") -> float:
    """How long no task of this process has spoken, as far as it may have been one of that queue."""
    (spoke,) = _NUMBER.unpack_from(_shared, 0)
    return float(time.monotonic() - max(spoke, _of_queues.get(queue, 0.0)))
