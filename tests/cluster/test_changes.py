"""What the kit changes in a process is changed as it starts, and nothing is where the kit says nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest

from tests.cluster.changes import AHEAD_VARIABLE, PLANT_VARIABLE, SHORT

_FOLDER = Path(__file__).parent


def said(program: str, **variables: str) -> str:
    """What a process says that is started as those of the hosts are."""
    paths = os.pathsep.join([str(_FOLDER / "startup"), str(_FOLDER.parent.parent)])
    environment = {**os.environ, "PYTHONPATH": paths, **variables}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(("module", "name", "value"), SHORT)
def test_short_times_are_shorter_than_the_real_ones(module: str, name: str, value: float) -> None:
    assert value < getattr(import_module(module), name)


def test_times_are_short_in_a_process_of_the_kit_and_in_no_other() -> None:
    module, name, value = SHORT[0]
    program = f"import {module}; print({module}.{name})"
    assert said(program, **{PLANT_VARIABLE: ""}) == str(value)
    assert said(program) != str(value)


def test_a_plant_is_in_the_guard_only_by_its_name() -> None:
    program = (
        "from dispatcher.ledger.store._claim_guard import ClaimGuard; print(ClaimGuard.require.__module__)"
    )
    assert said(program, **{PLANT_VARIABLE: ""}) == "dispatcher.ledger.store._claim_guard"
    assert said(program, **{PLANT_VARIABLE: "unconfirmed"}) == "tests.cluster.changes"


def test_a_clock_that_is_ahead_is_so_for_what_reads_the_time_of_day() -> None:
    program = "from time import time, time_ns, monotonic; print(time(), time_ns(), monotonic())"
    now, now_ns, stopwatch = said(program, **{AHEAD_VARIABLE: "-60"}).split()
    assert -70 < float(now) - time.time() < -50
    assert abs(int(now_ns) / 1e9 - float(now)) < 1
    assert 0 <= time.monotonic() - float(stopwatch) < 10
