"""campaigns: a thousand of them at one limit, a thousand with limits of their own, and one whole campaign at its limit.

Four send processes of `mms up`, the sink in CarrierX's place. What each campaign got is read from the ledger.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence

import psutil

from benchmarks.campaign import SENDER
from benchmarks.meter import Meter, tree
from benchmarks.result import Asked, Line, Result, Values
from benchmarks.sink import Sink
from benchmarks.stack import Stack
from dispatcher.ledger.batches.packing import Batch, BatchMessage, BatchRow
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.scope import ACCOUNT, LimitScope
from dispatcher.pipeline.campaigns.send_constraints import constraints_of
from dispatcher.pipeline.limits.changes import set_limit
from dispatcher.rules.rates import parse_rate

CAMPAIGNS = 1_000
WORKERS = 4
#: What the start of so many campaigns needs until each has had its first turn, then what is watched.
WARM_SECONDS, SECONDS = 10.0, 60.0
FAR_MS = 4_000_000_000_000
WHOLE_SECONDS = 25
WHOLE_RATE = 40


def measure(asked: Asked) -> Iterator[Result]:
    """`rows` are the campaigns."""
    many = asked.size(CAMPAIGNS)
    with Sink() as sink:
        shared = _watched(sink, many, account="30/s", own=None, rows=100)
        each = _watched(sink, many, account="1000/s", own="2/s", rows=200)
        whole = _whole(sink, asked.runs)
    yield Result(
        "campaigns",
        "what the limit allows",
        [
            Line(f"{many:,} campaigns at an account of 30/s", shared, shared["% of the limit"] / 100),
            Line(f"{many:,} campaigns of 2/s, account of 1,000/s", each, each["% of the limit"] / 100),
            Line(f"one of {WHOLE_SECONDS} s at {WHOLE_RATE}/s", whole, whole["% of the limit"] / 100),
        ],
        figures={
            "CPU, all processes but Valkey, 1,000 campaigns at 30/s": shared["cores"],
            "CPU, Valkey, 1,000 campaigns at 30/s": shared["cores of Valkey"],
            "of an account of 1,000/s, 1,000 campaigns of 2/s": each["% of the limit"],
            "of a limit over a whole campaign of 25 s": whole["% of the limit"],
        },
    )


def _watched(sink: Sink, many: int, *, account: str, own: str | None, rows: int) -> Values:
    """So many campaigns for a while: what of the account's limit was used, how evenly, and what it cost."""
    with Stack(sink.url, workers=WORKERS) as stack:
        set_limit(stack.ledger, ACCOUNT, rate=account)
        names = [f"campaign-{number}" for number in range(many)]
        for place, name in enumerate(names):
            _add(stack.ledger, name, rows, place, own)
        _start(stack.ledger, names)
        time.sleep(WARM_SECONDS)
        meter, store = Meter((stack.pid,)), Meter((_store_pid(stack),))
        before, began = _handed_over(stack.ledger, names), time.monotonic()
        time.sleep(SECONDS)
        after, seconds = _handed_over(stack.ledger, names), time.monotonic() - began
        valkey = store.cpu() / store.seconds()
        used = {"cores": meter.cpu() / meter.seconds() - valkey, "cores of Valkey": valkey}
    sent = [after[name] - before[name] for name in names]
    allowed = min(_per_second(account), many * _per_second(own or account)) * seconds
    return {
        "% of the limit": 100 * sum(sent) / allowed,
        "least of a campaign": min(sent),
        "most": max(sent),
        **used,
    }


def _per_second(rate: str) -> float:
    return parse_rate(rate).per_second


def _whole(sink: Sink, runs: int) -> Values:
    """One campaign alone, from its first message to its last, with several processes at hand."""
    found: list[Values] = []
    rows = WHOLE_RATE * WHOLE_SECONDS
    with Stack(sink.url, workers=WORKERS) as stack:
        for run in range(runs):
            name = f"whole-{run}"
            _add(stack.ledger, name, rows, run, f"{WHOLE_RATE}/s")
            sink.reset()
            _start(stack.ledger, [name])
            while sink.counts()["posts"] < rows:
                time.sleep(0.05)
            counts = sink.counts()
            found.append({"% of the limit": 100 * rows / WHOLE_RATE / (counts["last"] - counts["first"])})
    return {"% of the limit": statistics.median(run["% of the limit"] for run in found)}


def _add(ledger: Ledger, name: str, rows: int, place: int, rate: str | None) -> None:
    """A campaign whose file is read; it starts when it is told to."""
    settings = CampaignSettings.model_validate({"from": (SENDER,), "message": "Hi", "quiet_hours": "off"})
    ledger.campaigns.create(
        name, settings, fixed=frozenset(), filename="c.csv", chunks=0, columns=("to",), start_at_ms=FAR_MS,
        settle_ms=3_600_000, rate=None, constraints=constraints_of(settings),
    )  # fmt: skip
    ledger.file_readings.begin(name, "reader", 60_000)
    for number, first in enumerate(range(0, rows, 100)):
        made = _batch(place * 10_000 + first, min(100, rows - first), first)
        read = first + len(made.rows)
        ledger.batches.add(name, number, made, rows_read=read, reader="reader", lease_ms=60_000)
    ledger.file_readings.finish(name, rows, "reader")
    if rate is not None:
        set_limit(ledger, LimitScope.campaign(name), rate=rate)


def _batch(first_number: int, rows: int, first_row: int) -> Batch:
    numbers = [f"1{2_120_000_000 + (first_number + row) % 7_000_000}" for row in range(rows)]
    return Batch(
        tuple(
            BatchRow(first_row + row + 1, first_row + row + 2, number, None, (number,))
            for row, number in enumerate(numbers)
        ),
        tuple(BatchMessage((row,), SENDER, "Hi", ()) for row in range(rows)),
    )


def _start(ledger: Ledger, names: Sequence[str]) -> None:
    now_ms = ledger.agenda.now_ms()
    pipeline = ledger.redis.pipeline(transaction=False)
    for name in names:
        pipeline.hset(keys.campaign(name), "start_at", now_ms)
        pipeline.zadd(keys.STARTS, {name: now_ms})
    pipeline.execute()


def _handed_over(ledger: Ledger, names: Sequence[str]) -> Mapping[str, int]:
    """Rows of each campaign that CarrierX has."""
    pipeline = ledger.redis.pipeline(transaction=False)
    for name in names:
        pipeline.hget(keys.counts(name), "q")
    return dict(zip(names, (int(rows or 0) for rows in pipeline.execute()), strict=True))


def _store_pid(stack: Stack) -> int:
    def is_store(process: psutil.Process) -> bool:
        return "valkey" in process.name() or "redis-server" in process.name()

    return next(process.pid for process in tree(stack.pid) if is_store(process))
