"""Rows of an Excel workbook: the first visible sheet that has any, read by a process of its own that is bounded.

What is in a workbook cannot be known before it is unpacked, and a few KB may unpack to anything. So it is read where it
can take no more memory and time than allowed, and where its end costs nobody else anything.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import msgpack

from dispatcher.errors import FileRefused
from dispatcher.roster.files.csv_reader import Record
from dispatcher.roster.rejections import refused
from dispatcher.roster.size_limits import SHEET_SILENT_SECONDS

_RUN: tuple[str, ...] = ("-m", "dispatcher.roster.excel")
_CODE = Path(__file__).parents[2]
_BLOCK = 1 << 18
_PULSE_SECONDS = 1.0


class ExcelRecords:
    """The rows of a workbook, each with its number in the sheet.

    `pulse` is called about once a second while nothing comes; what it raises ends the reading. The process ends with
    the iteration, however that ends, and with this object.
    """

    may_be_guarded = True
    form = "Excel workbook"

    def __init__(self, file: IO[bytes], *, max_bytes: int, pulse: Callable[[], None] = lambda: None) -> None:
        self._file = file
        self._max_bytes = max_bytes
        self._pulse = pulse

    def __iter__(self) -> Iterator[Record]:
        reader = self._started()
        try:
            for frame in self._frames(reader):
                if isinstance(frame, dict):
                    raise _refusal(frame)
                if frame == "end":
                    return
                yield from ((line, cells) for line, cells in frame)
            raise refused("too_much_work")  # it ended without a last word: its time or its memory was over
        finally:
            reader.kill()
            reader.wait()
            assert reader.stdout is not None
            reader.stdout.close()
            self._file.close()

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", *_RUN, str(self._max_bytes), str(os.getpid())]
        environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(_CODE)}
        return subprocess.Popen(  # noqa: S603 - our own code, no shell
            command,
            env=environment,
            cwd="/",
            stdin=self._file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is the asking process's to answer
        )

    def _frames(self, reader: subprocess.Popen[bytes]) -> Iterator[Any]:
        assert reader.stdout is not None
        unpacker = msgpack.Unpacker(max_buffer_size=0)
        while block := self._block(reader.stdout.fileno()):
            unpacker.feed(block)
            yield from unpacker

    def _block(self, source: int) -> bytes:
        """What the process writes next; nothing at its end.

        Raises:
            FileRefused: it has said nothing for too long.
        """
        until = time.monotonic() + SHEET_SILENT_SECONDS
        while time.monotonic() < until:
            if _is_readable(source, _PULSE_SECONDS):
                return os.read(source, _BLOCK)
            self._pulse()
        raise refused("too_much_work")


def _is_readable(source: int, seconds: float) -> bool:
    look = select.poll()
    look.register(source, select.POLLIN | select.POLLHUP)
    return bool(look.poll(int(seconds * 1000)))


def _refusal(frame: dict[str, Any]) -> FileRefused:
    words = {str(name): value for name, value in frame["words"].items()}
    return refused(frame["code"], line=frame["line"], **words)
