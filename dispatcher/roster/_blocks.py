"""Hundreds of records become blocks of recipients; what is out of the ordinary among them is only pointed at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.roster._duplicates import SeenNumbers
from dispatcher.roster._row_columns import RowColumns
from dispatcher.roster._rows import RowReader
from dispatcher.roster.files.plain_lines import PlainRecords
from dispatcher.roster.formula_guard import bare, has_guards


class BlockReader:
    """Reads the records of a file with so many columns. `seen` are the numbers that it named so far."""

    def __init__(self, width: int, rows: RowReader, seen: SeenNumbers) -> None:
        self._width = width
        self._columns = RowColumns(rows)
        self._seen = seen

    def read(
        self, lines: Sequence[int], records: Sequence[list[str]], *, may_be_guarded: bool
    ) -> Iterator[RecipientBlock | int]:
        """The records in their order: blocks whose rows have no numbers yet, and the places of records that have to be
        read by themselves once all before them were."""
        cells, odd = columns_of(records, self._width, may_be_guarded=may_be_guarded)
        block, unusual = self._columns.read(lines, cells)
        start = 0
        for place in sorted(odd | unusual):
            yield from self._named_first(block.part(start, place), start)
            yield place
            start = place + 1
        yield from self._named_first(block.part(start, len(records)), start)

    def _named_first(self, block: RecipientBlock, offset: int) -> Iterator[RecipientBlock | int]:
        """The recipients of a block, and the places of those whose number an earlier row has."""
        start = 0
        for place in (*self._seen.add_all(block.numbers), len(block)):
            if start < place:
                yield block.part(start, place)
            if place < len(block):
                yield offset + place
            start = place + 1


def columns_of(
    records: Sequence[list[str]], width: int, *, may_be_guarded: bool
) -> tuple[list[Sequence[str]], set[int]]:
    """So many columns of these records, and the places of the records whose cells are not all in them as they stand:
    too many or too few, or guarded as formulas."""
    columns, odd = _cells_by_column(records)
    for column in columns[width:]:
        odd.update(place for place, cell in enumerate(column) if cell.strip())
    columns = columns[:width] + [("",) * len(records)] * (width - len(columns))
    if may_be_guarded:
        for column in columns:
            if has_guards("\n".join(column)):
                odd.update(place for place, cell in enumerate(column) if bare(cell) != cell)
    return columns, odd


def _cells_by_column(records: Sequence[list[str]]) -> tuple[list[Sequence[str]], set[int]]:
    """As many columns as most records have, and the places of the others, which stand empty there."""
    if isinstance(records, PlainRecords):
        return list(records.columns), set()
    lengths = set(map(len, records))
    if len(lengths) == 1:
        return list(zip(*records, strict=True)), set()
    usual = Counter(map(len, records)).most_common(1)[0][0]
    odd = {place for place, record in enumerate(records) if len(record) != usual}
    empty = [""] * usual
    even = [record if len(record) == usual else empty for record in records]
    return list(zip(*even, strict=True)), odd
