"""The Celery application, its logging, and each worker's sign of life."""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_ready, worker_shutdown

from dispatcher.errors import MmsError
from dispatcher.logs import configure_logging
from dispatcher.pipeline.rates import require_limits
from dispatcher.pipeline.world import wall_ms
from dispatcher.settings import settings
from tasks.world import open_ledger

log = logging.getLogger(__name__)

app = Celery("mms")
try:
    require_limits(settings())
    app.config_from_object("celeryconfig", force=True)  # now, instead of somewhere in Celery
except MmsError as error:  # `celery` would print it as a traceback
    sys.stderr.write(f"{error.message}\n{error.hint or ''}\n")
    sys.exit(error.exit_status)
app.conf.include = ["tasks.send", "tasks.expand", "tasks.ingest", "tasks.look", "tasks.control"]

SIGN_OF_LIFE_SECONDS = 10.0
_stopping = threading.Event()


@setup_logging.connect
def _logging(**_: Any) -> None:
    configure_logging(settings().log_level, settings().log_format)


@beat_init.connect
def _unheard(sender: Any, **_: Any) -> None:
    """Flower shows batches, not a tick a second: that costs it, beat and Redis more than the tick."""
    sender.app.conf.task_send_sent_event = False


@worker_ready.connect
def _ready(sender: Any, **_: Any) -> None:
    """Say that this worker lives, and go on saying so: the feeder counts the living, `mms doctor` shows them."""
    _stopping.clear()
    queues = sorted(queue.name for queue in sender.task_consumer.queues)
    facts = {"pid": os.getpid(), "queues": queues, "concurrency": sender.pool.num_processes}
    threading.Thread(target=_live, args=(sender.hostname, facts), name="sign-of-life", daemon=True).start()


@worker_shutdown.connect
def _shutdown(**_: Any) -> None:
    _stopping.set()


def _live(name: str, facts: dict[str, Any]) -> None:
    ledger = open_ledger()
    while True:
        try:
            now_ms = ledger.agenda.now_ms()
            ledger.agenda.sign_of_life(name, {**facts, "clock_ms": wall_ms(), "said_ms": now_ms}, now_ms)
        except MmsError as error:
            log.warning("no sign of life given: %s", error)
        if _stopping.wait(SIGN_OF_LIFE_SECONDS):
            return
