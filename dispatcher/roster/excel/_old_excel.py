"""Workbooks of Excel 97 and before (.xls), taken apart by `xlrd`; how a cell is shown is ours to say."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import IO

import xlrd
from xlrd.biffh import error_text_from_code
from xlrd.sheet import Cell, Sheet

from dispatcher.roster.excel._cell_values import StyledNumbers, number_text, unescaped
from dispatcher.roster.excel._errors import SheetError, damaged
from dispatcher.roster.excel._sheet import SheetRow
from dispatcher.roster.excel._workbook import SheetPart, Table
from dispatcher.roster.excel._written_rows import WrittenRows
from dispatcher.roster.excel.number_format import format_of

#: Streams by which workbooks with a password and other programs' documents tell themselves.
_OTHERS = {
    "EncryptedPackage": "a workbook with a password",
    "WordDocument": "a Word document",
    "PowerPoint Document": "a PowerPoint document",
}
_LOCKED = "encrypted"
#: Rows that are put together at a time.
_STEP = 64


class OldExcel:
    """A workbook in memory.

    Raises:
        SheetError: it is damaged, has a password, or is another program's document.
    """

    def __init__(self, file: IO[bytes], max_bytes: int, *, as_typed: bool) -> None:
        content = file.read()
        self._max_bytes = max_bytes
        self._as_typed = as_typed
        self._styles: dict[int, StyledNumbers | None] = {}
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            try:
                self._book = xlrd.open_workbook(
                    file_contents=content, formatting_info=True, ragged_rows=True, logfile=nowhere
                )
            except MemoryError:
                raise
            except Exception as error:  # a damaged file ends in any of them
                raise _refusal(str(error), content) from None

    def sheets(self) -> list[SheetPart]:
        """The sheets with cells, in the order of their tabs."""
        sheets = enumerate(self._book.sheets())
        return [SheetPart(sheet.name, str(place), sheet.visibility == 0) for place, sheet in sheets]

    def tables(self, part: str) -> list[Table]:
        """None."""
        return []

    def rows(self, part: str) -> Iterator[list[SheetRow]]:
        """The rows that have a value, each with its number in the sheet.

        Raises:
            SheetError: the sheet is larger than any may be.
        """
        sheet = self._book.sheet_by_index(int(part))
        rows = WrittenRows(self._max_bytes)
        for place in range(sheet.nrows):
            rows.begin(place + 1, is_hidden=_is_hidden(sheet, place))
            for cell in sheet.row(place):
                rows.put(*self._shown(cell))
            rows.end()
            if place % _STEP == 0:
                yield from rows.taken()
        yield from rows.taken()

    def _shown(self, cell: Cell) -> tuple[str, str | None]:
        """What a cell shows, and what was typed into it where that is something else."""
        if cell.ctype == xlrd.XL_CELL_TEXT:
            return unescaped(str(cell.value)), None
        if cell.ctype in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
            if not math.isfinite(float(cell.value)):
                return "#NUM!", None
            styled = self._style(cell.xf_index)
            return styled[repr(cell.value)] if styled is not None else (number_text(repr(cell.value)), None)
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return ("TRUE" if cell.value else "FALSE"), None
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return error_text_from_code.get(int(cell.value), "#ERROR!"), None
        return "", None

    def _style(self, place: int | None) -> StyledNumbers | None:
        """How cells of this style show numbers; None: as they are."""
        if place is None:
            return None
        if place not in self._styles:
            self._styles[place] = self._read_style(place)
        return self._styles[place]

    def _read_style(self, place: int) -> StyledNumbers | None:
        try:
            code = self._book.format_map[self._book.xf_list[place].format_key].format_str
        except (IndexError, KeyError):
            return None
        shown = format_of(code or "")
        if shown.is_plain:
            return None
        return StyledNumbers(shown, from_1904=self._book.datemode == 1, as_typed=self._as_typed)


def _is_hidden(sheet: Sheet, place: int) -> bool:
    """Whether nobody sees a row: hidden by hand, by a filter or in a closed group, or of no height."""
    info = sheet.rowinfo_map.get(place)
    if info is None:
        return bool(sheet.default_row_hidden)
    return bool(info.hidden) or (info.height == 0 and not info.has_default_height)


def _refusal(said: str, content: bytes) -> SheetError:
    if _LOCKED in said:
        return SheetError("unknown_format", kind="a workbook with a password")
    for stream, kind in _OTHERS.items():
        if stream.encode("utf-16-le") in content:
            return SheetError("unknown_format", kind=kind)
    if "Can't find workbook" in said:
        return SheetError("unknown_format", kind="a document of another program")
    return damaged("it is cut off or damaged")
