"""Results of before and after, side by side."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.compare import table


def written(folder: Path, speed: float, *, figures: bool) -> Path:
    """Results of one benchmark; those of long ago have no figures."""
    folder.mkdir()
    lines = [{"what": "ours", "values": {"messages/s": speed}}]
    found: dict[str, object] = {"results": [{"name": "dispatch", "lines": lines}]}
    if figures:
        found["figures"] = [{"name": "to the loop", "unit": "times", "value": speed / 1000}]
    (folder / "dispatch.json").write_text(json.dumps(found))
    return folder


def test_figures_and_lines_of_one_name_stand_side_by_side(tmp_path: Path) -> None:
    before = written(tmp_path / "before", 2000.0, figures=True)
    after = written(tmp_path / "after", 5000.0, figures=True)
    assert table(before, after).splitlines()[2:] == [
        "| **dispatch: to the loop, times** | 2 | 5 | 2.50 |",
        "| dispatch: ours, messages/s | 2,000 | 5,000 | 2.50 |",
    ]


def test_results_of_before_there_were_figures_compare_by_their_lines(tmp_path: Path) -> None:
    before = written(tmp_path / "before", 2000.0, figures=False)
    after = written(tmp_path / "after", 5000.0, figures=True)
    assert table(before, after).splitlines()[2:] == ["| dispatch: ours, messages/s | 2,000 | 5,000 | 2.50 |"]
