"""A batch whose messages have one recipient each, gathered by column: a million of its rows need no object each.

`packing.PackedBatch.of` says how a batch is packed; what is packed here is the same to the byte.
"""

from __future__ import annotations

from collections.abc import Sequence

from dispatcher.ledger.batches.batch_columns import BatchColumns, number_as_packed
from dispatcher.ledger.batches.packing import (
    MARK_BYTES,
    NO_MARK,
    PackedBatch,
    compress,
    initial_counts,
    mark_of,
    marks_of,
)
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.recipient_block import RecipientBlock


class SingleRows:
    """Rows in the file's order, at most as many as a batch has marks for: recipients with a message each, and rows that
    are not sent.

    `sender` is who sends where a row names nobody: one number, or nobody yet.
    """

    def __init__(self, sender: str) -> None:
        self._sender = sender
        self._cells: list[list[str]] = []
        self._columns = BatchColumns([], [], [], [], self._cells, [], [], [], [], [])
        self._marks = bytearray()

    def __len__(self) -> int:
        return len(self._columns.rows)

    def add(self, block: RecipientBlock) -> None:
        """Take up recipients."""
        columns, count = self._columns, len(self)
        columns.members.extend(range(count, count + len(block)))
        columns.numbers.extend(map(int, block.numbers))
        columns.zones.extend(block.timezones)
        columns.senders.extend([sender or self._sender for sender in block.senders])
        columns.media.extend(block.media)
        columns.texts.extend(block.texts)
        self._marks += marks_of(block.numbers)
        self._add_rows(block.rows, block.lines, block.cells)

    def reject(self, row: InvalidRow) -> None:
        """Take up a row that is not sent."""
        columns = self._columns
        columns.rejected.append((len(self), row.state, row.column, row.code, row.message))
        columns.numbers.append(number_as_packed(row.number))
        columns.zones.append(None)
        self._marks += mark_of(row.number) if row.number else NO_MARK
        self._add_rows((row.row,), (row.line,), [(cell,) for cell in row.cells])

    def packed(self) -> PackedBatch:
        """The batch."""
        columns = self._columns
        counts = initial_counts([rejected[1] for rejected in columns.rejected], len(self))
        return PackedBatch(
            compress(columns.packed()),
            counts,
            len(columns.members),
            bytes(self._marks.ljust(MARK_BYTES, b"\0")),
        )

    def _add_rows(self, rows: Sequence[int], lines: Sequence[int], cells: Sequence[Sequence[str]]) -> None:
        self._columns.rows.extend(rows)
        self._columns.lines.extend(lines)
        if not self._cells:
            self._cells.extend([] for _ in cells)
        for own, column in zip(self._cells, cells, strict=True):
            own.extend(column)
