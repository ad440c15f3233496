"""OpenDocument spreadsheets, packed (.ods) or as one XML document (.fods): what a cell shows is what stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from dispatcher.roster.excel._errors import SheetError
from dispatcher.roster.excel._opendocument_cells import OFFICE, STYLE, TABLE, CellReader, times_of
from dispatcher.roster.excel._package import Attributes, Package, local, make_parser, parsed_document
from dispatcher.roster.excel._sheet import SheetRow
from dispatcher.roster.excel._workbook import SheetPart, Table
from dispatcher.roster.excel._written_rows import WrittenRows

_BODY = f"{OFFICE} spreadsheet"
_SHEET = f"{TABLE} table"
_ROW = f"{TABLE} table-row"
_CELL = f"{TABLE} table-cell"
#: A cell under a larger one: nobody sees what is in it.
_COVERED = f"{TABLE} covered-table-cell"
_MANIFEST = "META-INF/manifest.xml"
_CONTENT = "content.xml"
_LOCKED = "encryption-data"


class OpenDocument:
    """A spreadsheet whose sheets are known. It is parsed anew for each sheet that is read."""

    def __init__(self, file: IO[bytes], max_bytes: int, *, as_typed: bool) -> None:
        self._file = file
        self._max_bytes = max_bytes
        self._as_typed = as_typed
        self._is_packed = file.read(2) == b"PK"
        if self._is_packed:
            _refuse_other_documents(Package(file, max_bytes))
        found = _DocumentSheets()
        for _ in self._parsed(found.parser):
            pass
        if not found.is_spreadsheet:
            raise SheetError("unknown_format", kind="a document of another program")
        self._sheets = found.sheets

    def sheets(self) -> list[SheetPart]:
        """The sheets in the order of their tabs."""
        return self._sheets

    def tables(self, part: str) -> list[Table]:
        """None: ranges with a name are no tables."""
        return []

    def rows(self, part: str) -> Iterator[list[SheetRow]]:
        """The rows that have a value, each with its number in the sheet.

        Raises:
            SheetError: the sheet is damaged, or larger than any sheet may be.
        """
        reader = _DocumentRows(int(part), self._max_bytes, as_typed=self._as_typed)
        for _ in self._parsed(reader.parser):
            yield from reader.rows.taken()

    def _parsed(self, parser: Any) -> Iterator[None]:
        if self._is_packed:
            return Package(self._file, self._max_bytes).parsed(_CONTENT, parser)
        self._file.seek(0)
        return parsed_document(self._file, parser)


def _refuse_other_documents(package: Package) -> None:
    """Refuse what has a password, and documents of texts or slides, which have no such part or no sheets in it."""
    if _MANIFEST in package:
        names: set[str] = set()
        parser = make_parser()
        parser.StartElementHandler = lambda tag, _: names.add(local(tag))
        for _ in package.parsed(_MANIFEST, parser):
            pass
        if _LOCKED in names:
            raise SheetError("unknown_format", kind="a workbook with a password")
    if _CONTENT not in package:
        raise SheetError("unknown_format", kind="a document of another program")


class _DocumentSheets:
    """Finds the sheets, and by their styles those that are hidden; copies of linked cells have no name and no tab."""

    def __init__(self) -> None:
        self.is_spreadsheet = False
        self.sheets: list[SheetPart] = []
        self._hidden: set[str] = set()
        self._style = ""
        self._depth = 0
        self.parser = make_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: Attributes) -> None:
        if tag == _SHEET:
            self._depth += 1
            if self._depth == 1:
                self._add(attributes)
        elif tag == f"{STYLE} style":
            self._style = attributes.get(f"{STYLE} name", "")
        elif tag == f"{STYLE} table-properties" and attributes.get(f"{TABLE} display") == "false":
            self._hidden.add(self._style)
        elif tag == _BODY:
            self.is_spreadsheet = True

    def _end(self, tag: str) -> None:
        if tag == _SHEET:
            self._depth -= 1

    def _add(self, attributes: Attributes) -> None:
        name = attributes.get(f"{TABLE} name", "")
        is_hidden = attributes.get(f"{TABLE} style-name") in self._hidden or not name
        shown = not is_hidden and attributes.get(f"{TABLE} display") != "false"
        self.sheets.append(SheetPart(name, str(len(self.sheets)), shown))


class _DocumentRows:
    """Reads the rows of one sheet; what is below a cell is the cell's to read."""

    def __init__(self, place: int, max_bytes: int, *, as_typed: bool) -> None:
        self.rows = WrittenRows(max_bytes)
        self._sheets_before = place
        self._as_typed = as_typed
        self._depth = 0
        self._times = 1
        self._cell: CellReader | None = None
        self._cell_times = 1
        self.parser = make_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: Attributes) -> None:
        if self._cell is not None:
            self._cell.start(tag, attributes)
        elif tag == _SHEET:
            self._depth += 1
        elif self._sheets_before or self._depth != 1:
            return
        elif tag in (_CELL, _COVERED):
            self._cell_times = times_of(attributes.get(f"{TABLE} number-columns-repeated"))
            self._cell = CellReader(self.parser, attributes, self.rows.line, is_covered=tag == _COVERED)
        elif tag == _ROW:
            self._times = times_of(attributes.get(f"{TABLE} number-rows-repeated"))
            self.rows.begin(is_hidden=attributes.get(f"{TABLE} visibility") in ("collapse", "filter"))

    def _end(self, tag: str) -> None:
        if self._cell is not None:
            if self._cell.end():
                self.rows.put(*self._cell.shown(as_typed=self._as_typed), times=self._cell_times)
                self._cell = None
        elif tag == _SHEET:
            self._depth -= 1
            self._sheets_before -= self._depth == 0
        elif tag == _ROW and self._depth == 1 and not self._sheets_before:
            self.rows.end(self._times)
