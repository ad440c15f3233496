"""The line of headings, which is not always the first: reports put a title and their filters above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dispatcher.roster._first_rows import is_number

#: So many records are looked at.
LOOKED_AT = 30


class _Candidate(NamedTuple):
    """A record that names the recipients, better ones greater: with numbers below that name, with more cells."""

    has_numbers: bool
    filled: int
    place: int


def heading_place(records: Sequence[Sequence[str]], names_recipients: Callable[[str], bool]) -> int | None:
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
