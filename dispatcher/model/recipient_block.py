"""Many rows of a campaign file that can be sent, held by column: a million rows need no object each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress, repeat
from typing import Any

from dispatcher.errors import InputError
from dispatcher.model.recipient import InvalidRow, Recipient


@dataclass(frozen=True, slots=True)
class RecipientBlock:
    """Recipients in the file's order, none of a group. Item i of each column is of the i-th of them, see `Recipient`;
    `cells` has the file's own columns, item i of each of them likewise."""

    rows: Sequence[int]
    lines: Sequence[int]
    numbers: Sequence[str]
    senders: Sequence[str | None]
    texts: Sequence[str | None]
    media: Sequence[tuple[str, ...]]
    timezones: Sequence[str | None]
    cells: Sequence[Sequence[str]]

    @classmethod
    def of(cls, recipients: Sequence[Recipient]) -> RecipientBlock:
        """Recipients of no group, at least one."""
        rows, lines, numbers, senders, texts, media, zones, _, cells = zip(*recipients, strict=True)
        return cls(rows, lines, numbers, senders, texts, media, zones, tuple(zip(*cells, strict=True)))

    def __len__(self) -> int:
        return len(self.numbers)

    def __repr__(self) -> str:
        return f"RecipientBlock(rows={len(self)})"

    def numbered(self, first: int) -> RecipientBlock:
        """The same as rows `first`, `first` + 1, …"""
        return replace(self, rows=range(first, first + len(self)))

    def recipients(self) -> Iterator[Recipient]:
        """Each of them by itself."""
        columns = (self.numbers, self.senders, self.texts, self.media, self.timezones, repeat(None))
        return map(Recipient, self.rows, self.lines, *columns, zip(*self.cells, strict=True))

    def part(self, start: int, stop: int) -> RecipientBlock:
        """The recipients from `start` up to `stop`."""
        if start == 0 and stop >= len(self):
            return self
        return self._cut(lambda column: column[start:stop])

    def kept(self, flags: Sequence[bool]) -> RecipientBlock:
        """The recipients whose flag is set."""
        return self._cut(lambda column: tuple(compress(column, flags)))

    def _cut(self, cut: Callable[[Sequence[Any]], Sequence[Any]]) -> RecipientBlock:
        return RecipientBlock(
            rows=cut(self.rows),
            lines=cut(self.lines),
            numbers=cut(self.numbers),
            senders=cut(self.senders),
            texts=cut(self.texts),
            media=cut(self.media),
            timezones=cut(self.timezones),
            cells=tuple(map(cut, self.cells)),
        )


def row_in(items: Iterable[RecipientBlock | Recipient | InvalidRow], number: int) -> Recipient | InvalidRow:
    """The row of a file with this number; they count from 1. Reads as far as it stands.

    Raises:
        InputError: the file has no such row.
    """
    for item in items:
        if not isinstance(item, RecipientBlock):
            if item.row == number:
                return item
        elif item.rows[0] <= number <= item.rows[-1]:
            place = number - item.rows[0]
            return next(item.part(place, place + 1).recipients())
    raise InputError(f"the file has no row {number}", hint="rows count from 1, without the heading")
