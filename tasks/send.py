"""The door to sending."""

from __future__ import annotations

from dispatcher.pipeline import feed as feeding
from dispatcher.pipeline import send as sending
from tasks.app import app
from tasks.hints import HINTS
from tasks.world import world


@app.task(name="send_batch")
def send_batch(campaign: str, batch: int) -> str:
    """Send what is due in one batch, then offer the next. The result is a line for Flower."""
    result = sending.send_batch(world(), campaign, batch)
    feeding.feed(world(), HINTS.send)
    return result
