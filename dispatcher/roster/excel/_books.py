"""A workbook of any kind: sheets with a name, and the rows of each, whichever program wrote it and however."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Protocol

from dispatcher.roster.excel._excel_2003 import Excel2003
from dispatcher.roster.excel._opendocument import OpenDocument
from dispatcher.roster.excel._sheet import SheetRow, rows_of
from dispatcher.roster.excel._web_page import WebPage
from dispatcher.roster.excel._workbook import SheetPart, Table, Workbook


class Book(Protocol):
    """An open workbook."""

    def sheets(self) -> list[SheetPart]:
        """The sheets with cells, in the order of their tabs."""

    def tables(self, part: str) -> list[Table]:
        """The Excel tables that a sheet has."""

    def rows(self, part: str) -> Iterator[list[SheetRow]]:
        """The rows of a sheet that have a value, some at a time; asked for once.

        Raises:
            SheetError: the sheet is damaged, or larger than any sheet may be.
        """


class _Excel(Workbook):
    def rows(self, part: str) -> Iterator[list[SheetRow]]:
        """See `Book`."""
        return rows_of(self, part)


def open_book(file: IO[bytes], kind: str, max_bytes: int, *, as_typed: bool) -> Book:
    """Open a workbook of this kind: `xlsx`, `xls`, `ods`, `xml` or `html`. With `as_typed` numbers are not taken as
    they are shown.

    Raises:
        SheetError: it is damaged, has a password, or is something else.
    """
    file.seek(0)
    if kind == "xls":
        from dispatcher.roster.excel._old_excel import OldExcel  # noqa: PLC0415 - nobody else needs all of xlrd

        return OldExcel(file, max_bytes, as_typed=as_typed)
    kinds: dict[str, Callable[..., Book]] = {
        "xlsx": _Excel,
        "ods": OpenDocument,
        "xml": Excel2003,
        "html": WebPage,
    }
    return kinds[kind](file, max_bytes, as_typed=as_typed)
