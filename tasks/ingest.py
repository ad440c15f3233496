"""The door to ingestion."""

from __future__ import annotations

import os
import socket
import threading

from dispatcher.pipeline import ingest as ingestion
from tasks.app import app
from tasks.world import world


@app.task(name="ingest_callbacks")
def ingest_callbacks() -> str:
    """Drain the callbacks that were stored and bring every recipient's status after."""
    consumer = f"{socket.gethostname()}-{os.getpid()}-{threading.get_ident()}"
    return ingestion.ingest(world(), consumer)
