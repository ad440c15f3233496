"""Time zones as people write them in a column."""

from __future__ import annotations

import zoneinfo
from functools import cache

from dispatcher.roster.flaws import RowError


@cache
def _names() -> dict[str, str]:
    """Every zone with a place, and UTC. Abbreviations such as EST stay out: they ignore daylight saving."""
    known = (name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC")
    return {name.casefold(): name for name in known}


def read_timezone(cell: str) -> str | None:
    """The zone's proper name, None for an empty cell.

    Raises:
        RowError: `unknown_timezone`.
    """
    written = cell.strip().replace(" ", "_").casefold()
    if not written:
        return None
    name = _names().get(written)
    if name is None:
        raise RowError("unknown_timezone")
    return name
