"""`python -m tests.chaos.launcher MODULE ARGUMENT…`: a Celery process of the kit, with short times.

A fault may be planted in it, or its clock be wrong. The only place that honours `CHAOS_…`.
"""

from __future__ import annotations

import os
import runpy
import sys
import time
from types import SimpleNamespace

from dispatcher.ledger.store import script_text
from dispatcher.pipeline.runtime import runtime
from tests.chaos.plants import PLANTS, planted
from tests.chaos.short_times import shorten
from tests.chaos.worker_plants import WORKER_PLANTS

PLANT_VARIABLE = "CHAOS_PLANT"
AHEAD_VARIABLE = "CHAOS_CLOCK_AHEAD_MS"


def _put_clock_ahead(by_ms: int) -> None:
    """This process believes in another time of day; its stopwatch runs as ever."""
    clocks = {
        name: getattr(time, name) for name in dir(time) if name.startswith(("clock_", "CLOCK_", "mono"))
    }
    shifted = SimpleNamespace(time_ns=lambda: time.time_ns() + by_ms * 1_000_000, **clocks)
    vars(runtime)["time"] = shifted


def main() -> None:
    """Become that process."""
    shorten()
    plant = os.environ.get(PLANT_VARIABLE)
    if plant in PLANTS:
        script_text.file_text = planted(plant, script_text.file_text)  # type: ignore[assignment]
    WORKER_PLANTS.get(plant or "", lambda: None)()
    ahead_ms = int(os.environ.get(AHEAD_VARIABLE, "0"))
    if ahead_ms:
        _put_clock_ahead(ahead_ms)
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
