"""Workbooks of other kinds than .xlsx, written by hand as their programs write them, and read without a process."""

from __future__ import annotations

import io

from dispatcher.errors import FileRefused
from dispatcher.roster.excel._books import open_book
from dispatcher.roster.excel._sheet import SheetRow
from tests.dispatcher.roster.reading import open_roster
from tests.dispatcher.roster.workbooks import packed

_URN = "urn:oasis:names:tc:opendocument:xmlns"
SPACES = " ".join(f'xmlns:{name}="{_URN}:{name}:1.0"' for name in ("office", "table", "text", "style"))
CALC = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
_CELL = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
HEAD = f"<table:table-row>{_CELL.format('to')}{_CELL.format('v')}</table:table-row>"
NUMBER = _CELL.format("12125550101")
MANIFEST = "META-INF/manifest.xml"
LOCKED = '<m:manifest xmlns:m="x"><m:encryption-data/></m:manifest>'


def table(rows: str, name: str = "People", more: str = "") -> str:
    """A sheet of an OpenDocument spreadsheet."""
    return f'<table:table table:name="{name}" {more}>{rows}</table:table>'


def row_with(cell: str, more: str = "") -> str:
    """Headings `to` and `v`, a number, and beside it this cell."""
    return f"{HEAD}<table:table-row {more}>{NUMBER}{cell}</table:table-row>"


def content(*tables: str, styles: str = "", body: str = "spreadsheet", root: str = "document-content") -> str:
    """The XML of an OpenDocument file."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:{root} {SPACES} {CALC}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{body}>{''.join(tables)}</office:{body}></office:body></office:{root}>"
    )


def ods(*tables: str, styles: str = "", **more: str) -> bytes:
    """An .ods; `more` are further parts."""
    mimetype = ("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    return packed([mimetype, ("content.xml", content(*tables, styles=styles)), *more.items()])


def excel_2003(rows: str, *, styles: str = "", more: str = "") -> str:
    """An XML Spreadsheet of one sheet; `more` stands behind it."""
    return (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
        ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel"'
        f' xmlns:html="http://www.w3.org/TR/REC-html40"><Styles>{styles}</Styles>'
        f'<Worksheet ss:Name="People"><Table>{rows}</Table></Worksheet>{more}</Workbook>'
    )


def rows_of(data: bytes | str, kind: str, *, place: int = 0, as_typed: bool = False) -> list[SheetRow]:
    """All rows of one sheet."""
    raw = data.encode() if isinstance(data, str) else data
    book = open_book(io.BytesIO(raw), kind, 1 << 24, as_typed=as_typed)
    return [row for some in book.rows(book.sheets()[place].part) for row in some]


def cell_of(data: bytes | str, kind: str) -> str:
    """What stands in the second row under the second heading, empty if nothing does."""
    cells = rows_of(data, kind)[1].cells
    assert cells[0] == "12125550101"
    return cells[1] if len(cells) > 1 else ""


def refusal_of(data: bytes | str) -> FileRefused:
    """What is said of a file that cannot be used."""
    try:
        list(open_roster(data, message="Hi"))
    except FileRefused as refusal:
        return refusal
    raise AssertionError("it was read")
