"""`python -m tests.chaos`: torment a stack, then say what was broken. Exit status 1 if anything was."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.plan import make_plan, make_weather
from tests.chaos.plants import PLANTS
from tests.chaos.rounds import Round, do_round
from tests.chaos.table import HEAD, line_of, summary

#: Runs that share a stack.
RUNS_A_ROUND = 5


def main() -> int:
    """Do the rounds, print a line per run as each round ends."""
    chosen = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if chosen.show:
        for seeds in _rounds(chosen.seed, chosen.runs):
            weather = make_weather(seeds[0])
            _say(str(weather))
            for seed in seeds:
                _say(str(make_plan(seed, weather, chosen.rows)))
        return 0
    _say(HEAD)
    done: list[Round] = []
    for seeds in _rounds(chosen.seed, chosen.runs):
        done.append(do_round(seeds, chosen.rows, chosen.plant, chosen.keep))
        _report(done[-1], chosen)
    _say(summary(done))
    return 1 if any(each.verdict.violations for each in done) else 0


def _report(done: Round, chosen: argparse.Namespace) -> None:
    for run in done.runs:
        _say(line_of(run, done))
    for violation in done.verdict.violations:
        _say(f"  {violation.promise} broken: {violation.campaign} {violation.sentence}")
    if done.verdict.violations:
        again = f"--seed {done.runs[0].plan.seed} --runs {len(done.runs)} --rows {chosen.rows}"
        _say(f"  again: python -m tests.chaos {again}{f' --plant {chosen.plant}' if chosen.plant else ''}")


def _rounds(seed: int, runs: int) -> Iterator[range]:
    for first in range(seed, seed + runs, RUNS_A_ROUND):
        yield range(first, min(first + RUNS_A_ROUND, seed + runs))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Try to break the promises.")
    parser.add_argument("--runs", type=int, default=10, help="how many runs, %(default)s by default")
    parser.add_argument("--seed", type=int, default=1, help="of the first run; the others follow")
    parser.add_argument("--rows", type=int, default=240, help="in each campaign file")
    parser.add_argument("--plant", choices=sorted(PLANTS), help="plant this fault: the checker must see it")
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
