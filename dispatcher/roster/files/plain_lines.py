"""Lines of CSV without a quote, cut into columns at once: most files have nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from dispatcher.roster.size_limits import CELL_CHARACTERS, COLUMNS_MAX

#: Marks where a line begins while its cells are those of all lines. No file has it: it would be refused as damaged.
_BEGINS = "\0"


class PlainRecords(Sequence[list[str]]):
    """Records of equal length. `columns` has their cells."""

    def __init__(self, columns: Sequence[Sequence[str]]) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns[0])

    @overload
    def __getitem__(self, place: int) -> list[str]: ...
    @overload
    def __getitem__(self, place: slice) -> list[list[str]]: ...
    def __getitem__(self, place: int | slice) -> list[str] | list[list[str]]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        return [column[place] for column in self.columns]


def plain_records(text: str, separator: str) -> PlainRecords | None:
    """The records on these lines, where `csv.reader` would cut them at the separators and do nothing else: no quotes,
    and as many cells on each line. None if they are not like that, or no line is there."""
    if not text or '"' in text or len(text) > CELL_CHARACTERS:
        return None
    text = text.replace("\r\n", "\n").removesuffix("\n")
    if "\r" in text:
        return None
    width = text.partition("\n")[0].count(separator) + 1
    cells = (_BEGINS + text.replace("\n", separator + _BEGINS)).split(separator)
    count = text.count("\n") + 1
    first = "".join(cells[::width])
    if len(cells) != count * width or first.count(_BEGINS) != count or width > COLUMNS_MAX:
        return None
    return PlainRecords([first.split(_BEGINS)[1:], *(cells[place::width] for place in range(1, width))])
