"""The runner and its benchmarks work, at a size that says nothing about speed."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.result import Asked, Result
from benchmarks.run import BENCHMARKS, run

pytestmark = pytest.mark.slow

#: Those that need neither `mms up` nor seconds of a clock.
SMALL = ["expand", "memory", "report", "growth"]
TINY = Asked(rows=120, runs=1)


def assert_compared(result: Result) -> None:
    """It names a baseline and a goal, and has a ratio and figures."""
    assert result.baseline
    assert result.goal
    assert any(line.ratio for line in result.lines)
    assert any(line.values for line in result.lines)
    assert result.table().row_count == len(result.lines)


def test_the_runner_prints_tables_and_writes_the_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(SMALL, TINY, tmp_path)
    printed = capsys.readouterr().out
    for name in SMALL:
        written = json.loads((tmp_path / f"{name}.json").read_text())
        assert written["machine"]["cores"]
        assert written["rows"] == TINY.rows
        for result in written["results"]:
            assert any(line["ratio"] for line in result["lines"])
            assert result["goal"]
            assert all(line["what"].split()[0] in printed for line in result["lines"])


def test_sending_is_compared_with_the_bare_loop_and_with_a_task_a_recipient() -> None:
    first = next(iter(import_module("benchmarks.dispatch").measure(TINY)))
    assert_compared(first)
    speeds = [line.values.get("messages/s") for line in first.lines[:4]]
    assert all(speed and speed > 0 for speed in speeds)
    assert first.lines[0].ratio == pytest.approx((speeds[0] or 0) / (speeds[3] or 1))


def test_growth_counts_every_message_whichever_batch_was_taken_up_beside_another() -> None:
    by_size = next(iter(import_module("benchmarks.growth").measure(TINY)))
    assert [line.values["messages"] for line in by_size.lines] == [TINY.rows]


def test_every_benchmark_of_the_runner_is_a_module_that_measures() -> None:
    assert all(callable(import_module(f"benchmarks.{name}").measure) for name in BENCHMARKS)
