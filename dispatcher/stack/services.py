"""The services of a running dispatcher: which processes there are, and with which arguments.

`mms up` starts them on one machine; `docker-compose.yml` runs the same ones as services, and a test compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dispatcher.host.ports import LOOPBACK
from dispatcher.ledger.store.embedded import EmbeddedValkey
from dispatcher.queues import QUEUES
from dispatcher.settings import Settings
from dispatcher.stack._process import Service

APPLICATION = ("-A", "tasks.app")

#: Waves at the stop: first what works, then the simulator that it talks to, then the store that it writes to.
WORKING, TALKED_TO, WRITTEN_TO = 0, 1, 2

#: The name of the store's service, when it is ours.
VALKEY = "valkey"

#: Tasks that Flower remembers, some 6 KB each; at its own default, ten times as many, it grows to 700 MB.
FLOWER_TASKS = 10_000

#: What Flower shows of each task.
FLOWER_COLUMNS = "name,kwargs,result,state,received,runtime,worker"


@dataclass(frozen=True)
class Worker:
    """A Celery worker: one queue, its pool, how many tasks at once, and whether Flower hears of them."""

    queue: str
    pool: str
    concurrency: int
    events: bool

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows `celery` on its command line."""
        return (
            *APPLICATION,
            "worker",
            f"--queues={self.queue}",
            f"--hostname={self.queue}@%h",
            f"--pool={self.pool}",
            f"--concurrency={self.concurrency}",
            *(["-E"] if self.events else []),
            "--heartbeat-interval=10",  # Flower's signs of life: every 2 s costs more than all else of an idle worker
            "--without-gossip",  # workers have nothing to tell each other: the ledger knows
            "--without-mingle",
        )


def workers(send_processes: int) -> tuple[Worker, ...]:
    """All workers of one machine, one for each queue.

    A send process costs a quarter of a millisecond a message and keeps many requests in flight by itself, so that one a
    core is enough. One thread ingests more callbacks than one receiver takes: 0.11 ms of CPU against 0.17 each.
    """
    return tuple(
        Worker(queue.name, queue.pool, queue.at_once or send_processes, events=queue.shown)
        for queue in QUEUES
    )


def beat_arguments(schedule: Path) -> tuple[str, ...]:
    """Beat: what follows `celery`; it keeps when it last fired in `schedule`."""
    return (*APPLICATION, "beat", f"--schedule={schedule}")


def flower_arguments(host: str, port: int) -> tuple[str, ...]:
    """Flower: what follows `celery`. Its login comes in `FLOWER_BASIC_AUTH`, which no process list shows."""
    return (
        *APPLICATION,
        "flower",
        f"--address={host}",
        f"--port={port}",
        "--enable_events=False",  # the workers that it shall hear send events by themselves
        "--read_only=True",
        f"--max_tasks={FLOWER_TASKS}",
        f"--tasks_columns={FLOWER_COLUMNS}",
    )


def celery_services(settings: Settings, environment: Mapping[str, str], flower_login: str) -> list[Service]:
    """Everything that is a Celery process."""
    celery = (sys.executable, "-m", "celery")
    schedule = settings.data_dir / "beat" / "schedule"
    flower = flower_arguments(LOOPBACK, settings.flower_port)
    return [
        *(
            Service(worker.queue, (*celery, *worker.arguments), environment, WORKING)
            for worker in workers(settings.workers)
        ),
        Service("beat", (*celery, *beat_arguments(schedule)), environment, WORKING),
        Service("flower", (*celery, *flower), {**environment, "FLOWER_BASIC_AUTH": flower_login}, WORKING),
    ]


def web_service(environment: Mapping[str, str]) -> Service:
    """The console, the API and the callback receiver."""
    return Service("web", (sys.executable, "-m", "dispatcher.web"), environment, WORKING)


def simulator_service(environment: Mapping[str, str]) -> Service:
    """The simulated CarrierX; port and callback URL come in its environment."""
    command = (sys.executable, "-m", "dispatcher.stack.simulator_service")
    return Service("simulator", command, environment, TALKED_TO)


def valkey_service(server: EmbeddedValkey, environment: Mapping[str, str]) -> Service:
    """The embedded Valkey; all it needs is in its configuration. `environment` is the caller's own, with nothing of
    ours: what the caller does to clocks or libraries holds for the store as for everything else."""
    return Service(VALKEY, server.argv, environment, WRITTEN_TO)
