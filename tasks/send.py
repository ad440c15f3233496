"""The door to sending."""

from __future__ import annotations

from celery import Task

from dispatcher.pipeline.sending import feed as feeding
from dispatcher.pipeline.sending import send as sending
from dispatcher.pipeline.sending._batch_pool import Beside
from tasks.app import app
from tasks.flower_events import show
from tasks.hints import HINTS
from tasks.runtime import world


@app.task(name="send_batch", bind=True)
def send_batch(self: Task[..., str], campaign: str, batch: int) -> str:
    """Send what is due in one batch, then offer the next. The result is a line for Flower."""
    beside: list[Beside] = []
    result = sending.send_batch(world(), campaign, batch, beside)
    feeding.feed(world(), HINTS.send)
    show(self, beside)
    return result
