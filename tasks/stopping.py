"""A worker that is to stop says so to its processes: what waits for its turn is given back at once."""

from __future__ import annotations

import mmap
from typing import Any

from celery.signals import worker_init, worker_shutting_down

_RUNNING, _STOPPING = 0, 1


class _Flag:
    """One byte that a worker shares with the processes that it forks."""

    def __init__(self) -> None:
        self._shared: mmap.mmap | None = None

    def renew(self) -> None:
        """The flag of a worker that begins, before it forks: what it was forked from may have others."""
        self._shared = mmap.mmap(-1, 1)

    def set(self) -> None:
        """It is to stop."""
        if self._shared is not None:
            self._shared[0] = _STOPPING

    def is_set(self) -> bool:
        """Whether it is to stop."""
        return self._shared is not None and self._shared[0] == _STOPPING


_flag = _Flag()
is_stopping = _flag.is_set
#: Without a signal that asks for it, which sets it by itself.
set_stopping = _flag.set


@worker_init.connect
def _began(**_: Any) -> None:
    _flag.renew()


@worker_shutting_down.connect
def _stops(**_: Any) -> None:
    _flag.set()
