"""The doors of the look worker: whatever asks CarrierX and waits for its answers beside the sending."""

from __future__ import annotations

from dispatcher.pipeline import answers, reasons, reconcile
from tasks.app import app
from tasks.world import world


@app.task(name="look_after_batch")
def look_after_batch(campaign: str, batch: int) -> str:
    """Resolve what is unconfirmed, ask for what never came, let silent group members inherit."""
    return reconcile.look_after(world(), campaign, batch)


@app.task(name="answer_inbound")
def answer_inbound() -> str:
    """Prove and answer inbound messages that something follows from."""
    return answers.answer_inbound(world())


@app.task(name="explain_failures")
def explain_failures() -> str:
    """Ask CarrierX in bulk why messages failed."""
    return reasons.explain_failures(world(), world().ledger.agenda.now_ms())
