"""Beat's scheduler: Celery's own, which sleeps until a tick is due."""

from __future__ import annotations

from celery.beat import PersistentScheduler


class SleepingScheduler(PersistentScheduler):  # type: ignore[misc]  # Celery has no types
    """Celery's wakes 10 ms before a tick and asks without a pause until it is due: 1 % of a core at a tick a second."""

    def adjust(self, n: float, drift: float = 0.001) -> float:
        """Seconds to sleep until an entry is due in `n`; a little longer, so that it is due then."""
        return n + drift if n and n > 0 else n
