"""`python -m tests.cluster`: torment hosts, then say what was broken. Exit status 1 if anything was."""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.changes import PLANTS
from tests.cluster.inside import enclosed, missing
from tests.cluster.plan import make_air, make_run
from tests.cluster.rounds import do_round
from tests.cluster.table import HEAD, Report, report_of, summary

#: Runs that share their hosts.
RUNS_A_ROUND = 5
#: A round that hangs is a broken one.
ROUND_SECONDS = 900.0


def main() -> int:
    """Do the rounds, print a line per run as each round ends."""
    chosen = _arguments()
    if chosen.inside:
        _inside(chosen)
        return 0
    if chosen.show:
        _show(chosen)
        return 0
    if why := missing():
        _say(f"no hosts can be made: {why}")
        return 1 if os.environ.get("CI") else 0
    begun, reports = time.monotonic(), list[Report]()
    _say(HEAD)
    for seeds in _rounds(chosen):
        reports.append(_round(seeds, chosen))
        _tell(reports[-1], chosen)
    _say(summary(reports, time.monotonic() - begun))
    return 1 if any(report.broken for report in reports) else 0


def _round(seeds: range, chosen: argparse.Namespace) -> Report:
    """One round, in namespaces of its own: nothing of it is left, however it ends."""
    with tempfile.NamedTemporaryFile(prefix="mms-cluster-") as answer:
        ours = [sys.executable, "-m", "tests.cluster", "--inside", answer.name, "--rows", str(chosen.rows)]
        ours += ["--keep"] if chosen.keep else []
        ours += ["--seed", str(seeds[0]), "--runs", str(len(seeds)), "--plant", chosen.plant]
        try:
            ended = subprocess.run(enclosed(*ours), check=False, timeout=ROUND_SECONDS)
        except subprocess.TimeoutExpired:
            return Report(tuple(seeds), broken=(f"the round was not over after {ROUND_SECONDS:.0f} s",))
        written = Path(answer.name).read_bytes()
    if ended.returncode or not written:
        return Report(tuple(seeds), broken=(f"the round ended with status {ended.returncode}",))
    report: Report = pickle.loads(written)  # noqa: S301 - our own child wrote it
    return report


def _inside(chosen: argparse.Namespace) -> None:
    seeds = range(chosen.seed, chosen.seed + chosen.runs)
    report = report_of(do_round(seeds, chosen.rows, chosen.plant, keep=chosen.keep))
    Path(chosen.inside).write_bytes(pickle.dumps(report))


def _tell(report: Report, chosen: argparse.Namespace) -> None:
    for line in report.lines:
        _say(line)
    for sentence in report.broken:
        _say(f"  {sentence}")
    if report.kept:
        _say(f"  logs and files: {report.kept}")
    if report.broken:
        again = f"--seed {report.seeds[0]} --runs {len(report.seeds)} --rows {chosen.rows}"
        _say(f"  again: python -m tests.cluster {again}{f' --plant {chosen.plant}' if chosen.plant else ''}")


def _show(chosen: argparse.Namespace) -> None:
    for seeds in _rounds(chosen):
        _say(str(make_air(seeds[0])))
        for seed in seeds:
            _say(str(make_run(seed, chosen.rows)))


def _rounds(chosen: argparse.Namespace) -> Iterator[range]:
    last = chosen.seed + chosen.runs
    for first in range(chosen.seed, last, RUNS_A_ROUND):
        yield range(first, min(first + RUNS_A_ROUND, last))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description="Try to break the promises.")
    parser.add_argument("--runs", type=int, default=5, help="how many runs, %(default)s by default")
    parser.add_argument("--seed", type=int, default=1, help="of the first run; the others follow")
    parser.add_argument("--rows", type=int, default=400, help="in each campaign file")
    parser.add_argument(
        "--plant", default="", choices=["", *sorted(PLANTS)], help="plant this fault: the kit must see it"
    )
    parser.add_argument("--keep", action="store_true", help="keep logs and files though nothing was broken")
    parser.add_argument("--show", action="store_true", help="print the plans and do nothing")
    parser.add_argument("--inside", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
