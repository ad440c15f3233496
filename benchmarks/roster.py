"""roster: how fast a campaign file is checked and expanded, in how much memory: a million rows, two merge fields.

Rows per second and peak memory of `check`, and of expansion into a real Valkey that syncs every write to disk, beside
Python's bare `csv.reader` over the same file as the floor; of expansion also the bytes of Redis per recipient, as the
file is in the ledger and as it is once every row was sent. Each run is a process of its own, so that its memory is its
own: `python -m benchmarks.roster CONTENDER FILE`. CPU is what that process itself computed.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import redis

from benchmarks.result import Asked, Result, Values, in_turn, median, median_line
from dispatcher.ledger.installation.installation import Installation
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.embedded import server_binary
from dispatcher.model.campaign import CampaignSettings
from dispatcher.numbering.area_codes import area_codes
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.expansion.batching import BATCH_ROWS
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.preflight.check import check
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.settings import Settings, load_settings

ROWS = 1_000_000
MESSAGE = "Northwind: hi {{first_name|there}}, your order waits at {{store}}. Reply STOP to opt out."
#: How many numbers one area code and exchange has.
EXCHANGE = 10_000
#: A row as the ledger keeps it, around its sid: state, flags, attempt, reason, three times; carrier codes, a price.
ROW_HEAD = b"q\0\1\0\0" + bytes(range(1, 16))
ROW_TAIL = b"\x36\x01\x04\x010.0200"
#: A prime, so that the walk by it through all numbers meets each once.
STRIDE = 1_618_033_999


def write_file(path: Path, rows: int, *, sequential: bool) -> None:
    """A campaign file of distinct numbers: all over the country, or one after the other."""
    ordinary = [npa for npa, code in area_codes().items() if code.country in ("US", "CA")]
    exchanges = [
        f"{npa}{nxx}" for npa in ordinary for nxx in range(212, 1000) if nxx % 100 != 11 and nxx != 555
    ]
    space, step = len(exchanges) * EXCHANGE, 1 if sequential else STRIDE
    with path.open("w", encoding="ascii", newline="") as file:
        file.write("to,first_name,store\r\n")
        for row in range(rows):
            exchange, line = divmod(row * step % space, EXCHANGE)
            file.write(f"1{exchanges[exchange]}{line:04},Ann{row % 977},Store {row % 53}\r\n")


def bare_reader(path: Path) -> int:
    """The floor: Python's own reader, which looks at nothing."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def checked(path: Path) -> int:
    """The preflight as `mms campaign check` runs it."""
    with path.open("rb") as file:
        request = CheckRequest(
            filename=path.name,
            settings=CampaignSettings(senders=("15162065575",), message=MESSAGE),
            now=dt.datetime.now(dt.UTC),
        )
        config = load_settings(price_sms=0.0075, price_mms=0.02, max_file_mb=1 << 20, max_rows=1 << 40)
        result = check(file, request, config)
    assert result.sendable == result.rows
    return result.rows


def measured(work: Callable[[], int]) -> dict[str, float]:
    """What a piece of work took; it answers its rows."""
    start, cpu = time.perf_counter(), time.process_time()
    rows = work()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"rows": rows, "rows/s": rows / seconds, "rows/CPU s": rows / cpu, "peak MB": peak_mb()}


def peak_mb() -> float:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def expanded(path: Path) -> dict[str, float]:
    """Expansion as its worker does it, into a Valkey of its own; then every row is sent, as far as Redis sees."""
    with tempfile.TemporaryDirectory() as folder, running_valkey(Path(folder)) as client:
        ledger, settings = Ledger(client), load_settings(max_file_mb=1 << 20, max_rows=1 << 40)
        empty = used_memory(client)
        campaign_id = submitted(ledger, path, settings)
        runtime = Runtime(ledger, settings, Installation("", (b"",), "", False, "live"))
        outcome = measured(lambda: int(expand(runtime, campaign_id).removesuffix(" rows")))
        read = (used_memory(client) - empty) / outcome["rows"]
        written = sent_in_part(ledger, campaign_id, int(outcome["rows"]))
        return {**outcome, "bytes when read": read, "bytes when sent": read + written}


def submitted(ledger: Ledger, path: Path, settings: Settings) -> str:
    """The file as a campaign that waits to be read."""
    with path.open("rb") as file:
        return submit(
            ledger,
            file,
            filename=path.name,
            settings=CampaignSettings(senders=("15162065575",), message=MESSAGE, quiet_hours="off"),
            fixed=frozenset(),
            config=settings,
        )


def sent_in_part(ledger: Ledger, campaign_id: str, rows: int) -> float:
    """Write into every row what a message leaves there that was accepted: 40 bytes, its sid in the index. Bytes a row.

    The rows are written as the script `record` writes them; running it a million times would measure it, not Redis.
    """
    before = used_memory(ledger.redis)
    numbers = ledger.campaigns.batch_numbers(campaign_id)
    for number in numbers:
        pipeline = ledger.redis.pipeline(transaction=False)
        for index in range(min(BATCH_ROWS, rows - number * BATCH_ROWS)):
            sid = os.urandom(16)
            pipeline.hset(keys.rows(campaign_id, number), str(index), ROW_HEAD + sid + ROW_TAIL)
            pipeline.hset(keys.sid_bucket(sid), sid[2:10], f"1.{number}.{index}")
        pipeline.execute()
    return (used_memory(ledger.redis) - before) / rows


def used_memory(client: redis.Redis) -> int:
    """Bytes that Redis has allocated for its data."""
    stats: Any = client.info("memory")
    return int(stats["used_memory_dataset"])


@contextmanager
def running_valkey(folder: Path) -> Iterator[redis.Redis]:
    """A Valkey as the embedded one is set up: append-only file, synced at every write."""
    socket_path = folder / "valkey.sock"
    options = ["--port", "0", "--unixsocket", str(socket_path), "--dir", str(folder), "--save", ""]
    options += ["--appendonly", "yes", "--appendfsync", "always"]
    server = subprocess.Popen([str(server_binary()), *options], stdout=subprocess.DEVNULL)
    client = redis.Redis(unix_socket_path=str(socket_path))
    try:
        while not answers(client):
            time.sleep(0.05)
        yield client
    finally:
        client.close()
        server.terminate()
        server.wait()


def answers(client: redis.Redis) -> bool:
    """Whether Redis is up."""
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


CONTENDERS: dict[str, Callable[[Path], dict[str, float]]] = {
    "csv.reader": lambda path: measured(lambda: bare_reader(path)),
    "check": lambda path: measured(lambda: checked(path)),
    "expand": expanded,
}


def measure(asked: Asked) -> Iterator[Result]:
    """Every contender over the same file, numbers all over the country."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "campaign.csv"
        write_file(path, asked.size(ROWS), sequential=False)
        runs = in_turn(asked.runs, {name: partial(_apart, name, path) for name in CONTENDERS})
    floor = median(runs["csv.reader"], "rows/s")
    lines = [median_line(name, each, median(each, "rows/s") / floor) for name, each in runs.items()]
    figures = {
        "check": median(runs["check"], "rows/s"),
        "expansion": median(runs["expand"], "rows/s"),
        "peak memory": max(median(runs[name], "peak MB") for name in ("check", "expand")),
    }
    yield Result("roster", "csv.reader", lines, figures)


def _apart(name: str, path: Path) -> Values:
    """One contender in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.roster", name, str(path)]
    outcome: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return outcome


if __name__ == "__main__":
    before = peak_mb()
    print(json.dumps({**CONTENDERS[sys.argv[1]](Path(sys.argv[2])), "imports MB": before}))
