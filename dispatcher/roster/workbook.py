"""Rows of an Excel workbook: the first visible sheet, numbers as the digits that they stand for."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from dispatcher.errors import FileRefused
from dispatcher.roster.delimited import Record
from dispatcher.roster.flaws import refused

_PARTS = "xl/workbook.xml"


def _refuse_what_is_no_workbook(archive: IO[bytes], max_bytes: int) -> None:
    with zipfile.ZipFile(archive) as parts:
        if not any(part.filename.lower() == _PARTS for part in parts.infolist()):
            raise refused("unknown_format", kind="an archive or a document of another program")
        if sum(part.file_size for part in parts.infolist()) > max_bytes:
            raise refused("too_large", limit=max_bytes >> 20)


def _text(value: object) -> str:
    """A cell's value as one would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    return str(value)


class WorkbookRecords:
    """The rows of the first visible sheet, each with its number in the sheet."""

    guarded = True
    form = "Excel workbook"

    def __init__(self, file: IO[bytes], *, max_bytes: int) -> None:
        try:
            _refuse_what_is_no_workbook(file, max_bytes)
            self._sheet = self._first_visible_sheet(file)
        except FileRefused:
            raise
        except Exception:
            raise refused("bad_workbook") from None

    @staticmethod
    def _first_visible_sheet(file: IO[bytes]) -> Any:
        import openpyxl  # noqa: PLC0415

        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                sheet.reset_dimensions()
                return sheet
        raise refused("no_sheet")

    def __iter__(self) -> Iterator[Record]:
        line = 0
        try:
            for line, values in enumerate(self._sheet.iter_rows(values_only=True), 1):
                if values:
                    yield line, [_text(value) for value in values]
        except FileRefused:
            raise
        except Exception:
            raise refused("bad_workbook", line=line + 1) from None
