"""`python -m tasks.worker QUEUE [--beat]`: the worker of a queue, as `mms up` and compose run it.

The same as `celery -A tasks worker --queues=QUEUE` with what `dispatcher/queues.py` says of that queue, but without
Celery's command line, which loads Flower and a shell into every worker: 15 MB and 0.3 s of CPU each.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from celery.apps.worker import Worker, install_worker_term_handler
from celery.utils.nodenames import default_nodename, host_format

from dispatcher.queues import QUEUE_NAMES, QUEUES, Queue
from dispatcher.settings import settings
from tasks.app import app
from tasks.beat import tick_beside

#: Flower's signs of life, in seconds: Celery's every 2 s cost more than all else of an idle worker.
HEARTBEAT_SECONDS = 10


class QueueWorker(Worker):  # type: ignore[misc]  # Celery has no types
    """Celery's. At SIGHUP it ends as at SIGTERM: Celery's starts its command line anew, which here is another's."""

    def install_platform_tweaks(self, worker: Any) -> None:
        """Handle signals."""
        super().install_platform_tweaks(worker)
        install_worker_term_handler(worker, sig="SIGHUP")


def worker_of(queue: Queue, hostname: str) -> QueueWorker:
    """The worker of this queue under a name of Celery's (`NAME@%h`), not started yet."""
    return QueueWorker(
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
    )


def main(arguments: list[str]) -> int:
    """Work until SIGTERM; the exit status."""
    options = argparse.ArgumentParser(
        prog="python -m tasks.worker", description=(__doc__ or "").splitlines()[0]
    )
    options.add_argument("queue", choices=QUEUE_NAMES)
    options.add_argument("--hostname", help="its name; QUEUE@%%h unless told")
    options.add_argument("--beat", action="store_true", help="give the tick as well: no other beat is needed")
    given = options.parse_args(arguments)
    queue = next(queue for queue in QUEUES if queue.name == given.queue)
    worker = worker_of(queue, given.hostname or f"{queue.name}@%h")
    if given.beat:
        tick_beside(app)
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
