"""The invalid rows of a campaign file as a CSV that can be mended in a spreadsheet and submitted by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from dispatcher.control_characters import StrippedCsv
from dispatcher.model.recipient import InvalidRow
from dispatcher.roster.columns import ERROR_COLUMNS
from dispatcher.roster.formula_guard import guarded


class InvalidRowsCsv:
    """Writes invalid rows, and in columns that the roster ignores, what is wrong with each.

    Nothing of a row is lost, so that one which is not mended fails as it did: cells beyond the headings follow last.
    Cells that a spreadsheet would run are guarded with an apostrophe; the reader takes it off again.
    """

    def __init__(self, file: TextIO, columns: Sequence[str]) -> None:
        self._writer = StrippedCsv(file)
        self._writer.writerow([*map(guarded, columns), *ERROR_COLUMNS])

    def write(self, row: InvalidRow) -> None:
        """Add one row."""
        self._writer.writerow(
            [
                *map(guarded, row.cells),
                row.line,
                guarded(row.column or ""),
                row.code,
                guarded(row.message),
                *map(guarded, row.beyond),
            ]
        )
