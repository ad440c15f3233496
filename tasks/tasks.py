"""The doors of the look worker: whatever asks CarrierX and waits for its answers beside the sending."""

from __future__ import annotations

from dispatcher.pipeline import polls as questions
from tasks.app import app
from tasks.runtime import world


@app.task(name="look_for_unconfirmed")
def look_for_unconfirmed() -> str:
    """Look for messages whose outcome is unknown."""
    return questions.look_for_unconfirmed(world())


@app.task(name="look_after_batches")
def look_after_batches() -> str:
    """Ask for what never came, let silent group members inherit."""
    return questions.look_after_batches(world())


@app.task(name="answer_inbound")
def answer_inbound() -> str:
    """Prove and answer inbound messages that something follows from."""
    return questions.answer_messages(world())


@app.task(name="explain_failures")
def explain_failures() -> str:
    """Ask CarrierX in bulk why messages failed."""
    return questions.explain(world())
