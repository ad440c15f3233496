"""When a worker's tasks last spoke with the ledger: one number that a process shares with the processes it forks.

Whatever works, however long it takes, talks to the ledger every few seconds: it renews a lease, claims, writes. So a
task that runs and has been silent for long is one that hangs.
"""

from __future__ import annotations

import mmap
import struct
import threading
import time

_NUMBER = struct.Struct("d")
_shared = mmap.mmap(-1, _NUMBER.size)
_silent = threading.local()


def start_afresh() -> None:
    """Share with the present process no more: it was forked from one that is not its worker."""
    global _shared  # noqa: PLW0603 - a process has one
    _shared = mmap.mmap(-1, _NUMBER.size)


def note_contact() -> None:
    """Note that this process talks to the ledger now, unless its thread only watches."""
    if not getattr(_silent, "is_silent", False):
        _NUMBER.pack_into(_shared, 0, time.monotonic())


def only_watch() -> None:
    """What this thread says to the ledger from now on is no work."""
    _silent.is_silent = True


def seconds_since_contact() -> float:
    """How long no task of this worker has spoken."""
    (spoke,) = _NUMBER.unpack_from(_shared, 0)
    return float(time.monotonic() - spoke)
