"""The suppression list as a CSV file: `number`, `state`, `source`, `at`. What was exported can be imported again."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO, NamedTuple, TextIO

from dispatcher.clean import CleanCsv
from dispatcher.errors import InputError
from dispatcher.ledger.optouts import SOURCE_MAX, OptOut, State
from dispatcher.roster.delimited import DelimitedRecords
from dispatcher.roster.flaws import RowError
from dispatcher.roster.headings import heading_key, is_recipient
from dispatcher.roster.numbers import read_sender
from dispatcher.roster.source import open_source
from dispatcher.roster.text import TextError, TextLines
from dispatcher.rules.moments import parse_moment

COLUMNS = ("number", "state", "source", "at")
_STATES: dict[str, State] = {
    "": "out",
    "out": "out",
    "optedout": "out",
    "stop": "out",
    "in": "in",
    "start": "in",
}
_NAMES = {"state": "state", "status": "state", "source": "source", "at": "at", "date": "at", "time": "at"}


class BadLine(NamedTuple):
    """A line that cannot be used, and why."""

    line: int
    problem: str


def read_opt_outs(source: BinaryIO, *, max_bytes: int) -> Iterator[OptOut | BadLine]:
    """The entries of a file with a column of numbers; a file without other columns opts all of them out.

    An entry without a time changes nothing for a number that is in its state already, so reading a list again does
    no harm.

    Raises:
        FileRefused, InputError: the file as a whole cannot be used.
    """
    opened = open_source(source, max_bytes=max_bytes)
    if opened.workbook is not None:
        raise InputError("a workbook cannot be read here", hint="save the list as CSV")
    try:
        records = iter(DelimitedRecords(TextLines(opened.text), is_recipient))
    except TextError:
        raise InputError("the file is not readable text", hint="save the list as CSV in UTF-8") from None
    places = _places(next(records, (0, [""]))[1])
    for line, cells in records:
        if any(map(str.strip, cells)):
            yield _read(line, cells, places)


def write_opt_outs(entries: Iterable[OptOut], out: TextIO) -> int:
    """Write the list with its header; answers the entries written."""
    count = -1
    for line in opt_out_lines(entries):
        out.write(line)
        count += 1
    return count


def opt_out_lines(entries: Iterable[OptOut]) -> Iterator[str]:
    """The list line by line, its header first."""
    buffer = io.StringIO()
    writer = CleanCsv(buffer)
    writer.writerow(COLUMNS)
    for entry in entries:
        yield _emptied(buffer)
        writer.writerow((entry.number, entry.state, _guarded(entry.source), iso(entry.at_ms)))
    yield _emptied(buffer)


def _emptied(buffer: io.StringIO) -> str:
    line = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return line


def iso(at_ms: int) -> str:
    """A time as it is written in the file."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _places(headings: list[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        name = "number" if is_recipient(heading) else _NAMES.get(heading_key(heading))
        if name:
            places.setdefault(name, place)
    if "number" not in places:
        raise InputError(
            "the file has no column of numbers",
            hint="its first line names the columns: number,state,source,at",
        )
    return places


def _read(line: int, cells: list[str], places: dict[str, int]) -> OptOut | BadLine:
    def cell(name: str) -> str:
        place = places.get(name, len(cells))
        return cells[place].strip() if place < len(cells) else ""

    state = _STATES.get(heading_key(cell("state")))
    if state is None:
        return BadLine(line, "the state is neither out nor in")
    try:
        at_ms = int(parse_moment(cell("at")).timestamp() * 1000) if cell("at") else 0
        number = read_sender(cell("number"))
    except InputError as error:
        return BadLine(line, f"the time cannot be used: {error.hint}")
    except RowError:
        return BadLine(line, "this is not a US or Canadian number")
    if at_ms < 0:
        return BadLine(line, "the time is before 1970")
    source = cell("source").removeprefix("'") or "import"
    return OptOut(number, state, at_ms, source[:SOURCE_MAX])


def _guarded(text: str) -> str:
    """No spreadsheet takes the cell for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
