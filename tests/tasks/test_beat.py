"""Beat: the scheduler that its configuration names."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from celery import Celery
from celery.beat import PersistentScheduler
from celery.utils.imports import symbol_by_name

from tasks.beat import SleepingScheduler


@pytest.mark.parametrize("seconds", [0.0001, 0.005, 0.5])
def test_what_is_nearly_due_is_slept_for_instead_of_asked_again(tmp_path: Path, seconds: float) -> None:
    with Celery("beat", broker="memory://") as app:
        ours, celerys = (
            kind(app=app, schedule_filename=str(tmp_path / kind.__name__), lazy=True)
            for kind in (SleepingScheduler, PersistentScheduler)
        )
        assert seconds < ours.adjust(seconds) < seconds + 0.01
        assert celerys.adjust(seconds) < seconds


def test_the_configuration_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMS_REDIS_URL", "redis://127.0.0.1:1")
    assert symbol_by_name(importlib.import_module("celeryconfig").beat_scheduler) is SleepingScheduler
