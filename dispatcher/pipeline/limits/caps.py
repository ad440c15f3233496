"""Daily caps move on to the next day on their zone's own clock."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from dispatcher.host.zone_data import zone_named
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.limits.limits import DayCap
from dispatcher.rules.cap_days import day_boundaries


def set_cap(ledger: Ledger, scope: str, most: int, zone: str, now_ms: int) -> None:
    """At most so many legs and segments a day of this zone, from now on; what went today counts.

    Raises:
        InputError: there is no such zone, or it is no place's clock.
    """
    place = zone_named(zone)
    ledger.limits.set_cap(scope, DayCap(most, *day_boundaries(now_ms, place), place.key))


def refresh_caps(ledger: Ledger, now_ms: int) -> int:
    """Write the next boundaries of caps whose day is over; answers how many. A cap that nobody refreshes for a whole
    day lets nothing go."""
    due = ledger.limits.caps_due(now_ms)
    for scope, cap in due.items():
        following = DayCap(cap.most, *day_boundaries(now_ms, ZoneInfo(cap.zone)), cap.zone)
        ledger.limits.set_cap(scope, following, before=cap)
    return len(due)
