"""Beat: the scheduler that its configuration names."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from celery import Celery
from celery.beat import PersistentScheduler
from celery.signals import worker_ready, worker_shutdown
from celery.utils.imports import symbol_by_name
from celery.worker import state

from tasks.beat import SleepingScheduler, TickScheduler, tick_beside
from tasks.guard import STATUS
from tests.tasks.crew import until


@pytest.mark.parametrize("seconds", [0.0001, 0.005, 0.5])
def test_what_is_nearly_due_is_slept_for_instead_of_asked_again(tmp_path: Path, seconds: float) -> None:
    with Celery("beat", broker="memory://") as app:
        ours, celerys = (
            kind(app=app, schedule_filename=str(tmp_path / kind.__name__), lazy=True)
            for kind in (SleepingScheduler, PersistentScheduler)
        )
        assert seconds < ours.adjust(seconds) < seconds + 0.01
        assert celerys.adjust(seconds) < seconds


def test_a_beat_beside_a_worker_that_ends_by_itself_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> float:
        raise RuntimeError("no clock")

    monkeypatch.setattr(TickScheduler, "tick", broken)
    monkeypatch.setattr(state, "should_stop", None)
    monkeypatch.setattr(worker_ready, "receivers", [])
    monkeypatch.setattr(worker_shutdown, "receivers", [])
    with Celery("beat", broker="memory://") as app:
        tick_beside(app)
        worker_ready.send(sender=app)
        until(lambda: state.should_stop is not None, 60, lambda: "it goes on")
    assert state.should_stop == STATUS


def test_the_configuration_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMS_REDIS_URL", "redis://127.0.0.1:1")
    assert symbol_by_name(importlib.import_module("celeryconfig").beat_scheduler) is SleepingScheduler
