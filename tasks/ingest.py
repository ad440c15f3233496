"""The door to ingestion."""

from __future__ import annotations

import os
import socket
import threading

from dispatcher.pipeline.receipts.drain import ingest_for_a_while
from tasks.app import app
from tasks.runtime import world


@app.task(name="ingest_callbacks")
def ingest_callbacks() -> str:
    """Drain the callbacks that are stored, and that come in the next seconds; bring every recipient's status after."""
    consumer = f"{socket.gethostname()}-{os.getpid()}-{threading.get_ident()}"
    return ingest_for_a_while(world(), consumer)
