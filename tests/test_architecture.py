"""The queues, and the habits that a machine can look after. What may import what is `.importlinter`'s."""

from __future__ import annotations

import ast
import importlib
import re
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
#: Packages of ours, by their dotted names.
PACKAGES = {name: file.parent for name, file in FILES.items() if file.name == "__init__.py"}
#: What must run before anything of the dispatcher does, and how Celery finds the application: nothing for an importer.
SAYS_MORE = {"dispatcher": {"use_locked_data"}, "tasks": {"annotations", "Any", "__getattr__"}}


def face_of(package: str) -> str:
    """The docstring of a package's `__init__.py`."""
    return ast.get_docstring(ast.parse(FILES[package].read_text("utf-8"))) or ""


def parts_of(package: str) -> set[str]:
    """Its modules, and with a slash its packages."""
    folder = PACKAGES[package]
    modules = {file.stem for file in folder.glob("*.py")} - {"__init__", "__main__"}
    return modules | {f"{each.name}/" for each in PACKAGES.values() if each.parent == folder}


def named_in(lines: str) -> set[str]:
    """What stands there as a module, `name`, or as a package, `name/`."""
    return set(re.findall(r"`([a-z_]+/?)`", lines))


@pytest.mark.parametrize("name", ["utils", "helpers", "base", "manager", "common", "misc"])
def test_no_module_is_named_after_nothing(name: str) -> None:
    assert not [module for module in FILES if module.rpartition(".")[2] == name]


def test_a_package_has_a_face_of_five_to_fifteen_lines_that_says_where_to_begin() -> None:
    for package in PACKAGES:
        lines = face_of(package).splitlines()
        assert 5 <= len(lines) <= 15, f"{package}: {len(lines)} lines"
        assert any(line.startswith("May import: ") for line in lines), package
        assert any(line.startswith("Begin with: ") for line in lines), package


def test_a_face_lists_every_public_module_and_none_that_is_not_there() -> None:
    for package, folder in PACKAGES.items():
        _, _, tail = face_of(package).partition("\n\n- ")
        parts, listed = parts_of(package), named_in(tail.partition("\n\n")[0])
        public = {part for part in parts if not part.startswith("_")}
        assert public - listed == set(), f"not in the face of {package}"
        folders = {f"{each.name}/" for each in folder.iterdir() if each.is_dir()}
        assert listed - parts - folders == set(), f"in the face of {package}, and not there"
        begin = re.search(r"^Begin with: .*", tail, re.MULTILINE)
        assert begin is not None
        first = re.search(r"`(\w+)[./`]", begin[0])
        assert first is None or {first[1], f"{first[1]}/"} & parts, f"where to begin in {package}"


def imports_in(folder: Path) -> Iterator[str]:
    """What the modules under a folder import, by dotted name."""
    for file in folder.glob("**/*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield from (f"{node.module}.{each.name}" for each in node.names)


@pytest.mark.slow
def test_a_face_names_every_neighbour_that_its_package_imports() -> None:
    for package, folder in PACKAGES.items():
        above, _, own = package.rpartition(".")
        if "." in above:
            neighbours = {part.rstrip("/") for part in parts_of(above)} - {own}
            used = {name.removeprefix(f"{above}.").partition(".")[0] for name in imports_in(folder)}
            allowed = face_of(package).partition("\nMay import: ")[2].partition("\nBegin with: ")[0]
            named = {name.rstrip("/") for name in named_in(allowed)}
            assert used & neighbours - named == set(), f"imported by {package}, and not in its face"


def test_a_package_hands_on_nothing_but_its_docstring() -> None:
    for package in PACKAGES:
        body = ast.parse(FILES[package].read_text("utf-8")).body[1:]
        names = {
            each.asname or each.name
            for node in body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for each in node.names
        } | {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        assert names == SAYS_MORE.get(package, set()), package
        assert SAYS_MORE.get(package) or not body, f"{package} does something when it is imported"


def test_no_route_has_its_form_read_before_it_knows_who_asks() -> None:
    """A form that is a parameter is spooled to the disk, however large, before the login is looked at."""
    spooled = {"Form", "File", "UploadFile"}
    imported = [
        name
        for name, file in FILES.items()
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fastapi")
        if spooled & {each.name for each in node.names}
    ]
    assert imported == []


@pytest.mark.slow
def test_no_two_classes_have_one_name() -> None:
    names = [
        node.name
        for file in FILES.values()
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]
    assert len(names) > 300
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_every_queue_is_consumed_and_every_worker_has_a_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMS_REDIS_URL", "redis://127.0.0.1:1/0")
    config = importlib.import_module("celeryconfig")
    services = importlib.import_module("dispatcher.stack.services")
    roles = importlib.import_module("dispatcher.stack.roles")
    chosen = importlib.import_module("dispatcher.settings").Settings()
    started = services.celery_services(roles.UP, chosen, {}, "")
    declared = {queue.name for queue in config.task_queues}
    workers = [service.argv[3:] for service in started if service.argv[2] == "tasks.worker"]
    consumed = [word for arguments in workers for word in arguments if word != "--beat"]
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


@pytest.mark.slow
def test_every_task_has_a_queue_and_every_route_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMS_REDIS_URL", "redis://127.0.0.1:1/0")
    config = importlib.import_module("celeryconfig")
    assert {name for _, name, _ in _tasks()} == set(config.task_routes)
    assert {entry["task"] for entry in config.beat_schedule.values()} <= set(config.task_routes)


@pytest.mark.slow
def test_a_task_has_at_most_fifteen_lines() -> None:
    for module, name, node in _tasks():
        assert module.startswith("tasks."), f"{name} is not among the tasks"
        assert node.end_lineno is not None
        assert node.end_lineno - node.lineno < 15, f"{name} is more than a call of a verb"


TESTS = TOP / "tests"


@pytest.mark.parametrize("ours", ["dispatcher", "tasks"])
def test_each_folder_of_tests_is_a_folder_of_the_code(ours: str) -> None:
    folders = {file.parent.relative_to(TESTS) for file in (TESTS / ours).glob("**/test_*.py")}
    assert [folder for folder in folders if not (TOP / folder).is_dir()] == []


def test_a_file_of_tests_is_named_after_its_module_or_is_a_scenario() -> None:
    for file in TESTS.glob("dispatcher/**/test_*.py"):
        folder, name = TOP / file.parent.relative_to(TESTS), file.stem.removeprefix("test_")
        modules = {path.stem.removeprefix("_") for path in folder.glob("*.py")}
        assert name in modules or name.startswith("the_"), f"{file} is named after nothing in {folder}"
