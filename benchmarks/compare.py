"""Two folders of results side by side, as a table for a document: `make bench BEFORE=… AFTER=…`.

    python -m benchmarks.compare BEFORE [AFTER]

The figures that have goals, and all lines of one name in both; AFTER is `benchmarks/results/` unless it is said.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.result import shown
from benchmarks.run import RESULTS


def values(folder: Path) -> dict[str, float]:
    """Every figure and every value of every line, by its name."""
    return {name: value for file in sorted(folder.glob("*.json")) for name, value in _values(file)}


def _values(file: Path) -> Iterator[tuple[str, float]]:
    found = json.loads(file.read_text("utf-8"))
    for figure in found.get("figures", []):
        if figure["value"] is not None:
            yield f"**{file.stem}: {figure['name']}, {figure['unit']}**", figure["value"]
    for result in found["results"]:
        for line in result["lines"]:
            for name, value in line["values"].items():
                yield f"{result['name']}: {line['what']}, {name}", value


def table(before: Path, after: Path) -> str:
    """Lines of Markdown: what both folders have, before, after, and after to before."""
    old, new = values(before), values(after)
    lines = ["| | before | after | ratio |", "|---|---|---|---|"]
    for name in (name for name in new if name in old):
        ratio = f"{new[name] / old[name]:.2f}" if old[name] else ""
        lines.append(f"| {name} | {shown(old[name])} | {shown(new[name])} | {ratio} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else RESULTS))
