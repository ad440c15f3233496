"""What Celery's documents lead to: one task per recipient, which POSTs and writes what came of it.

Tuned as one would: a session per process, results off, JSON, a larger prefetch, no gossip. The address of the broker
(which also holds the recipients) and of the API come in `BENCH_REDIS` and `BENCH_API`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

import redis
import requests
from celery import Celery
from kombu.entity import Queue

from benchmarks.loops import HEADERS, message
from benchmarks.meter import tree
from benchmarks.store import Store
from dispatcher.host.ports import free_port

QUEUE = "way"


def make_app(broker: str) -> Celery:
    """The application on this broker."""
    made = Celery("benchmarks.celery_way", broker=broker, set_as_current=False)
    made.conf.update(
        task_ignore_result=True,
        task_queues=[Queue(QUEUE)],
        task_default_queue=QUEUE,
        worker_prefetch_multiplier=32,
        task_send_sent_event=True,
        broker_connection_retry_on_startup=True,
    )
    return made


app = make_app(os.environ.get("BENCH_REDIS", "memory://"))


@lru_cache(maxsize=1)
def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers.update(HEADERS)
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=200))
    return session


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    return redis.Redis.from_url(os.environ["BENCH_REDIS"])


@app.task(name="send_message", autoretry_for=(requests.ConnectionError,), retry_backoff=True)
def send_message(recipient: int, body: dict[str, Any]) -> None:
    """POST one message and write down what became of it."""
    answer = _session().post(f"{os.environ['BENCH_API']}/sms/messages", json=body, timeout=30)
    answer.raise_for_status()
    taken = answer.json()
    fields: Any = {"status": taken["status"], "sid": taken["message_sid"], "at": time.time()}
    _redis().hset(f"recipient:{recipient}", mapping=fields)


class Way:
    """Workers with events on, and Flower, on a store of their own; use it in a `with`.

    With `threads` each of the `processes` is a worker with so many threads; without, one worker forks them.
    """

    def __init__(self, api: str, *, processes: int, threads: int = 0) -> None:
        self._api = api
        self._store = Store(durable=False)
        worker = [
            "worker",
            "-E",
            f"--queues={QUEUE}",
            "--without-gossip",
            "--without-mingle",
            "--loglevel=ERROR",
        ]
        if threads:
            pools = [[*worker, "-P", "threads", f"-c{threads}", f"-n{n}@%h"] for n in range(processes)]
        else:
            pools = [[*worker, "-P", "prefork", f"-c{processes}"]]
        flower = ["flower", "--address=127.0.0.1", f"--port={free_port()}", "--logging=error"]
        self._commands = [*pools, flower]
        self._workers = len(pools)

    def __enter__(self) -> Self:
        self._store.__enter__()
        environment = {**os.environ, "BENCH_REDIS": self._store.url, "BENCH_API": self._api}
        self._app = make_app(self._store.url)
        celery = [sys.executable, "-m", "celery", "-A", "benchmarks.celery_way"]
        self._started = [
            subprocess.Popen(
                [*celery, *command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            for command in self._commands
        ]
        deadline = time.monotonic() + 60
        # A worker with threads looks at its control messages once a second.
        while len(self._app.control.ping(timeout=2)) < self._workers:
            if time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise RuntimeError("Celery's workers do not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        below = [process for started in self._started for process in tree(started.pid)]
        for process in below:
            process.kill()
        for started in self._started:
            started.wait(10)
        self._app.close()
        self._store.__exit__(kind, error, at)

    @property
    def pids(self) -> tuple[int, ...]:
        """Workers, Flower, store."""
        return (*(process.pid for process in self._started), self._store.pid)

    def publish(self, rows: int) -> float:
        """Fill the queue while nobody consumes it; answers the CPU seconds that it took here."""
        self._app.control.cancel_consumer(QUEUE, reply=True, timeout=3)
        start = time.process_time()
        with self._app.producer_or_acquire() as producer:
            for row in range(rows):
                self._app.send_task("send_message", (row, message(row)), producer=producer)
        return time.process_time() - start

    def go(self) -> None:
        """Let the workers consume."""
        self._app.control.add_consumer(QUEUE)
