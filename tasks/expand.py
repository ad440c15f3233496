"""The door to expansion."""

from __future__ import annotations

from dispatcher.pipeline.expansion import expand as expansion
from dispatcher.pipeline.sending import feed as feeding
from tasks.app import app
from tasks.hints import HINTS
from tasks.runtime import world


@app.task(name="expand_campaign")
def expand_campaign(campaign: str) -> str:
    """Read a campaign's file into batches and offer the first of them."""
    result = expansion.expand(world(), campaign)
    feeding.feed(world(), HINTS.send)
    return result
