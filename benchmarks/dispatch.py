"""dispatch: messages per second from the ledger to an API that answers at once, or after 100 ms, without a limit.

Ours is everything that `mms up` starts, claims on disk before each request. The file is read before the clock starts,
and so is the baseline's queue filled. Speed is counted where the messages arrive, over some 20 seconds of ours and 10
of whatever stands beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.campaign import LATER, await_state, file_of, start_now, submitted
from benchmarks.celery_way import Way
from benchmarks.loops import post_in_processes
from benchmarks.meter import Meter
from benchmarks.result import Asked, Line, Result, Values, in_turn, median, median_line
from benchmarks.sink import Sink
from benchmarks.stack import Stack

ROWS, LATE_ROWS, WAY_ROWS = 200_000, 50_000, 5_000
#: A loop posts until its time is over.
LOOP_ROWS, LOOP_SECONDS = 1_000_000, 10.0
PROCESSES = 2
IN_FLIGHT = 128
LATENCY_SECONDS = 0.1
SPEED, CPU = "messages/s", "CPU s/1,000"


def measure(asked: Asked) -> Iterator[Result]:
    """The table at no latency, then the one with latency."""
    at_once = _at_once(asked)
    yield at_once
    yield _late(asked, at_once.lines[0].values[SPEED])


def _at_once(asked: Asked) -> Result:
    threads = f"http.client, {IN_FLIGHT} threads a process"
    with Sink() as sink, _Ours(sink, asked.size(ROWS)) as ours, _Theirs(sink, asked, threads=0) as way:
        loop = partial(_loop, sink, asked)
        found = in_turn(asked.runs, {
            "ours": ours.run,
            "one Celery task a recipient": way.run,
            "bare loop of Session.post": partial(loop, "bare"),
            "tuned Session": partial(loop, "tuned"),
            "http.client": partial(loop, "http.client"),
            threads: partial(loop, "http.client", IN_FLIGHT),
        })  # fmt: skip
    speeds = {what: median(runs, SPEED) for what, runs in found.items()}
    speed, slow = speeds["ours"], speeds["one Celery task a recipient"]
    cpu = median(found["ours"], CPU)
    figures = {
        "to a bare loop of Session.post": speed / speeds["bare loop of Session.post"],
        "to a tuned Session": speed / speeds["tuned Session"],
        "to one task a recipient": speed / slow,
        "CPU, all processes": cpu,
        "CPU, all processes, to that of a bare loop": cpu / median(found["bare loop of Session.post"], CPU),
        "CPU, all processes, to that of http.client": cpu / median(found["http.client"], CPU),
    }
    lines = [median_line(what, runs, speeds[what] / slow) for what, runs in found.items()]
    return Result("dispatch", "one Celery task a recipient", lines, figures)


def _late(asked: Asked, no_latency: float) -> Result:
    with (
        Sink(LATENCY_SECONDS) as sink,
        _Ours(sink, asked.size(LATE_ROWS)) as ours,
        _Theirs(sink, asked, threads=IN_FLIGHT) as way,
    ):
        found = in_turn(asked.runs, {
            "ours": ours.run,
            "one Celery task a recipient, threads": way.run,
            f"http.client, {IN_FLIGHT} threads a process": partial(_loop, sink, asked, "http.client", IN_FLIGHT),
        })  # fmt: skip
    in_flight = PROCESSES * IN_FLIGHT / LATENCY_SECONDS
    allowed = min(in_flight, no_latency)
    lines = [median_line(what, runs, median(runs, SPEED) / allowed) for what, runs in found.items()]
    for what, bound in (
        ("what the requests in flight allow", in_flight),
        ("ours without latency", no_latency),
    ):
        lines.append(Line(what, {SPEED: bound}, bound / allowed))
    figures = {"of what 100 ms of latency allow": 100 * median(found["ours"], SPEED) / allowed}
    return Result("dispatch, 100 ms latency", "the lower of the two bounds", lines, figures)


def _figures(sink: Sink, rows: int, cpu: float, peak_mb: float = 0.0) -> Values:
    counts = sink.counts()
    assert counts["posts"] == rows, f"{counts['posts']} messages came, not {rows}"
    return {
        SPEED: rows / max(counts["last"] - counts["first"], 1e-9),
        CPU: cpu / rows * 1000,
        "peak MB": peak_mb,
        "in flight": counts["most"],
    }


def _loop(sink: Sink, asked: Asked, kind: str, threads: int = 1) -> Values:
    sink.reset()
    rows = asked.size(LOOP_ROWS)
    posted = post_in_processes(kind, sink.url, rows, LOOP_SECONDS, processes=PROCESSES, threads=threads)
    return _figures(sink, posted.rows, posted.cpu)


class _Ours(Stack):
    """All of `mms up`, which sends campaigns of so many rows."""

    def __init__(self, sink: Sink, rows: int) -> None:
        super().__init__(sink.url, workers=PROCESSES, in_flight=IN_FLIGHT)
        self._sink, self._rows, self._file = sink, rows, file_of(rows)

    def run(self) -> Values:
        """One campaign."""
        self._sink.reset()
        campaign = submitted(self.ledger, self.config, self._file, at=LATER)
        await_state(self.ledger, campaign, "scheduled")
        meter = Meter((self.pid,))
        start_now(self.ledger, campaign)
        _watch(meter, lambda: self.ledger.campaign(campaign).state.value == "completed")
        return _figures(self._sink, self._rows, meter.cpu(), meter.peak_mb)


class _Theirs(Way):
    """Celery as its documents have it."""

    def __init__(self, sink: Sink, asked: Asked, *, threads: int) -> None:
        super().__init__(sink.url, processes=PROCESSES, threads=threads)
        self._sink, self._rows = sink, asked.size(WAY_ROWS)

    def run(self) -> Values:
        """One queue of messages."""
        self._sink.reset()
        self.publish(self._rows)
        meter = Meter(self.pids)
        self.go()
        _watch(meter, lambda: self._sink.counts()["posts"] >= self._rows)
        return _figures(self._sink, self._rows, meter.cpu(), meter.peak_mb)


def _watch(meter: Meter, is_over: Callable[[], bool]) -> None:
    """Return when it is over; looks at the memory until then."""
    while not is_over():
        meter.look()
        time.sleep(0.2)
