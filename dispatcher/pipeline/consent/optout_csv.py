"""The suppression list as a CSV file: `number`, `state`, `source`, `at`. What was exported can be imported again."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import BinaryIO, NamedTuple, TextIO

from dispatcher.control_characters import StrippedCsv
from dispatcher.errors import InputError
from dispatcher.ledger.consent.optouts import SOURCE_MAX, OptOut
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.consent._optout_columns import (
    OptOutColumns,
    Said,
    cell_at,
    columns_of,
    log_entry,
    read_date,
    said_of,
    unknown_words,
)
from dispatcher.roster.columns import sought_headings
from dispatcher.roster.excel.reader import ExcelRecords, SheetWish
from dispatcher.roster.files.csv_reader import CsvRecords
from dispatcher.roster.files.decoding import DecodedLines
from dispatcher.roster.files.decoding_error import DecodingError
from dispatcher.roster.files.file_source import PulsedStream, open_source
from dispatcher.roster.formula_guard import bare, guarded
from dispatcher.roster.numbers import read_sender
from dispatcher.roster.rejections import RowError

#: Where no heading is known so many lines are looked at.
_LOOKED_AT = 50
#: A date so much ahead of this machine is no other zone's clock.
_AHEAD_MS = 86_400_000
COLUMNS = ("number", "state", "source", "at")


class UnusableEntry(NamedTuple):
    """A line that cannot be used, and why."""

    line: int
    problem: str


class Subscribed(NamedTuple):
    """A line that says that its number is subscribed: it is no opt-out, and changes nothing."""

    line: int


class OptOutRemark(NamedTuple):
    """A line that counts, but for something that could not be read."""

    line: int
    problem: str


class UnknownWord(NamedTuple):
    """A word of consent that nobody knows; its line counts as an opt-out."""

    line: int
    word: str


OptOutLine = OptOut | UnusableEntry | Subscribed | OptOutRemark | UnknownWord


def read_opt_outs(source: BinaryIO, *, max_bytes: int) -> Iterator[OptOutLine]:
    """The entries of a file of ours or of another system, CSV or workbook; a plain list of numbers needs no heading.

    All columns of numbers count. An entry without a time changes nothing for a number that is in its state already, so
    reading a list again does no harm.

    Raises:
        FileRefused, InputError: the file as a whole cannot be used.
    """
    records = _records(source, max_bytes)
    first_line, first = next(records, (0, [""]))
    columns = columns_of(first)
    if columns is None:
        columns = OptOutColumns(tuple(index for index, cell in enumerate(first) if _number(cell)))
        if columns.numbers:
            yield from _read(first_line, first, columns)
        else:
            some = list(islice(records, _LOOKED_AT))
            records = chain(some, records)
            columns = _by_content(first, [cells for _, cells in some])
    for line, cells in records:
        if any(map(str.strip, cells)):
            yield from _read(line, cells, columns)


def _by_content(headings: Sequence[str], some: Sequence[Sequence[str]]) -> OptOutColumns:
    """The columns of a file whose headings say nothing of numbers: its cells decide."""
    found = [
        index
        for index in range(max(map(len, [headings, *some])))
        if (cells := [cell for line in some if (cell := cell_at(line, index))]) and all(map(_number, cells))
    ]
    columns = columns_of(headings, found[0]) if len(found) == 1 else None
    if columns is not None:
        return columns
    if found:
        names = " and ".join(f"`{cell_at(headings, index)[:40] or index + 1}`" for index in found[:4])
        raise InputError(
            f"{names} both look like columns of numbers", hint="name the right one `number` in the first line"
        )
    raise InputError(
        "the file has no column of numbers", hint="its first line names the columns: number,state,source,at"
    )


def _records(source: BinaryIO, max_bytes: int) -> Iterator[tuple[int, list[str]]]:
    opened = open_source(PulsedStream(source), max_bytes=max_bytes)
    if opened.workbook is not None:
        wish = SheetWish(hidden_rows=True, as_typed=True)  # who opted out in a hidden row opted out
        return iter(ExcelRecords(opened.workbook, opened.kind, max_bytes=max_bytes, wish=wish))
    try:
        return iter(CsvRecords(DecodedLines(opened.text, asks=False), sought_headings(None)))
    except DecodingError:
        raise InputError("the file is not readable text", hint="save the list as CSV in UTF-8") from None


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
    writer = StrippedCsv(buffer)
    writer.writerow(COLUMNS)
    for entry in entries:
        yield _emptied(buffer)
        writer.writerow((entry.number, entry.state, guarded(entry.source), utc_text(entry.at_ms)))
    yield _emptied(buffer)


def _emptied(buffer: io.StringIO) -> str:
    line = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return line


def _read(line: int, cells: list[str], columns: OptOutColumns) -> Iterator[OptOutLine]:
    at_ms = read_date(cell_at(cells, columns.at)) if columns.at is not None else 0
    source = bare(cell_at(cells, columns.source)) if columns.source is not None else ""
    if columns.log:
        written, stops = log_entry(cells, columns.log)
        state: Said = "out" if stops else "kept"
        numbers = [written]
    else:
        state = said_of(cells, columns)
        numbers = [cell for cell in (cell_at(cells, index) for index in columns.numbers) if cell]
    if state == "kept":
        yield Subscribed(line)
        return
    if state == "out":
        yield from (UnknownWord(line, word) for word in unknown_words(cells, columns))
    yield from _of_date(line, cell_at(cells, columns.at) if columns.at is not None else "", at_ms)
    for number in numbers or [""]:
        found = _number(number)
        if found is None:
            yield UnusableEntry(line, "this is not a US or Canadian number")
        else:
            yield OptOut(found, state, at_ms, (source or "import")[:SOURCE_MAX])


def _of_date(line: int, cell: str, at_ms: int) -> Iterator[OptOutRemark]:
    if cell and not at_ms:
        yield OptOutRemark(line, "its date cannot be read; the line counts")
    elif at_ms > datetime.now(UTC).timestamp() * 1000 + _AHEAD_MS:
        yield OptOutRemark(line, "its date lies in the future; the line counts as of now")


def _number(cell: str) -> str | None:
    try:
        return read_sender(cell)
    except RowError:
        return None
