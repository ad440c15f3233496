"""The workbook around its sheets: their names, their tables, the table of texts, and how styles show numbers."""

from __future__ import annotations

import re
from typing import IO, NamedTuple

from dispatcher.roster.excel._cell_values import StyledNumbers, unescaped
from dispatcher.roster.excel._errors import SheetError, damaged
from dispatcher.roster.excel._package import Attributes, Package, attribute_of, local, make_parser
from dispatcher.roster.excel.number_format import BUILT_IN, format_of
from dispatcher.roster.size_limits import CELL_CHARACTERS, SHEET_TEXTS

_YES = ("1", "true", "on")
#: Tables of a sheet that are looked at.
_TABLES_MAX = 100
_REFERENCE = re.compile(r"\$?[A-Za-z]{1,3}\$?([0-9]{1,7})(?::\$?[A-Za-z]{1,3}\$?([0-9]{1,7}))?")


class SheetPart(NamedTuple):
    """A sheet of cells: its name, the part that it lies in, whether its tab is shown."""

    name: str
    part: str
    is_visible: bool


class Table(NamedTuple):
    """An Excel table: the row of its headings, the headings, and the row of its totals if it has one."""

    heading_line: int
    headings: tuple[str, ...]
    total_line: int | None


class Workbook:
    """An open workbook. `texts` is None when it has no table of texts; `styles` has those that show numbers in a way of
    their own, by the number that cells name them by. `is_uncomputed`: whoever wrote it left all formulas to who opens
    it. With `as_typed` numbers are not taken as they are shown."""

    def __init__(self, file: IO[bytes], max_bytes: int, *, as_typed: bool = False) -> None:
        self.package = Package(file, max_bytes)
        self._main = self.package.main()
        self._needs = self.package.relations(self._main)
        self.from_1904 = self.is_uncomputed = False
        self._tabs: list[tuple[str, str, str]] = []
        self._read_main()
        self.texts = self._texts()
        self.styles = self._styles(as_typed=as_typed)

    def sheets(self) -> list[SheetPart]:
        """The sheets with cells, in the order of their tabs."""
        return [
            SheetPart(name, self._needs[id_].target, state in ("", "visible"))
            for name, id_, state in self._tabs
            if id_ in self._needs and self._needs[id_].kind == "worksheet"
        ]

    def tables(self, part: str) -> list[Table]:
        """The tables with headings that a sheet has."""
        parts = [one.target for one in self.package.relations(part).values() if one.kind == "table"]
        tables = [self._table(name) for name in parts[:_TABLES_MAX] if name in self.package]
        return [table for table in tables if table is not None]

    def _table(self, name: str) -> Table | None:
        found: dict[str, str] = {}
        headings: list[str] = []

        def start(tag: str, attributes: Attributes) -> None:
            if local(tag) == "table":
                found.update(attributes)
            elif local(tag) == "tableColumn":
                headings.append(unescaped(attributes.get("name", "")))

        parser = make_parser()
        parser.StartElementHandler = start
        for _ in self.package.parsed(name, parser):
            pass
        lines = _REFERENCE.fullmatch(found.get("ref", ""))
        if lines is None or found.get("headerRowCount", "1") == "0":
            return None
        first, last = int(lines[1]), int(lines[2] or lines[1])
        total = last if found.get("totalsRowCount") == "1" and last > first else None
        return Table(first, tuple(headings), total)

    def _read_main(self) -> None:
        def start(tag: str, attributes: Attributes) -> None:
            if local(tag) == "sheet":
                id_ = next(
                    (value for key, value in attributes.items() if key.endswith("/relationships id")), ""
                )
                self._tabs.append((attributes.get("name", ""), id_, attributes.get("state", "")))
            elif local(tag) == "workbookPr":
                self.from_1904 = attribute_of(attributes, "date1904") in _YES
            elif local(tag) == "calcPr":
                self.is_uncomputed = attribute_of(attributes, "fullCalcOnLoad") in _YES

        parser = make_parser()
        parser.StartElementHandler = start
        for _ in self.package.parsed(self._main, parser):
            pass

    def _part(self, kind: str) -> str | None:
        found = [one.target for one in self._needs.values() if one.kind == kind]
        return next((name for name in found if name in self.package), None)

    def _texts(self) -> list[str] | None:
        name = self._part("sharedStrings")
        if name is None:
            return None
        table = _Texts()
        for _ in self.package.parsed(name, table.parser):
            if len(table.texts) > SHEET_TEXTS:
                raise SheetError("too_much_work")
        return table.texts

    def _styles(self, *, as_typed: bool) -> dict[str, StyledNumbers]:
        name = self._part("styles")
        if name is None:
            return {}
        read = _Styles()
        for _ in self.package.parsed(name, read.parser):
            pass
        formats = {
            number: format_of(read.codes.get(number) or BUILT_IN.get(number, "")) for number in set(read.used)
        }
        return {
            str(place): StyledNumbers(formats[number], from_1904=self.from_1904, as_typed=as_typed)
            for place, number in enumerate(read.used)
            if not formats[number].is_plain
        }


class _Texts:
    """Reads the table of texts. What tells how to pronounce a text (`rPh`) is no part of it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._pieces: list[str] = []
        self._size = 0
        self._aside = False
        self.parser = make_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, tag: str, _: Attributes) -> None:
        name = local(tag)
        if name == "si":
            self._pieces, self._size = [], 0
        elif name == "rPh":
            self._aside = True
        elif name == "t" and not self._aside:
            self.parser.CharacterDataHandler = self._text

    def _text(self, data: str) -> None:
        self._size += len(data)
        if self._size > CELL_CHARACTERS:
            raise SheetError("cell_too_large")
        self._pieces.append(data)

    def _end(self, tag: str) -> None:
        name = local(tag)
        self.parser.CharacterDataHandler = None
        if name == "si":
            self.texts.append(unescaped("".join(self._pieces)))
        elif name == "rPh":
            self._aside = False


class _Styles:
    """Reads of the styles only the number formats: `used` has the format's number of each cell style."""

    def __init__(self) -> None:
        self.codes: dict[int, str] = {}
        self.used: list[int] = []
        self._inside = False
        self.parser = make_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: Attributes) -> None:
        name = local(tag)
        if name == "cellXfs":
            self._inside = True
        elif name in ("numFmt", "xf") and (name == "numFmt" or self._inside):
            number = attributes.get("numFmtId", "0")
            if not (number.isascii() and number.isdigit() and len(number) < 10):
                raise damaged("a number format of its styles has no number")
            if name == "xf":
                self.used.append(int(number))
            else:
                self.codes.setdefault(int(number), attributes.get("formatCode", "")[:500])

    def _end(self, tag: str) -> None:
        if local(tag) == "cellXfs":
            self._inside = False
