"""XML Spreadsheet 2003, which many systems write under the name of .xls: one XML document of sheets, rows and cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from dispatcher.roster.excel._cell_values import StyledNumbers, iso_text, number_text, unescaped
from dispatcher.roster.excel._errors import SheetError, damaged
from dispatcher.roster.excel._package import Attributes, make_parser, parsed_document
from dispatcher.roster.excel._sheet import SheetRow
from dispatcher.roster.excel._workbook import SheetPart, Table
from dispatcher.roster.excel._written_rows import WrittenRows
from dispatcher.roster.excel.number_format import format_of
from dispatcher.roster.formula_guard import NO_SAVED_VALUE
from dispatcher.roster.size_limits import CELL_CHARACTERS

_NAMES = "urn:schemas-microsoft-com:office:spreadsheet"
_SHEET, _ROW, _CELL = f"{_NAMES} Worksheet", f"{_NAMES} Row", f"{_NAMES} Cell"
_DATA, _COMMENT = f"{_NAMES} Data", f"{_NAMES} Comment"
_STYLE, _FORMAT = f"{_NAMES} Style", f"{_NAMES} NumberFormat"
_VISIBLE = "urn:schemas-microsoft-com:office:excel Visible"
#: Formats that have a name there → their code.
_NAMED = {
    "General Number": "General",
    "General Date": "m/d/yyyy h:mm",
    "Long Date": "dddd, mmmm d, yyyy",
    "Medium Date": "d-mmm-yy",
    "Short Date": "m/d/yyyy",
    "Long Time": "h:mm:ss AM/PM",
    "Medium Time": "h:mm AM/PM",
    "Short Time": "h:mm",
    "Currency": '"$"#,##0.00;[Red]("$"#,##0.00)',
    "Euro Currency": "[$€-2] #,##0.00",
    "Fixed": "0.00",
    "Standard": "#,##0.00",
    "Percent": "0.00%",
    "Scientific": "0.00E+00",
    "Yes/No": '"Yes";"Yes";"No"',
    "True/False": '"True";"True";"False"',
    "On/Off": '"On";"On";"Off"',
}


class Excel2003:
    """A workbook whose sheets are known. It is parsed anew for each sheet that is read.

    Raises:
        SheetError: it is damaged; also while a sheet is read.
    """

    def __init__(self, file: IO[bytes], max_bytes: int, *, as_typed: bool) -> None:
        self._file = file
        self._max_bytes = max_bytes
        self._as_typed = as_typed
        found = _SheetsOf2003()
        for _ in parsed_document(file, found.parser):
            pass
        self._sheets = found.sheets

    def sheets(self) -> list[SheetPart]:
        """The sheets in the order of their tabs."""
        return self._sheets

    def tables(self, part: str) -> list[Table]:
        """None."""
        return []

    def rows(self, part: str) -> Iterator[list[SheetRow]]:
        """The rows that have a value, each with its number in the sheet."""
        reader = _RowsOf2003(int(part), self._max_bytes, as_typed=self._as_typed)
        for _ in parsed_document(self._file, reader.parser):
            yield from reader.rows.taken()


class _SheetsOf2003:
    """Finds the sheets, and those that are hidden."""

    def __init__(self) -> None:
        self.sheets: list[SheetPart] = []
        self._pieces: list[str] = []
        self.parser = make_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: Attributes) -> None:
        if tag == _SHEET:
            self.sheets.append(SheetPart(attributes.get(f"{_NAMES} Name", ""), str(len(self.sheets)), True))
        elif tag == _VISIBLE:
            self._pieces = []
            self.parser.CharacterDataHandler = self._pieces.append

    def _end(self, tag: str) -> None:
        if tag == _VISIBLE:
            self.parser.CharacterDataHandler = None
            if self.sheets and "Hidden" in "".join(self._pieces):
                self.sheets[-1] = self.sheets[-1]._replace(is_visible=False)


class _RowsOf2003:
    """Reads the rows of one sheet, and before it the formats of all styles."""

    def __init__(self, place: int, max_bytes: int, *, as_typed: bool) -> None:
        self.rows = WrittenRows(max_bytes)
        self._sheets_before = place + 1
        self._as_typed = as_typed
        self._styles: dict[str, StyledNumbers] = {}
        self._style = ""
        self._cell: Attributes = {}
        self._span = 0
        self._is_aside = False
        #: What a cell's data are, None while there are none.
        self._kind: str | None = None
        self._pieces: list[str] = []
        self._size = 0
        self.parser = make_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: Attributes) -> None:
        if tag == _SHEET:
            self._sheets_before -= 1
        elif tag == _STYLE:
            self._style = attributes.get(f"{_NAMES} ID", "")
        elif tag == _FORMAT:
            self._add_style(attributes.get(f"{_NAMES} Format", ""))
        elif self._sheets_before:
            return
        elif tag == _ROW:
            self._begin_row(attributes)
        elif tag == _CELL:
            self._cell, self._kind = attributes, None
            self.rows.column = _number(attributes, "Index", self.rows.column + 1, self.rows.line) - 1
        elif tag == _COMMENT:
            self._is_aside = True
        elif tag == _DATA and not self._is_aside:
            self._kind, self._pieces, self._size = attributes.get(f"{_NAMES} Type", "String"), [], 0
            self.parser.CharacterDataHandler = self._text

    def _end(self, tag: str) -> None:
        if tag == _DATA:
            self.parser.CharacterDataHandler = None
        elif self._sheets_before:
            return
        elif tag == _COMMENT:
            self._is_aside = False
        elif tag == _CELL:
            self.rows.put(*self._shown())
            self.rows.column += _number(self._cell, "MergeAcross", 0, self.rows.line)
        elif tag == _ROW:
            self.rows.end()
            self.rows.line += self._span

    def _begin_row(self, attributes: Attributes) -> None:
        line = _number(attributes, "Index", self.rows.line + 1, self.rows.line + 1)
        is_hidden = attributes.get(f"{_NAMES} Hidden") == "1" or attributes.get(f"{_NAMES} Height") == "0"
        self._span = _number(attributes, "Span", 0, line)
        self.rows.begin(line, is_hidden=is_hidden)

    def _text(self, data: str) -> None:
        self._size += len(data)
        if self._size > CELL_CHARACTERS:
            raise SheetError("cell_too_large", self.rows.line)
        self._pieces.append(data)

    def _add_style(self, written: str) -> None:
        shown = format_of(_NAMED.get(written, written)[:500])
        if written and not shown.is_plain:
            self._styles[self._style] = StyledNumbers(shown, from_1904=False, as_typed=self._as_typed)

    def _shown(self) -> tuple[str, str | None]:
        """What the cell shows, and what was typed into it where that is something else."""
        if self._kind is None:
            return NO_SAVED_VALUE if f"{_NAMES} Formula" in self._cell else "", None
        raw = "".join(self._pieces)
        styled = self._styles.get(self._cell.get(f"{_NAMES} StyleID", ""))
        if self._kind == "Number" and raw.strip():
            return self._number(raw.strip(), styled)
        if self._kind == "DateTime":
            return (styled.of_iso(raw) if styled is not None else iso_text(raw)), None
        if self._kind == "Boolean":
            return ("TRUE" if raw.strip() == "1" else "FALSE"), None
        return unescaped(raw), None

    def _number(self, raw: str, styled: StyledNumbers | None) -> tuple[str, str | None]:
        try:
            return styled[raw] if styled is not None else (number_text(raw), None)
        except (ValueError, OverflowError):
            raise damaged("a cell for a number holds none", self.rows.line) from None


def _number(attributes: Attributes, name: str, otherwise: int, line: int) -> int:
    """A number that an attribute says."""
    written = attributes.get(f"{_NAMES} {name}")
    if written is None:
        return otherwise
    if not (written.isascii() and written.isdigit() and len(written) < 10):
        raise damaged(f"{name} is no number", line)
    return int(written)
