"""Messages and rows that are not sent, in the file's order, become batches of at most a hundred rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dispatcher.ledger.batches.packing import Batch, BatchMessage, BatchRow, PackedBatch
from dispatcher.ledger.batches.single_rows import SingleRows
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.message import ComposedMessage
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.model.recipient_block import RecipientBlock

BATCH_ROWS = 100

Item = RecipientBlock | ComposedMessage | InvalidRow


def packed_batches(items: Iterable[Item], settings: CampaignSettings) -> Iterator[tuple[PackedBatch, int]]:
    """The batches, each with the number of its rows."""
    if settings.group_by is None and settings.group_size is None:
        yield from _batches_of_singles(items, settings.senders)
        return
    messages = (item for item in items if not isinstance(item, RecipientBlock))
    for batch in batches_of(messages, settings.senders):
        yield PackedBatch.of(batch), len(batch.rows)


def _batches_of_singles(items: Iterable[Item], senders: tuple[str, ...]) -> Iterator[tuple[PackedBatch, int]]:
    sole = senders[0] if len(senders) == 1 else ""  # a pool's is chosen when it is sent
    rows = SingleRows(sole)
    for item in items:
        if isinstance(item, InvalidRow):
            rows.reject(item)
        else:
            block = item if isinstance(item, RecipientBlock) else RecipientBlock.of(item.members)
            start = 0
            while len(block) - start > (room := BATCH_ROWS - len(rows)):
                rows.add(block.part(start, start + room))
                yield rows.packed(), len(rows)
                rows, start = SingleRows(sole), start + room
            rows.add(block.part(start, len(block)))
        if len(rows) == BATCH_ROWS:
            yield rows.packed(), len(rows)
            rows = SingleRows(sole)
    if len(rows):
        yield rows.packed(), len(rows)


def batches_of(items: Iterable[ComposedMessage | InvalidRow], senders: tuple[str, ...]) -> Iterator[Batch]:
    """Cut the stream into batches of at most 100 rows, groups kept whole, rows in the file's order within each."""
    waiting: list[ComposedMessage | InvalidRow] = []
    size = 0
    for item in items:
        adds = len(item.members) if isinstance(item, ComposedMessage) else 1
        if size + adds > BATCH_ROWS:
            yield make_batch(waiting, senders)
            waiting, size = [], 0
        waiting.append(item)
        size += adds
    if waiting:
        yield make_batch(waiting, senders)


def make_batch(items: Sequence[ComposedMessage | InvalidRow], senders: tuple[str, ...]) -> Batch:
    """Give every row its index and every message its sender."""
    return _batch_of_singles(items, senders) or _batch_of_groups(items, senders)


def _batch_of_singles(
    items: Sequence[ComposedMessage | InvalidRow], senders: tuple[str, ...]
) -> Batch | None:
    """The batch where every message has one row and they stand in the file's order, which is nearly always so."""
    sole = senders[0] if len(senders) == 1 else None
    rows: list[BatchRow | InvalidRow] = []
    messages: list[BatchMessage] = []
    before = 0
    for index, item in enumerate(items):
        if isinstance(item, InvalidRow):
            row = item.row
            rows.append(item)
        else:
            members, sender, text, media = item
            row, line, number, _, _, _, timezone, _, cells = members[0]
            if len(members) > 1:
                return None
            rows.append(BatchRow(row, line, number, timezone, cells))
            sender = sender or sole or ""  # a pool's is chosen when it is sent
            messages.append(BatchMessage((index,), sender, text, media))
        if row < before:
            return None
        before = row
    return Batch(tuple(rows), tuple(messages))


def _batch_of_groups(items: Sequence[ComposedMessage | InvalidRow], senders: tuple[str, ...]) -> Batch:
    entries: list[Recipient | InvalidRow] = []
    for item in items:
        entries.extend(item.members if isinstance(item, ComposedMessage) else (item,))
    entries.sort(key=lambda entry: entry.row)
    index_of = {entry.row: index for index, entry in enumerate(entries)}
    rows = tuple(
        entry
        if isinstance(entry, InvalidRow)
        else BatchRow(entry.row, entry.line, entry.number, entry.timezone, entry.cells)
        for entry in entries
    )
    messages = tuple(
        BatchMessage(
            tuple(index_of[member.row] for member in item.members),
            item.sender
            or (senders[0] if len(senders) == 1 else ""),  # a pool's sender is chosen when it is sent
            item.text,
            item.media,
        )
        for item in items
        if isinstance(item, ComposedMessage)
    )
    return Batch(rows, messages)
