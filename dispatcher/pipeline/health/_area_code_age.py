"""How old the list of area codes is: a dozen new ones come into service each year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dispatcher.numbering.area_codes import as_of

#: By then some codes are in use that the list does not have.
OLDEST = timedelta(days=183)


def old_list(now_ms: int) -> str | None:
    """What to say of a list that is older than half a year; None: it is not."""
    made = as_of()
    if datetime.fromtimestamp(now_ms / 1000, UTC).date() - made <= OLDEST:
        return None
    return (
        f"our list is of {made}, more than half a year ago: numbers of newer area codes are taken for unknown"
    )
