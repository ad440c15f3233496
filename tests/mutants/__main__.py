"""`python -m tests.mutants`: make faults, run the tests against them, list what lives. Exit status 1 below the goal."""

from __future__ import annotations

import argparse
import sys
import time
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants.choice import measured
from tests.mutants.copies import copy_tree
from tests.mutants.equivalents import equivalent_among, stale_among
from tests.mutants.heart import mutants_of_the_heart
from tests.mutants.mutant import Mutant
from tests.mutants.table import share_killed, survivor, table
from tests.mutants.trial import try_all

TOP = Path(__file__).resolve().parents[2]
#: Where it is kept which tests come by which places.
KEPT = TOP / ".mutants" / "reach.json"
#: The share of mutants that have to be killed.
GOAL = 0.95


def main() -> int:
    """Draw mutants, try them, print the survivors as they are found and the table in the end."""
    chosen = _arguments()
    begun, everything = time.monotonic(), mutants_of_the_heart(TOP)
    drawn = _drawn([each for each in everything if chosen.only in f"{each.path} {each.name}"], chosen)
    if chosen.show:
        for mutant in drawn:
            _say(f"{mutant.name} {mutant.path}:{mutant.line} {mutant.function}: {mutant.change}")
        return 0
    with TemporaryDirectory(prefix="mutants-") as folder:
        choice = measured(copy_tree(TOP, Path(folder)), KEPT, chosen.jobs)
    texts = {each.path: (TOP / each.path).read_text("utf-8") for each in drawn}
    verdicts = []
    for verdict in try_all(TOP, drawn, choice, equivalent_among(drawn), chosen.jobs):
        verdicts.append(verdict)
        if chosen.verbose or verdict.fate in {"alive", "unreached"}:
            told = f"{verdict.told}\n" if verdict.told else ""
            _say(survivor(verdict, texts[verdict.mutant.path]) + told)
    for stale in stale_among(everything):
        _say(f"equivalents.toml names {stale.name or stale.lines}, and there is no such mutant any more")
    share = share_killed(verdicts)
    _say(table(verdicts))
    drawn_of = f"{len(drawn)} of {len(everything)} mutants, seed {chosen.seed}"
    _say(f"\n{drawn_of}, in {time.monotonic() - begun:.0f} s: {100 * share:.1f} % killed")
    return 0 if share >= GOAL else 1


def _drawn(mutants: list[Mutant], chosen: argparse.Namespace) -> list[Mutant]:
    """The first of an order that is the seed's own: a mutant that comes or goes leaves the others where they are."""
    drawn = sorted(mutants, key=lambda each: sha256(f"{chosen.seed} {each.name}".encode()).digest())
    return drawn[: chosen.count]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description="Do the tests notice small faults?"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the draw, %(default)s by default")
    parser.add_argument("--count", type=int, default=120, help="how many mutants, %(default)s by default")
    parser.add_argument(
        "--only", default="", help="of files whose path has this in it, or the mutant of this name"
    )
    parser.add_argument("--jobs", type=int, default=2, help="at a time")
    parser.add_argument("--show", action="store_true", help="print the mutants and do nothing")
    parser.add_argument(
        "--verbose", action="store_true", help="print those that are killed too, and by which test"
    )
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
