"""dispatch: messages per second from the ledger to an API that answers at once, or after 100 ms, without a limit.

Ours is everything that `mms up` starts, claims on disk before each request. The file is read before the clock starts,
and so is the baseline's queue filled. Speed is counted where the messages arrive.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from benchmarks.campaign import LATER, await_state, file_of, start_now, submitted
from benchmarks.celery_way import Way
from benchmarks.loops import post_in_processes
from benchmarks.meter import Meter
from benchmarks.result import Asked, Line, Result, Values, median, median_line
from benchmarks.sink import Sink
from benchmarks.stack import Stack

ROWS = 20_000
PROCESSES = 2
IN_FLIGHT = 128
LATENCY_SECONDS = 0.1


def measure(asked: Asked) -> Iterator[Result]:
    """The table at no latency, then the one with latency."""
    rows = asked.size(ROWS)
    at_once = _at_once(asked, rows)
    yield at_once
    yield _late(asked, rows, at_once.lines[0].values["messages/s"])


def _at_once(asked: Asked, rows: int) -> Result:
    with Sink() as sink:
        floor = [_floor(sink, rows, tuned=False) for _ in range(asked.runs)]
        tuned = [_floor(sink, rows, tuned=True) for _ in range(asked.runs)]
        ours = _ours(sink, rows, asked)
        way = _way(sink, rows, asked, threads=0)
    slow, bare = (statistics.median(run["messages/s"] for run in runs) for runs in (way, floor))
    speed = statistics.median(run["messages/s"] for run in ours)
    lines = (
        median_line("ours", ours, speed / slow),
        median_line("bare loop of requests.Session.post (floor)", floor, bare / slow),
        median_line(
            "the same, environment ignored",
            tuned,
            statistics.median(run["messages/s"] for run in tuned) / slow,
        ),
        median_line("one Celery task a recipient", way, 1.0),
        Line("ours to the bare loop", {}, speed / bare),
    )
    figures = {
        "to a bare loop of Session.post": speed / bare,
        "to one task a recipient": speed / slow,
        "CPU, all processes": median(ours, "CPU s/1,000"),
    }
    return Result("dispatch", "one Celery task a recipient", lines, figures)


def _late(asked: Asked, rows: int, no_latency: float) -> Result:
    with Sink(LATENCY_SECONDS) as sink:
        ours = _ours(sink, rows, asked)
        way = _way(sink, rows, asked, threads=IN_FLIGHT)
    in_flight = PROCESSES * IN_FLIGHT / LATENCY_SECONDS
    allowed = min(in_flight, no_latency)
    slow, speed = (statistics.median(run["messages/s"] for run in runs) for runs in (way, ours))
    lines = (
        median_line("ours", ours, speed / allowed),
        Line("what the requests in flight allow", {"messages/s": in_flight}, in_flight / allowed),
        Line("ours without latency", {"messages/s": no_latency}, no_latency / allowed),
        median_line("one Celery task a recipient, threads", way, slow / allowed),
        Line("ours to one Celery task a recipient", {}, speed / slow),
    )
    figures = {"of what 100 ms of latency allow": 100 * speed / allowed}
    return Result("dispatch, 100 ms latency", "the lower of the two bounds", lines, figures)


def _figures(sink: Sink, rows: int, cpu: float, peak_mb: float) -> Values:
    counts = sink.counts()
    assert counts["posts"] == rows, f"{counts['posts']} messages came, not {rows}"
    return {
        "messages/s": rows / max(counts["last"] - counts["first"], 1e-9),
        "CPU s/1,000": cpu / rows * 1000,
        "peak MB": peak_mb,
        "in flight": counts["most"],
    }


def _floor(sink: Sink, rows: int, *, tuned: bool) -> Values:
    sink.reset()
    return _figures(sink, rows, post_in_processes(sink.url, rows, PROCESSES, tuned=tuned), 0.0)


def _ours(sink: Sink, rows: int, asked: Asked) -> list[Values]:
    content, runs = file_of(rows), []
    with Stack(sink.url, workers=PROCESSES, in_flight=IN_FLIGHT) as stack:
        for _ in range(asked.runs):
            sink.reset()
            campaign = submitted(stack.ledger, stack.config, content, at=LATER)
            await_state(stack.ledger, campaign, "scheduled")
            meter = Meter((stack.pid,))
            start_now(stack.ledger, campaign)
            while stack.ledger.campaign(campaign).state.value != "completed":
                meter.look()
                time.sleep(0.2)
            runs.append(_figures(sink, rows, meter.cpu(), meter.peak_mb))
    return runs


def _way(sink: Sink, rows: int, asked: Asked, *, threads: int) -> list[Values]:
    runs = []
    with Way(sink.url, processes=PROCESSES, threads=threads) as way:
        for _ in range(asked.runs):
            sink.reset()
            way.publish(rows)
            meter = Meter(way.pids)
            way.go()
            while sink.counts()["posts"] < rows:
                meter.look()
                time.sleep(0.2)
            runs.append(_figures(sink, rows, meter.cpu(), meter.peak_mb))
    return runs
