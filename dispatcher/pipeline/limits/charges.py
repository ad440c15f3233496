"""What claims took of daily caps and of a ceiling in dollars, worked out again for what CarrierX did not take."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from dispatcher.host.zone_data import zone_named
from dispatcher.ledger.batches.claims import Charge
from dispatcher.ledger.batches.packing import Batch
from dispatcher.ledger.batches.rows import RowState
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.limits.limits import DayCap
from dispatcher.model.campaign import Campaign
from dispatcher.model.scope import LimitScope
from dispatcher.model.state import RecipientState
from dispatcher.rules.cap_days import day_boundaries
from dispatcher.rules.sender_pool import choose_sender


def charges_of(
    ledger: Ledger, campaign: Campaign, batch: Batch, states: Sequence[RowState]
) -> dict[int, Charge]:
    """For each unconfirmed row of the batch its part. A pool's sender is the one that would be chosen now."""
    pool, charges = campaign.settings.senders, dict[int, Charge]()
    if any(not message.sender for message in batch.messages):
        disabled = ledger.limits.disabled()
        pool = tuple(sender for sender in pool if sender not in disabled) or pool
    for message in batch.messages:
        rows = [row for row in message.members if states[row].state is RecipientState.UNCONFIRMED]
        first = batch.rows[message.members[0]].number or ""
        sender = message.sender or (choose_sender(first, pool) if pool else "")
        units, unit = message.units(len(rows)), "legs" if len(rows) > 1 or message.media else "segments"
        charges |= {row: Charge(units // len(rows), unit, sender) for row in rows}
    return charges


def set_cap(ledger: Ledger, scope: LimitScope, most: int, zone: str, now_ms: int) -> None:
    """At most so many legs and segments a day of this zone, from now on; what went today counts.

    Raises:
        InputError: there is no such zone, or it is no place's clock.
    """
    day_zone = zone_named(zone)
    ledger.limits.set_cap(scope, DayCap(most, *day_boundaries(now_ms, day_zone), day_zone.key))


def refresh_caps(ledger: Ledger, now_ms: int) -> int:
    """Write the next boundaries of caps whose day is over; answers how many. A cap that nobody refreshes for a whole
    day lets nothing go."""
    due = ledger.limits.caps_due(now_ms)
    for scope, cap in due.items():
        following = DayCap(cap.most, *day_boundaries(now_ms, ZoneInfo(cap.zone)), cap.zone)
        ledger.limits.set_cap(scope, following, before=cap)
    return len(due)
