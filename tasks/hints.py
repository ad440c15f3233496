"""Hints: Celery messages that say where to look. Ids only; a lost one costs time, a repeated one nothing."""

from __future__ import annotations

from dispatcher.pipeline.tick import Hints
from tasks.app import app

#: A hint older than this is stale: whatever it pointed at has been offered again.
HINT_SECONDS = 60


def send(campaign_id: str, batch: int) -> None:
    """There is a batch to send."""
    app.send_task("send_batch", kwargs={"campaign": campaign_id, "batch": batch}, expires=HINT_SECONDS)


def look(_: str = "", __: int = 0) -> None:
    """There are batches to ask CarrierX about."""
    app.send_task("look_after_batches", expires=HINT_SECONDS)


def search(_: str = "", __: int = 0) -> None:
    """There are messages to look for."""
    app.send_task("look_for_unconfirmed", expires=HINT_SECONDS)


def expand(campaign_id: str, _: int = 0) -> None:
    """There is a file to read."""
    app.send_task("expand_campaign", kwargs={"campaign": campaign_id}, expires=HINT_SECONDS)


def ingest(_: str = "", __: int = 0) -> None:
    """There are callbacks to apply."""
    app.send_task("ingest_callbacks", expires=HINT_SECONDS)


def answer(_: str = "", __: int = 0) -> None:
    """There are inbound messages that something follows from."""
    app.send_task("answer_inbound", expires=HINT_SECONDS)


def explain(_: str = "", __: int = 0) -> None:
    """There are failures without a reason."""
    app.send_task("explain_failures", expires=HINT_SECONDS)


HINTS = Hints(
    send=send, look=look, search=search, expand=expand, ingest=ingest, answer=answer, explain=explain
)
