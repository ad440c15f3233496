"""Rows of an Excel workbook: the first visible sheet that has any, read by a process of its own that is bounded.

What is in a workbook cannot be known before it is unpacked, and a few KB may unpack to anything. So it is read where it
can take no more memory and time than allowed, and where its end costs nobody else anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any

from dispatcher.errors import FileRefused
from dispatcher.host.side_process import SideProcess, SilentError
from dispatcher.roster.files.csv_reader import Record
from dispatcher.roster.rejections import refused
from dispatcher.roster.size_limits import SHEET_SILENT_SECONDS

_RUN: tuple[str, ...] = ("-m", "dispatcher.roster.excel")


class ExcelRecords:
    """The rows of a workbook, each with its number in the sheet.

    `pulse` is called now and then while rows come and while none do; what it raises ends the reading. The process ends
    with the iteration, however that ends, and with this process.
    """

    may_be_guarded = True
    form = "Excel workbook"

    def __init__(self, file: IO[bytes], *, max_bytes: int, pulse: Callable[[], None] = lambda: None) -> None:
        self._file = file
        self._max_bytes = max_bytes
        self._pulse = pulse

    def __iter__(self) -> Iterator[Record]:
        with self._file, SideProcess(_RUN, [str(self._max_bytes)], stdin=self._file) as reader:
            try:
                for frame in reader.frames(self._pulse, silent_seconds=SHEET_SILENT_SECONDS):
                    if isinstance(frame, dict):
                        raise _refusal(frame)
                    if frame == "end":
                        return
                    yield from ((line, cells) for line, cells in frame)
            except SilentError:
                raise refused("too_much_work") from None
            raise refused("too_much_work")  # it ended without a last word: its time or its memory was over


def _refusal(frame: dict[str, Any]) -> FileRefused:
    words = {str(name): value for name, value in frame["words"].items()}
    return refused(frame["code"], line=frame["line"], **words)
