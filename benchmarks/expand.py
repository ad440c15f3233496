"""expand: a stored file becomes batches in the ledger, beside one hash per recipient written in pipelines of 1,000."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from functools import partial

from benchmarks.campaign import LATER, SENDER, file_of, submitted
from benchmarks.ledgers import empty_runtime
from benchmarks.result import Asked, Result, Values, in_turn, median, median_line
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.runtime.runtime import Runtime

ROWS = 100_000


def measure(asked: Asked) -> Iterator[Result]:
    """Both on one store with claims' durability."""
    rows = asked.size(ROWS)
    content = file_of(rows)
    with empty_runtime() as runtime:
        contenders = {"ours": _ours, "one hash per recipient": _naive}
        found = in_turn(
            asked.runs, {what: partial(way, runtime, content, rows) for what, way in contenders.items()}
        )
    speed, slow = (median(runs, "rows/s") for runs in found.values())
    lines = [median_line(what, runs, median(runs, "rows/s") / slow) for what, runs in found.items()]
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
