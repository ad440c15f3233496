"""The door of the control worker: the tick."""

from __future__ import annotations

from dispatcher.pipeline import tick as ticking
from tasks.app import app
from tasks.hints import HINTS
from tasks.runtime import world


@app.task(name="tick")
def tick() -> str:
    """Look at the agenda; beat calls this once a second."""
    return ticking.tick(world(), HINTS)
