"""The queues, and the habits that a machine can look after. What may import what is `.importlinter`'s."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent


def module_of(file: Path) -> str:
    """The dotted name of a file."""
    parts = file.relative_to(TOP).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module_of(file): file
    for file in [*TOP.glob("dispatcher/**/*.py"), *TOP.glob("tasks/*.py"), TOP / "celeryconfig.py"]
}


@pytest.mark.parametrize("name", ["utils", "helpers", "base", "manager", "common", "misc"])
def test_no_module_is_named_after_nothing(name: str) -> None:
    assert not [module for module in FILES if module.rpartition(".")[2] == name]


def test_every_queue_is_consumed_and_every_worker_has_a_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMS_REDIS_URL", "redis://127.0.0.1:1/0")
    config = importlib.import_module("celeryconfig")
    parts = importlib.import_module("dispatcher.stack.services")
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
