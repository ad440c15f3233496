"""A plugin of pytest: which functions and which Lua scripts each test comes by, and how long it takes.

Loaded with `-p tests.mutants.reach` it writes `PID.json` into the folder that `MUTANTS_REACH` names: for each test that
passed its seconds and the places, a place being `path::function` or the path of a script. Given a list of tests in
`MUTANTS_TESTS` instead, it runs these only, in this order.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.mutants.heart import HEART

_PLACES: set[str] = set()
_PASSED: dict[str, dict[str, Any]] = {}
#: The module that joins scripts with their preludes, once a test has run one.
_JOINER: dict[str, Any] = {}
_KNOWN: dict[str, str] = {}
_SCRIPT = "script:"


def pytest_configure() -> None:
    """From now on every call is looked at, in every thread."""
    if "MUTANTS_REACH" in os.environ:
        threading.settrace(_called)
        sys.settrace(_called)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Only the tests of the list, in its order."""
    if "MUTANTS_TESTS" in os.environ:
        listed = Path(os.environ["MUTANTS_TESTS"]).read_text("utf-8").splitlines()
        found = {each.nodeid: each for each in items}
        items[:] = [found[name] for name in listed if name in found]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Places are those of one test."""
    _PLACES.clear()
    if "MUTANTS_REACH" in os.environ:
        _forget_texts()
        sys.settrace(_called)
    result = yield
    if item.nodeid in _PASSED:
        _PASSED[item.nodeid]["places"] = sorted(_PLACES)
    return result


def _forget_texts() -> None:
    """Who keeps a script's text for EVAL asks for it anew in each test, so that the test is seen to need it."""
    for name, module in list(sys.modules.items()):
        forget = getattr(getattr(module, "_text", None), "cache_clear", None)
        if name.startswith("dispatcher.") and forget is not None:
            forget()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Seconds of all phases; a test that did not pass is forgotten."""
    noted = _PASSED.setdefault(report.nodeid, {"seconds": 0.0, "places": [], "passed": True})
    noted["seconds"] += report.duration
    noted["passed"] = noted["passed"] and report.passed


def pytest_sessionfinish() -> None:
    """Write what was seen."""
    sys.settrace(None)
    if "MUTANTS_REACH" in os.environ:
        _name_the_scripts()
        passed = {name: noted for name, noted in _PASSED.items() if noted["passed"] and noted["places"]}
        (Path(os.environ["MUTANTS_REACH"]) / f"{os.getpid()}.json").write_text(json.dumps(passed))


def _name_the_scripts() -> None:
    """Put beside a script's name the files that it is joined from."""
    scripts = {place for noted in _PASSED.values() for place in noted["places"] if place.startswith(_SCRIPT)}
    files = {place: files_of(place.removeprefix(_SCRIPT)) for place in scripts}
    for noted in _PASSED.values():
        noted["places"] += [file for place in noted["places"] for file in files.get(place, ())]


def files_of(script: str) -> list[str]:
    """The paths of the files that a script is joined from."""
    joined = sys.modules[_JOINER["script_text"].__module__].files_of(script)
    files = sorted(Path("dispatcher").rglob("*.lua"))
    return [
        file.as_posix()
        for file in files
        if any(file.as_posix().endswith(f"lua/{name}.lua") for name in joined)
    ]


def _called(frame: FrameType, event: str, _: object) -> None:
    code = frame.f_code
    path = _KNOWN.get(code.co_filename)
    if path is None:
        path = _KNOWN[code.co_filename] = _path_in_the_heart(code.co_filename)
    if path and event == "call":
        name = code.co_qualname.partition(".<locals>")[0]
        _PLACES.add(f"{path}::{name}")
        if code.co_qualname in {"Scripts.source", "script_text"}:
            _JOINER.update(script_text=frame.f_globals["script_text"])
            _PLACES.add(f"{_SCRIPT}{frame.f_locals['name']}")


def _path_in_the_heart(filename: str) -> str:
    path = os.path.relpath(filename) if os.path.isabs(filename) else ""
    return path if path.startswith(HEART) else ""
