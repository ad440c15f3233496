"""The services of a running dispatcher: which processes there are, and with which arguments.

`mms up` starts them on one machine, `mms work`, `mms web` and `mms control` a part of them (`roles`);
`docker-compose.yml` runs the same ones as services, and a test compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from dispatcher.host.ports import LOOPBACK
from dispatcher.ledger.store.embedded import EmbeddedValkey
from dispatcher.settings import Settings
from dispatcher.stack._process import Service
from dispatcher.stack.roles import Role

#: What more than one service imports, and nothing that reads the settings: those of a service are not decided yet.
SHARED = (
    "celery.apps.worker",
    "celery.app.amqp",
    "celery.app.control",
    "celery.app.events",
    "celery.app.log",
    "celery.concurrency.asynpool",
    "celery.concurrency.prefork",
    "celery.concurrency.thread",
    "celery.events.state",
    "celery.loaders.app",
    "celery.worker.autoscale",
    "celery.worker.components",
    "celery.worker.consumer",
    "celery.worker.control",
    "celery.worker.strategy",
    "dispatcher.host.identity",
    "dispatcher.logs",
    "dispatcher.pipeline.expansion.expand",
    "dispatcher.pipeline.health.shared_settings",
    "dispatcher.pipeline.polls",
    "dispatcher.pipeline.receipts.drain",
    "dispatcher.pipeline.sending.feed",
    "dispatcher.pipeline.sending.send",
    "dispatcher.pipeline.tick",
    "tasks.alarm",
    "tasks.amqp",
    "tasks.beat",
    "tasks.checked_task",
    "tasks.consumer",
    "tasks.flower_events",
    "tasks.guard",
    "tasks.mailbox",
    "tasks.results",
    "tasks.runtime",
    "tasks.transport",
)

#: Waves at the stop: first what works; then what it talks to and what takes callbacks of what it sent, the simulator
#: and the web process; then the store that they write to.
WORKING, TALKED_TO, WRITTEN_TO = 0, 1, 2
#: What was answered at the last moment is recorded in this time.
RECORD_SECONDS = 5.0

#: The name of the store's service, when it is ours.
VALKEY = "valkey"

#: Tasks that Flower remembers, some 6 KB each; at its own default, ten times as many, it grows to 700 MB.
FLOWER_TASKS = 10_000

#: What Flower shows of each task.
FLOWER_COLUMNS = "name,kwargs,result,state,received,runtime,worker"


def worker_arguments(*queues: str, beat: bool = False, host: str = "") -> tuple[str, ...]:
    """The workers of these queues: what follows `python`; with `beat` they give the tick as well. Their host is called
    `host`, if it has another name than its own."""
    named = [f"--host={host}"] if host else []
    return ("-m", "tasks.worker", *queues, *(["--beat"] if beat else []), *named)


def beat_arguments(schedule: Path) -> tuple[str, ...]:
    """A beat by itself: what follows `python`; it keeps when it last fired in `schedule`."""
    return ("-m", "celery", "-A", "tasks.app", "beat", f"--schedule={schedule}")


def flower_arguments(host: str, port: int) -> tuple[str, ...]:
    """Flower: what follows `python`. Its login comes in `FLOWER_BASIC_AUTH`, which no process list shows."""
    return (
        "-m",
        "tasks.flower",
        f"--address={host}",
        f"--port={port}",
        "--enable_events=False",  # the workers that it shall hear send events by themselves
        "--read_only=True",
        f"--max_tasks={FLOWER_TASKS}",
        f"--tasks_columns={FLOWER_COLUMNS}",
    )


def celery_services(
    role: Role, settings: Settings, environment: Mapping[str, str], flower_login: str, host: str = ""
) -> list[Service]:
    """Everything of the role that is a Celery process. Beat is a thread beside the control worker, which takes its
    ticks."""
    wanted = [
        Service(
            name,
            (sys.executable, *worker_arguments(*queues, beat="control" in queues, host=host)),
            environment,
            WORKING,
            forked=True,
            drain_seconds=drain_seconds(settings) if "send" in queues else 0.0,
        )
        for name, queues in role.workers.items()
    ]
    if role.flower:
        flower = (sys.executable, *flower_arguments(LOOPBACK, settings.flower_port))
        login = {**environment, "FLOWER_BASIC_AUTH": flower_login}
        wanted.append(Service("flower", flower, login, WORKING, forked=True))
    return wanted


def drain_seconds(settings: Settings) -> float:
    """How long a message may be under way: connecting, waiting for its answer, recording it."""
    return settings.connect_timeout + settings.read_timeout + RECORD_SECONDS


def web_service(environment: Mapping[str, str]) -> Service:
    """The console, the API and the callback receiver."""
    return Service("web", (sys.executable, "-m", "dispatcher.web"), environment, TALKED_TO, forked=True)


def simulator_service(environment: Mapping[str, str]) -> Service:
    """The simulated CarrierX; port and callback URL come in its environment."""
    command = (sys.executable, "-m", "dispatcher.stack.simulator_service")
    return Service("simulator", command, environment, TALKED_TO, forked=True)


def valkey_service(server: EmbeddedValkey, environment: Mapping[str, str]) -> Service:
    """The embedded Valkey; all it needs is in its configuration. `environment` is the caller's own, with nothing of
    ours: what the caller does to clocks or libraries holds for the store as for everything else."""
    return Service(VALKEY, server.argv, environment, WRITTEN_TO)
