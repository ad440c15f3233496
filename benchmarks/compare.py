"""Two folders of results side by side, as tables for a document: `make bench BEFORE=… AFTER=…`.

    python -m benchmarks.compare BEFORE [AFTER]

First the figures that have goals, as docs/performance.md shows them; then every line that both have. AFTER is
`benchmarks/results/` unless it is said.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.goals import GOALS
from benchmarks.result import shown
from benchmarks.run import RESULTS


def figures(before: Path, after: Path) -> str:
    """Every goal of the register with its figure before and after; empty where a folder has none."""
    old, new = _figures(before), _figures(after)
    lines = ["| `make bench ONLY=…` | | goal | before | after |", "|---|---|---|---|---|"]
    for name, goals in GOALS.items():
        for goal in goals:
            cells = (shown(found.get((name, goal.name))) for found in (old, new))
            lines.append(f"| `{name}` | {goal.name} | {goal} | {' | '.join(cells)} |")
    return "\n".join(lines)


def lines(before: Path, after: Path) -> str:
    """What both folders have of any contender: before, after, and after to before."""
    old, new = _lines(before), _lines(after)
    table = ["| | before | after | ratio |", "|---|---|---|---|"]
    for name in (name for name in new if name in old):
        ratio = f"{new[name] / old[name]:.2f}" if old[name] else ""
        table.append(f"| {name} | {shown(old[name])} | {shown(new[name])} | {ratio} |")
    return "\n".join(table)


def _figures(folder: Path) -> dict[tuple[str, str], float]:
    """By benchmark and name. Results of before there was a register have none."""
    found = {
        (name, each["name"]): each["value"]
        for name, file in _files(folder)
        for each in file.get("figures", [])
    }
    return {name: value for name, value in found.items() if value is not None}


def _lines(folder: Path) -> dict[str, float]:
    """By result, contender and name of the value."""
    return {
        f"{result['name']}: {line['what']}, {name}": value
        for _, file in _files(folder)
        for result in file["results"]
        for line in result["lines"]
        for name, value in line["values"].items()
    }


def _files(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(folder.glob("*.json")):
        yield file.stem, json.loads(file.read_text("utf-8"))


if __name__ == "__main__":
    folders = Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else RESULTS
    print(figures(*folders), lines(*folders), sep="\n\n")
