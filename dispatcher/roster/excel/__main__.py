"""The process that reads one workbook: the file on standard input, frames of rows on standard output.

    python -m dispatcher.roster.excel MAX_BYTES PARENT

It bounds its own memory and computing time before it looks at the first byte, gives way to other work, and ends
when the process that asked is no more. Each frame is msgpack: a list of rows, or at last a refusal or the word `end`.
"""

from __future__ import annotations

import sys
from typing import IO, Any

import msgpack

from dispatcher.host.side_process import bound_itself, end_with
from dispatcher.roster.excel._errors import SheetError
from dispatcher.roster.excel._sheet import rows_of
from dispatcher.roster.excel._workbook import Workbook
from dispatcher.roster.size_limits import SHEET_CPU_SECONDS, SHEET_MEMORY_MB


def read(file: IO[bytes], max_bytes: int, out: IO[bytes]) -> None:
    """Write the rows of the first visible sheet that has any, then how it ended."""

    def say(frame: Any) -> None:
        out.write(msgpack.packb(frame))
        out.flush()

    try:
        workbook = Workbook(file, max_bytes)
        for part in workbook.visible_sheets():
            found = False
            for rows in rows_of(workbook, part):
                found = True
                say(rows)
            if found:
                break
    except SheetError as error:
        say({"code": error.code, "line": error.line, "words": error.words})
    except (MemoryError, RecursionError):
        say({"code": "too_much_work", "line": None, "words": {}})
    else:
        say("end")


def main() -> None:
    """Bound, then read."""
    bound_itself(memory_mb=SHEET_MEMORY_MB, cpu_seconds=SHEET_CPU_SECONDS)
    end_with(int(sys.argv[2]))
    read(sys.stdin.buffer, int(sys.argv[1]), sys.stdout.buffer)


if __name__ == "__main__":
    main()
