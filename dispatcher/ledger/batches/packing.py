"""What the file said of a batch, as it lies in Redis: packed by column and compressed."""

from __future__ import annotations

import sys
import threading
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple
from zlib import crc32

import msgpack
import zstandard

from dispatcher.ledger.batches.batch_columns import BatchColumns, number_as_packed
from dispatcher.model.recipient import InvalidRow, masked
from dispatcher.model.segments import segments
from dispatcher.model.state import CODE_STATE, RecipientState

#: The states in their order: a batch's counts have a byte for each.
LETTERS = "psuqtfdrkice"
_local = threading.local()


class BatchRow(NamedTuple):
    """What the file said of one row that can be sent."""

    row: int
    line: int
    number: str
    timezone: str | None
    cells: tuple[str, ...]

    def __repr__(self) -> str:
        return f"BatchRow(row={self.row}, number={masked(self.number)})"


class BatchMessage(NamedTuple):
    """One message of a batch: the indexes of its rows within the batch, and what they get."""

    members: tuple[int, ...]
    sender: str
    text: str | None
    media: tuple[str, ...]

    def __repr__(self) -> str:
        return f"BatchMessage(members={self.members})"

    @property
    def is_mms(self) -> bool:
        """A group or anything with media goes as MMS and is paid for by leg; the rest by segment."""
        return len(self.members) > 1 or bool(self.media)

    def units(self, members: int | None = None) -> int:
        """Legs of an MMS, segments of an SMS: what limits count and prices are for. `members`: as if to so many."""
        legs = len(self.members) if members is None else members
        return legs if legs > 1 or self.media else max(1, segments(self.text or ""))


def initial_counts(rejected: Sequence[str], rows: int) -> bytes:
    """One byte per state letter: of so many rows, those that are not sent begin in these states, the others pending."""
    counts = dict.fromkeys(LETTERS, 0)
    counts |= {"p": rows - len(rejected), "i": rejected.count("invalid"), "k": rejected.count("skipped")}
    return bytes(counts.values())


@dataclass(frozen=True, slots=True)
class Batch:
    """At most 100 rows in the file's order, groups kept whole. `rows[i]` has index i in the ledger's hash."""

    rows: tuple[BatchRow | InvalidRow, ...]
    messages: tuple[BatchMessage, ...]

    def initial_counts(self) -> bytes:
        """One byte per state letter: how many rows begin in it."""
        return initial_counts([row.state for row in self.invalid_rows()], len(self.rows))

    def invalid_rows(self) -> list[InvalidRow]:
        """The rows that are not sent."""
        return [row for row in self.rows if isinstance(row, InvalidRow)]

    def sendable(self) -> list[int]:
        """Indexes of the rows that a message exists for."""
        return [index for message in self.messages for index in message.members]


def unpack_counts(value: bytes) -> dict[RecipientState, int]:
    """Rows of one batch by state."""
    return {CODE_STATE[letter]: count for letter, count in zip(LETTERS, value, strict=True)}


class PackedBatch(NamedTuple):
    """A batch as it is written: what the file said, its counts by state, how many messages, its rows' marks."""

    content: bytes
    counts: bytes
    messages: int
    marks: bytes

    @classmethod
    def of(cls, batch: Batch) -> PackedBatch:
        """Pack a batch."""
        return cls(pack_batch(batch), batch.initial_counts(), len(batch.messages), _marks_of(batch))


#: Two bytes a row tell a search which batches may hold a number; a batch has room for so many rows.
MARKED_ROWS = 100
MARK_BYTES = 2 * MARKED_ROWS
#: Stands for any number, in a batch with more rows.
ANY_MARK = b"\xff\xff"
NO_MARK = b"\0\0"


def mark_of(number: str) -> bytes:
    """A number's mark; 65,534 of them, so that a campaign's other batches are seldom opened."""
    return marks_of((number,))


def marks_of(numbers: Sequence[str]) -> bytes:
    """The marks of several, one behind the other."""
    marks = array("H", [check % 0xFFFE + 1 for check in map(crc32, map(str.encode, numbers))])
    if sys.byteorder == "little":
        marks.byteswap()
    return marks.tobytes()


