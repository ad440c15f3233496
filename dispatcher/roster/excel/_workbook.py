"""The workbook around its sheets: which are visible, the table of texts, and which formats are dates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from dispatcher.roster.excel._cell_values import kind_of, unescaped
from dispatcher.roster.excel._errors import SheetError, damaged
from dispatcher.roster.excel._package import Attributes, Package, attribute_of, local, make_parser
from dispatcher.roster.size_limits import CELL_CHARACTERS, SHEET_TEXTS


class Workbook:
    """An open workbook. `texts` is None when it has no table of texts, `kinds` says what each style shows."""

    def __init__(self, file: IO[bytes], max_bytes: int) -> None:
        self.package = Package(file, max_bytes)
        self._main = self.package.main()
        self._needs = self.package.relations(self._main)
        self.from_1904 = False
        self._sheets: list[tuple[str, str]] = []
        self._read_main()
        self.texts = self._texts()
        self.kinds = self._kinds()

    def visible_sheets(self) -> Iterator[str]:
        """The parts of the visible sheets with cells, in the order of their tabs.

        Raises:
            SheetError: there is none.
        """
        shown = [id_ for id_, state in self._sheets if state in ("", "visible")]
        parts = [self._needs[id_].target for id_ in shown if id_ in self._needs and self._is_sheet(id_)]
        if not parts:
            raise SheetError("no_sheet")
        yield from parts

    def _is_sheet(self, id_: str) -> bool:
        return self._needs[id_].kind == "worksheet"

    def _read_main(self) -> None:
        def start(tag: str, attributes: Attributes) -> None:
            if local(tag) == "sheet":
                id_ = next(
                    (value for key, value in attributes.items() if key.endswith("/relationships id")), ""
                )
                self._sheets.append((id_, attributes.get("state", "")))
            elif local(tag) == "workbookPr":
                self.from_1904 = attribute_of(attributes, "date1904") in ("1", "true", "on")

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

    def _kinds(self) -> list[str]:
        name = self._part("styles")
        if name is None:
            return []
        styles = _Styles()
        for _ in self.package.parsed(name, styles.parser):
            pass
        return [kind_of(number, styles.codes.get(number, "")) for number in styles.used]


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
