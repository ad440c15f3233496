"""`python -m tests.chaos`: torment stacks, then say what was broken. Exit status 1 if anything was."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tests.chaos.jobs import Order, do_all, end_on_sigterm
from tests.chaos.plan import make_plan, make_weather
from tests.chaos.plants import PLANTS
from tests.chaos.table import HEAD, Report, summary
from tests.chaos.trials import TRIAL_PLANTS, do_trials
from tests.chaos.web import WEB_PLANTS
from tests.chaos.worker_plants import WORKER_PLANTS

#: Runs that share a stack.
RUNS_A_ROUND = 5
#: For so many runs each trial is made once.
RUNS_A_TRIAL = 10


def main() -> int:
    """Do the rounds, print a line per run as each round ends."""
    chosen = _arguments()
    if chosen.show:
        _show(chosen)
        return 0
    end_on_sigterm()
    begun, reports = time.monotonic(), list[Report]()
    orders = [Order(seeds, chosen.rows, chosen.plant, chosen.keep) for seeds in _rounds(chosen)]
    _say(HEAD)
    rounds = () if chosen.plant in TRIAL_PLANTS else do_all(orders, chosen.jobs)
    for report in chain(_trials(chosen), rounds):
        reports.append(report)
        _tell(report, chosen)
    _say(summary(reports, time.monotonic() - begun))
    return 1 if any(report.broken for report in reports) else 0


def _trials(chosen: argparse.Namespace) -> Iterator[Report]:
    """What needs a store of its own, before everything else."""
    if chosen.plant in {None, *TRIAL_PLANTS}:
        for seed in range(chosen.seed, chosen.seed + chosen.runs, RUNS_A_TRIAL):
            yield do_trials(seed, chosen.plant or "")


def _tell(report: Report, chosen: argparse.Namespace) -> None:
    for line in report.lines:
        _say(line)
    for sentence in report.broken:
        _say(f"  {sentence}")
    if report.broken:
        again = f"--seed {report.first_seed} --runs {report.runs} --rows {chosen.rows}"
        _say(f"  again: python -m tests.chaos {again}{f' --plant {chosen.plant}' if chosen.plant else ''}")


def _show(chosen: argparse.Namespace) -> None:
    for seeds in _rounds(chosen):
        weather = make_weather(seeds[0])
        _say(str(weather))
        for seed in seeds:
            _say(str(make_plan(seed, weather, chosen.rows)))


def _rounds(chosen: argparse.Namespace) -> Iterator[range]:
    last = chosen.seed + chosen.runs
    for first in range(chosen.seed, last, RUNS_A_ROUND):
        yield range(first, min(first + RUNS_A_ROUND, last))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Try to break the promises.")
    parser.add_argument("--runs", type=int, default=10, help="how many runs, %(default)s by default")
    parser.add_argument("--seed", type=int, default=1, help="of the first run; the others follow")
    parser.add_argument("--rows", type=int, default=240, help="in each campaign file")
    parser.add_argument("--jobs", type=int, default=1, help="stacks at a time")
    parser.add_argument(
        "--plant",
        choices=sorted({*PLANTS, *WEB_PLANTS, *TRIAL_PLANTS, *WORKER_PLANTS}),
        help="plant this fault: the checker must see it",
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep each round's logs and ledger in there"
    )
    parser.add_argument("--show", action="store_true", help="print the plans and do nothing")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
