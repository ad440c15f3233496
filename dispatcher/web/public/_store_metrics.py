"""The store in numbers: may a claim be granted on it, does it tick, is there a copy of it."""

from __future__ import annotations

from collections.abc import Iterator

from dispatcher.errors import ClaimsHeld
from dispatcher.ledger.installation.last_backup import last_backup_ms
from dispatcher.ledger.ledger import Ledger
from dispatcher.web.public._metric import Metric, one

#: A look writes as a claim does; whoever scrapes more often is told the same again.
_LOOK_SECONDS = 5.0


def store_metrics(ledger: Ledger) -> Iterator[Metric]:
    """All of them.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    held = ledger.readiness.problem(within_seconds=_LOOK_SECONDS) is not None
    yield one("mms_claims_held", "1: the store can grant no claim, so nothing is sent.", held)
    expected, attached, needed = _replicas(ledger)
    yield one("mms_replicas_expected", "Replicas that there should be.", expected)
    yield one("mms_replicas_attached", "Replicas that are there and have their data.", attached)
    yield one("mms_replicas_needed", "Replicas that must have a claim on disk.", needed)
    put_back = ledger.recovery.restored() is not None
    yield one(
        "mms_waits_for_recovery", "1: the ledger was put back; nothing is sent until mms recover.", put_back
    )
    ticked = (ledger.recovery.ticked_at() or 0) / 1000
    yield one("mms_last_tick_timestamp_seconds", "When the control worker last ticked; 0: never.", ticked)
    copied = (last_backup_ms(ledger.redis) or 0) / 1000
    yield one("mms_last_backup_timestamp_seconds", "When the ledger was last copied; 0: never.", copied)


def _replicas(ledger: Ledger) -> tuple[int, int, int]:
    """How many there should be, are, and must confirm; none of any on what is a replica itself: it holds claims."""
    try:
        count = ledger.readiness.replicas()
    except ClaimsHeld:
        return 0, 0, 0
    return count.expected, count.attached, count.least
