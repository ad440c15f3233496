"""Rows put together cell by cell, within the bounds of a sheet; a row or a cell may stand for many alike."""

from __future__ import annotations

from collections.abc import Iterator

from dispatcher.roster.excel._errors import SheetError, damaged
from dispatcher.roster.excel._sheet import SheetRow
from dispatcher.roster.size_limits import CELL_CHARACTERS, COLUMNS_MAX, SHEET_ROWS

#: Rows and characters handed on at a time: few cells may stand for many, and few texts for many cells.
_ROWS, _CHARACTERS = 256, 1 << 20


class WrittenRows:
    """The rows of one sheet, `max_characters` at most in all. `line` is the row that is written, or was the last."""

    def __init__(self, max_characters: int) -> None:
        self.line = 0
        self.column = 0
        self._max_characters = self._left = max_characters
        self._is_hidden = False
        self._cells: dict[int, str] = {}
        self._typed: list[tuple[int, str]] = []
        self._found: list[tuple[SheetRow, int, int]] = []

    def begin(self, line: int | None = None, *, is_hidden: bool = False) -> None:
        """Begin a row; without a number it is the next one."""
        self.line = self.line + 1 if line is None else line
        self.column = 0
        self._is_hidden = is_hidden
        self._cells, self._typed = {}, []

    def put(self, text: str, typed: str | None = None, *, times: int = 1) -> None:
        """The next cell, or so many alike; `typed` see `SheetRow`.

        Raises:
            SheetError: it is too large, or stands further to the right than cells are read.
        """
        if text:
            if len(text) > CELL_CHARACTERS:
                raise SheetError("cell_too_large", self.line)
            if self.column + times > COLUMNS_MAX:
                raise SheetError("too_many_columns", self.line, limit=COLUMNS_MAX)
            for column in range(self.column, self.column + times):
                self._cells[column] = text
                if typed is not None:
                    self._typed.append((column, typed))
        self.column += times

    def end(self, times: int = 1) -> None:
        """End the row, which stands for so many.

        Raises:
            SheetError: no sheet has so many rows, or the rows are too large together.
        """
        if self._cells:
            last = self.line + times - 1
            if last > SHEET_ROWS:
                raise damaged(f"it names row {last:,}, and a sheet has {SHEET_ROWS:,} rows", self.line)
            cells = [self._cells.get(column, "") for column in range(max(self._cells) + 1)]
            size = len(cells) + sum(map(len, cells))
            self._left -= times * size
            if self._left < 0:
                raise SheetError("too_large", limit=self._max_characters >> 20)
            self._found.append((SheetRow(self.line, cells, self._is_hidden, tuple(self._typed)), size, times))
        self.line += times - 1

    def taken(self) -> Iterator[list[SheetRow]]:
        """The rows since last time."""
        found, self._found = self._found, []
        some: list[SheetRow] = []
        characters = 0
        for row, size, times in found:
            for after in range(times):
                some.append(row._replace(line=row.line + after) if after else row)
                characters += size
                if len(some) == _ROWS or characters > _CHARACTERS:
                    yield some
                    some, characters = [], 0
        if some:
            yield some
