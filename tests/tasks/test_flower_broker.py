"""Flower's page of the broker has all queues, whichever worker answered when it asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flower.views import BaseHandler

from dispatcher.queues import QUEUE_NAMES
from tasks.flower_broker import show_all_queues


def test_a_worker_that_was_slow_to_answer_hides_no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BaseHandler, "get_active_queue_names", BaseHandler.get_active_queue_names)
    show_all_queues()
    workers = {
        "ingest": {"active_queues": [{"name": "ingest"}]},
        "other": {"active_queues": [{"name": "own"}]},
    }
    handler: Any = SimpleNamespace(application=SimpleNamespace(workers=workers))
    assert BaseHandler.get_active_queue_names(handler) == sorted({*QUEUE_NAMES, "own"})
