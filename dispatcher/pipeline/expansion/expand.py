"""The stored file becomes batches in the ledger: streamed, and resumable wherever the reader was killed."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from dispatcher.errors import FileRefused, InputError, StoreUnavailable
from dispatcher.ledger.batches.packing import Batch, BatchMessage, BatchRow, PackedBatch
from dispatcher.ledger.campaigns.file_readings import FileReading
from dispatcher.model.message import ComposedMessage
from dispatcher.model.recipient import InvalidRow, Recipient
from dispatcher.pipeline.expansion.grouping import Row, form_messages
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.roster.roster import open_roster

log = logging.getLogger(__name__)

BATCH_ROWS = 100
BATCHES_A_ROUND_TRIP = 32
READER_LEASE_MS = 15_000
#: So many readers in a row that read nothing new, and a person has to look.
MOST_READERS = 8
#: Rows between two looks at the clock, and how often the reader shows that it is alive while no batch is full.
ROWS_A_HEARTBEAT = 500
RENEW_SECONDS = READER_LEASE_MS / 3000

#: Consecutive batches with their numbers, each with the rows read when it was full.
PackedBatches = list[tuple[int, PackedBatch, int]]


class ReaderLostError(Exception):
    """This reader's lease ran out, or the campaign ended meanwhile."""


def expand(runtime: Runtime, campaign_id: str) -> str:
    """Read one campaign's file into batches. A second reader is told `taken`; a killed one is followed by another.

    The batches are the same at every reading, so one that is there already is passed over. Answers one line.
    """
    reader = secrets.token_hex(8)
    try:
        return _expand(runtime, campaign_id, reader)
    except ReaderLostError:
        return "lost"
    except (FileRefused, InputError, FileNotFoundError) as error:
        runtime.ledger.file_readings.fail(campaign_id, f"the file cannot be read: {error}", reader)
        return "failed"
    except StoreUnavailable:
        raise
    except Exception as error:
        log.error("reading a file failed: %s at %s", type(error).__name__, _place(error))  # noqa: TRY400 its text may tell a number
        return _interrupted(runtime, campaign_id, reader, f"reading the file failed ({type(error).__name__})")


def _expand(runtime: Runtime, campaign_id: str, reader: str) -> str:
    readings = runtime.ledger.file_readings
    reading = readings.begin(campaign_id, reader, READER_LEASE_MS)
    if reading is None:
        return "taken"
    if (
        readings.readers(campaign_id) > MOST_READERS
    ):  # killed every time, as for want of memory: none said why
        return _interrupted(runtime, campaign_id, reader, "readers of the file ended without a word")
    items = _items(runtime, campaign_id, reading, reader)
    packed_batches = _packed_batches(batches_of(items, reading.settings.senders))
    rows = _written(runtime, campaign_id, packed_batches, reader)
    return f"{rows} rows" if readings.finish(campaign_id, rows, reader) else "lost"


def _interrupted(runtime: Runtime, campaign_id: str, reader: str, why: str) -> str:
    return runtime.ledger.file_readings.interrupt(
        campaign_id, why, reader, most=MOST_READERS, wait_ms=READER_LEASE_MS
    )


def _place(error: Exception) -> str:
    """Where it happened; its text may hold what stands in the file."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def _written(runtime: Runtime, campaign_id: str, packed_batches: Iterable[PackedBatches], reader: str) -> int:
    """Write the packed batches, those of a round trip while the next are read; answers the rows written.

    Raises:
        ReaderLostError: another reads now, or nobody should.
    """
    rows = 0
    with ThreadPoolExecutor(1, thread_name_prefix="write") as writer:
        before: Future[str] | None = None
        for packed in packed_batches:
            if before is not None and before.result() == "lost":
                raise ReaderLostError
            rows = packed[-1][2]
            before = writer.submit(
                runtime.ledger.batches.add_many, campaign_id, packed, reader=reader, lease_ms=READER_LEASE_MS
            )
        if before is not None and before.result() == "lost":
            raise ReaderLostError
    return rows


def _packed_batches(batches: Iterable[Batch]) -> Iterator[PackedBatches]:
    """Batches packed, with their numbers and the rows read so far, as many as share a round trip and a sync to disk."""
    packed: PackedBatches = []
    rows = 0
    for number, batch in enumerate(batches):
        rows += len(batch.rows)
        packed.append((number, PackedBatch.of(batch), rows))
        if len(packed) == BATCHES_A_ROUND_TRIP:
            yield packed
            packed = []
    if packed:
        yield packed


def _items(
    runtime: Runtime, campaign_id: str, reading: FileReading, reader: str
) -> Iterator[ComposedMessage | InvalidRow]:
    def alive() -> bool:
        return runtime.ledger.file_readings.renew(campaign_id, reader, READER_LEASE_MS)

    heartbeat = heartbeat_of(alive, runtime.stopwatch)
    roster = open_roster(
        runtime.ledger.uploads.open(campaign_id, reading.chunks),
        filename=reading.filename,
        settings=reading.settings,
        fixed=reading.fixed,
        config=runtime.settings,
        media=reading.media,
        pulse=heartbeat,
    )
    return form_messages(with_heartbeat(roster, heartbeat), reading.settings)


def heartbeat_of(alive: Callable[[], bool], stopwatch: Callable[[], float]) -> Callable[[], None]:
    """To be called often: shows now and then that the reader is alive. A workbook's first row may take long to come.

    Raises:
        ReaderLostError: another reads now, or nobody should.
    """
    shown = stopwatch()

    def show() -> None:
        nonlocal shown
        if stopwatch() - shown > RENEW_SECONDS:
            if not alive():
                raise ReaderLostError
            shown = stopwatch()

    return show


def with_heartbeat(roster: Iterable[Row], heartbeat: Callable[[], None]) -> Iterator[Row]:
    """The rows, with a sign of life now and then: groups by a column fill no batch until the last row."""
    for count, row in enumerate(roster, 1):
        if count % ROWS_A_HEARTBEAT == 0:
            heartbeat()
        yield row


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
