"""Which columns of a file say who consents to texts: those that are named, or those whose headings say so."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dispatcher.errors import Choice, FileRefused, Question
from dispatcher.roster._consent_headings import ConsentHeading, consent_heading, named_heading
from dispatcher.roster._consent_values import Verdict, verdict
from dispatcher.roster.columns import Columns, heading_key
from dispatcher.roster.rejections import refused

#: Different cells of a column whose verdict is remembered, but for long ones.
_REMEMBERED, _LONG = 4096, 200


class ConsentColumn:
    """One column: its place among the file's own, its name, and what its heading means."""

    def __init__(self, index: int, name: str, heading: ConsentHeading) -> None:
        self.index = index
        self.name = name
        self.heading = heading
        self._verdicts: dict[str, Verdict] = {}

    def verdict(self, cell: str) -> Verdict:
        """What a cell says."""
        found = self._verdicts.get(cell)
        if found is None:
            found = verdict(cell, self.heading)
            if len(self._verdicts) < _REMEMBERED and len(cell) < _LONG:
                self._verdicts[cell] = found
        return found


class ChosenColumns(NamedTuple):
    """Columns that are `read`, that may be about another consent, and that are not read because others say more."""

    read: tuple[ConsentColumn, ...]
    unclear: tuple[ConsentColumn, ...] = ()
    others: tuple[ConsentColumn, ...] = ()


def choose_columns(columns: Columns, names: str | None) -> ChosenColumns:
    """The columns of these names, or without any those that their headings say.

    Raises:
        FileRefused: the file has no column of such a name.
    """
    found = list(_found(columns))
    if names is None:
        clear = [column for column in found if column.heading.is_clear]
        read = tuple(_decisive(clear))
        unclear = tuple(column for column in found if not column.heading.is_clear)
    else:
        read, unclear = tuple(_named(columns, names, found)), ()
    taken = {column.index for column in (*read, *unclear)}
    return ChosenColumns(read, unclear, tuple(column for column in found if column.index not in taken))


def joined_names(columns: Sequence[ConsentColumn]) -> str:
    """The names of these columns as the setting has them."""
    names = list(dict.fromkeys(column.name for column in columns))
    if len(names) == 1:
        return names[0]
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue() if '"' in line.getvalue() else line.getvalue().replace(",", ", ")


def _found(columns: Columns) -> Iterator[ConsentColumn]:
    """All columns whose headings speak of consent, but for those that have a meaning of their own."""
    own = {columns.to, columns.message, columns.media, columns.sender, columns.timezone}
    for index, name in enumerate(columns.names):
        if index not in own and (heading := consent_heading(name, columns.names[columns.to])):
            yield ConsentColumn(index, name, heading)


def _decisive(columns: Sequence[ConsentColumn]) -> Iterator[ConsentColumn]:
    """Those that are read where several speak of consent: every refusal, and of agreements the most exact. Times only
    say what no other column does."""
    flags = [column.heading for column in columns if not column.heading.is_time]
    texts = any(heading.about == "texts" for heading in flags)
    refusals = any(heading.sense == "refuses" for heading in flags)
    agrees = [column.heading for column in columns if column.heading.sense in ("agrees", "either")]
    exact = 0 if texts else min(map(_inexactness, agrees), default=0)
    for column in columns:
        about, sense, is_time, _ = column.heading
        if sense == "refuses":
            counts = not (is_time and (texts or refusals))
        elif sense == "status":
            counts = about == "texts" or not texts
        else:
            counts = about == "calls" or _inexactness(column.heading) == exact
        if counts:
            yield column


def _inexactness(heading: ConsentHeading) -> int:
    return ("texts", "anything", "calls").index(heading.about) * 2 + heading.is_time


def _named(columns: Columns, names: str, found: Sequence[ConsentColumn]) -> Iterator[ConsentColumn]:
    meanings = {column.index: column.heading for column in found if column.heading.is_clear}
    for name in (names,) if columns.find(names) is not None else _split(names):
        if columns.find(name) is None:
            raise _no_such_column(columns, name, found)
        for index, heading in enumerate(columns.names):
            if heading_key(heading) == heading_key(name):
                yield ConsentColumn(index, heading, meanings.get(index) or named_heading(heading))


def _no_such_column(columns: Columns, name: str, found: Sequence[ConsentColumn]) -> FileRefused:
    choices = tuple(Choice(column.name, column.name) for column in found)
    return refused(
        "no_such_consent_column",
        name=name,
        nearest=columns.nearest(name),
        headings=columns.named(),
        question=Question("consent", choices) if choices else None,
    )


def _split(names: str) -> list[str]:
    """Names separated by commas; one with a comma in it stands in quotes."""
    record = next(csv.reader(io.StringIO(names, newline=""), skipinitialspace=True), [])
    return [name.strip() for name in record if name.strip()]
