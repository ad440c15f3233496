"""This machine's clock beside Redis's."""

from __future__ import annotations

from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.runtime.runtime import wall_ms

#: A worker whose clock is further off than this is denied every claim.
CLOCK_TOLERANCE_MS = 5_000


def clock_apart_ms(ledger: Ledger) -> int:
    """By how much this machine's clock is ahead, ms.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    return wall_ms() - ledger.agenda.now_ms()
