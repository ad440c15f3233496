"""The process that reads one workbook: the file on standard input, frames of rows on standard output.

    python -m dispatcher.roster.excel KIND MAX_BYTES WISH PARENT

It bounds its own memory and computing time before it looks at the first byte, gives way to other work, and ends when
the process that asked is no more. `KIND` is one of `open_book`, `WISH` a `SheetWish` as JSON. Each frame is msgpack: a
list of rows (line, cells, and what was typed into cells that show something else), or a dictionary that `is` the
`sheet` that is read, a `question`, a `refusal`, or the `end`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import IO, Any

import msgpack

from dispatcher.host.side_process import bound_itself, end_with
from dispatcher.roster.columns import sought_headings
from dispatcher.roster.excel._books import Book, open_book
from dispatcher.roster.excel._errors import SheetError
from dispatcher.roster.excel._sheet import SheetRow
from dispatcher.roster.excel._sheet_choice import ChosenSheet, SheetHead, chosen_sheet, first_sheet
from dispatcher.roster.size_limits import SHEET_CPU_SECONDS, SHEET_MEMORY_MB


def read(file: IO[bytes], kind: str, max_bytes: int, wish: dict[str, Any], out: IO[bytes]) -> None:
    """Write the rows of the sheet that is wished for, then how it ended."""

    def say(frame: Any) -> None:
        out.write(msgpack.packb(frame))
        out.flush()

    try:
        workbook = open_book(file, kind, max_bytes, as_typed=wish["as_typed"])
        for frame in _every_row(workbook) if wish["as_typed"] else _frames(workbook, wish):
            say(frame)
    except SheetError as error:
        say({"is": "refusal", "code": error.code, "line": error.line, "words": error.words})
    except (MemoryError, RecursionError):
        say({"is": "refusal", "code": "too_much_work", "line": None, "words": {}})
    except Exception:  # a library's, of a file that is damaged where nobody looked before
        words = {"reason": "it is not what its format asks for"}
        say({"is": "refusal", "code": "bad_workbook", "line": None, "words": words})


def _every_row(workbook: Book) -> Iterator[Any]:
    """The rows of the first visible sheet that has any."""
    visible = [sheet for sheet in workbook.sheets() if sheet.is_visible]
    if not visible:
        raise SheetError("no_sheet")
    for sheet in visible:
        found = False
        for rows in workbook.rows(sheet.part):
            found = True
            yield [(row.line, row.cells) for row in rows]
        if found:
            break
    yield {"is": "end", "hidden": 0}


def _frames(workbook: Book, wish: dict[str, Any]) -> Iterator[Any]:
    if wish["first"]:
        chosen = first_sheet(workbook)
    else:
        chosen = chosen_sheet(workbook, wish["sheet"], sought_headings(wish["to"]))
    yield _said(workbook, chosen)
    hidden = 0
    if chosen.head is not None:
        for rows in chosen.head.rows:
            shown, left_out = _shown(rows, chosen.head, hidden_too=wish["hidden_rows"])
            hidden += left_out
            if shown:
                yield shown
    if not chosen.is_open:
        yield {"is": "end", "hidden": hidden}


def _said(workbook: Book, chosen: ChosenSheet) -> dict[str, Any]:
    """Which sheet is read and why, or what has to be asked."""
    choices = [(head.sheet.name, head.samples()) for head in chosen.choices]
    if chosen.is_open:
        return {"is": "question", "choices": choices}
    name = chosen.head.sheet.name if chosen.head else ""
    more = len(workbook.sheets()) > 1
    return {"is": "sheet", "sheet": name, "why": chosen.why, "choices": choices, "more": more}


def _shown(rows: Sequence[SheetRow], head: SheetHead, *, hidden_too: bool) -> tuple[list[Any], int]:
    """The rows that count, from the headings on, and how many were left out because nobody sees them."""
    kept: list[Any] = []
    hidden = 0
    for row in rows:
        if row.line < head.heading_line or row.line == head.total_line:
            continue
        if row.is_hidden and not hidden_too and row.line != head.heading_line:
            hidden += 1
        else:
            kept.append((row.line, row.cells, *row.typed))
    return kept, hidden


def main() -> None:
    """Bound, then read."""
    bound_itself(memory_mb=SHEET_MEMORY_MB, cpu_seconds=SHEET_CPU_SECONDS)
    kind, max_bytes, wish, parent = sys.argv[1:]
    end_with(int(parent))
    read(sys.stdin.buffer, kind, int(max_bytes), json.loads(wish), sys.stdout.buffer)


if __name__ == "__main__":
    main()
