"""The runner and its benchmarks work, at a size that says nothing about speed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks import run as runner
from benchmarks.goals import GOALS
from benchmarks.result import Asked, Line, Result
from benchmarks.run import BENCHMARKS, main, run

pytestmark = pytest.mark.slow

#: Those that need neither `mms up` nor seconds of a clock.
SMALL = ["expand", "memory", "report", "growth", "roster", "ledger_cost", "reload", "backup", "commands"]
TINY = Asked(rows=120, runs=1)


def assert_compared(result: Result) -> None:
    """It names a baseline, and has a ratio and figures."""
    assert result.baseline
    assert any(line.ratio for line in result.lines)
    assert any(line.values for line in result.lines)
    assert result.table().row_count == len(result.lines)


def test_the_runner_prints_tables_and_writes_the_figures_with_their_goals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SMALL, "--rows=120", "--runs=1"], tmp_path) == 0
    printed = capsys.readouterr().out
    for name in SMALL:
        written = json.loads((tmp_path / f"{name}.json").read_text())
        assert written["machine"]["cores"]
        assert written["rows"] == TINY.rows
        assert written["seconds"] >= 0
        for result in written["results"]:
            assert any(line["ratio"] for line in result["lines"])
            assert all(line["what"].split()[0] in printed for line in result["lines"])
        assert [figure["name"] for figure in written["figures"]] == [goal.name for goal in GOALS[name]]
        for figure in written["figures"]:
            assert figure["value"] > 0
            assert figure["verdict"] == "not judged"
            assert figure["name"] in printed


def test_sending_is_compared_with_a_task_a_recipient_and_with_every_loop() -> None:
    first = next(iter(import_module("benchmarks.dispatch").measure(TINY)))
    assert_compared(first)
    speeds = [line.values["messages/s"] for line in first.lines]
    assert len(speeds) == 6
    assert all(speed > 0 for speed in speeds)
    assert first.lines[0].ratio == pytest.approx(speeds[0] / speeds[1])
    cpu = [line.values["CPU s/1,000"] for line in first.lines]
    assert first.figures["CPU, all processes, to that of http.client"] == pytest.approx(cpu[0] / cpu[4])


def test_what_a_delivered_message_costs_is_counted_with_all_of_its_callbacks() -> None:
    (result,) = import_module("benchmarks.delivered").measure(TINY)
    assert_compared(result)
    delivered, alone = result.lines
    written = "append-only file, bytes each"
    assert delivered.values[written] > alone.values[written] > 0
    assert min(delivered.values["CPU s/1,000"], alone.values["CPU s/1,000"]) > 0


def test_uploads_are_measured_beside_callbacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.upload.IDLE_SECONDS", 0.2)
    monkeypatch.setattr("benchmarks.upload.BESIDE_SECONDS", 0.2)
    (result,) = import_module("benchmarks.upload").measure(TINY)
    assert_compared(result)
    assert set(result.figures) == {goal.name for goal in GOALS["upload"]}
    assert all(value > 0 for value in result.figures.values())


def test_growth_counts_every_message_whichever_batch_was_taken_up_beside_another() -> None:
    by_size = next(iter(import_module("benchmarks.growth").measure(TINY)))
    assert [line.values["messages"] for line in by_size.lines] == [TINY.rows]


def test_the_footprint_is_that_of_every_process_and_less_than_its_parts_summed() -> None:
    result = next(iter(import_module("benchmarks.footprint").measure(TINY)))
    assert_compared(result)
    lines = {line.what: line.values for line in result.lines}
    services = {"mms up", "mms-web", "mms-send", "mms-ingest", "mms-helper", "mms-flower", "valkey-server"}
    assert services <= lines.keys()
    parts = [values for values in lines.values() if "mapped MB" in values]
    assert result.figures["PSS with Flower"] == pytest.approx(sum(values["PSS MB"] for values in parts))
    assert result.figures["PSS with Flower"] < sum(values["mapped MB"] for values in parts) / 2
    assert 0 < result.figures["PSS without Flower"] < result.figures["PSS with Flower"]


def test_every_benchmark_of_the_runner_is_a_module_that_measures() -> None:
    assert all(callable(import_module(f"benchmarks.{name}").measure) for name in BENCHMARKS)


Measure = Callable[[Asked], Iterator[Result]]


def growth(by_size: float, *, fails: bool = False) -> Measure:
    """A benchmark that answers this."""

    def measure(_: Asked) -> Iterator[Result]:
        line = Line("ours", {"CPU ms a message": by_size})
        yield Result("by size", "10,000", [line], {"1,000,000 recipients to 10,000": by_size})
        if fails:
            raise RuntimeError("no store")
        yield Result("at once", "1 campaign", [line], {"100 campaigns at once to 1": 1.0})

    return measure


@pytest.mark.parametrize(("by_size", "exit_code", "verdict"), [(1.0, 0, "met"), (2.0, 1, "missed")])
def test_a_figure_below_its_goal_makes_the_runner_exit_non_zero(
    by_size: float, exit_code: int, verdict: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.growth.measure", growth(by_size))
    assert main(["growth"], tmp_path) == exit_code
    written = json.loads((tmp_path / "growth.json").read_text())
    assert [figure["verdict"] for figure in written["figures"]] == [verdict, "met"]
    assert written["figures"][0]["limit"] == GOALS["growth"][0].limit


def test_a_benchmark_that_fails_is_told_counts_as_missed_and_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.expand.measure", growth(1.0))
    monkeypatch.setattr("benchmarks.growth.measure", growth(1.0, fails=True))
    monkeypatch.setitem(GOALS, "expand", GOALS["growth"])
    figures = run(["growth", "expand"], Asked(), tmp_path)
    assert [figure.verdict for figure in figures] == ["met", "absent", "met", "met"]
    assert "growth failed" in (printed := capsys.readouterr().out)
    assert "RuntimeError: no store" in printed


def test_a_benchmark_that_does_not_end_is_stopped_and_counts_as_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stopped = []

    def endless(_: Asked) -> Iterator[Result]:
        try:
            while True:
                time.sleep(60)
        finally:
            stopped.append("its stack")
        yield

    monkeypatch.setattr(runner, "MINUTES", 0.002)
    monkeypatch.setattr("benchmarks.growth.measure", endless)
    assert main(["growth"], tmp_path) == 1
    assert stopped == ["its stack"]
    assert "growth takes more than" in capsys.readouterr().out
