"""The limiter: what a claim costs, and how exact four processes on one limit are, beside `limits` and Celery's.

Four processes want 50 a second for a while. Ours claims messages of a campaign, all limits, caps and shares included;
`limits` asks its moving window on the same Redis; Celery's `rate_limit` is the token bucket that each of its workers
has for itself. `worst second` is the most admitted in any rolling second, by Redis's clock or the machine's.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import limits
from kombu.utils.limits import TokenBucket

from benchmarks.result import Asked, Line, Result, Values, median_line
from benchmarks.store import Store
from dispatcher.ledger.batches.claims import Claim, Hold, TakenBatch
from dispatcher.ledger.batches.packing import Batch, BatchMessage, BatchRow
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.scope import ACCOUNT, EACH_SENDER
from dispatcher.rules.rates import parse_rate

PER_SECOND, PROCESSES, SECONDS = 50, 4, 10
SENDER, MESSAGES = "15162065575", 100
Work = Callable[[str, int, float, Any], None]


def measure(asked: Asked) -> Iterator[Result]:
    """Cost of one claim, then accuracy."""
    with Store() as store:
        yield _cost(asked, store.url)
        yield _accuracy(asked, store.url)


def _campaign(ledger: Ledger, id: str, batches: int) -> None:
    settings = CampaignSettings(senders=(SENDER,), message="Hi", quiet_hours="off")
    ledger.campaigns.create(
        id,
        settings,
        fixed=frozenset(),
        filename="",
        chunks=0,
        columns=(),
        start_at_ms=None,
        settle_ms=1,
        rate=None,
    )
    ledger.file_readings.begin(id, "bench", 60_000)
    rows = tuple(BatchRow(row, row, f"1516555{row:04}", None, ()) for row in range(MESSAGES))
    batch = Batch(rows, tuple(BatchMessage((row,), SENDER, "Hi", ()) for row in range(MESSAGES)))
    for number in range(batches):
        ledger.batches.add(
            id, number, batch, rows_read=MESSAGES * (number + 1), reader="bench", lease_ms=60_000
        )
    ledger.file_readings.finish(id, MESSAGES * batches, "bench")
    ledger.batches.offer(id, window=0, most=0, offer_ms=1)


def _claims(hold: Hold, messages: Sequence[int]) -> list[Claim]:
    return [Claim(message, (message,), SENDER, 1, os.urandom(8), numbers=("",)) for message in messages]


def _taken(ledger: Ledger, id: str, number: int) -> TakenBatch:
    taken = ledger.batches.take(id, number, token=os.urandom(8), lease_ms=600_000, look_ms=1)
    assert isinstance(taken, TakenBatch), taken
    return taken


def _set_rate(ledger: Ledger, text: str) -> None:
    for scope in (ACCOUNT, EACH_SENDER):
        rate = parse_rate(text)
        ledger.limits.set_rate(scope, rate.interval_us, rate.tolerance_us)


def _cost(asked: Asked, url: str) -> Result:
    """Microseconds of one decision: alone in its round trip, and a hundred in one."""
    ours, theirs = [], []
    for number in range(asked.runs):
        connection = client(url)
        connection.flushall()
        ledger = Ledger(connection)
        _campaign(ledger, "cost", 11)
        _set_rate(ledger, "1000000/s")
        ours.append(_cost_of_claims(ledger))
        theirs.append(_cost_of_hits(url, f"cost-{number}"))
    base = median_line("limits, moving window, one limit", theirs, 1.0)
    mine = median_line("a claim, asking all limits", ours)
    ratio = mine.values["alone, µs"] / base.values["alone, µs"]
    return Result(
        "One decision",
        baseline="limits",
        lines=[base, Line(mine.what, mine.values, ratio, mine.runs)],
        figures={"a claim, a hundred at once": mine.values["a hundred at once, µs each"]},
    )


def _cost_of_claims(ledger: Ledger) -> Values:
    alone = 0.0
    taken = _taken(ledger, "cost", 0)
    for claim in _claims(taken.hold, range(MESSAGES)):
        alone += _timed(lambda asked=claim: _exchange(ledger, taken.hold, [asked]))  # type: ignore[misc]
    together = 0.0
    for number in range(1, 11):
        hold = _taken(ledger, "cost", number).hold
        claims = _claims(hold, range(MESSAGES))
        together += _timed(lambda hold=hold, claims=claims: _exchange(ledger, hold, claims))  # type: ignore[misc]
    return {"alone, µs": alone / MESSAGES * 1e6, "a hundred at once, µs each": together / 10 / MESSAGES * 1e6}


def _exchange(ledger: Ledger, hold: Hold, claims: list[Claim]) -> int:
    _, answers = ledger.batches.record_and_claim(
        hold, [], claims, caller_ms=int(time.time() * 1000), fingerprint="f"
    )
    return sum(answer.word == "go" for answer in answers)


def _cost_of_hits(url: str, name: str) -> Values:
    window = limits.strategies.MovingWindowRateLimiter(limits.storage.storage_from_string(url))
    item = limits.RateLimitItemPerSecond(1_000_000)
    took = _timed(lambda: [window.hit(item, name) for _ in range(MESSAGES)])
    return {"alone, µs": took / MESSAGES * 1e6, "a hundred at once, µs each": took / MESSAGES * 1e6}


def _timed(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def _accuracy(asked: Asked, url: str) -> Result:
    """Admitted in all and in the worst second."""
    contenders: dict[str, Work] = {
        "limits, moving window": _window,
        "Celery's rate_limit, one bucket a worker": _buckets,
        "claims": _claimer,
    }
    lines = []
    for what, work in contenders.items():
        runs = [_race(url, work) for _ in range(asked.runs)]
        line = median_line(what, runs)
        lines.append(Line(what, line.values, line.values["worst second"] / PER_SECOND, line.runs))
    ours = lines[-1].values
    return Result(
        f"{PROCESSES} processes, {PER_SECOND}/s, {SECONDS} s",
        lines=lines,
        baseline="the limit (worst second)",
        figures={
            "worst second of four processes at 50/s": ours["worst second"],
            "of the limit used by four processes": 100 * ours["admitted"] / (PER_SECOND * SECONDS),
        },
    )


def _race(url: str, work: Work) -> Values:
    connection = client(url)
    connection.flushall()
    _campaign(Ledger(connection), "race", PROCESSES * 2 * SECONDS)
    _set_rate(Ledger(connection), f"{PER_SECOND}/s")
    context = multiprocessing.get_context("spawn")
    answers, barrier = context.Queue(), context.Barrier(PROCESSES)
    processes = [
        context.Process(target=_run, args=(work, url, place, answers, barrier)) for place in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    times = sorted(moment for _ in processes for moment in answers.get())
    for process in processes:
        process.join()
    worst = max(bisect_left(times, moment + 1) - place for place, moment in enumerate(times))
    return {"admitted": float(len(times)), "worst second": float(worst)}


def _run(work: Work, url: str, place: int, answers: Any, barrier: Any) -> None:
    times: list[float] = []
    barrier.wait()
    work(url, place, time.time() + SECONDS, times)
    answers.put(times)


def _claimer(url: str, place: int, until: float, times: list[float]) -> None:
    ledger, number = Ledger(client(url)), place
    taken, message = _taken(ledger, "race", number), 0
    while time.time() < until:
        claims = _claims(taken.hold, [message])
        _, answers = ledger.batches.record_and_claim(
            taken.hold, [], claims, caller_ms=int(time.time() * 1000), fingerprint="f"
        )
        if answers[0].word == "go":
            times.append(time.time())
            message += 1
        else:
            time.sleep(answers[0].wait_ms / 1000)
        if message == MESSAGES:
            number += PROCESSES
            taken, message = _taken(ledger, "race", number), 0


def _window(url: str, _: int, until: float, times: list[float]) -> None:
    window = limits.strategies.MovingWindowRateLimiter(limits.storage.storage_from_string(url))
    item = limits.RateLimitItemPerSecond(PER_SECOND)
    while time.time() < until:
        if window.hit(item, "race"):
            times.append(time.time())
        else:
            time.sleep(0.005)


def _buckets(_: str, __: int, until: float, times: list[float]) -> None:
    bucket = TokenBucket(PER_SECOND)
    while time.time() < until:
        if bucket.can_consume(1):
            times.append(time.time())
        else:
            time.sleep(bucket.expected_time(1))
