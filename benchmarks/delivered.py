"""delivered: all that a message costs, from the ledger through its three callbacks to `delivered`.

The sink answers at once and calls `queued`, `sent` and `delivered` back, each when the one before was answered. The
baseline is the same stack sending without a callback; CPU is that of all processes of `mms up`, not the sink's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from benchmarks.campaign import LATER, await_state, file_of, start_now, submitted
from benchmarks.meter import Meter
from benchmarks.result import Asked, Result, Values, median, median_line
from benchmarks.sink import Sink
from benchmarks.stack import Stack
from dispatcher.host.ports import LOOPBACK
from dispatcher.model.state import RecipientState

ROWS = 25_000
PROCESSES = 2
IN_FLIGHT = 128
CALLBACKS = 3
CPU, STORE = "CPU s/1,000", "of it Valkey"


def measure(asked: Asked) -> Iterator[Result]:
    """Without callbacks, then with them."""
    rows = asked.size(ROWS)
    with Sink() as sink, Stack(sink.url, workers=PROCESSES, in_flight=IN_FLIGHT) as stack:
        content = file_of(rows)
        sent = [_run(sink, stack, content, rows, 0) for _ in range(asked.runs)]
        sink.call_back(f"http://{LOOPBACK}:{stack.web_port}{stack.callback_path}")
        delivered = [_run(sink, stack, content, rows, CALLBACKS) for _ in range(asked.runs)]
    dearer = median(delivered, CPU) / median(sent, CPU)
    lines = [median_line("with three callbacks", delivered, dearer), median_line("sent alone", sent, 1.0)]
    figures = {"CPU, all processes": median(delivered, CPU), "CPU, Valkey": median(delivered, STORE)}
    yield Result("delivered", "CPU of sending alone", lines, figures)


def _run(sink: Sink, stack: Stack, content: bytes, rows: int, callbacks: int) -> Values:
    ledger = stack.ledger
    sink.reset()
    campaign = submitted(ledger, stack.config, content, at=LATER)
    await_state(ledger, campaign, "scheduled")
    meter, store, written = Meter((stack.pid,)), Meter((stack.store_pid,)), _written(stack)
    start_now(ledger, campaign)
    last = RecipientState.DELIVERED if callbacks else RecipientState.QUEUED
    while ledger.campaign(campaign).counts[last] < rows or ledger.callback_stream.waiting():
        time.sleep(0.05)
    seconds, counts = meter.seconds(), sink.counts()
    assert counts["posts"] == rows, f"{counts['posts']} messages came, not {rows}"
    assert counts["called_back"] == callbacks * rows, f"{counts['called_back']} callbacks were answered"
    return {
        "recipients/s": rows / seconds,
        CPU: meter.cpu() / rows * 1000,
        STORE: store.cpu() / rows * 1000,
        "append-only file, bytes each": (_written(stack) - written) / rows,
    }


def _written(stack: Stack) -> float:
    """Bytes of the append-only file; a rewrite in between shortens it."""
    found: Any = stack.ledger.redis.info("persistence")
    return float(found["aof_current_size"])
