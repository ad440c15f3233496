"""How a CSV file is cut: by which separator, and from which line on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from dispatcher.roster._heading_row import LOOKED_AT, Names, Sought, heading_place, numbers_below

_Numbered = tuple[int, list[str]]


class Dialect(NamedTuple):
    """What separates cells, and the line of the headings: what stands above it is a title. 0: none is recognised."""

    separator: str
    heading_line: int


class _Cut(NamedTuple):
    """The head of a file as one separator cuts it, better ones greater: whether a heading for the recipients has
    telephone numbers below it, how many columns the headings have. `line` is theirs, 0 if none is recognised."""

    is_found: bool
    columns: int
    line: int


def dialect_of(head: str, separators: Iterable[str], sought: Sought) -> Dialect:
    """How this head is cut so that its headings make most sense, with the wanted column among them if there is one."""
    separators = tuple(separators)
    found = _dialect_by(head, separators, sought.recipients)
    if sought.wanted is None or _has(head, found, sought.wanted):
        return found
    other = _dialect_by(head, separators, sought.wanted)
    return other if _has(head, other, sought.wanted) else found


def _has(head: str, dialect: Dialect, wanted: Names) -> bool:
    """Whether the wanted column is among the headings."""
    records = _records(head, dialect.separator)
    return any(map(wanted, next((record for line, record in records if line >= dialect.heading_line), ())))


def _dialect_by(head: str, separators: Iterable[str], names_recipients: Names) -> Dialect:
    """The separator under which the headings make most sense: the recipients named in the first line and most columns,
    else the same further down, else most columns."""
    firsts = {each: next(_records(head, each), (1, [])) for each in separators}
    named = {
        each: line
        for each, (line, record) in firsts.items()
        if sum(map(bool, map(str.strip, record))) > 1 and any(map(names_recipients, record))
    }
    if named:
        separator = max(named, key=lambda each: len(firsts[each][1]))
        return Dialect(separator, named[separator])
    cuts = {each: _cut(head, each, names_recipients) for each in firsts}
    separator = max(cuts, key=lambda each: cuts[each][:2])
    return Dialect(separator, cuts[separator].line)


def first_line_dialect(head: str, separators: Iterable[str], sought: Sought) -> Dialect:
    """The separator under which the first line makes most sense, whatever stands below it."""
    firsts = {each: next(_records(head, each), (1, []))[1] for each in separators}
    named = {each: any(map(sought.recipients, first)) for each, first in firsts.items()}
    return Dialect(max(firsts, key=lambda each: (named[each], len(firsts[each]))), 0)


def _records(head: str, separator: str) -> Iterator[_Numbered]:
    """The records with a letter or a digit in them, as this separator cuts them, each with its line."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
    line = 1
    try:
        for record in reader:
            if any(map(str.isalnum, "".join(record))):
                yield line, record
            line = reader.line_num + 1
    except csv.Error:
        pass


def _cut(head: str, separator: str, names_recipients: Names) -> _Cut:
    numbered = list(islice(_records(head, separator), 2 * LOOKED_AT))
    records = [record for _, record in numbered]
    place = heading_place(records, names_recipients)
    if place is None:
        return _Cut(False, len(records[0]) if records else 0, 0)
    named = [column for column, cell in enumerate(records[place]) if names_recipients(cell)]
    return _Cut(numbers_below(records, place, named), len(records[place]), numbered[place][0])
