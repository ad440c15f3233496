"""Mends taken out of a Celery process as it starts, to prove that the checker misses them."""

from __future__ import annotations

import math
from collections.abc import Callable

from tasks import broker, guard


def _acknowledge() -> None:
    """Hints are acknowledged in Redis by kombu's own transport, and nobody looks whether a worker takes any."""
    vars(broker)["transport_of"] = lambda _: None
    guard.STILL_SECONDS = math.inf


WORKER_PLANTS: dict[str, Callable[[], None]] = {"acknowledge": _acknowledge}
