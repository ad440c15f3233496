"""How fast a campaign file is checked, and in how much memory: a million rows with a number and two merge fields.

    python benchmarks/roster.py [--rows N] [--sequential] [--keep FILE]

Prints rows per second and peak memory of `check`, beside Python's bare `csv.reader` over the same file as the floor.
Each runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.check import check
from dispatcher.roster.area_codes import COUNTRY
from dispatcher.rules.limits import Rate

MESSAGE = "Northwind: hi {{first_name|there}}, your order waits at {{store}}. Reply STOP to opt out."
#: How many numbers one area code and exchange has.
EXCHANGE = 10_000
#: A prime, so that the walk by it through all numbers meets each once.
STRIDE = 1_618_033_999


def write_file(path: Path, rows: int, *, sequential: bool) -> None:
    """A campaign file of distinct numbers: all over the country, or one after the other."""
    exchanges = [
        f"{npa}{nxx}" for npa in COUNTRY for nxx in range(212, 1000) if nxx % 100 != 11 and nxx != 555
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
        result = check(
            file,
            filename=path.name,
            settings=CampaignSettings(senders=("15162065575",), message=MESSAGE),
            fictional_ok=False,
            account_rate=Rate(10, 1),
            sender_rate=Rate(1, 1),
            price_sms=0.0075,
            price_mms=0.02,
            max_bytes=1 << 40,
            max_rows=1 << 40,
            now=dt.datetime.now(dt.UTC),
        )
    assert result.sendable == result.rows
    return result.rows


CONTENDERS: dict[str, Callable[[Path], int]] = {"csv.reader": bare_reader, "check": checked}


def measure(name: str, path: Path) -> None:
    """Run one contender here and print what it took, as JSON."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    rows = CONTENDERS[name](path)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"rows": rows, "seconds": seconds, "peak_mb": peak / 1024, "start_mb": before / 1024}))


def measured_apart(name: str, path: Path) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--measure", name, "--keep", str(path)]
    outcome: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return outcome


def compare(path: Path) -> None:
    """Print every contender and its ratio to the floor."""
    floor = 0.0
    for name in CONTENDERS:
        outcome = measured_apart(name, path)
        speed = outcome["rows"] / outcome["seconds"]
        floor = floor or speed
        print(
            f"{name:<12}{speed:>12,.0f} rows/s   {speed / floor:>6.2f} of csv.reader   "
            f"peak {outcome['peak_mb']:,.0f} MB (imports alone {outcome['start_mb']:,.0f} MB)"
        )


def main() -> None:
    """Make the file, run the contenders, print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=1_000_000, help="rows of the file")
    options.add_argument(
        "--sequential", action="store_true", help="numbers one after the other, not all over"
    )
    options.add_argument("--keep", type=Path, help="make the file here and keep it, or use it if it is there")
    options.add_argument("--measure", choices=CONTENDERS, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.measure:
        measure(given.measure, given.keep)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = given.keep or Path(folder) / "campaign.csv"
        if not path.exists():
            write_file(path, given.rows, sequential=given.sequential)
        compare(path)


if __name__ == "__main__":
    main()
