"""Several rounds at a time, each in a process of its own with its own stack."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.chaos.rounds import do_round
from tests.chaos.table import Report, report_of


class Order(NamedTuple):
    """A round to be done: its seeds, rows a campaign, a fault to plant, and where to keep its folder."""

    seeds: range
    rows: int
    plant: str | None = None
    keep: Path | None = None


def do_all(orders: Iterable[Order], jobs: int) -> Iterator[Report]:
    """Do the rounds, so many at a time; their reports in order.

    Whatever ends this early, Ctrl-C and SIGTERM too, ends the processes, and these end what they started.
    """
    pool = multiprocessing.get_context("spawn").Pool(jobs, end_on_sigterm)
    try:
        yield from pool.imap(_do, orders)
    finally:
        pool.terminate()
        pool.join()


def end_on_sigterm() -> None:
    """SIGTERM leaves this process as an exception does: by every exit of every block."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def _do(order: Order) -> Report:
    return report_of(do_round(order.seeds, order.rows, order.plant, order.keep))
