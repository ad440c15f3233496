"""Results of before and after, side by side."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.compare import figures, lines
from benchmarks.goals import GOALS

FIGURE = GOALS["dispatch"][0]


def written(folder: Path, speed: float, *, figures: bool) -> Path:
    """Results of one benchmark; those of long ago have no figures."""
    folder.mkdir()
    found: dict[str, object] = {
        "results": [
            {"name": "dispatch", "lines": [{"what": "ours", "values": {"messages/s": speed, "peak MB": 0.0}}]}
        ]
    }
    if figures:
        found["figures"] = [
            {"name": FIGURE.name, "value": speed / 1000},
            {"name": "not taken", "value": None},
        ]
    (folder / "dispatch.json").write_text(json.dumps(found))
    return folder


def test_every_goal_has_a_line_with_what_was_measured_before_and_after(tmp_path: Path) -> None:
    before = written(tmp_path / "before", 2000.0, figures=True)
    after = written(tmp_path / "after", 5000.0, figures=True)
    table = figures(before, after).splitlines()
    assert len(table) == 2 + sum(map(len, GOALS.values()))
    assert table[2] == f"| `dispatch` | {FIGURE.name} | {FIGURE} | 2 | 5 |"
    assert table[3].endswith(" |  |  |")


def test_lines_of_one_name_stand_side_by_side_also_from_before_there_were_figures(tmp_path: Path) -> None:
    before = written(tmp_path / "before", 2000.0, figures=False)
    after = written(tmp_path / "after", 5000.0, figures=True)
    assert lines(before, after).splitlines()[2:] == [
        "| dispatch: ours, messages/s | 2,000 | 5,000 | 2.50 |",
        "| dispatch: ours, peak MB | 0 | 0 |  |",
    ]
    assert figures(before, after).splitlines()[2].endswith(" |  | 5 |")
