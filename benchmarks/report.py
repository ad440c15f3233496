"""report: the CSV of a finished campaign, beside `csv.writer` writing lines of the same shape that it is given."""

from __future__ import annotations

import csv
import io
import resource
import time
from collections.abc import Iterator
from functools import partial
from typing import TextIO

from benchmarks.ledgers import empty_runtime, read_campaign, send_without_http
from benchmarks.result import Asked, Result, Values, in_turn, median, median_line
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.reports.report import write_report

ROWS = 100_000


class _Nowhere(io.TextIOBase):
    """Takes text and counts it."""

    characters = 0

    def write(self, text: str, /) -> int:
        """Count."""
        self.characters += len(text)
        return len(text)


def measure(asked: Asked) -> Iterator[Result]:
    """Fill a ledger, then write its report so many times."""
    rows = asked.size(ROWS)
    with empty_runtime(durable=False) as runtime:
        campaign = read_campaign(runtime, rows)
        send_without_http(runtime, campaign, RecipientState.DELIVERED)
        report = partial(_report, runtime.ledger, campaign, rows)
        found = in_turn(asked.runs, {"ours": report, "csv.writer alone": partial(_bare, rows)})
    seconds, bare = (median(runs, "seconds") for runs in found.values())
    lines = [median_line(what, runs, median(runs, "seconds") / bare) for what, runs in found.items()]
    figures = {"a million rows": seconds * 1_000_000 / rows}
    yield Result("report", "csv.writer alone, seconds", lines, figures)


def _values(rows: int, wall: float, cpu: float) -> Values:
    return {
        "rows": rows,
        "seconds": wall,
        "CPU s": cpu,
        "rows/s": rows / wall,
        "process MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _report(ledger: Ledger, campaign: str, rows: int) -> Values:
    out: TextIO = _Nowhere()  # type: ignore[assignment]
    start, cpu = time.perf_counter(), time.process_time()
    assert write_report(ledger, campaign, out) == rows
    return _values(rows, time.perf_counter() - start, time.process_time() - cpu)


def _bare(rows: int) -> Values:
    sid, at = "097b49df-c54e-4eaf-97d0-89cf7d5a655b", "2026-01-18T21:01:13.415Z"
    cells = ("12125550100", "Ann7", "Store 7")
    start, cpu = time.perf_counter(), time.process_time()
    writer = csv.writer(_Nowhere())
    for row in range(rows):
        writer.writerow(
            [
                row,
                row,
                "12125550100",
                "delivered",
                "",
                sid,
                1,
                at,
                at,
                at,
                "0.0085",
                "0.0085",
                310,
                260,
                *cells,
            ]
        )
    return _values(rows, time.perf_counter() - start, time.process_time() - cpu)
