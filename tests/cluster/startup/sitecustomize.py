"""What the kit changes in a process, before anything of the dispatcher is imported: times, the clock, a planted fault.

Python imports this at its start, by `PYTHONPATH`. A module is changed when it has been executed, so that a process pays
only for what it imports anyway.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import time
from collections.abc import Sequence
from types import ModuleType

from tests.cluster.changes import AHEAD_VARIABLE, CHANGED, PLANT_VARIABLE, change


class _Changed(importlib.abc.Loader):
    """Executes a module as ever, and then changes it."""

    def __init__(self, loader: importlib.abc.Loader, name: str) -> None:
        self._loader, self._name = loader, name

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        change(module, os.environ.get(PLANT_VARIABLE, ""))

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules that are to be changed, as all others do."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self._names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Changed(spec.loader, name)
        return spec


def _put_clock_ahead(seconds: int) -> None:
    """This process believes in another time of day; its stopwatch runs as ever."""
    true, true_ns = time.time, time.time_ns
    time.time = lambda: true() + seconds
    time.time_ns = lambda: true_ns() + seconds * 1_000_000_000


def _begin() -> None:
    sys.meta_path.insert(0, _Finder(CHANGED))


if AHEAD_VARIABLE in os.environ:
    _put_clock_ahead(int(os.environ[AHEAD_VARIABLE]))
if PLANT_VARIABLE in os.environ:
    _begin()
