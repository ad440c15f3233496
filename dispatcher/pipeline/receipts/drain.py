"""One drain of the inbox that waits a little for more: few large tasks instead of a task for every few callbacks.

While it is under way nobody is hinted at callbacks: the latch that receivers and tick look at is held, anew before each
round, however many there are. It is let go before a last look, so that what came while no hint was given is found.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from dispatcher.pipeline.receipts.ingest import DrainResult, drain
from dispatcher.pipeline.runtime.runtime import Runtime

#: A drain ends after this long, and at once when its worker is to stop: the next tick gives the hint to another.
SLICE_SECONDS = 5.0
#: Nothing came for so long: it ends.
QUIET_SECONDS = 1.0
#: Callbacks that come in this time are brought in together.
PAUSE_SECONDS = 0.2
#: The latch outlives by this a drain that was killed, and no round may take longer.
HOLD_MS = 5_000


def ingest_for_a_while(runtime: Runtime, consumer: str, pause: Callable[[float], None] = time.sleep) -> str:
    """Bring in what is there and what comes in the next seconds. Answers one line."""
    inbox, began = runtime.ledger.callback_stream, runtime.stopwatch()

    def some() -> DrainResult:
        return drain(runtime, consumer, before_each=lambda: inbox.hold_hints(HOLD_MS))

    total = some()
    heard = began if total.callbacks else began - QUIET_SECONDS
    while _goes_on(runtime, began, heard):
        pause(PAUSE_SECONDS)
        more = some()
        heard = runtime.stopwatch() if more.callbacks else heard
        total = total.with_more(more)
    inbox.allow_hints()
    return str(total.with_more(drain(runtime, consumer, rounds=1)))


def _goes_on(runtime: Runtime, began: float, heard: float) -> bool:
    now = runtime.stopwatch()
    if runtime.is_stopping():
        return False
    return now - began < SLICE_SECONDS and now - heard < QUIET_SECONDS
