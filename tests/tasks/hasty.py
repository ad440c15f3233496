"""The Celery application with short times, so that a test need not wait minutes for what takes minutes; as a command,
`python -m tasks.worker` with it.

`HASTY_STOCK=1`: with kombu's own transport for Redis instead of ours. `HASTY_LOSES=1`: after its first task the worker
has no place for another one, as if acknowledgements had been lost.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from celery.signals import task_received

from tasks import broker, guard, rabbitmq, rabbitmq_transport, transport

broker.ANSWER_SECONDS = broker.HEALTH_SECONDS = 2
transport.BLOCK_SECONDS = 1
rabbitmq.HEARTBEAT_SECONDS, rabbitmq_transport.ANSWER_SECONDS, rabbitmq.CONFIRM_SECONDS = 2, 2.0, 1.0
guard.LOOK_SECONDS = 0.5
#: A half-open connection is noticed before the guard would end the worker for it, as with the real times.
guard.STILL_SECONDS = 2.5 if os.environ.get("HASTY_LOSES") else 25.0

from tasks.app import app  # noqa: E402 - the settings are read there

app.conf.broker_connection_retry = True
if os.environ.get("HASTY_STOCK"):
    app.conf.broker_transport = None
    guard.STILL_SECONDS = 1e9


def _lose_every_place(sender: Any, **_: Any) -> None:
    if os.environ.get("HASTY_LOSES"):
        qos = sender.task_consumer.channel.qos
        qos._delivered.update({f"lost-{place}": None for place in range(qos.prefetch_count)})


task_received.connect(_lose_every_place)

__all__ = ["app"]

if __name__ == "__main__":
    from tasks.worker import main

    sys.exit(main(sys.argv[1:]))
