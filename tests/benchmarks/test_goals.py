"""What is judged, and that the register and the benchmarks speak of the same figures."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from benchmarks.goals import GOALS, Goal, judged
from benchmarks.run import BENCHMARKS

FOLDER = Path(__file__).parents[2] / "benchmarks"
FASTER = Goal("speed", "/s", "least", 1000, tolerance=0.1)
LEANER = Goal("memory", "MB", "most", 200, tolerance=0.1)


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        (FASTER, 1000.0, "met"),
        (FASTER, 999.0, "within tolerance"),
        (FASTER, 900.0, "within tolerance"),
        (FASTER, 899.0, "missed"),
        (LEANER, 200.0, "met"),
        (LEANER, 201.0, "within tolerance"),
        (LEANER, 220.0, "within tolerance"),
        (LEANER, 221.0, "missed"),
        (LEANER, None, "absent"),
    ],
)
def test_a_figure_meets_its_goal_or_misses_it_by_more_than_its_tolerance(
    goal: Goal, value: float | None, verdict: str
) -> None:
    assert goal.judge(value) == verdict


def test_a_goal_of_nothing_but_zero_tolerance_lets_nothing_through() -> None:
    assert Goal("twice", "messages", "most", 0, tolerance=0).judge(1) == "missed"


def test_a_goal_is_said_in_words() -> None:
    assert (str(FASTER), str(LEANER)) == ("at least 1,000 /s", "at most 200 MB")


def test_a_figure_that_nobody_measures_any_more_is_absent_and_one_without_a_goal_an_error() -> None:
    assert {figure.verdict for figure in judged("growth", {})} == {"absent"}
    with pytest.raises(KeyError, match="no goal is registered for growth: speed"):
        judged("growth", {"speed": 1.0})


def test_at_another_size_nothing_is_judged() -> None:
    assert {figure.verdict for figure in judged("growth", {}, full_size=False)} == {"not judged"}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_names_every_figure_that_it_has_a_goal_for(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text("utf-8"))
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert {goal.name for goal in GOALS[name]} - words == set()


def test_no_benchmark_has_two_goals_of_one_name_or_none() -> None:
    for name, goals in GOALS.items():
        assert len({goal.name for goal in goals}) == len(goals) > 0, name


def test_the_page_of_performance_has_a_line_for_every_goal(repository: Path) -> None:
    page = (repository / "docs/performance.md").read_text("utf-8")
    for name, goals in GOALS.items():
        for goal in goals:
            assert f"| `{name}` | {goal.name} | {goal} |" in page, f"{name}: {goal.name}"
