"""Every benchmark runs, at a size that says nothing about speed."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.result import Asked
from benchmarks.run import BENCHMARKS

ROWS = 120
#: The limiter is measured over seconds of its own clock, which no size shortens.
SIZED = [name for name in BENCHMARKS if name != "limiter"]


@pytest.mark.parametrize("name", SIZED)
def test_a_benchmark_prints_a_ratio_to_its_baseline(name: str) -> None:
    results = list(import_module(f"benchmarks.{name}").measure(Asked(rows=ROWS, runs=1)))
    assert results
    for result in results:
        assert result.goal
        assert any(line.ratio is not None for line in result.lines)
        assert result.table().row_count == len(result.lines)


def test_every_benchmark_of_the_runner_is_a_module(repository: Path) -> None:
    assert all((repository / "benchmarks" / f"{name}.py").exists() for name in BENCHMARKS)
