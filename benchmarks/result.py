"""What a benchmark is asked for and what it answers: lines of medians, and the figures that have goals."""

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
    """A benchmark's table. `baseline` names what ratios are measured against, `figures` go by their goals' names."""

    name: str
    baseline: str
    lines: Sequence[Line]
    figures: Values = field(default_factory=dict)

    def table(self) -> Table:
        """For people."""
        table = Table(title=f"{self.name} (ratios to: {self.baseline})", title_justify="left")
        table.add_column("")
        columns = list(dict.fromkeys(name for line in self.lines for name in line.values))
        for name in (*columns, "ratio"):
            table.add_column(name, justify="right")
        for line in self.lines:
            cells = [shown(line.values.get(name)) for name in columns]
            table.add_row(line.what, *cells, "" if line.ratio is None else f"{line.ratio:.2f}")
        return table


def in_turn(runs: int, contenders: Mapping[str, Callable[[], Values]]) -> dict[str, list[Values]]:
    """Every contender once, and that so many times: whatever else the machine does meets all of them alike."""
    found: dict[str, list[Values]] = {what: [] for what in contenders}
    for _ in range(runs):
        for what, run in contenders.items():
            found[what].append(run())
    return found


def median(runs: Sequence[Values], name: str) -> float:
    """The median of one value over the runs."""
    return statistics.median(run[name] for run in runs)


def median_line(what: str, runs: Sequence[Values], ratio: float | None = None) -> Line:
    """The medians over the runs, value by value."""
    return Line(what, {name: median(runs, name) for name in runs[0]}, ratio, tuple(runs))


def shown(value: float | None) -> str:
    """A figure in as many digits as say something."""
    if value is None:
        return ""
    if value >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.1f}" if value >= 10 else f"{value:.3f}"
