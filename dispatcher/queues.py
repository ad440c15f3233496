"""The register of queues: which there are, what is hinted at in each, and how its worker works.

Celery's settings, the services of `mms up`, `mms doctor` and `/metrics` read it here, so that none of them misses one.
"""

from __future__ import annotations

from typing import NamedTuple


class Queue(NamedTuple):
    """One kind of work: its tasks, its worker's pool, and how many at once (0: as many as `MMS_WORKERS` says).

    `shown`: Flower hears of these tasks.
    """

    name: str
    tasks: tuple[str, ...]
    pool: str
    at_once: int
    shown: bool = True


#: What CarrierX is asked beside the sending.
LOOK_TASKS = ("look_for_unconfirmed", "look_after_batches", "answer_inbound", "explain_failures")
#: One queue per kind of work, so that none waits behind another. Sending is CPU-bound Python: processes; the rest waits
#: for Redis: threads.
QUEUES = (
    Queue("send", ("send_batch",), "prefork", 0),
    Queue("expand", ("expand_campaign",), "threads", 1),
    Queue("ingest", ("ingest_callbacks",), "threads", 1),
    # Waits for CarrierX's answers: the tick shall not. A thread for each kind, so that none waits behind another.
    Queue("look", LOOK_TASKS, "threads", len(LOOK_TASKS)),
    # A tick a second would fill Flower.
    Queue("control", ("tick",), "threads", 2, shown=False),
)
#: The services of `mms up` that work on queues. Sending and ingesting are to have a core each; the workers of the rest
#: are threads of one process, of which each has little to do or waits for answers.
SERVICES = {"send": ("send",), "ingest": ("ingest",), "helper": ("control", "expand", "look")}
QUEUE_NAMES = tuple(queue.name for queue in QUEUES)


def service_of(queue: str) -> str:
    """The service of `mms up` that works on this queue; its log has that name."""
    return next(name for name, queues in SERVICES.items() if queue in queues)


#: A hint older than this is stale: whatever it pointed at has been offered again.
HINT_SECONDS = 60
#: Hints wait and no worker took one for so long: the queue does not move.
STILL_MS = 30_000
