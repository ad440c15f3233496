"""growth: CPU per message over a slice of a campaign, as campaigns grow and as more of them run at once.

Feeding and sending run in this process, with a queue of its own in Celery's place (which sees one hint a batch whatever
the size); counted is the CPU of this process and of the store.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from benchmarks.ledgers import read_campaign, runtime_on
from benchmarks.meter import Meter
from benchmarks.result import Asked, Result, Values, median, median_line
from benchmarks.sink import Sink
from benchmarks.store import Store
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending.alongside import AlongsideBatch
from dispatcher.pipeline.sending.feed import feed
from dispatcher.pipeline.sending.send import send_batch

SIZES = (10_000, 100_000, 1_000_000)
SLICE = 20_000
AT_ONCE = (1, 10, 100)
IN_FLIGHT = 32


def measure(asked: Asked) -> Iterator[Result]:
    """By size of the campaign, then by campaigns at once. `rows` leaves out what is larger."""
    largest = asked.rows or SIZES[-1]
    sizes = [size for size in SIZES if size <= largest] or [largest]
    piece = min(SLICE, largest)
    with Sink() as sink:
        by_size = {
            f"{size:,} recipients": _slices(sink, asked.runs, size, max(1, piece // size), piece)
            for size in sizes
        }
        yield _result("growth by size", by_size, "1,000,000 recipients to 10,000")
        at_once = {
            f"{many} campaigns": _slices(sink, asked.runs, max(1, piece // many), many, piece, spare=many > 1)
            for many in AT_ONCE
        }
        yield _result("growth by campaigns at once", at_once, "100 campaigns at once to 1")


def _result(name: str, found: dict[str, list[Values]], figure: str) -> Result:
    """The first is the baseline, the last to the first is the figure."""
    costs = [median(runs, "CPU ms a message") for runs in found.values()]
    ratios = [cost / costs[0] for cost in costs]
    lines = [
        median_line(what, runs, ratio) for (what, runs), ratio in zip(found.items(), ratios, strict=True)
    ]
    return Result(name, lines[0].what, lines, {figure: ratios[-1]})


def _slices(
    sink: Sink, runs: int, size: int, campaigns: int, piece: int, *, spare: bool = False
) -> list[Values]:
    """Slices of `piece` messages, on a fresh store; campaigns are made anew when a slice used them up."""
    with Store() as store:
        runtime = runtime_on(store, sink.url, in_flight=IN_FLIGHT)
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            runtime = replace(runtime, pool=pool)
            found, left = [], 0
            for _ in range(runs):
                if left < piece or spare:
                    for _ in range(campaigns):
                        read_campaign(runtime, size)
                    left = size * campaigns
                found.append(_slice(runtime, store, piece))
                left -= int(found[-1]["messages"])
        runtime.ledger.redis.close()
    return found


def _slice(runtime: Runtime, store: Store, piece: int) -> Values:
    hints: deque[tuple[str, int]] = deque()
    sent = batches = 0
    own = Meter(())
    store_meter = Meter((store.pid,))
    start = time.process_time()
    while sent < piece:
        feed(runtime, lambda campaign, batch: hints.append((campaign, batch)))
        if not hints:
            break
        alongside: list[AlongsideBatch] = []
        said = [send_batch(runtime, *hints.popleft(), alongside), *(each.line for each in alongside)]
        sent += sum(int(line.split(" queued")[0]) for line in said if " queued" in line)
        batches += len(said)
    mine, stores = time.process_time() - start, store_meter.cpu()
    return {
        "CPU ms a message": (mine + stores) / sent * 1000,
        "of it the store": stores / sent * 1000,
        "messages": sent,
        "batches": batches,
        "messages/s": sent / own.seconds(),
    }
