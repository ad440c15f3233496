"""Days as a cap counts them: from midnight to midnight on a zone's own clock."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dispatcher.host.zone_data import zone_named


def day_boundaries(now_ms: int, zone: str | ZoneInfo) -> tuple[int, int, int]:
    """The midnight before or at `now_ms`, the next one and the one after it, in ms since 1970.

    A midnight that the clocks skip is the first moment after the gap; one that comes twice is taken the first time.

    Raises:
        InputError: there is no zone of this name, or it is no place's clock.
    """
    info = zone if isinstance(zone, ZoneInfo) else zone_named(zone)
    today = datetime.fromtimestamp(now_ms / 1000, info).date()
    found = [_midnight(today + timedelta(days=days), info) for days in (-1, 0, 1, 2, 3)]
    later = [moment for moment in found if moment > now_ms]
    return max(moment for moment in found if moment <= now_ms), later[0], later[1]


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp() * 1000)
