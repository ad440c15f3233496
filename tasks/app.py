"""The Celery application, its logging, and each worker's guard."""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init, worker_ready, worker_shutdown

from dispatcher.errors import MmsError
from dispatcher.host.identity import home_of
from dispatcher.ledger.store.last_contact import working_for
from dispatcher.ledger.store.schema import PROGRAM, SCHEMA
from dispatcher.logs import configure_logging
from dispatcher.pipeline.health.shared_settings import digests_of
from dispatcher.pipeline.limits.defaults import require_limits
from dispatcher.settings import settings
from tasks.broker import Broker, broker_url
from tasks.guard import WatchedWorker, WorkerGuard
from tasks.progress import Taking
from tasks.runtime import await_ledger, open_ledger, token_shown

log = logging.getLogger(__name__)


def _refuse(error: MmsError) -> None:
    """End this process with a sentence: `celery` would print a traceback."""
    sys.stderr.write(f"{error.message}\n{error.hint or ''}\n")
    sys.exit(error.exit_status)


app = Celery(
    "mms",
    task_cls="tasks.checked_task:CheckedTask",
    amqp="tasks.amqp:OwnAmqp",
    control="tasks.mailbox:OwnControl",
    events="tasks.flower_events:OwnEvents",
)
try:
    require_limits(settings())
    app.config_from_object("celeryconfig", force=True)  # now, instead of somewhere in Celery
except MmsError as refused:
    _refuse(refused)
app.conf.include = ["tasks.tasks"]

#: A worker that ends waits so long for its guard to withdraw its sign of life.
WITHDRAW_SECONDS = 2.0
#: By the names of the workers of this process: the guard's thread, and what tells it to end.
_guards: dict[str, tuple[threading.Thread, threading.Event]] = {}


@setup_logging.connect
def _logging(**_: Any) -> None:
    configure_logging(settings().log_level, settings().log_format)


@worker_init.connect
def _right_ledger(**_: Any) -> None:
    """A worker that cannot work with this ledger takes no hint: each would be lost on it."""
    configure_logging(settings().log_level, settings().log_format)
    try:
        await_ledger()
    except MmsError as error:
        _refuse(error)


@worker_ready.connect
def _ready(sender: Any, **_: Any) -> None:
    """Say that this worker lives and what it does: the feeder counts the living, `mms doctor` shows them."""
    stopping = threading.Event()
    queues = sorted(queue.name for queue in sender.task_consumer.queues)
    facts = {
        "pid": os.getpid(),
        "queues": queues,
        "concurrency": sender.pool.num_processes,
        "program": PROGRAM,
        "schema": SCHEMA,
        "home": home_of(settings().data_dir),
        "settings": digests_of(settings()),
    }
    taking = Taking(sender.hostname, threading.get_ident(), working_for())
    token = token_shown if {"send", "look"} & set(queues) else lambda: None
    watched = WatchedWorker(taking, sender, facts, token)
    guard = WorkerGuard(watched, open_ledger(), Broker(broker_url(settings())), stopping)
    thread = threading.Thread(target=guard.run, name="guard", daemon=True)
    _guards[sender.hostname] = thread, stopping
    thread.start()


@worker_shutdown.connect
def _shutdown(sender: Any, **_: Any) -> None:
    if sender.hostname in _guards:
        thread, stopping = _guards[sender.hostname]
        stopping.set()
        thread.join(WITHDRAW_SECONDS)
