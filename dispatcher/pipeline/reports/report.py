"""The report: one line per row of the file, in its order, with what became of it and the file's own columns."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from dispatcher.errors import Conflict
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.pipeline.reports._report_lines import ReportLines, heading

#: Few at once: what lives long is looked through by the garbage collector again and again.
_BATCHES_AT_ONCE = 4
_LINES_AT_ONCE = 100
_LINE_END = "\r\n"

#: Rows of the file by their numbers, and the line of each.
Lines = tuple[list[int], list[str]]


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
    yield 0, heading(ledger.campaigns.columns(campaign.id)) + _LINE_END
    found = _batches(ledger, campaign.id)
    ordered = _sorted_on_disk(found) if campaign.settings.group_by else _in_row_order(found)
    for lines in ordered:
        if lines:
            yield len(lines), _LINE_END.join((*lines, ""))


def _batches(ledger: Ledger, campaign_id: str) -> Iterator[Lines]:
    campaigns = ledger.campaigns
    writer = ReportLines(campaigns.texts(campaign_id), campaigns.long_sids(campaign_id))
    numbers = campaigns.batch_numbers(campaign_id)
    for start in range(0, len(numbers), _BATCHES_AT_ONCE):
        some = numbers[start : start + _BATCHES_AT_ONCE]
        for number, (written, states) in zip(
            some, ledger.batches.read_columns(campaign_id, some), strict=True
        ):
            yield written.rows, writer.of(number, written, states)


def _in_row_order(batches: Iterable[Lines]) -> Iterator[list[str]]:
    """Rows 1, 2, 3…; a row cut off from its neighbours by a batch's end waits for its turn."""
    waiting: dict[int, str] = {}
    following = 1
    for rows, lines in batches:
        if not waiting and rows == list(range(following, following + len(rows))):
            following += len(rows)
            yield lines
            continue
        waiting.update(zip(rows, lines, strict=True))
        ready = []
        while following in waiting:
            ready.append(waiting.pop(following))
            following += 1
        yield ready
    yield [waiting[row] for row in sorted(waiting)]


def _sorted_on_disk(batches: Iterable[Lines]) -> Iterator[list[str]]:
    """Groups by a column stand in the order of their last member: sort by row, out of memory."""
    with tempfile.TemporaryDirectory(prefix="mms-report-") as folder:
        store = sqlite3.connect(Path(folder) / "rows.db", isolation_level=None)
        try:
            store.execute("PRAGMA journal_mode = OFF")
            store.execute("CREATE TABLE rows (row INTEGER PRIMARY KEY, line TEXT)")
            store.execute("BEGIN")
            for rows, lines in batches:
                store.executemany("INSERT INTO rows VALUES (?, ?)", zip(rows, lines, strict=True))
            found = store.execute("SELECT line FROM rows ORDER BY row")
            while some := found.fetchmany(_LINES_AT_ONCE):
                yield [line for (line,) in some]
        finally:
            store.close()
