"""Rows of uploads that somebody looks at while writing, so that a file is not read anew with every word."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from dispatcher.errors import InputError

#: Rows that one web process remembers, and for how long: they are people's data.
MOST = 64
LIFE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One row of a file as it was read: its number and line, the file's headings, the recipients' column, the cells."""

    number: int
    line: int
    headings: tuple[str, ...]
    to: str
    cells: tuple[str, ...] = field(repr=False)


class SampleRows:
    """The rows looked at last; a key says of which upload, read how, and which row."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, ...], tuple[float, SampleRow | InputError]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: tuple[str, ...]) -> SampleRow | InputError | None:
        """The row under this key, or why there is none, if it was looked at a short while ago."""
        with self._lock:
            since, row = self._kept.get(key, (0.0, None))
            return row if time.monotonic() - since < LIFE_SECONDS else None

    def keep(self, key: tuple[str, ...], row: SampleRow | InputError) -> None:
        """Remember a row, or why there is none; what is old, and the oldest of too many, goes."""
        now = time.monotonic()
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = now, row
            while len(self._kept) > MOST or next(iter(self._kept.values()))[0] < now - LIFE_SECONDS:
                self._kept.popitem(last=False)
