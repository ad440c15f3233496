"""The tasks of Celery, and all that knows it. `celery -A tasks …` finds the application here.

- `tasks`: every task on one page: a name, a queue, one call of a verb. `hints`: publishing one. `checked_task`: which
  hints are taken.
- `worker`, `flower`: the worker of a queue, and Flower, each as a command. `app`, `runtime`: the application; a
  process's runtime, made after the fork.
- `guard`, `progress`: a worker that takes nothing of what waits is ended. `stopping`: one that ends says so to its own.
- `broker`, `broker_findings`, `amqp`, `consumer`, `results`: where hints go and how it is, by which thread they are
  taken, what is dropped; there are no results.
- `transport`: Redis as the broker; `rabbitmq`, `rabbitmq_transport`, `mailbox`: RabbitMQ.
- `alarm`: whoever shall end looks at once. `beat`: a tick a second. `flower_events`, `flower_login`, `flower_broker`,
  `flower_redis`: every batch shown, to whom, and the queues.

May import: `dispatcher.pipeline` and everything below.
Begin with: `tasks`.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """The application, made when it is asked for: it reads the settings, which not everybody here needs."""
    if name == "celery":
        from tasks.app import app  # noqa: PLC0415 - see above

        return app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
