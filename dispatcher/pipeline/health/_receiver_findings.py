"""Callback receivers: which have callbacks to bring in, and which may have had some when they died."""

from __future__ import annotations

from collections.abc import Iterator

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receivers import lost_receivers
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.health.finding import HealthFinding

_BRING = (
    "start it again on that data folder; if its machine is gone for good, put {name}.spool of that folder's spool/ "
    "into spool/ of any other receiver's data folder: it brings the callbacks in. Without such a file there were none"
)


def look_at_receivers(ledger: Ledger) -> Iterator[HealthFinding]:
    """What is to be said of the receivers of this ledger; nothing while all is well.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    for name in ledger.agenda.receivers_draining():
        yield HealthFinding(
            f"receiver {name}", "note", "callbacks that it took while Redis was away may be on their way in"
        )
    for lost in lost_receivers(ledger.redis):
        seen = f"it did not end in order, and was last heard of at {utc_text(lost.heard_ms, 'seconds')}"
        yield HealthFinding(f"receiver {lost.name}", "note", seen, _BRING.format(name=lost.name))
