"""growth: CPU per message over a slice of a campaign, as campaigns grow and as more of them run at once.

Feeding and sending run in this process, with a queue of its own in Celery's place (which sees one hint a batch whatever
the size); counted is the CPU of this process and of the store. Slices of all sizes take turns.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Self

from benchmarks.ledgers import read_campaign, runtime_on
from benchmarks.meter import Meter
from benchmarks.result import Asked, Result, Values, in_turn, median, median_line
from benchmarks.sink import Sink
from benchmarks.store import Store
from dispatcher.pipeline.runtime.runtime import Runtime
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
        by_size = [
            _Ground(f"{size:,} recipients", sink, size, max(1, piece // size), piece) for size in sizes
        ]
        yield _result("growth by size", asked.runs, by_size, "1,000,000 recipients to 10,000")
        at_once = [_Ground(f"{many} campaigns", sink, max(1, piece // many), many, piece) for many in AT_ONCE]
        yield _result("growth by campaigns at once", asked.runs, at_once, "100 campaigns at once to 1")


def _result(name: str, runs: int, grounds: Sequence[_Ground], figure: str) -> Result:
    """The first is the baseline, the last to the first is the figure."""
    with ExitStack() as stack:
        found = in_turn(runs, {ground.what: stack.enter_context(ground).run for ground in grounds})
    costs = [median(each, "CPU ms a message") for each in found.values()]
    lines = [
        median_line(what, each, cost / costs[0])
        for (what, each), cost in zip(found.items(), costs, strict=True)
    ]
    return Result(name, lines[0].what, lines, {figure: costs[-1] / costs[0]})


class _Ground:
    """A store of its own with campaigns of one size, of which slices of `piece` messages are sent; in a `with`."""

    def __init__(self, what: str, sink: Sink, size: int, campaigns: int, piece: int) -> None:
        self.what, self._sink = what, sink
        self._size, self._campaigns, self._piece = size, campaigns, piece
        self._left = 0

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._store = self._stack.enter_context(Store())
        runtime = runtime_on(self._store, self._sink.url, in_flight=IN_FLIGHT)
        self._stack.callback(runtime.ledger.redis.close)
        pool = self._stack.enter_context(ThreadPoolExecutor(IN_FLIGHT))
        self._runtime = replace(runtime, pool=pool)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def run(self) -> Values:
        """One slice; campaigns are made anew when a slice used them up."""
        if self._left < self._piece:
            for _ in range(self._campaigns):
                read_campaign(self._runtime, self._size)
            self._left = self._size * self._campaigns
        found = _slice(self._runtime, self._store, self._sink, self._piece)
        self._left -= int(found["messages"])
        return found


def _slice(runtime: Runtime, store: Store, sink: Sink, piece: int) -> Values:
    """Send until so many came to the sink: a task may send more, as long as its time lasts."""
    hints: deque[tuple[str, int]] = deque()
    sink.reset()
    own, store_meter, start = Meter(()), Meter((store.pid,)), time.process_time()
    while (sent := sink.counts()["posts"]) < piece:
        feed(runtime, lambda campaign, batch: hints.append((campaign, batch)))
        if not hints:
            break
        send_batch(runtime, *hints.popleft())
    mine, stores = time.process_time() - start, store_meter.cpu()
    return {
        "CPU ms a message": (mine + stores) / sent * 1000,
        "of it the store": stores / sent * 1000,
        "messages": sent,
        "messages/s": sent / own.seconds(),
    }
