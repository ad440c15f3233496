"""The rows of one sheet as they stream by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dispatcher.roster.excel._cell_values import StyledNumbers, iso_text, number_text, unescaped
from dispatcher.roster.excel._errors import SheetError, damaged
from dispatcher.roster.excel._package import Attributes, local, make_parser
from dispatcher.roster.excel._workbook import Workbook
from dispatcher.roster.formula_guard import NO_SAVED_VALUE
from dispatcher.roster.size_limits import CELL_CHARACTERS, COLUMNS_MAX, SHEET_ROWS


class SheetRow(NamedTuple):
    """One row: its number in the sheet, its cells, whether nobody sees it, and what was typed into cells (by their
    place) that show something else."""

    line: int
    cells: list[str]
    is_hidden: bool = False
    typed: tuple[tuple[int, str], ...] = ()


_LETTERS = {letter: column for column, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1)}


def rows_of(workbook: Workbook, part: str) -> Iterator[list[SheetRow]]:
    """The rows that have a value, each with its number in the sheet, as many at a time as a block of the file gives.

    Raises:
        SheetError: the sheet is damaged, or larger than any sheet may be.
    """
    reader = _Sheet(workbook)
    for _ in workbook.package.parsed(part, reader.parser):
        if reader.rows:
            yield reader.rows
            reader.rows = []


class _Sheet:
    """Handlers for the elements of a sheet; only those between `sheetData` and its end count."""

    def __init__(self, workbook: Workbook) -> None:
        self.rows: list[SheetRow] = []
        self._workbook = workbook
        self._line = 0
        self._column = 0
        self._is_hidden = False
        self._cells: dict[int, str] = {}
        self._typed: list[tuple[int, str]] = []
        self._is_formula = self._has_value = False
        self._type = self._style = ""
        self._pieces: list[str] = []
        self._size = 0
        self._names: dict[str, str] = {}
        self._aside = False
        self.parser = make_parser()
        self.parser.StartElementHandler = self._outside

    def _name(self, tag: str) -> str:
        name = self._names.get(tag)
        if name is None:
            name = local(tag)
            if len(self._names) < 1000:
                self._names[tag] = name
        return name

    def _outside(self, tag: str, _: Attributes) -> None:
        if local(tag) == "sheetData":
            self.parser.StartElementHandler = self._start
            self.parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: Attributes) -> None:
        name = self._name(tag)
        if name == "c":
            self._begin_cell(attributes)
        elif name in ("v", "t"):
            self._has_value = True
            if not self._aside:
                self.parser.CharacterDataHandler = self._text
        elif name == "f":
            self._is_formula = True
        elif name == "row":
            self._line = _row_number(attributes.get("r", ""), self._line)
            self._is_hidden = _is_hidden(attributes)
            self._column = 0
            self._cells, self._typed = {}, []
        elif name == "is":  # beside it a value may stand, for readers that know no inline texts
            self._pieces, self._size = [], 0
        elif name == "rPh":
            self._aside = True

    def _begin_cell(self, attributes: Attributes) -> None:
        self._column = _column(attributes.get("r", ""), self._column, self._line)
        self._type = attributes.get("t", "n")
        self._style = attributes.get("s", "0")
        self._is_formula = self._has_value = False
        self._pieces = []
        self._size = 0

    def _text(self, data: str) -> None:
        self._size += len(data)
        if self._size > CELL_CHARACTERS:
            raise SheetError("cell_too_large", self._line)
        self._pieces.append(data)

    def _end(self, tag: str) -> None:
        name = self._name(tag)
        self.parser.CharacterDataHandler = None
        if name == "c":
            text = self._value("".join(self._pieces)) if self._pieces else ""
            if self._is_formula and self._is_unsaved():
                text = NO_SAVED_VALUE
            if text:
                if self._column > COLUMNS_MAX:
                    raise SheetError("too_many_columns", self._line, limit=COLUMNS_MAX)
                self._cells[self._column] = text
        elif name == "row":
            self._end_row()
        elif name == "rPh":
            self._aside = False
        elif name == "sheetData":
            self.parser.StartElementHandler = self.parser.EndElementHandler = None

    def _end_row(self) -> None:
        cells = self._cells
        if cells:
            width = max(cells)
            whole = len(cells) == width
            row = [cells[column] if whole else cells.get(column, "") for column in range(1, width + 1)]
            self.rows.append(SheetRow(self._line, row, self._is_hidden, tuple(self._typed)))

    def _is_unsaved(self) -> bool:
        """Whether this formula was saved without a value: with none, or with the 0 of programs that compute nothing and
        leave all of it to who opens the workbook."""
        if not self._has_value:
            return True
        raw = "".join(self._pieces).strip()
        if self._type != "n":
            return False
        return not raw or (self._workbook.is_uncomputed and not raw.strip("0."))

    def _value(self, raw: str) -> str:
        kind = self._type
        if kind == "s":
            return self._shared(raw)
        if kind in ("str", "inlineStr"):
            return unescaped(raw)
        raw = raw.strip()
        if kind == "b":
            return "TRUE" if raw in ("1", "true") else "FALSE" if raw in ("0", "false") else raw
        if kind == "e":
            return unescaped(raw)
        styled = self._workbook.styles.get(self._style)
        if kind == "d":
            return iso_text(raw) if styled is None else styled.of_iso(raw)
        return self._number(raw, styled) if raw else ""

    def _shared(self, raw: str) -> str:
        texts = self._workbook.texts
        if texts is None:
            raise damaged("its table of texts (sharedStrings.xml) is missing", self._line)
        try:
            return texts[int(raw)] if int(raw) >= 0 else texts[len(texts)]
        except (ValueError, IndexError):
            raise damaged("a cell names a text that it does not have", self._line) from None

    def _number(self, raw: str, styled: StyledNumbers | None) -> str:
        try:
            if styled is None:
                return number_text(raw)
            shown, typed = styled[raw]
        except (ValueError, OverflowError):
            raise damaged("a cell for a number holds none", self._line) from None
        if typed is not None:
            self._typed.append((self._column - 1, typed))
        return shown


def _is_hidden(attributes: Attributes) -> bool:
    """Whether nobody sees a row: hidden by hand, by a filter or in a closed group, or of no height."""
    return attributes.get("hidden") in ("1", "true") or attributes.get("ht") in ("0", "0.0")


def _row_number(written: str, before: int) -> int:
    """A row's number; one that is not written follows the row before."""
    if not written:
        number = before + 1
    elif written.isascii() and written.isdigit() and len(written) < 20:
        number = int(written)
    else:
        raise damaged("a row has no number", before + 1)
    if not 0 < number <= SHEET_ROWS:
        raise damaged(f"it names row {number:,}, and a sheet has {SHEET_ROWS:,} rows", before + 1)
    return number


def _column(reference: str, before: int, line: int) -> int:
    """The column of a cell from its reference (`AB12`), counted from 1; one without follows the cell before."""
    if not reference:
        return before + 1
    column = 0
    for letter in reference[:8]:
        value = _LETTERS.get(letter)
        if value is None:
            if letter.isdigit() or letter == "$":
                break
            value = _LETTERS.get(letter.upper(), 0)
        column = column * 26 + value
    if not 0 < column <= 16_384:
        raise damaged("a cell stands in a column that no sheet has", line)
    return column
