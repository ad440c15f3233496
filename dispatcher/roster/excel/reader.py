"""Rows of a workbook: those of the sheet with the recipients, read by a process of its own that is bounded.

What is in a workbook cannot be known before it is unpacked, and a few KB may unpack to anything. So it is read where it
can take no more memory and time than allowed, and where its end costs nobody else anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, NamedTuple

from dispatcher.errors import Choice, FileRefused, Question
from dispatcher.host.side_process import SideProcess, SilentError
from dispatcher.roster.excel.shown_cells import ShownCell
from dispatcher.roster.files.csv_reader import Record
from dispatcher.roster.readings import Reading, Remark
from dispatcher.roster.rejections import refused
from dispatcher.roster.size_limits import SHEET_SILENT_SECONDS

#: What each kind of workbook is called.
_FORMS = {
    "xlsx": "Excel workbook",
    "xls": "Excel 97 workbook",
    "ods": "OpenDocument spreadsheet",
    "xml": "Excel 2003 XML",
    "html": "web page",
}
_RUN: tuple[str, ...] = ("-m", "dispatcher.roster.excel")


class SheetWish(NamedTuple):
    """What is to be read: the sheet of this name, else the visible one with the recipients, whose column may be named;
    rows that nobody sees, too.

    `first`: instead of a search, the first visible sheet that has any row, from that row on. `as_typed`: likewise, for
    lists of numbers: every row, numbers without their format.
    """

    sheet: str | None = None
    hidden_rows: bool = False
    to: str | None = None
    first: bool = False
    as_typed: bool = False


_NO_WISH = SheetWish()


class ExcelRecords:
    """The rows of a workbook, each with its number in the sheet.

    `pulse` is called now and then while rows come and while none do; what it raises ends the reading. The process ends
    with the iteration, however that ends, and with this process.
    """

    may_be_guarded = True
    #: What stands above the headings does not come out of the process.
    heading_line = 0

    def __init__(
        self,
        file: IO[bytes],
        kind: str = "xlsx",
        *,
        max_bytes: int,
        pulse: Callable[[], None] = lambda: None,
        wish: SheetWish = _NO_WISH,
    ) -> None:
        self._file = file
        self._kind = kind
        self._max_bytes = max_bytes
        self._pulse = pulse
        self._wish = wish
        #: Which sheet is read, where there are several; known with the first record.
        self.readings: tuple[Reading, ...] = ()
        #: What was left out; complete with the last record.
        self.remarks: tuple[Remark, ...] = ()
        self._rows = 0
        #: Whether the file has more than these records: other sheets, rows that are left out.
        self.has_more = False

    @property
    def form(self) -> str:
        """The kind of workbook in words."""
        return _FORMS[self._kind]

    def __iter__(self) -> Iterator[Record]:
        arguments = [self._kind, str(self._max_bytes), json.dumps(self._wish._asdict())]
        with self._file, SideProcess(_RUN, arguments, stdin=self._file) as reader:
            try:
                for frame in reader.frames(self._pulse, silent_seconds=SHEET_SILENT_SECONDS):
                    if isinstance(frame, list):
                        self._rows += len(frame)
                        yield from map(_record, frame)
                    elif frame["is"] == "end":
                        self._end(frame["hidden"])
                        return
                    else:
                        self._heard(frame)
            except SilentError:
                raise refused("too_much_work") from None
            raise refused("too_much_work")  # it ended without a last word: its time or its memory was over

    def _heard(self, frame: dict[str, Any]) -> None:
        if frame["is"] == "refusal":
            words = {str(name): value for name, value in frame["words"].items()}
            raise refused(frame["code"], line=frame["line"], **words)
        choices = tuple(Choice(name, name, tuple(samples)) for name, samples in frame["choices"])
        if frame["is"] == "question":
            raise _which_sheet(choices)
        self.has_more = frame["more"]
        if frame["why"]:
            chosen = next((choice for choice in choices if choice.value == frame["sheet"]), None)
            samples = chosen.samples if chosen else ()
            guessed = self._wish.sheet is None
            self.readings = (Reading("sheet", frame["sheet"], frame["why"], samples, choices, guessed),)

    def _end(self, hidden: int) -> None:
        if hidden and self._rows <= 1:
            raise refused("only_hidden_rows")
        if hidden:
            self.has_more = True
            were, also = ("row is", "was") if hidden == 1 else ("rows are", "were")
            message = f"{hidden:,} {were} hidden in the sheet, by hand or by a filter, and {also} left out"
            self.remarks = (Remark("hidden_rows", f"{message}; --hidden-rows sends to them, too"),)


def _record(row: Sequence[Any]) -> Record:
    line, cells, *typed = row
    for place, text in typed:
        cells[place] = ShownCell(cells[place], text)
    return line, cells


def _which_sheet(choices: tuple[Choice, ...]) -> FileRefused:
    names = ", ".join(choice.label for choice in choices)
    return refused("which_sheet", question=Question("sheet", choices), sheets=names)
