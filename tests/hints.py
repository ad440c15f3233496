"""Hints that find nothing to do, for every queue; and a broker that goes away just as one is acknowledged."""

from __future__ import annotations

import time
from collections.abc import Iterable

import redis
from celery import Celery

from dispatcher.queues import QUEUES
from tests.proxy import Proxy

_NOBODY = "nobody-abc234"
_ARGUMENTS: dict[str, dict[str, str | int]] = {
    "send": {"campaign": _NOBODY, "batch": 0},
    "expand": {"campaign": _NOBODY},
}
#: What kombu's own transport says to acknowledge a message; ours says nothing.
_ACKNOWLEDGES = b"ZREM"
#: Shorter than what a worker does once a second by itself, which would notice the broker.
MOMENT_SECONDS = 0.3


def hint(celery: Celery, queues: Iterable[str]) -> None:
    """One hint into each of these queues."""
    for queue in QUEUES:
        if queue.name in queues:
            arguments = _ARGUMENTS.get(queue.name, {})
            celery.send_task(queue.tasks[0], kwargs=arguments, queue=queue.name, expires=600, retry=False)


def flicker(celery: Celery, store: redis.Redis, proxy: Proxy, queues: Iterable[str]) -> None:
    """Each worker takes one hint, and the broker goes away for a moment just as one of them acknowledges it."""
    proxy.break_at(_ACKNOWLEDGES)
    try:
        hint(celery, queues)
        until = time.monotonic() + MOMENT_SECONDS
        while any(store.llen(queue) for queue in queues) and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(0.1)
    finally:
        proxy.mend()
