"""Time zones as people write them in a column."""

from __future__ import annotations

from dispatcher.host.zone_data import name_of_place
from dispatcher.roster.rejections import RowError


def read_timezone(cell: str) -> str | None:
    """The zone's proper name, None for an empty cell. Abbreviations such as EST ignore daylight saving.

    Raises:
        RowError: `unknown_timezone`.
    """
    if not cell.strip():
        return None
    name = name_of_place(cell)
    if name is None:
        raise RowError("unknown_timezone")
    return name
