"""Invalid rows as they can be mended where they stand: the cell at fault, exactly as it was read, and the others."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TextIO

from dispatcher.errors import InputError
from dispatcher.model.recipient import InvalidRow
from dispatcher.roster._labelled_numbers import LabelledNumbers
from dispatcher.roster._mended_rows import HeadingPlaces, whole_row
from dispatcher.roster.columns import Columns
from dispatcher.roster.mends import MENDS_MAX, Mend, brings_control_characters

#: A longer text is mended in the file itself.
MENDED_CHARACTERS = 4000
_LINE_END = re.compile(r"\r\n?")
#: Characters of a list of rows at most.
_LISTED_CHARACTERS = 16 << 20


class MendableRow(NamedTuple):
    """One invalid row. `column` is what a `Mend` calls the column at fault and `place` where its cell stands in
    `cells`, both None where it is the whole row; `heading` is for people."""

    line: int
    heading: str | None
    column: str | int | None
    place: int | None
    code: str
    message: str
    cells: tuple[str, ...]
    beyond: tuple[str, ...]

    def __repr__(self) -> str:
        return f"MendableRow(line={self.line}, code={self.code})"

    @property
    def before(self) -> str | tuple[str, ...]:
        """What is to be mended, as a `Mend` has it."""
        return whole_row(self.cells, self.beyond) if self.place is None else self.cells[self.place]

    @property
    def value(self) -> str:
        """What is to be mended, as a text: a cell, or the row as a line of CSV."""
        return text_of(self.before)

    @property
    def mark(self) -> str:
        """Tells this cell with what stands in it from every other one of its line, and from itself with another text;
        nothing can be read from it."""
        return f"{_digest(json.dumps(self.column))}{_digest(self.value)}"

    def mended(self, value: str) -> Mend | None:
        """The mend that puts this text, as `value` has it, in its place; None if that changes nothing."""
        value = _as_posted(value)
        if value == _as_posted(self.value):
            return None
        before, after = self.before, value if self.place is not None else cells_of(value)
        return (
            None if after == before else Mend(line=self.line, column=self.column, before=before, after=after)
        )

    def with_value(self, value: str) -> tuple[str, ...]:
        """All cells of the row with this text in its place."""
        if self.place is None:
            return cells_of(value)
        return (*self.cells[: self.place], value, *self.cells[self.place + 1 :], *self.beyond)


def require_mendable(row: MendableRow, value: str) -> None:
    """See that this text may be written into the row's invalid cell.

    Raises:
        InputError: it is too long, or has characters that nobody writes.
    """
    if len(value) > MENDED_CHARACTERS:
        raise InputError(
            f"a cell of more than {MENDED_CHARACTERS} characters is not mended here",
            hint="mend it in the file",
        )
    if brings_control_characters(row.value, value):
        raise InputError("a cell holds no control characters", hint="write it without them")


def is_unchanged(mark: str, value: str) -> bool:
    """Whether this text stood already in the cell with this mark."""
    return mark.endswith(_digest(value))


def mended_again(mends: tuple[Mend, ...], row: MendableRow, value: str) -> tuple[Mend, ...]:
    """The mends of a line with another one, which puts this text into its invalid cell. `row` is the line as it was
    read, the first `mends` in it already; the last of them may be this cell's own, which is mended once more."""
    same = bool(mends) and mends[-1].column == row.column
    earlier = mends[:-1] if same else mends
    mend = row.mended(value)
    if not same:
        return earlier if mend is None else (*earlier, mend)
    after = row.before if mend is None else mend.after
    again = mends[-1].model_copy(update={"after": after})
    return earlier if _as_posted(text_of(after)) == _as_posted(text_of(again.before)) else (*earlier, again)


def _as_posted(text: str) -> str:
    """The text with the line ends that are left of it when a browser had it in a field."""
    return _LINE_END.sub("\n", text)


def _digest(text: str) -> str:
    return hashlib.sha256(_as_posted(text).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def line_of(cells: Sequence[str]) -> str:
    """Cells as a line of CSV."""
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().removesuffix("\r\n")


def text_of(cells: str | Sequence[str]) -> str:
    """A cell, or a row as a line of CSV."""
    return cells if isinstance(cells, str) else line_of(cells)


def cells_of(line: str) -> tuple[str, ...]:
    """The inverse of `line_of`; whatever is quoted badly is part of its cell."""
    records = list(csv.reader(io.StringIO(line, newline="")))
    return tuple(cell for record in records for cell in record)


class MendableRows:
    """Writes rows to be mended as lines of JSON, as many as can be: a file with more of them is mended elsewhere."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._rows, self._room = MENDS_MAX, _LISTED_CHARACTERS

    @property
    def is_full(self) -> bool:
        """Whether no row is taken any more."""
        return self._rows == 0 or self._room <= 0

    def write(self, row: MendableRow) -> None:
        """Add one row, if there is room; the first that finds none is the last that is tried."""
        line = json.dumps(row) + "\n"
        self._room -= len(line)
        if not self.is_full:
            self._file.write(line)
            self._rows -= 1


def listed_rows(lines: Iterable[str]) -> list[MendableRow]:
    """The rows that `MendableRows` wrote."""
    return [row_of(json.loads(line)) for line in lines]


def row_of(listed: list[Any]) -> MendableRow:
    """One of them as it was listed."""
    row = MendableRow(*listed)
    return row._replace(cells=tuple(row.cells), beyond=tuple(row.beyond))


def mendable(row: InvalidRow, places: HeadingPlaces, columns: Columns) -> MendableRow:
    """How an invalid row of a file with these columns can be mended."""
    place = columns.to if row.code == "own_number" else _place_of(row.column, columns)
    if place == columns.to and columns.labelled and row.cells:
        place = _labelled_place(columns.labelled, row.cells, columns.to)
    heading, column = (None, None) if place is None else (columns.names[place], places.name_of(place))
    return MendableRow(row.line, heading, column, place, row.code, row.message, row.cells, row.beyond)


def _labelled_place(labelled: LabelledNumbers, cells: Sequence[str], to: int) -> int | None:
    """The place of the number that a row's labels choose, the first where there is none; None: they choose several."""
    number = labelled.cell(cells)
    if not number:
        return to
    return next((value for _, value in labelled.pairs if cells[value].strip() == number), None)


def _place_of(column: str | None, columns: Columns) -> int | None:
    """The place of the column that an invalid row names. Where several are called so, only the recipient's can be at
    fault: what is said in two other columns refuses the file."""
    if column is None or column not in columns.names:
        return None
    return columns.to if columns.names[columns.to] == column else columns.names.index(column)
