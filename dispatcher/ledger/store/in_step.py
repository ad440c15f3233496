"""How many replicas must have a claim on disk before it is used: all that had the one before.

Whichever of them takes over then knows of it. One that is silent is waited for a while, since it may be the primary of
others by now: within that time the rest leave for it, or this server is told. Then claims go on without it, as long as
enough are left. One that confirms again is in step again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

#: How long claims wait for a replica that was in step and is silent.
HOLD_SECONDS = 5.0
#: Without a look at them for so long it is not known how long they have been silent.
UNSEEN_SECONDS = 5.0


class InStep:
    """The replicas of one run of a server that are in step, counted; each claim is judged by it."""

    def __init__(self, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._stopwatch = stopwatch
        self._lock = threading.Lock()
        self._required = 0
        self._short: tuple[int, float] | None = None
        self._judged = float("-inf")

    @property
    def required(self) -> int:
        """So many must confirm the next claim."""
        return self._required

    def begin(self, required: int, *, there_are: int) -> None:
        """Another run of a server, with so many replicas of which so many must confirm."""
        with self._lock:
            self._required = required
            self._judged = self._stopwatch()
            self._short = (there_are, self._judged) if there_are < required else None

    def seen(self, there_are: int) -> None:
        """So many are attached, while nothing is asked of them."""
        with self._lock:
            if self._short is not None and self._short[0] == there_are:
                self._judged = self._stopwatch()

    def expect(self, replicas: int) -> None:
        """There should be no more than so many, as an operator says: the others are waited for no longer."""
        with self._lock:
            self._required = min(self._required, replicas)

    def takes(self, confirmed: int, *, least: int) -> bool:
        """Whether what so many replicas have on disk may be used. `least`: fewer will never do."""
        with self._lock:
            if confirmed >= max(self._required, least) or self._is_over(confirmed, least):
                self._required, self._short = confirmed, None
                return True
            return False

    def seconds_left(self) -> float:
        """How long those that are silent are still waited for; 0: for as long as it takes."""
        with self._lock:
            return max(0.0, self._short[1] + HOLD_SECONDS - self._stopwatch()) if self._short else 0.0

    def _is_over(self, confirmed: int, least: int) -> bool:
        """Whether as many as now have been silent for long enough, and enough are left."""
        now, before = self._stopwatch(), self._judged
        self._judged = now
        if confirmed < least:
            self._short = None
            return False
        if self._short is None or self._short[0] != confirmed or now - before > UNSEEN_SECONDS:
            self._short = (confirmed, now)
        return now - self._short[1] >= HOLD_SECONDS
