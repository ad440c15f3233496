"""Which sheet has the recipients: the one that was named, or the visible one whose headings and cells say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from dispatcher.roster._first_rows import is_number
from dispatcher.roster._heading_row import LOOKED_AT, Names, Sought, heading_place, numbers_below
from dispatcher.roster.excel._books import Book
from dispatcher.roster.excel._errors import SheetError
from dispatcher.roster.excel._sheet import SheetRow
from dispatcher.roster.excel._workbook import SheetPart, Table

#: How likely a sheet has the recipients: it has cells; a heading for them, or numbers; numbers below such a heading.
_CELLS, _PERHAPS, _RECIPIENTS = range(3)
_SAMPLES: Final = 3
_SAMPLE_CHARACTERS: Final = 80
#: Sheets that are offered, and characters of all names in a sentence.
_OFFERED_MAX: Final = 20


class SheetHead(NamedTuple):
    """A sheet's beginning, and all of its rows. What stands above `heading_line` is a title; `total_line` only adds up
    what stands above it."""

    sheet: SheetPart
    first: Sequence[SheetRow]
    rows: Iterator[Sequence[SheetRow]]
    likelihood: int
    heading_line: int
    total_line: int | None

    def samples(self) -> list[str]:
        """Its first rows, for a person to tell it from others."""
        shown = [row for row in self.first if row.line >= self.heading_line][:_SAMPLES]
        return [" | ".join(filter(None, row.cells))[:_SAMPLE_CHARACTERS] for row in shown]


class ChosenSheet(NamedTuple):
    """The sheet to read (None: none has cells), why it is that one where there are others, and what could be chosen."""

    head: SheetHead | None
    why: str
    choices: list[SheetHead]
    is_open: bool = False


def chosen_sheet(workbook: Book, name: str | None, sought: Sought) -> ChosenSheet:
    """The sheet of this name, else the likeliest of those that are visible; `is_open` if several are as likely.

    Raises:
        SheetError: there is no such sheet, or no visible one.
    """
    sheets = workbook.sheets()
    if name is not None:
        named = _named(sheets, name)
        why = "" if _is_alone(workbook, named, sheets) else "as it was named"
        return ChosenSheet(head_of(workbook, named, sought), why, [])
    visible = [sheet for sheet in sheets if sheet.is_visible]
    if not visible:
        raise SheetError("no_sheet")
    heads = [head for sheet in visible if (head := head_of(workbook, sheet, sought))]
    if len(heads) < 2:
        return ChosenSheet(heads[0] if heads else None, "", [])
    best = max(head.likelihood for head in heads)
    likeliest = [head for head in heads if head.likelihood == best]
    if best == _CELLS:
        return ChosenSheet(heads[0], "it is the first", heads)
    if len(likeliest) > 1:
        return ChosenSheet(None, "", likeliest, is_open=True)
    what = "a column of telephone numbers" if best == _RECIPIENTS else "telephone numbers"
    return ChosenSheet(likeliest[0], f"no other sheet has {what}", heads)


def first_sheet(workbook: Book) -> ChosenSheet:
    """The first visible sheet with cells, from its first row on.

    Raises:
        SheetError: none is visible.
    """
    visible = [sheet for sheet in workbook.sheets() if sheet.is_visible]
    if not visible:
        raise SheetError("no_sheet")
    heads = (head_of(workbook, sheet, Sought(lambda _: False)) for sheet in visible)
    return ChosenSheet(next(filter(None, heads), None), "", [])


def _named(sheets: Sequence[SheetPart], name: str) -> SheetPart:
    """The sheet of this name; if none has it as it is written, the one that has it but for case and spaces around."""
    key = name.strip().casefold()
    for found in (
        [sheet for sheet in sheets if sheet.name == name],
        [sheet for sheet in sheets if sheet.name.strip().casefold() == key],
    ):
        if len(found) == 1:
            return found[0]
    sheets_named = ", ".join(sheet.name for sheet in sheets[:_OFFERED_MAX])
    raise SheetError("no_such_sheet", name=name, sheets=sheets_named)


def _is_alone(workbook: Book, sheet: SheetPart, sheets: Sequence[SheetPart]) -> bool:
    """Whether it would be read without its name: no other visible sheet has cells, as far as they can be read."""
    others = [each for each in sheets if each.is_visible and each.part != sheet.part]
    try:
        return sheet.is_visible and not any(any(True for _ in workbook.rows(each.part)) for each in others)
    except Exception:  # damage in a sheet that nobody asked for
        return False


def head_of(workbook: Book, sheet: SheetPart, sought: Sought) -> SheetHead | None:
    """The beginning of a sheet; None if it has no cells."""
    rows = workbook.rows(sheet.part)
    first: list[SheetRow] = []
    read: list[list[SheetRow]] = []
    for some in rows:
        read.append(some)
        first += some
        if len(first) >= LOOKED_AT:
            break
    if not first:
        return None
    first = first[: 2 * LOOKED_AT]
    looked = _looked_at(workbook.tables(sheet.part), first, sought)
    return SheetHead(sheet, first, chain(read, rows), looked.likelihood, looked.line, looked.total_line)


class _Looked(NamedTuple):
    """How likely a sheet has the recipients, the line of its headings, and of a table's totals."""

    likelihood: int
    line: int
    headings: Sequence[str]
    total_line: int | None = None


def _looked_at(tables: Sequence[Table], first: Sequence[SheetRow], sought: Sought) -> _Looked:
    """What the first rows say, with the wanted column among the headings if there is one."""
    found = _looked_at_by(tables, first, sought.recipients)
    if sought.wanted is None:
        return found
    other = _looked_at_by(tables, first, sought.wanted)
    return found._replace(likelihood=other.likelihood) if any(map(sought.wanted, found.headings)) else other


def _looked_at_by(tables: Sequence[Table], first: Sequence[SheetRow], names_recipients: Names) -> _Looked:
    table = _table_of_recipients(tables, first, names_recipients)
    if table is not None:
        return _Looked(_RECIPIENTS, table.heading_line, table.headings, table.total_line)
    records = [row.cells for row in first]
    place = heading_place(records, names_recipients)
    if place is None:
        has_numbers = any(is_number(cell) for record in records for cell in record)
        filled = next((row for row in first if _filled(row.cells)), first[0])
        return _Looked(_PERHAPS if has_numbers else _CELLS, filled.line, filled.cells)
    likelihood = _RECIPIENTS if _is_list(records, place, names_recipients) else _PERHAPS
    return _Looked(likelihood, first[place].line, first[place].cells)


def _is_list(records: Sequence[Sequence[str]], place: int, names_recipients: Names) -> bool:
    """Whether rows of recipients follow these headings: telephone numbers, or rows at all below headings that nothing
    but a title stands above. Their numbers may be wrong, or further down."""
    named = [column for column, cell in enumerate(records[place]) if names_recipients(cell)]
    if numbers_below(records, place, named):
        return True
    above, headings = records[:place], records[place]
    return len(records) > place + 1 and _filled(headings) > 1 and all(_filled(cells) == 1 for cells in above)


def _filled(cells: Sequence[str]) -> int:
    return sum(map(bool, map(str.strip, cells)))


def _table_of_recipients(
    tables: Sequence[Table], first: Sequence[SheetRow], names_recipients: Names
) -> Table | None:
    """The one Excel table with a heading for the recipients, if no telephone number stands above it."""
    found = [table for table in tables if any(map(names_recipients, table.headings))]
    if len(found) != 1:
        return None
    above = [row.cells for row in first if row.line < found[0].heading_line]
    return None if any(is_number(cell) for cells in above for cell in cells) else found[0]
