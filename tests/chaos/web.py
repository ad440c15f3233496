"""`python -m tests.chaos.web`: the web process of the kit, with a fault planted in it if `CHAOS_PLANT` names one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from dispatcher.errors import StoreUnavailable
from dispatcher.web.__main__ import main
from dispatcher.web.callbacks._spool import Spool
from dispatcher.web.site.ledger_arrival import LedgerArrival
from tests.chaos.launcher import PLANT_VARIABLE


def _end_without_store() -> None:
    """The process ends where Redis does not answer at its start."""
    begin = LedgerArrival.begin

    def begun(arrival: LedgerArrival) -> None:
        begin(arrival)
        if not arrival.is_there:
            raise StoreUnavailable("Redis does not answer")

    LedgerArrival.begin = begun  # type: ignore[method-assign, assignment]


def _leave_others_spools() -> None:
    """What a dead receiver of another name left is nobody's business."""
    Spool.adopt = lambda _: False  # type: ignore[method-assign, assignment]


#: A mend taken out of the web process, to prove that the checker misses it.
WEB_PLANTS: dict[str, Callable[[], None]] = {
    "receiver": _end_without_store,
    "orphaned spool": _leave_others_spools,
}

if __name__ == "__main__":
    WEB_PLANTS.get(os.environ.get(PLANT_VARIABLE, ""), lambda: None)()
    sys.exit(main())
