"""Celery's doors: every task, a few lines each, in the order in which a campaign meets them."""

from __future__ import annotations

import os
import socket
import threading

from celery import Task

from dispatcher.pipeline import polls as questions
from dispatcher.pipeline import tick as ticking
from dispatcher.pipeline.expansion import expand as expansion
from dispatcher.pipeline.receipts.drain import ingest_for_a_while
from dispatcher.pipeline.sending import feed as feeding
from dispatcher.pipeline.sending import send as sending
from dispatcher.pipeline.sending.alongside import Beside
from tasks.app import app
from tasks.flower_events import show
from tasks.hints import HINTS
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


@app.task(name="send_batch", bind=True)
def send_batch(self: Task[..., str], campaign: str, batch: int) -> str:
    """Send what is due in one batch, then offer the next. The result is a line for Flower."""
    beside: list[Beside] = []
    result = sending.send_batch(world(), campaign, batch, beside)
    feeding.feed(world(), HINTS.send)
    show(self, beside)
    return result


@app.task(name="ingest_callbacks")
def ingest_callbacks() -> str:
    """Drain the callbacks that are stored, and that come in the next seconds; bring every recipient's status after."""
    consumer = f"{socket.gethostname()}-{os.getpid()}-{threading.get_ident()}"
    return ingest_for_a_while(world(), consumer)


@app.task(name="expand_campaign")
def expand_campaign(campaign: str) -> str:
    """Read a campaign's file into batches and offer the first of them."""
    result = expansion.expand(world(), campaign)
    feeding.feed(world(), HINTS.send)
    return result


@app.task(name="tick")
def tick() -> str:
    """Look at the agenda; beat calls this once a second."""
    return ticking.tick(world(), HINTS)
