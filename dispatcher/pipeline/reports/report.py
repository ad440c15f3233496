"""The report: one line per row of the file, in its order, with what became of it and the file's own columns."""

from __future__ import annotations

import io
import re
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TextIO

import msgpack

from dispatcher.control_characters import StrippedCsv
from dispatcher.errors import Conflict
from dispatcher.ledger.batches.packing import Batch
from dispatcher.ledger.batches.rows import UNTOUCHED, RowState, sid_text
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.model.recipient import InvalidRow
from dispatcher.model.timestamps import utc_text_or_none
from dispatcher.roster.formula_guard import guarded

COLUMNS = (
    "row",
    "line",
    "number",
    "state",
    "reason",
    "message_sid",
    "attempts",
    "claimed_at",
    "accepted_at",
    "final_at",
    "price",
    "cost",
    "mcc",
    "mnc",
)
#: Few at once: what lives long is looked through by the garbage collector again and again.
_BATCHES_AT_ONCE = 4
_LINES_AT_ONCE = 100
_DECIMAL = re.compile(r"-?\d+(\.\d+)?", re.ASCII)

#: A row of the file by its number, and its cells.
Line = tuple[int, list[object]]


def write_report(ledger: Ledger, campaign_id: str, out: TextIO) -> int:
    """Write the report as CSV; answers the rows written. Memory stays flat.

    Raises:
        NotFound, Conflict: there is no such campaign, or its rows were erased; nothing was written.
    """
    rows = 0
    for lines, text in _pieces(ledger, find_rows(ledger, campaign_id)):
        out.write(text)
        rows += lines
    return rows


def report_texts(ledger: Ledger, campaign_id: str) -> Iterator[str]:
    """The report as CSV with its line ends, some lines at a time, the heading first.

    Raises:
        NotFound, Conflict: there is no such campaign, or its rows were erased; before the first line.
    """
    campaign = find_rows(ledger, campaign_id)
    return (text for _, text in _pieces(ledger, campaign))


def find_rows(ledger: Ledger, campaign_id: str) -> Campaign:
    """A campaign whose rows are there.

    Raises:
        NotFound, Conflict: there is no such campaign, or its rows were erased.
    """
    campaign = ledger.campaign(campaign_id)
    if campaign.erased_at is not None:
        raise Conflict(
            f"the rows of {campaign_id} were erased on {campaign.erased_at[:10]}",
            hint=f"its counts are kept: mms campaign show {campaign_id}",
        )
    return campaign


def _pieces(ledger: Ledger, campaign: Campaign) -> Iterator[tuple[int, str]]:
    """How many rows, and their lines."""
    buffer = io.StringIO()
    writer = StrippedCsv(buffer)

    def text(lines: Iterable[Iterable[object]]) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerows(lines)
        return buffer.getvalue()

    yield 0, text([[*COLUMNS, *map(guarded, _own_names(ledger.campaigns.columns(campaign.id)))]])
    found = _batches(ledger, campaign.id)
    ordered = _sorted_on_disk(found) if campaign.settings.group_by else _in_row_order(found)
    for lines in ordered:
        yield len(lines), text(lines)


def _own_names(columns: Sequence[str]) -> list[str]:
    """The file's own headings; one that a column of ours has too is told apart."""
    return [f"file_{name}" if name.strip().lower() in COLUMNS else name for name in columns]


def _batches(ledger: Ledger, campaign_id: str) -> Iterator[list[Line]]:
    texts, long_sids = ledger.campaigns.texts(campaign_id), ledger.campaigns.long_sids(campaign_id)
    numbers = ledger.campaigns.batch_numbers(campaign_id)
    for start in range(0, len(numbers), _BATCHES_AT_ONCE):
        some = numbers[start : start + _BATCHES_AT_ONCE]
        for number, (batch, states) in zip(some, ledger.batches.read(campaign_id, some), strict=True):
            yield list(_batch_lines(number, batch, states, texts, long_sids))


def _batch_lines(
    number: int, batch: Batch, states: list[RowState], texts: dict[int, str], long_sids: dict[str, str]
) -> Iterator[Line]:
    message_of = {row: index for index, message in enumerate(batch.messages) for row in message.members}
    for index, (row, state) in enumerate(zip(batch.rows, states, strict=True)):
        reason = row.code if isinstance(row, InvalidRow) else texts.get(state.reason, "")
        message = message_of.get(index, -1)
        members = _paid_for(batch.messages[message].members, states) if message >= 0 else ()
        yield (
            row.row,
            [
                row.row,
                row.line,
                guarded(row.number or ""),
                state.state.value,
                guarded(reason),
                guarded(sid_text(state, long_sids, number, message)),
                state.attempt,
                utc_text_or_none(state.claimed_ms),
                utc_text_or_none(state.at_ms) if state.sid != UNTOUCHED.sid else None,
                utc_text_or_none(state.final_ms),
                _price(state.price) if members and members[0] == index else "",
                _share(state.price, len(members) or 1),
                "" if state.mcc is None else state.mcc,
                "" if state.mnc is None else state.mnc,
                *map(guarded, row.cells),
            ],
        )


def _paid_for(members: tuple[int, ...], states: list[RowState]) -> tuple[int, ...]:
    """Whom the message's price is for: not those that its last attempt left out."""
    if len(members) == 1:
        return members
    latest = max(states[row].attempt for row in members)
    went = tuple(row for row in members if states[row].attempt == latest and states[row].sid != UNTOUCHED.sid)
    return went if any(states[row].price for row in went) else members


@lru_cache(maxsize=1024)
def _price(price: str | None) -> str:
    """As CarrierX wrote it; what is no decimal number could be anything, and is kept from being a formula."""
    return price if price and _DECIMAL.fullmatch(price) else guarded(price or "")


@lru_cache(maxsize=1024)
def _share(price: str | None, legs: int) -> str:
    """A row's share of what its message cost."""
    if price is None or not _DECIMAL.fullmatch(price):
        return ""
    share = Decimal(price) / legs
    return format(share.quantize(Decimal("0.000001")).normalize(), "f")


def _in_row_order(batches: Iterable[list[Line]]) -> Iterator[list[list[object]]]:
    """Rows 1, 2, 3…; a row cut off from its neighbours by a batch's end waits for its turn."""
    waiting: dict[int, list[object]] = {}
    following = 1
    for lines in batches:
        waiting.update(lines)
        ready = []
        while following in waiting:
            ready.append(waiting.pop(following))
            following += 1
        yield ready
    yield [waiting[row] for row in sorted(waiting)]


def _sorted_on_disk(batches: Iterable[list[Line]]) -> Iterator[list[list[object]]]:
    """Groups by a column stand in the order of their last member: sort by row, out of memory."""
    with tempfile.TemporaryDirectory(prefix="mms-report-") as folder:
        store = sqlite3.connect(Path(folder) / "rows.db", isolation_level=None)
        try:
            store.execute("PRAGMA journal_mode = OFF")
            store.execute("CREATE TABLE rows (row INTEGER PRIMARY KEY, line BLOB)")
            store.execute("BEGIN")
            packed = ((row, msgpack.packb(values)) for lines in batches for row, values in lines)
            store.executemany("INSERT INTO rows VALUES (?, ?)", packed)
            found = store.execute("SELECT line FROM rows ORDER BY row")
            while some := found.fetchmany(_LINES_AT_ONCE):
                yield [msgpack.unpackb(line) for (line,) in some]
        finally:
            store.close()
