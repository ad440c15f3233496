"""Tables of a web page, which many systems write under the name of .xls; each is read as a sheet would be."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import IO

from dispatcher.roster.excel._cell_values import unescaped
from dispatcher.roster.excel._errors import SheetError
from dispatcher.roster.excel._sheet import SheetRow
from dispatcher.roster.excel._workbook import SheetPart, Table
from dispatcher.roster.excel._written_rows import WrittenRows
from dispatcher.roster.size_limits import CELL_CHARACTERS, COLUMNS_MAX

_BLOCK = 1 << 18
_HEAD_BYTES = 4096
_CHARSET = re.compile(rb"""charset\s*=\s*["']?([\w-]{2,30})""", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
#: Names that pages use and what they mean by it, as browsers read them.
_MEANT = {
    "iso-8859-1": "cp1252",
    "us-ascii": "cp1252",
    "gb2312": "gb18030",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
}
#: What is tried where the page names nothing that fits.
_TRIED = ("utf-8", "cp1252")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_NOT_SHOWN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_UNSEEN = ("script", "style")
#: Elements that begin and end a line.
_LINES = frozenset({"br", "p", "div", "li"})
_SPAN_MAX = 65_534
_Attributes = list[tuple[str, str | None]]


class WebPage:
    """A page whose tables were read.

    Raises:
        SheetError: it has none with cells, or its encoding cannot be told.
    """

    def __init__(self, file: IO[bytes], max_bytes: int, *, as_typed: bool) -> None:
        page = _Page(max_bytes)
        for text in _texts(file):
            page.feed(text)
        page.close()
        self._tables = [table for table in page.tables if table.rows.line]
        if not self._tables:
            raise SheetError("unknown_format", kind="a web page")

    def sheets(self) -> list[SheetPart]:
        """The tables that have rows, in the order in which they begin."""
        return [
            SheetPart(f"table {place}", str(place - 1), table.is_visible)
            for place, table in enumerate(self._tables, 1)
        ]

    def tables(self, part: str) -> list[Table]:
        """None."""
        return []

    def rows(self, part: str) -> Iterator[list[SheetRow]]:
        """The rows that have a text, each with its number in the table; once."""
        return self._tables[int(part)].rows.taken()


class _Page(HTMLParser):
    """Finds the tables; what stands in a table within a table is the inner one's."""

    def __init__(self, max_characters: int) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_OpenTable] = []
        self._max_characters = max_characters
        self._open: list[_OpenTable] = []
        self._unseen = False

    def handle_starttag(self, tag: str, attrs: _Attributes) -> None:
        """An element begins; the one before it may end without a word."""
        given = dict(attrs)
        if tag in _UNSEEN:
            self._unseen = True
        elif tag == "table":
            self._open.append(_OpenTable(self._max_characters, is_visible=_is_shown(given)))
            self.tables.append(self._open[-1])
        elif not self._open:
            return
        elif tag == "tr":
            self._open[-1].begin_row(is_hidden=not _is_shown(given))
        elif tag in ("td", "th"):
            self._open[-1].begin_cell(_span(given, "colspan"), _span(given, "rowspan"))
        elif tag in _LINES:
            self._open[-1].add("\n")

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        if tag in _UNSEEN:
            self._unseen = False
        elif not self._open:
            return
        elif tag == "table":
            self._open.pop().end_row()
        elif tag == "tr":
            self._open[-1].end_row()
        elif tag in ("td", "th"):
            self._open[-1].end_cell()
        elif tag in _LINES:
            self._open[-1].add("\n")

    def handle_data(self, data: str) -> None:
        """Text, in whatever stands last."""
        if self._open and not self._unseen:
            self._open[-1].add(_BLANKS.sub(" ", data))

    def close(self) -> None:
        """The page ends, and with it what is still open."""
        super().close()
        while self._open:
            self._open.pop().end_row()


class _OpenTable:
    """A table while it is read. Cells that reach over several columns or rows stand in the first, as in a sheet."""

    def __init__(self, max_characters: int, *, is_visible: bool) -> None:
        self.rows = WrittenRows(max_characters)
        self.is_visible = is_visible
        self._in_row = False
        self._pieces: list[str] | None = None
        self._size = 0
        self._spans = (1, 1)
        #: Column → rows below this one that a cell above still covers.
        self._covered: dict[int, int] = {}

    def begin_row(self, *, is_hidden: bool = False) -> None:
        self.end_row()
        self.rows.begin(is_hidden=is_hidden)
        self._in_row = True

    def begin_cell(self, columns: int, rows: int) -> None:
        self.end_cell()
        if not self._in_row:
            self.begin_row()
        self._pieces, self._size, self._spans = [], 0, (columns, rows)

    def add(self, text: str) -> None:
        if self._pieces is None:
            return
        self._size += len(text)
        if self._size > CELL_CHARACTERS:
            raise SheetError("cell_too_large", self.rows.line)
        self._pieces.append(text)

    def end_cell(self) -> None:
        if self._pieces is None:
            return
        while self.rows.column in self._covered:
            self.rows.column += 1
        columns, rows = self._spans
        if rows > 1:
            below = range(self.rows.column, min(self.rows.column + columns, COLUMNS_MAX))
            self._covered |= dict.fromkeys(below, rows)
        self.rows.put(_shown("".join(self._pieces)))
        self.rows.column += columns - 1
        self._pieces = None

    def end_row(self) -> None:
        self.end_cell()
        if self._in_row:
            self.rows.end()
            self._covered = {column: left - 1 for column, left in self._covered.items() if left > 1}
            self._in_row = False


def _shown(text: str) -> str:
    """A cell's text, each line without the spaces around it."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return unescaped("\n".join(lines).strip())


def _is_shown(attributes: dict[str, str | None]) -> bool:
    return "hidden" not in attributes and not _NOT_SHOWN.search(attributes.get("style") or "")


def _span(attributes: dict[str, str | None], name: str) -> int:
    written = (attributes.get(name) or "").strip()
    return (
        min(max(1, int(written)), _SPAN_MAX)
        if written.isascii() and written.isdigit() and len(written) < 6
        else 1
    )


def _texts(file: IO[bytes]) -> Iterator[str]:
    """The page's text, by the encoding that it names if it is that, else by the first that fits."""
    head = file.read(_HEAD_BYTES)
    mark = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    named = _CHARSET.search(head)
    known = mark or (named[1].decode().lower() if named else "")
    for encoding in (_MEANT.get(known, known), *_TRIED):
        try:
            for _ in _decoded(file, encoding):
                pass
        except (LookupError, ValueError):
            continue
        return _decoded(file, encoding)
    raise SheetError("bad_encoding", encoding=known.upper() or "UTF-8")


def _decoded(file: IO[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    file.seek(0)
    while block := file.read(_BLOCK):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)
