"""Celery's tasks: every one, a few lines each, in the order in which a campaign meets them."""

from __future__ import annotations

import os
import socket
import threading

from celery import Task

from dispatcher.pipeline import polls
from dispatcher.pipeline import tick as ticking
from dispatcher.pipeline.expansion import expand
from dispatcher.pipeline.receipts.drain import ingest_for_a_while
from dispatcher.pipeline.sending import feed, send
from dispatcher.pipeline.sending.alongside import AlongsideBatch
from tasks.app import app
from tasks.flower_events import show
from tasks.hints import HINTS
from tasks.runtime import runtime


@app.task(name="look_for_unconfirmed")
def look_for_unconfirmed() -> str:
    """Look for messages whose outcome is unknown."""
    return polls.look_for_unconfirmed(runtime())


@app.task(name="look_after_batches")
def look_after_batches() -> str:
    """Ask for what never came, let silent group members inherit."""
    return polls.look_after_batches(runtime())


@app.task(name="answer_inbound")
def answer_inbound() -> str:
    """Prove and answer inbound messages that something follows from."""
    return polls.answer_messages(runtime())


@app.task(name="explain_failures")
def explain_failures() -> str:
    """Ask CarrierX in bulk why messages failed."""
    return polls.explain(runtime())


@app.task(name="send_batch", bind=True)
def send_batch(self: Task[..., str], campaign: str, batch: int) -> str:
    """Send what is due in one batch, then offer the next. The result is a line for Flower."""
    alongside: list[AlongsideBatch] = []
    result = send.send_batch(runtime(), campaign, batch, alongside)
    feed.feed(runtime(), HINTS.send)
    show(self, alongside)
    return result


@app.task(name="ingest_callbacks")
def ingest_callbacks() -> str:
    """Drain the callbacks that are stored, and that come in the next seconds; bring every recipient's status after."""
    consumer = f"{socket.gethostname()}-{os.getpid()}-{threading.get_ident()}"
    return ingest_for_a_while(runtime(), consumer)


@app.task(name="expand_campaign")
def expand_campaign(campaign: str) -> str:
    """Read a campaign's file into batches and offer the first of them."""
    result = expand.expand(runtime(), campaign)
    feed.feed(runtime(), HINTS.send)
    return result


@app.task(name="tick")
def tick() -> str:
    """Look at the agenda; beat calls this once a second."""
    return ticking.tick(runtime(), HINTS)
