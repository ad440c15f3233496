"""Where a page of a list ordered by time ended, as a text that holds no number of anybody."""

from __future__ import annotations

from collections.abc import Sequence

#: The ms of the last entry shown, and how many of that same ms were shown.
ListPosition = tuple[int, int]


def read_cursor(cursor: str) -> ListPosition:
    """The position that a cursor names, `ms.shown`."""
    at_ms, _, shown = cursor.partition(".")
    return int(at_ms), int(shown)


def cursor_after(times: Sequence[int], before: ListPosition | None) -> str:
    """The cursor of the page after entries of these times, whose own page began after `before`."""
    if not times:
        return ""
    last = times[-1]
    shown = sum(at_ms == last for at_ms in times)
    if before is not None and before[0] == last:
        shown += before[1]
    return f"{last}.{shown}"
