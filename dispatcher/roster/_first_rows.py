"""The first rows of a file, looked at before it is read: which columns hold telephone numbers, and cells to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dispatcher.roster._empty_words import text_in
from dispatcher.roster._nanp import national_digits
from dispatcher.roster.rejections import RowError

#: So many rows are looked at, as far as the head of the file has them.
ROWS_MOST = 200
_SAMPLES, _SAMPLE_CHARACTERS = 3, 60
#: What is wrong with a cell that is a telephone number all the same.
_NUMBERS_ALL_THE_SAME = frozenset(("extension", "two_numbers", "precision_lost", "region_not_allowed"))
#: What an earlier check says of a row whose number cannot be used.
_BAD_NUMBERS = _NUMBERS_ALL_THE_SAME | {
    *("empty_number", "not_a_number", "too_short", "too_long", "bad_area_code", "bad_exchange", "unassigned"),
    *("premium", "toll_free", "personal", "not_mobile", "fictional"),
}


def is_number(cell: str) -> bool:
    """Whether a cell can be sent to, as far as its writing tells."""
    try:
        return bool(national_digits(cell))
    except RowError:
        return False


def _looks_like_a_number(cell: str) -> bool:
    try:
        return bool(national_digits(cell))
    except RowError as error:
        return error.code in _NUMBERS_ALL_THE_SAME


class FirstRows:
    """Rows with a cell for each heading.

    `telling`: they are rows as any others of their file, not only those that an earlier check could not use. Then a
    column that is empty in them is an empty column.
    """

    def __init__(self, rows: Sequence[Sequence[str]], *, telling: bool = True) -> None:
        self.rows = rows
        self.telling = telling and bool(rows)
        self._numbers: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def cells(self, index: int) -> list[str]:
        """What stands in this column, without its empty cells."""
        return [cell for row in self.rows if (cell := text_in(row[index]))]

    def numbers(self, index: int) -> int:
        """How many of its cells are telephone numbers."""
        if index not in self._numbers:
            self._numbers[index] = sum(map(_looks_like_a_number, self.cells(index)))
        return self._numbers[index]

    def share(self, index: int) -> float:
        """Telephone numbers among what stands in the column; 0 where nothing does."""
        filled = len(self.cells(index))
        return self.numbers(index) / filled if filled else 0.0

    def samples(self, index: int) -> tuple[str, ...]:
        """Up to three of its cells, each different, for the person who brought the file."""
        return self.samples_of(lambda cells: cells[index])

    def samples_of(self, cell_of: Callable[[Sequence[str]], str]) -> tuple[str, ...]:
        """The same of what is found in each row."""
        different: dict[str, None] = {}
        for row in self.rows:
            if cell := text_in(cell_of(row)):
                different[cell[:_SAMPLE_CHARACTERS]] = None
            if len(different) == _SAMPLES:
                break
        return tuple(different)


def bad_numbers_in(rows: Sequence[Sequence[str]], code: int | None, column: int | None) -> str | None:
    """The column in which an earlier check looked for numbers, by what it wrote behind the rows."""
    if code is None or column is None:
        return None
    for row in rows:
        if len(row) > max(code, column) and row[code].strip() in _BAD_NUMBERS and row[column].strip():
            return row[column].strip()
    return None
