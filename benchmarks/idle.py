"""idle: CPU of everything that `mms up` starts while there is nothing to do; then with scheduled campaigns waiting.

The baseline is the same number of Celery workers, Flower and a store, without a tick and without a single task.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from benchmarks.celery_way import Way
from benchmarks.meter import Meter
from benchmarks.result import Asked, Line, Result, Values, median, median_line
from benchmarks.sink import Sink
from benchmarks.stack import Stack
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings

SECONDS = 20.0
CAMPAIGNS = 10_000
WORKERS = 4
FAR_AWAY_MS = 4_000_000_000_000


def measure(asked: Asked) -> Iterator[Result]:
    """Quiet, and with `rows` scheduled campaigns."""
    campaigns = asked.size(CAMPAIGNS)
    seconds = SECONDS if campaigns >= CAMPAIGNS else 2.0
    with Sink() as sink:
        with Stack(sink.url) as stack:
            quiet = _watched((stack.pid,), asked.runs, seconds)
            _schedule(stack.ledger, campaigns)
            waiting = _watched((stack.pid,), asked.runs, seconds)
        with Way(sink.url, processes=WORKERS, threads=1) as way:
            bare = _watched(way.pids, asked.runs, seconds)
    base = median(bare, "% of a core")
    lines = [
        _line("ours, quiet", quiet, base),
        _line(f"ours, {campaigns:,} scheduled campaigns", waiting, base),
        _line(f"{WORKERS} bare Celery workers, Flower, Valkey", bare, base),
    ]
    figures = {
        "quiet": median(quiet, "% of a core"),
        "with 10,000 scheduled campaigns": median(waiting, "% of a core"),
    }
    yield Result("idle", "as many bare Celery workers and Flower", lines, figures)


def _line(what: str, runs: list[Values], base: float) -> Line:
    return median_line(what, runs, median(runs, "% of a core") / max(base, 1e-9))


def _watched(pids: tuple[int, ...], runs: int, seconds: float) -> list[Values]:
    found: list[Values] = []
    time.sleep(min(seconds, 5.0))  # what the start left to do
    for _ in range(runs):
        meter = Meter(pids)
        time.sleep(seconds)
        found.append({"% of a core": 100 * meter.cpu() / meter.seconds(), "MB": meter.peak_mb})
    return found


def _schedule(ledger: Ledger, campaigns: int) -> None:
    """Campaigns that are read and start in some years."""
    for _ in range(campaigns):
        name = f"idle-{os.urandom(6).hex()}"
        ledger.campaigns.create(
            name,
            CampaignSettings(),
            fixed=frozenset(),
            filename="idle.csv",
            chunks=0,
            columns=("to",),
            start_at_ms=FAR_AWAY_MS,
            settle_ms=1000,
            rate=None,
        )
        ledger.file_readings.begin(name, "reader", 60_000)
        ledger.file_readings.finish(name, 0, "reader")
