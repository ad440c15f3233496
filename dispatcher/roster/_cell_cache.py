"""What cells of a column say, where the same stands in many rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

#: Different cells of one column whose reading is remembered.
_REMEMBERED = 4096

T = TypeVar("T")


class CellCache(dict[str, T]):
    """Readings of cells that repeat from row to row, such as senders and media."""

    def __init__(self, read: Callable[[str], T]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: str) -> T:
        reading = self._read(cell)
        if len(self) < _REMEMBERED:
            self[cell] = reading
        return reading
