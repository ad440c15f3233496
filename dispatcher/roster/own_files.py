"""Campaign files that this program writes to read them again: rows of a file without somebody, one row by itself.

Nothing about them is left to be guessed: a mark names the encoding, a first line the separator, every cell is quoted,
and what a spreadsheet would run is guarded. So each cell is read as it was.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from types import TracebackType
from typing import IO

from dispatcher.roster.formula_guard import guarded


class OwnFile:
    """Writes such a file into `out`, which stays open. `separator` matters for what stands in cells of several lines: a
    line that looks like a row there makes a file suspicious, so the separator of the file where it was none goes on."""

    def __init__(self, out: IO[bytes], separator: str = ",") -> None:
        self._text = io.TextIOWrapper(out, "utf-8-sig", "replace", newline="", write_through=True)
        self._text.write(f"sep={separator}\n")
        self._lines = csv.writer(self._text, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n")

    def __enter__(self) -> OwnFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._text.detach()

    def write(self, cells: Iterable[str]) -> None:
        """Add the headings, or a row."""
        self._lines.writerow(map(guarded, cells))


def own_file(*rows: Iterable[str]) -> io.BytesIO:
    """A file of headings and rows, to be read from its beginning."""
    out = io.BytesIO()
    with OwnFile(out) as lines:
        for row in rows:
            lines.write(row)
    out.seek(0)
    return out
