"""The floors of the design, the queues, and the habits that a machine can look after."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from itertools import takewhile
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent

#: Which floor each part stands on; the longest name that fits counts.
FLOORS = {
    "dispatcher": 0,
    "dispatcher.errors": 0,
    "dispatcher.settings": 0,
    "dispatcher.logs": 0,
    "dispatcher.model": 1,
    "dispatcher.roster": 2,
    "dispatcher.ledger": 2,
    "dispatcher.carrierx": 2,
    "dispatcher.media": 2,
    "dispatcher.rules": 2,
    "dispatcher.pipeline": 3,
    "celeryconfig": 4,
    "tasks": 4,
    "dispatcher.web": 5,
    "dispatcher.cli": 5,
}
SEPARATE = [name for name, floor in FLOORS.items() if floor == 2]


def module_of(file: Path) -> str:
    """The dotted name of a file."""
    parts = file.relative_to(TOP).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module_of(file): file
    for file in [*TOP.glob("dispatcher/**/*.py"), *TOP.glob("tasks/*.py"), TOP / "celeryconfig.py"]
}


def part_of(module: str) -> str:
    """The part that a module belongs to."""
    return max((name for name in FLOORS if f"{module}.".startswith(f"{name}.")), key=len)


def imports(module: str, *, for_types: bool = True) -> Iterator[str]:
    """Everything that a module imports, wherever in it; on wish without what only its annotations need."""
    tree = ast.parse(FILES[module].read_text("utf-8"))
    if not for_types:
        tree = _WithoutTypeChecking().visit(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            assert node.module
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in FILES else node.module


class _WithoutTypeChecking(ast.NodeTransformer):
    """Takes out what stands under `if TYPE_CHECKING:`."""

    def visit_If(self, node: ast.If) -> ast.AST:
        """The branch that runs."""
        return ast.Pass() if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


@pytest.mark.parametrize("module", FILES)
def test_imports_point_down_only(module: str) -> None:
    for imported in imports(module):
        if imported not in FILES:
            continue
        ours, theirs = part_of(module), part_of(imported)
        assert FLOORS[theirs] <= FLOORS[ours], f"{module} imports {imported}, which stands above it"
        assert ours == theirs or theirs not in SEPARATE or ours not in SEPARATE, (
            f"{module} imports {imported}"
        )


def test_there_is_no_cycle() -> None:
    graph = {module: set(imports(module, for_types=False)) & FILES.keys() for module in FILES}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("module", [name for name in FILES if FLOORS[part_of(name)] < 4])
def test_below_the_tasks_nobody_knows_celery(module: str) -> None:
    known = {name.partition(".")[0] for name in imports(module)}
    assert not known & {"celery", "kombu", "flower", "tasks", "celeryconfig"}


@pytest.mark.parametrize("module", [name for name in FILES if name.startswith("dispatcher.model")])
def test_the_model_does_no_input_or_output(module: str) -> None:
    known = {name.partition(".")[0] for name in imports(module)}
    assert not known & {"redis", "requests", "socket", "os", "pathlib", "io", "time"}


@pytest.mark.parametrize("name", ["utils", "helpers", "base", "manager", "common", "misc"])
def test_no_module_is_named_after_nothing(name: str) -> None:
    assert not [module for module in FILES if module.rpartition(".")[2] == name]


def test_every_queue_is_consumed_and_every_worker_has_a_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMS_REDIS_URL", "redis://127.0.0.1:1/0")
    config = importlib.import_module("celeryconfig")
    parts = importlib.import_module("dispatcher.cli.parts")
    declared = {queue.name for queue in config.task_queues}
    consumed = [worker.queue for worker in parts.workers(2)]
    assert sorted(consumed) == sorted(declared)
    assert {route["queue"] for route in config.task_routes.values()} == declared


def _tasks() -> Iterator[tuple[str, str, ast.FunctionDef]]:
    for module, file in FILES.items():
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "app.task":
                        name = next(word.value for word in decorator.keywords if word.arg == "name")
                        assert isinstance(name, ast.Constant)
                        yield module, str(name.value), node


def test_every_task_has_a_queue_and_every_route_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMS_REDIS_URL", "redis://127.0.0.1:1/0")
    config = importlib.import_module("celeryconfig")
    assert {name for _, name, _ in _tasks()} == set(config.task_routes)
    assert {entry["task"] for entry in config.beat_schedule.values()} <= set(config.task_routes)


def test_a_task_is_a_door_of_at_most_fifteen_lines() -> None:
    for module, name, node in _tasks():
        assert module.startswith("tasks."), f"{name} is not among the tasks"
        assert node.end_lineno is not None
        assert node.end_lineno - node.lineno < 15, f"{name} is more than a door"


@pytest.mark.parametrize(
    "file", sorted(TOP.glob("dispatcher/ledger/lua/[!_]*.lua")), ids=lambda file: file.stem
)
def test_a_script_is_one_verb_with_a_head(file: Path) -> None:
    lines = file.read_text("utf-8").splitlines()
    head = list(takewhile(lambda line: line.startswith("--"), lines))
    assert len(lines) <= 60, "longer than one verb"
    assert any("ARGV:" in line for line in head), "its head does not name its arguments"
    assert any("Answers:" in line for line in head), "its head does not name its answers"


def test_every_script_is_called_and_every_call_has_a_script() -> None:
    called = set()
    for module, file in FILES.items():
        if module.startswith("dispatcher.ledger"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    called.add(node.value)
    scripts = {file.stem for file in TOP.glob("dispatcher/ledger/lua/[!_]*.lua")}
    assert scripts <= called
