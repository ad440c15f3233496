"""The stored file becomes batches in the ledger: streamed, and resumable wherever the reader was killed."""

from __future__ import annotations

import logging
import secrets
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from dispatcher.errors import FileRefused, InputError, StoreUnavailable
from dispatcher.ledger.batches.packing import PackedBatch
from dispatcher.ledger.campaigns.file_readings import FileReading
from dispatcher.model.message import ComposedMessage
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.recipient_block import RecipientBlock
from dispatcher.pipeline.expansion.batching import packed_batches
from dispatcher.pipeline.expansion.grouping import Row, messages_in_blocks, rows_of
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.roster.opening import open_roster, surveyed_roster

log = logging.getLogger(__name__)

BATCHES_A_ROUND_TRIP = 32
#: How long the thread that reads keeps the interpreter from the one that writes. With Python's own 5 ms, as long as a
#: round trip takes, they would wait for each other.
SWITCH_SECONDS = 0.001
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


class ReaderStopsError(Exception):
    """The worker of this reader is to stop."""


def expand(runtime: Runtime, campaign_id: str) -> str:
    """Read one campaign's file into batches. A second reader is told `taken`; a killed one is followed by another, one
    whose worker is to stop at once.

    The batches are the same at every reading, so one that is there already is passed over. Answers one line.
    """
    if runtime.is_stopping():
        return "the worker stops"
    reader = secrets.token_hex(8)
    try:
        return _expand(runtime, campaign_id, reader)
    except ReaderLostError:
        return "lost"
    except ReaderStopsError:
        runtime.ledger.file_readings.renew(campaign_id, reader, lease_ms=1)
        return "the worker stops"
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
    batches = packed_batches(_messages(runtime, campaign_id, reading, reader), reading.settings)
    rows = _written(runtime, campaign_id, _round_trips(batches), reader)
    return f"{rows} rows" if readings.finish(campaign_id, rows, reader) else "lost"


def _interrupted(runtime: Runtime, campaign_id: str, reader: str, why: str) -> str:
    return runtime.ledger.file_readings.interrupt(
        campaign_id, why, reader, most=MOST_READERS, wait_ms=READER_LEASE_MS
    )


def _place(error: Exception) -> str:
    """Where it happened; its text may hold what stands in the file."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def _written(runtime: Runtime, campaign_id: str, round_trips: Iterable[PackedBatches], reader: str) -> int:
    """Write the batches, those of a round trip while the next are read; answers the rows written.

    Raises:
        ReaderLostError: another reads now, or nobody should.
    """
    rows = 0
    sys.setswitchinterval(SWITCH_SECONDS)
    with ThreadPoolExecutor(1, thread_name_prefix="write") as writer:
        before: Future[str] | None = None
        for packed in round_trips:
            _require_written(before)  # or a later batch would hide that this one is missing
            rows = packed[-1][2]
            before = writer.submit(
                runtime.ledger.batches.add_many, campaign_id, packed, reader=reader, lease_ms=READER_LEASE_MS
            )
        _require_written(before)
    return rows


def _require_written(before: Future[str] | None) -> None:
    if before is not None and before.result() == "lost":
        raise ReaderLostError


def _round_trips(batches: Iterable[tuple[PackedBatch, int]]) -> Iterator[PackedBatches]:
    """Batches with their numbers and the rows read so far, as many as share a round trip and a sync to disk."""
    packed: PackedBatches = []
    rows = 0
    for number, (batch, size) in enumerate(batches):
        rows += size
        packed.append((number, batch, rows))
        if len(packed) == BATCHES_A_ROUND_TRIP:
            yield packed
            packed = []
    if packed:
        yield packed


def _messages(
    runtime: Runtime, campaign_id: str, reading: FileReading, reader: str
) -> Iterator[RecipientBlock | ComposedMessage | InvalidRow]:
    def alive() -> bool:
        return runtime.ledger.file_readings.renew(campaign_id, reader, READER_LEASE_MS)

    heartbeat = heartbeat_of(alive, runtime.stopwatch, runtime.is_stopping)
    roster = surveyed_roster(
        lambda survey: open_roster(
            runtime.ledger.uploads.open(campaign_id, reading.chunks),
            filename=reading.filename,
            settings=reading.settings,
            fixed=reading.fixed,
            config=runtime.settings,
            media=reading.media,
            kept=True,
            rules=reading.rules,
            survey=survey,
            pulse=heartbeat,
        )
    )
    rows = with_heartbeat(rows_of(roster, reading.settings), heartbeat)
    return messages_in_blocks(rows, reading.settings)


def heartbeat_of(
    alive: Callable[[], bool], stopwatch: Callable[[], float], is_stopping: Callable[[], bool] = lambda: False
) -> Callable[[], None]:
    """To be called often: shows now and then that the reader is alive. A workbook's first row may take long to come.

    Raises:
        ReaderLostError: another reads now, or nobody should.
        ReaderStopsError: the worker is to stop.
    """
    shown = stopwatch()

    def show() -> None:
        nonlocal shown
        if is_stopping():
            raise ReaderStopsError
        if stopwatch() - shown > RENEW_SECONDS:
            if not alive():
                raise ReaderLostError
            shown = stopwatch()

    return show


def with_heartbeat(
    rows: Iterable[RecipientBlock | Row], heartbeat: Callable[[], None]
) -> Iterator[RecipientBlock | Row]:
    """The rows, with a sign of life now and then: groups by a column fill no batch until the last row."""
    for count, row in enumerate(rows, 1):
        if isinstance(row, RecipientBlock) or count % ROWS_A_HEARTBEAT == 0:
            heartbeat()
        yield row
