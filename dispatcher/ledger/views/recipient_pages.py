"""Looking into large campaigns a page at a time: batches' counts decide which batches are opened at all."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from dispatcher.ledger.batches.batches import Batches
from dispatcher.ledger.batches.packing import ANY_MARK, MARK_BYTES, Batch, decompress, mark_of, unpack_counts
from dispatcher.ledger.batches.rows import FIRST_ROW, RowRef, RowState
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import translated
from dispatcher.model.state import RecipientState

_COUNTS_AT_ONCE = 2000
_CONTENT_AT_ONCE = 250
_OPEN_AT_ONCE = 20
_ALL = frozenset(RecipientState)


class Row(NamedTuple):
    """One row of the file as it stands: which batch and where within, the batch, the row's state."""

    number: int
    at: int
    batch: Batch
    state: RowState

    @property
    def ref(self) -> RowRef:
        """Where it stands within its campaign."""
        return RowRef(self.number, self.at)


class RecipientPages:
    """Reads rows of one campaign."""

    def __init__(self, ledger: Ledger, campaign_id: str) -> None:
        self._redis = ledger.redis
        self._batches: Batches = ledger.batches
        self._id = campaign_id
        self._count = len(ledger.campaigns.batch_numbers(campaign_id))

    def rows(
        self,
        states: Collection[RecipientState] = _ALL,
        *,
        most: int,
        skip: int = 0,
        since: RowRef = FIRST_ROW,
    ) -> list[Row]:
        """At most so many rows in these states: from `since` on, or after the first `skip` of them.

        Batches without such rows, and those that are skipped as a whole, are never opened.
        """
        rows: list[Row] = []
        wanted: list[int] = []
        in_wanted = 0
        for number, counts in self._counts(since.batch):
            here = sum(counts[state] for state in states)
            if not wanted and not rows and skip >= here and since == FIRST_ROW:
                skip -= here
                continue
            if here:
                wanted.append(number)
                in_wanted += here
            if in_wanted >= most + skip or len(wanted) == _OPEN_AT_ONCE:
                rows += self._open(wanted, states, since)[skip:]
                wanted, in_wanted, skip = [], 0, 0
            if len(rows) >= most:
                break
        if len(rows) < most:
            rows += self._open(wanted, states, since)[skip:]
        return rows[:most]

    def holding(self, digits: str, since: int = 0) -> Iterator[tuple[int, bool]]:
        """Batches from `since` on that may hold this whole number (11 digits), and whether it stands in each."""
        needle = b"\xcf" + struct.pack(">Q", int(digits))  # as msgpack writes an integer of this size
        likely = self._marked(digits, since)
        for start in range(0, len(likely), _CONTENT_AT_ONCE):
            numbers = likely[start : start + _CONTENT_AT_ONCE]
            with translated():
                found: Any = self._redis.mget([keys.batch(self._id, number) for number in numbers])
            for number, packed in zip(numbers, found, strict=True):
                yield number, packed is not None and needle in decompress(packed)

    def _marked(self, digits: str, since: int) -> list[int]:
        """Batches with this number's mark; all of them in a campaign that has no marks."""
        with translated():
            marks: Any = self._redis.getrange(keys.marks(self._id), since * MARK_BYTES, -1)
        if not marks:
            return list(range(since, self._count))
        batches = {
            since + offset // MARK_BYTES
            for mark in (mark_of(digits), ANY_MARK)
            for offset in _offsets(marks, mark)
        }
        return sorted(number for number in batches if number < self._count)

    def open(self, number: int) -> list[Row]:
        """All rows of one batch; none if there is no such batch."""
        return self._open([number], _ALL, FIRST_ROW) if 0 <= number < self._count else []

    def numbers(self, states: Collection[RecipientState]) -> Iterator[int]:
        """The batches that have any row in these states."""
        return (number for number, counts in self._counts(0) if any(counts[state] for state in states))

    def _counts(self, since: int) -> Iterator[tuple[int, dict[RecipientState, int]]]:
        """Each batch's counts by state, read in steps that grow: most looks end early."""
        start, step = since, 16
        while start < self._count:
            found = self._batches.counts(self._id, start, min(step, self._count - start))
            for number, packed in enumerate(found, start):
                if any(packed):
                    yield number, unpack_counts(packed)
            start, step = start + step, min(step * 4, _COUNTS_AT_ONCE)

    def _open(self, numbers: list[int], states: Collection[RecipientState], since: RowRef) -> list[Row]:
        return [
            Row(number, index, batch, row)
            for number, (batch, rows) in zip(numbers, self._batches.read(self._id, numbers), strict=True)
            for index, row in enumerate(rows)
            if row.state in states and (number, index) >= since
        ]


def _offsets(marks: bytes, mark: bytes) -> Iterator[int]:
    """Where a mark of two bytes stands, at even offsets only."""
    offset = marks.find(mark)
    while offset >= 0:
        if offset % 2 == 0:
            yield offset
        offset = marks.find(mark, offset + 1)
