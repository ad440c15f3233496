"""The line of headings, which is not always the first: reports put a title and their filters above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dispatcher.roster._first_rows import is_number

#: So many records are looked at.
LOOKED_AT = 30
Names = Callable[[str], bool]


class Sought(NamedTuple):
    """What tells the line of headings: a name for recipients, and that of the column which is wanted, if one is. The
    second counts only where it is not among the headings that the first one finds: a column that was found there once
    is found there again by its name."""

    recipients: Names
    wanted: Names | None = None


class _Candidate(NamedTuple):
    """A record that names the recipients, better ones greater: with numbers below that name, with more cells."""

    has_numbers: bool
    filled: int
    place: int


def heading_place(records: Sequence[Sequence[str]], names_recipients: Names) -> int | None:
    """The place of the record that names the columns; None if none is recognised, and then the first must be it.

    It names the recipients, and no record before it, nor itself, has a telephone number: nobody is taken for a title. A
    first record of several cells that does so is it; else the one with numbers below the name, and with most cells.
    """
    found: list[_Candidate] = []
    widest = 0
    for place, record in enumerate(records[:LOOKED_AT]):
        filled = [cell for cell in record if cell.strip()]
        if any(map(is_number, filled)):
            break
        named = [column for column, cell in enumerate(record) if cell.strip() and names_recipients(cell)]
        if named and not widest and len(filled) > 1:
            return place
        if named and ((below := numbers_below(records, place, named)) or len(filled) >= widest):
            found.append(_Candidate(below, len(filled), place))
        widest = max(widest, len(filled))
    return max(found, key=lambda one: one[:2]).place if found else None


def numbers_below(records: Sequence[Sequence[str]], place: int, columns: Sequence[int]) -> bool:
    """Whether a telephone number stands in one of these columns, in a record after this one."""
    return any(
        is_number(record[column])
        for record in records[place + 1 : place + 1 + LOOKED_AT]
        for column in columns
        if column < len(record)
    )
