"""What a process counts for `/metrics`: kept in memory, and written with something that is written anyway."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping

from dispatcher.model.claim_wait import ClaimWait

#: Upper ends of the histograms' buckets, seconds; what is longer falls into the last one, without an end.
SEND_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
WAIT_SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 60.0, 600.0, 3600.0)
ENDLESS = "+Inf"


class ProcessCounters:
    """Counts by `name label`. Threads may share one; nothing in a name or label comes from outside."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, name: str, label: str, times: int = 1) -> None:
        """So many more of these."""
        if times:
            with self._lock:
                self._counts[f"{name} {label}"] += times

    def sent(self, outcome: str, seconds: float) -> None:
        """One POST has ended so, after so long."""
        with self._lock:
            self._counts[f"sends {outcome}"] += 1
            self._observe("send", SEND_SECONDS, seconds)

    def waited(self, limit: ClaimWait, seconds: float) -> None:
        """The limiter asked for so much patience; of the limit only its kind is kept."""
        with self._lock:
            self._counts[f"waits {limit.label}"] += 1
            self._observe("wait", WAIT_SECONDS, seconds)

    def take(self) -> dict[str, int]:
        """Everything counted since the last time, to be written."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return dict(taken)

    def put_back(self, taken: Mapping[str, int]) -> None:
        """It could not be written: it comes with the next."""
        with self._lock:
            self._counts.update(taken)

    def _observe(self, name: str, ends: tuple[float, ...], seconds: float) -> None:
        bucket = bisect_left(ends, seconds)
        self._counts[f"{name} {ends[bucket] if bucket < len(ends) else ENDLESS}"] += 1
        self._counts[f"{name} ms"] += round(1000 * seconds)
