"""What a benchmark is asked for and what it answers: lines of medians, each with its ratio to a named baseline."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.table import Table

Values = Mapping[str, float]


@dataclass(frozen=True)
class Asked:
    """Size and number of runs; None means the benchmark's own."""

    rows: int | None = None
    runs: int = 3
    say: Callable[[str], None] = field(default=print, repr=False)

    def size(self, usual: int) -> int:
        """How large to measure."""
        return self.rows or usual


@dataclass(frozen=True)
class Line:
    """One contender: the medians of its runs, and how it stands to the baseline."""

    what: str
    values: Values
    ratio: float | None = None
    runs: Sequence[Values] = ()


@dataclass(frozen=True)
class Result:
    """A benchmark's table. `baseline` names what the ratios are measured against, `goal` what is aimed at."""

    name: str
    baseline: str
    goal: str
    lines: Sequence[Line]

    def table(self) -> Table:
        """For people."""
        table = Table(
            title=f"{self.name} (ratios to: {self.baseline})", caption=self.goal, title_justify="left"
        )
        table.add_column("")
        columns = list(dict.fromkeys(name for line in self.lines for name in line.values))
        for name in (*columns, "ratio"):
            table.add_column(name, justify="right")
        for line in self.lines:
            cells = [_shown(line.values.get(name)) for name in columns]
            table.add_row(line.what, *cells, "" if line.ratio is None else f"{line.ratio:.2f}")
        return table


def median_line(what: str, runs: Sequence[Values], ratio: float | None = None) -> Line:
    """The medians over the runs, value by value."""
    medians = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return Line(what, medians, ratio, tuple(runs))


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if value >= 10 else f"{value:.3f}"
