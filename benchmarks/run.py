"""Runs benchmarks: `python -m benchmarks.run [ONLY ...] [--rows N] [--runs N]`, or `make bench ONLY=… ROWS=…`.

Prints the machine and a table each, and writes both as JSON into `benchmarks/results/`.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from rich.console import Console

from benchmarks.meter import machine
from benchmarks.result import Asked

#: In this order; each module has `measure(asked)`, which yields results.
BENCHMARKS = ("dispatch", "callbacks", "expand", "memory", "report", "idle", "growth", "limiter")
RESULTS = Path(__file__).parent / "results"


def run(names: list[str], asked: Asked, folder: Path | None) -> None:
    """Run these, print their tables; write their figures into `folder` if there is one."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    described = machine()
    console.print(", ".join(f"{name} {value}" for name, value in described.items()), highlight=False)
    for name in names:
        results = []
        for result in import_module(f"benchmarks.{name}").measure(asked):
            console.print(result.table())
            results.append(asdict(result))
        if folder is not None:
            folder.mkdir(exist_ok=True)
            written = {"machine": described, "rows": asked.rows, "runs": asked.runs, "results": results}
            (folder / f"{name}.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Read the command line and run."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("only", nargs="*", default=BENCHMARKS, help=f"of {', '.join(BENCHMARKS)}")
    options.add_argument(
        "--rows", type=int, help="how many messages, callbacks or rows; each has its own default"
    )
    options.add_argument("--runs", type=int, default=3, help="medians of so many runs")
    given = options.parse_args()
    unknown = set(given.only) - set(BENCHMARKS)
    if unknown:
        options.error(
            f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}"
        )
    run(list(given.only), Asked(given.rows, given.runs), RESULTS)


if __name__ == "__main__":
    main()
