"""What the kit changes is there, and takes less time than it does outside."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.cluster.changes import SHORT


@pytest.mark.parametrize(("module", "name", "value"), SHORT)
def test_short_times_are_shorter_than_the_real_ones(module: str, name: str, value: float) -> None:
    assert value < getattr(import_module(module), name)
