"""Runs benchmarks: `python -m benchmarks.run [ONLY ...] [--rows N] [--runs N]`, or `make bench ONLY=… ROWS=…`.

Prints the machine, tables, and at last each figure beside its goal; writes all as JSON into `benchmarks/results/`.
Exits 1 when a figure misses its goal by more than the tolerance, or could not be taken. With `--rows` none is judged.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.goals import GOALS, Figure, judged
from benchmarks.meter import machine
from benchmarks.result import Asked, Result, shown

BENCHMARKS = tuple(GOALS)
RESULTS = Path(__file__).parent / "results"
#: A benchmark that takes longer is stopped, and its figures are absent.
MINUTES = 15.0


def run(names: Sequence[str], asked: Asked, folder: Path | None) -> list[Figure]:
    """Run these, print their tables; write their figures into `folder` if there is one. Answers all figures."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    described = machine()
    console.print(", ".join(f"{name} {value}" for name, value in described.items()), highlight=False)
    found: dict[str, list[Figure]] = {}
    for name in names:
        start = time.monotonic()
        results = list(_measured(name, asked, console))
        seconds = time.monotonic() - start
        console.print(f"{name}: {seconds:.0f} s", highlight=False)
        figures = {each: value for result in results for each, value in result.figures.items()}
        found[name] = judged(name, figures, full_size=asked.rows is None)
        if folder is not None:
            folder.mkdir(exist_ok=True)
            written = {
                "machine": described,
                "rows": asked.rows,
                "runs": asked.runs,
                "seconds": round(seconds),
                "figures": [figure.written() for figure in found[name]],
                "results": [asdict(result) for result in results],
            }
            (folder / f"{name}.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    console.print(_goals(found))
    return [figure for figures in found.values() for figure in figures]


def _measured(name: str, asked: Asked, console: Console) -> Iterator[Result]:
    """The results of one benchmark, as they come. What fails is told; half an hour of others is not lost."""
    try:
        with _bounded(name):
            for result in import_module(f"benchmarks.{name}").measure(asked):
                console.print(result.table())
                yield result
    except Exception:
        console.print(f"{name} failed:\n{traceback.format_exc()}", markup=False, highlight=False)


@contextmanager
def _bounded(name: str) -> Iterator[None]:
    """Interrupt what takes too long, as a person would, so that it stops what it started."""
    late = threading.Event()

    def stop() -> None:
        late.set()
        os.kill(os.getpid(), signal.SIGINT)

    heard = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    watch = threading.Timer(MINUTES * 60, stop)
    watch.daemon = True
    watch.start()
    try:
        yield
    except KeyboardInterrupt:
        if not late.is_set():
            raise
        raise TimeoutError(f"{name} takes more than {MINUTES:g} minutes") from None
    finally:
        watch.cancel()
        signal.signal(signal.SIGINT, heard)


def _goals(found: dict[str, list[Figure]]) -> Table:
    """Each figure, its goal, and what comes of both."""
    table = Table(title="Figures and goals", title_justify="left")
    for name in ("benchmark", "figure", "goal", "tolerance", "measured", ""):
        table.add_column(name, justify="right" if name in {"tolerance", "measured"} else "left")
    for name, figures in found.items():
        for figure in figures:
            goal = figure.goal
            cells = f"{goal.tolerance:.0%}", shown(figure.value), figure.verdict
            table.add_row(name, goal.name, str(goal), *cells)
    return table


def main(arguments: Sequence[str] | None = None, folder: Path | None = RESULTS) -> int:
    """Read the command line and run; answers 1 when something is missed."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("only", nargs="*", default=BENCHMARKS, help=f"of {', '.join(BENCHMARKS)}")
    options.add_argument(
        "--rows", type=int, help="how many messages, callbacks or rows; each has its own default"
    )
    options.add_argument("--runs", type=int, default=3, help="medians of so many runs")
    given = options.parse_args(arguments)
    unknown = set(given.only) - set(BENCHMARKS)
    if unknown:
        options.error(
            f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}"
        )
    figures = run(given.only, Asked(given.rows, given.runs), folder)
    return int(any(figure.verdict in {"missed", "absent"} for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
