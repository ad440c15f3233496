"""What the services of `mms up` share before they are forked."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from dispatcher.stack.services import SHARED

_CODE = """
import json, sys, threading
from importlib import import_module
for name in json.loads(sys.argv[1]):
    import_module(name)
from dispatcher.settings import settings
before = set(sys.modules)
print(json.dumps([threading.active_count(), settings.cache_info().currsize, "celeryconfig" in before]))
import os
os.environ.update(MMS_REDIS_URL="redis://127.0.0.1:1", MMS_SIMULATE="1")
import tasks.tasks, tasks.worker
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@pytest.fixture(scope="module")
def told() -> list[list[object]]:
    """What importing it does, and what a worker imports after it."""
    run = [sys.executable, "-c", _CODE, json.dumps(SHARED)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_importing_it_starts_no_thread_and_reads_no_settings(told: list[list[object]]) -> None:
    assert told[0] == [1, 0, False]


def test_a_worker_has_little_left_to_import(told: list[list[object]]) -> None:
    ours = [name for name in told[1] if str(name).startswith(("tasks", "dispatcher", "celeryconfig"))]
    assert set(ours) == {"celeryconfig", "tasks.app", "tasks.hints", "tasks.tasks", "tasks.worker"}
    assert len(told[1]) < 15, told[1]
