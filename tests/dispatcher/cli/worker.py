"""All workers in one thread: reads files, sends what is due, ingests. The verbs are the real ones, without Celery."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.receipts.ingest import ingest
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending.feed import feed
from dispatcher.pipeline.sending.send import send_batch


def work_once(runtime: Runtime) -> None:
    """What is to be done now."""
    for campaign_id in runtime.ledger.agenda.reading():
        expand(runtime, campaign_id)
    feed(runtime, lambda campaign_id, number: _send(runtime, campaign_id, number))
    ingest(runtime, "worker")


def _send(runtime: Runtime, campaign_id: str, number: int) -> None:
    send_batch(runtime, campaign_id, number)


@contextmanager
def working(runtime: Runtime, also: Callable[[Runtime], object] = lambda _: None) -> Iterator[None]:
    """Work in the background until the block ends."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.01):
            work_once(runtime)
            also(runtime)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=60)
