"""Wakes a worker's loop at a signal: it sees that it shall end when it looks, and may wait for seconds for a hint."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from typing import Any

_all: list[Alarm] = []


class Alarm:
    """A pipe that the loop of one worker watches. The first of a process is rung by signals, and rings all others."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)
        if not _all and threading.current_thread() is threading.main_thread():
            signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        _all.append(self)

    def watch(self, hub: Any) -> None:
        """Have this loop of kombu's wake when it rings."""
        hub.add_reader(self._reading, self._heard)

    def ring(self) -> None:
        """Any thread may."""
        with suppress(BlockingIOError):
            os.write(self._writing, b".")

    def _heard(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._reading, 512)
        if self is _all[0]:
            for other in _all[1:]:
                other.ring()


def ring_all() -> None:
    """Every worker of this process looks what it shall do."""
    for alarm in _all:
        alarm.ring()
