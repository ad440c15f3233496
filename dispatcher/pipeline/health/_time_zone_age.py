"""How old the time zone data are: hours are kept by them, and rules change several times a year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dispatcher.host.zone_data import VERSION, known_since

#: Data of a version that may be older than this do not know this year's changes.
OLDEST = timedelta(days=365)


def old_data(now_ms: int) -> str | None:
    """What to say of data that may be older than a year; None: they are not."""
    made = known_since()
    if datetime.fromtimestamp(now_ms / 1000, UTC) - made <= OLDEST:
        return None
    return (
        f"tzdata {VERSION} may be of {made:%B %Y}, more than a year ago: clocks may have other rules by now"
    )
