"""Puts a person's mends into the records of a file as they pass; a mend that does not fit the file refuses it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from dispatcher.roster.excel.shown_cells import as_typed
from dispatcher.roster.files.csv_reader import Record, RecordBlock
from dispatcher.roster.formula_guard import bare, guarded
from dispatcher.roster.mends import Mend
from dispatcher.roster.readings import Remark
from dispatcher.roster.rejections import refused

#: Lines that a remark names.
_LINES_NAMED = 10


class HeadingPlaces(NamedTuple):
    """What a file's columns are called, all of them; `own` has the places of those that no earlier check wrote."""

    all: Sequence[str]
    own: Sequence[int]

    def name_of(self, own_place: int) -> str | int:
        """What a mend calls a column of the file's own."""
        place = self.own[own_place]
        heading = self.all[place]
        return heading if heading and self.all.count(heading) == 1 else place + 1

    def place_of(self, name: str | int) -> int | None:
        """The inverse, among all columns; None: the file has no such column, or several."""
        if isinstance(name, int):
            return name - 1 if 0 < name <= len(self.all) else None
        return self.all.index(name) if self.all.count(name) == 1 else None


class MendedRows:
    """The mends of one file. `may_be_guarded` tells whether cells may carry the guard of a formula now."""

    def __init__(
        self, mends: Iterable[Mend], headings: HeadingPlaces, may_be_guarded: Callable[[], bool]
    ) -> None:
        self._headings = headings
        self._may_be_guarded = may_be_guarded
        self._emptied: list[int] = []
        self._by_line: dict[int, list[Mend]] = defaultdict(list)
        for mend in mends:
            self._by_line[mend.line].append(mend)

    def over(self, records: Iterator[Record]) -> Iterator[Record]:
        """Records as they are mended.

        Raises:
            FileRefused: `mend_elsewhere`, a cell is not what it was when it was mended.
        """
        return self._over(records) if self._by_line else records

    def over_blocks(self, blocks: Iterator[RecordBlock]) -> Iterator[RecordBlock]:
        """The same of many at a time."""
        return self._over_blocks(blocks) if self._by_line else blocks

    def _over(self, records: Iterable[Record]) -> Iterator[Record]:
        for line, record in records:
            yield line, self._mended(line, record) if line in self._by_line else record

    def _over_blocks(self, blocks: Iterator[RecordBlock]) -> Iterator[RecordBlock]:
        for lines, records in blocks:
            if any(lines[0] <= line <= lines[-1] for line in self._by_line):
                yield lines, [record for _, record in self._over(zip(lines, records, strict=True))]
            else:
                yield lines, records

    def remarks(self) -> Iterator[Remark]:
        """A word on rows of which nothing was left: an empty row is none."""
        if self._emptied:
            lines = ", ".join(map(str, self._emptied[:_LINES_NAMED]))
            more = ", …" if len(self._emptied) > _LINES_NAMED else ""
            one = len(self._emptied) == 1
            said = "1 row counts" if one else f"{len(self._emptied)} rows count"
            where = f"{'line' if one else 'lines'} {lines}{more}"
            yield Remark("mended_away", f"{said} no more, for all cells were mended to nothing: {where}.")

    def require_all_used(self) -> None:
        """To be called once the file is read.

        Raises:
            FileRefused: it has no row where one was mended.
        """
        if self._by_line:
            raise refused("mend_elsewhere", line=min(self._by_line))

    def _mended(self, line: int, record: list[str]) -> list[str]:
        record = list(record)
        for mend in self._by_line.pop(line):
            if mend.column is None:
                record = self._whole(mend, record)
                continue
            place = self._headings.place_of(mend.column)
            if place is None:
                raise refused("mend_elsewhere", line=line)
            record += [""] * (place + 1 - len(record))
            if not self._reads(record[place], mend.before):
                raise refused("mend_elsewhere", line=line)
            record[place] = self._as_read(str(mend.after))
        if not any(map(str.strip, record)):
            self._emptied.append(line)
        return record

    def _whole(self, mend: Mend, record: list[str]) -> list[str]:
        """A row mended as a whole: what an earlier check said of it counts no more."""
        width, own = len(self._headings.all), self._headings.own
        record += [""] * (width - len(record))
        cells = whole_row([record[place] for place in own], record[width:])
        if len(cells) != len(mend.before) or not all(map(self._reads, cells, mend.before)):
            raise refused("mend_elsewhere", line=mend.line)
        after = dict(zip(own, map(self._as_read, mend.after), strict=False))
        beyond = map(self._as_read, mend.after[len(own) :])
        return [*(after.get(place, "") for place in range(width)), *beyond]

    def _reads(self, cell: str, text: str | object) -> bool:
        """Whether a cell of the file is read as this text, be it as it shows or as it was typed."""
        return text in ((cell, bare(cell)) if self._may_be_guarded() else (cell,)) or text == as_typed(cell)

    def _as_read(self, text: str) -> str:
        """The cell that is read as this text."""
        return guarded(text) if self._may_be_guarded() else text


def whole_row(cells: Sequence[str], beyond: Sequence[str]) -> tuple[str, ...]:
    """All cells of a row, those beyond the last heading too, without empty ones at the end."""
    row = [*cells, *beyond]
    while row and not row[-1].strip():
        row.pop()
    return tuple(row)
