"""expand: a stored file becomes batches in the ledger, beside one hash per recipient written in pipelines of 1,000."""

from __future__ import annotations

import csv
import io
import statistics
import time
from collections.abc import Iterator

from benchmarks.campaign import LATER, SENDER, file_of, submitted
from benchmarks.ledgers import empty_runtime
from benchmarks.result import Asked, Result, Values, median_line
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.runtime.runtime import Runtime

ROWS = 100_000


def measure(asked: Asked) -> Iterator[Result]:
    """Both on one store with claims' durability."""
    rows = asked.size(ROWS)
    content = file_of(rows)
    with empty_runtime() as runtime:
        ours = [_ours(runtime, content, rows) for _ in range(asked.runs)]
        naive = [_naive(runtime, content, rows) for _ in range(asked.runs)]
    slow = statistics.median(run["rows/s"] for run in naive)
    speed = statistics.median(run["rows/s"] for run in ours)
    lines = (median_line("ours", ours, speed / slow), median_line("one hash per recipient", naive, 1.0))
    baseline = "csv.DictReader and one HSET per recipient, pipelined"
    yield Result("expand", baseline, lines, {"to one HSET a recipient": speed / slow})


def _ours(runtime: Runtime, content: bytes, rows: int) -> Values:
    campaign = submitted(runtime.ledger, runtime.settings, content, at=LATER)
    start, cpu = time.perf_counter(), time.process_time()
    expand(runtime, campaign)
    taken = time.perf_counter() - start, time.process_time() - cpu
    found = runtime.ledger.campaign(campaign)
    assert found.rows == found.messages == rows, found
    return {"rows/s": rows / taken[0], "CPU s/1,000": taken[1] / rows * 1000}


def _naive(runtime: Runtime, content: bytes, rows: int) -> Values:
    start, cpu = time.perf_counter(), time.process_time()
    pipeline = runtime.ledger.redis.pipeline(transaction=False)
    for row, fields in enumerate(csv.DictReader(io.StringIO(content.decode()))):
        text = f"Northwind: hi {fields['first_name']}, your order waits at {fields['store']}."
        kept = {"to": fields["to"], "from": SENDER, "message": text, "status": "pending"}
        pipeline.hset(f"naive:{row}", mapping=kept)  # type: ignore[arg-type]
        if row % 1000 == 999:
            pipeline.execute()
    pipeline.execute()
    taken = time.perf_counter() - start, time.process_time() - cpu
    return {"rows/s": rows / taken[0], "CPU s/1,000": taken[1] / rows * 1000}
