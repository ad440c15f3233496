"""`python -m tasks.worker QUEUE… [--beat]`: the workers of these queues, as `mms up` and compose run them.

Each is what `celery -A tasks worker --queues=QUEUE` is with what `dispatcher/queues.py` says of its queue, but without
Celery's command line, which loads Flower and a shell into every worker: 15 MB and 0.3 s of CPU each. Those of several
queues share a process and nothing else: each has its name, its connections, its loop, its pool and its guard, so that
what waits in one queue holds up no other. They end together.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from typing import Any

from celery.apps.worker import Worker, install_worker_term_handler
from celery.signals import task_prerun
from celery.utils.nodenames import default_nodename, host_format
from celery.worker import state
from kombu.asynchronous import set_event_loop

from dispatcher.ledger.store import last_contact
from dispatcher.queues import QUEUE_NAMES, QUEUES, Queue
from dispatcher.settings import settings
from tasks.alarm import ring_all
from tasks.app import app
from tasks.beat import tick_beside
from tasks.guard import STATUS

#: Flower's signs of life, in seconds: Celery's every 2 s cost more than all else of an idle worker.
HEARTBEAT_SECONDS = 10

_QUEUE_OF = {task: queue.name for queue in QUEUES for task in queue.tasks}


class QueueWorker(Worker):  # type: ignore[misc]  # Celery has no types
    """Celery's. At SIGHUP it ends as at SIGTERM: Celery's starts its command line anew, which here is another's."""

    def install_platform_tweaks(self, worker: Any) -> None:
        """Handle signals."""
        super().install_platform_tweaks(worker)
        install_worker_term_handler(worker, sig="SIGHUP")


def worker_of(queue: Queue, hostname: str) -> QueueWorker:
    """The worker of this queue, under a name like Celery's (`NAME@%h`); to be started in this thread."""
    set_event_loop(None)  # it makes one, instead of taking that of another worker
    worker = QueueWorker(
        app=app,
        hostname=host_format(default_nodename(hostname)),
        queues=[queue.name],
        pool_cls=queue.pool,
        concurrency=queue.at_once or settings().workers,
        task_events=queue.shown,
        heartbeat_interval=HEARTBEAT_SECONDS,
        loglevel=settings().log_level,
        without_gossip=True,  # workers have nothing to tell each other: the ledger knows
        without_mingle=True,
        quiet=True,
        redirect_stdouts=False,  # the log is ours; a second worker would take its own stream from it
    )
    app.clock.mutex = threading.Lock()  # Celery does without, where there is one loop
    return worker


def work(queues: Sequence[Queue], hostname: str = "", host: str = "%h") -> int:
    """Work on these queues until SIGTERM, or until one worker ends; the exit status.

    Workers are called `QUEUE@HOST`, the first by its `hostname` if it has one.
    """
    first, *others = queues
    if others:
        task_prerun.connect(_work_for_its_queue)
        last_contact.work_for(first.name)
    worker = worker_of(first, hostname or f"{first.name}@{host}")
    threads = [_begin_beside(queue, f"{queue.name}@{host}") for queue in others]
    worker.start()
    _end_all(worker.exitcode)
    for thread in threads:
        thread.join()
    return int(state.should_stop or 0)


def _begin_beside(queue: Queue, hostname: str) -> threading.Thread:
    """A thread in which the worker of that queue works; it has been made."""
    made = threading.Event()

    def live() -> None:
        status = STATUS
        try:
            last_contact.work_for(queue.name)
            worker = worker_of(queue, hostname)
            made.set()
            worker.start()
            status = int(worker.exitcode or 0)
        finally:
            made.set()
            _end_all(status)

    thread = threading.Thread(target=live, name=queue.name, daemon=True)
    thread.start()
    made.wait()
    return thread


def _end_all(status: int | None) -> None:
    """Every worker of this process ends, as one has; a status that says why is kept."""
    if state.should_stop is None or state.should_stop is False:
        state.should_stop = int(status or 0)
    ring_all()


def _work_for_its_queue(sender: Any, **_: Any) -> None:
    last_contact.work_for(_QUEUE_OF.get(sender.name, ""))


def main(arguments: list[str]) -> int:
    """Work until SIGTERM; the exit status."""
    options = argparse.ArgumentParser(
        prog="python -m tasks.worker", description=(__doc__ or "").splitlines()[0]
    )
    options.add_argument("queues", nargs="+", choices=QUEUE_NAMES, metavar="QUEUE")
    options.add_argument("--hostname", help="the name of the first queue's worker; QUEUE@HOST unless told")
    options.add_argument("--host", default="%h", help="what this host is called in the names of its workers")
    options.add_argument("--beat", action="store_true", help="give the tick as well: no other beat is needed")
    given = options.parse_args(arguments)
    if given.beat:
        tick_beside(app)
    by_name = {queue.name: queue for queue in QUEUES}
    return work([by_name[name] for name in given.queues], given.hostname or "", given.host)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
