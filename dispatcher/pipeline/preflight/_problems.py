"""Invalid rows as they pass: counted, the first ones shown, all of them written where somebody mends them."""

from __future__ import annotations

from collections import Counter
from typing import TextIO

from dispatcher.model.recipient import InvalidRow
from dispatcher.pipeline.preflight.result import RowProblem
from dispatcher.roster.invalid_rows import InvalidRowsCsv
from dispatcher.roster.mendable_rows import MendableRows
from dispatcher.roster.roster import Roster

_SHOWN = 50
_VALUE_CHARACTERS = 200


class Problems:
    """Counts the invalid rows of a roster; both files get all of them, see `CheckRequest`."""

    def __init__(self, roster: Roster, errors_to: TextIO | None, mendable_to: TextIO | None) -> None:
        self._roster = roster
        self._csv = InvalidRowsCsv(errors_to, roster.column_names) if errors_to else None
        self._mendable = MendableRows(mendable_to) if mendable_to else None
        self._first: list[RowProblem] = []
        self.by_code: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """All of them."""
        return self.by_code.total()

    @property
    def first(self) -> tuple[RowProblem, ...]:
        """The first ones, in the file's order."""
        return tuple(sorted(self._first, key=lambda problem: problem.line))

    def add(self, row: InvalidRow) -> None:
        """Take one into account."""
        self.by_code[row.code] += 1
        if len(self._first) < _SHOWN:
            self._first.append(_problem(row, self._roster.mendable(row).value))
        if self._mendable and not self._mendable.is_full:
            self._mendable.write(self._roster.mendable(row))
        if self._csv:
            self._csv.write(row)


def _problem(row: InvalidRow, value: str) -> RowProblem:
    if len(value) > _VALUE_CHARACTERS:
        value = f"{value[:_VALUE_CHARACTERS]}…"
    return RowProblem(line=row.line, column=row.column, code=row.code, message=row.message, value=value)