def _marks_of(batch: Batch) -> bytes:
    if len(batch.rows) > MARKED_ROWS:
        return ANY_MARK * MARKED_ROWS
    marks = (mark_of(row.number) if row.number else NO_MARK for row in batch.rows)
    return b"".join(marks).ljust(MARK_BYTES, b"\0")


def _compressor() -> zstandard.ZstdCompressor:
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=3, write_content_size=True)
        _local.decompressor = zstandard.ZstdDecompressor()
    compressor: zstandard.ZstdCompressor = _local.compressor
    return compressor


def compress(raw: bytes) -> bytes:
    """Compress with this thread's own compressor."""
    return _compressor().compress(raw)


def decompress(packed: bytes) -> bytes:
    """The inverse of `compress`."""
    _compressor()
    decompressor: zstandard.ZstdDecompressor = _local.decompressor
    return decompressor.decompress(packed)


def _sums(steps: Iterable[int]) -> list[int]:
    return list(accumulate(steps))


def _columns_of(batch: Batch) -> BatchColumns:
    return BatchColumns(
        rows=[row.row for row in batch.rows],
        lines=[row.line for row in batch.rows],
        numbers=[number_as_packed(row.number) for row in batch.rows],
        zones=[None if isinstance(row, InvalidRow) else row.timezone for row in batch.rows],
        cells=list(zip(*(row.cells for row in batch.rows), strict=True)),
        rejected=[
            (index, row.state, row.column, row.code, row.message)
            for index, row in enumerate(batch.rows)
            if isinstance(row, InvalidRow)
        ],
        members=[each.members if len(each.members) > 1 else each.members[0] for each in batch.messages],
        senders=[each.sender for each in batch.messages],
        media=[each.media for each in batch.messages],
        texts=[each.text for each in batch.messages],
    )


def pack_batch(batch: Batch) -> bytes:
    """Pack by column and compress."""
    return compress(_columns_of(batch).packed())


class WrittenColumns(NamedTuple):
    """What the file said of a batch, by column, as it is packed: for who looks at every row and needs a row of none.

    `zones`, `senders` and `media` are each distinct value once, and the index of each, none where there is one value.
    `rejected` is index, state, column, code and message of the rows that are not sent. `members` are each message's:
    an index, or several.
    """

    rows: list[int]
    lines: list[int]
    numbers: tuple[int | str | None, ...]
    zones: tuple[tuple[str | None, ...], tuple[int, ...]]
    cells: tuple[tuple[str, ...], ...]
    rejected: tuple[tuple[int, str, str | None, str, str], ...]
    members: tuple[int | tuple[int, ...], ...]
    senders: tuple[tuple[str, ...], tuple[int, ...]]
    media: tuple[tuple[tuple[str, ...], ...], tuple[int, ...]]
    texts: tuple[str | None, ...]


def unpack_columns(packed: bytes) -> WrittenColumns:
    """What `pack_batch` packed, by column."""
    row_steps, line_steps, *rest = msgpack.unpackb(
        decompress(packed), use_list=False, unicode_errors="surrogatepass"
    )
    return WrittenColumns(_sums(row_steps), _sums(line_steps), *rest)


def unpack_batch(packed: bytes) -> Batch:
    """The inverse of `pack_batch`."""
    (numbered, lines, numbers, zones, columns, rejected, members, senders, media, texts) = unpack_columns(
        packed
    )
    bad = {each[0]: each for each in rejected}
    cells = list(zip(*columns, strict=True)) or [()] * len(numbers)
    rows: list[BatchRow | InvalidRow] = []
    for index, (row, line, number, values) in enumerate(zip(numbered, lines, numbers, cells, strict=True)):
        text = str(number) if number is not None else None
        if index in bad:
            _, state, column, code, message = bad[index]
            rows.append(InvalidRow(row, line, state, column, code, message, text, values))
        else:
            rows.append(BatchRow(row, line, text or "", zones[0][zones[1][index] if zones[1] else 0], values))
    messages = tuple(
        BatchMessage(
            member if isinstance(member, tuple) else (member,),
            senders[0][senders[1][index] if senders[1] else 0],
            texts[index],
            tuple(media[0][media[1][index] if media[1] else 0]),
        )
        for index, member in enumerate(members)
    )
    return Batch(tuple(rows), messages)
