"""All workers of a dispatcher on a broker behind a wire that can fail; hints are put into its queues past the wire."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis as redis_py
from celery import Celery

from dispatcher.ledger.ledger import Ledger
from dispatcher.queues import SERVICES, service_of
from tests.conftest import SECRET
from tests.hints import hint
from tests.parts import Parts
from tests.proxy import Proxy
from tests.valkey import ValkeyServer, running_valkey


@dataclass
class Crew:
    """The workers and what they stand on."""

    parts: Parts
    ledger: Ledger
    broker: redis_py.Redis
    proxy: Proxy
    server: ValkeyServer
    celery: Celery
    folder: Path

    def hint(self, *queues: str) -> None:
        """One hint into each of these queues."""
        hint(self.celery, queues)

    def waiting(self, *queues: str) -> dict[str, int]:
        """How many wait in each that is not empty."""
        depths = {queue: int(self.broker.llen(queue)) for queue in queues}
        return {queue: depth for queue, depth in depths.items() if depth}

    def log(self, queue: str) -> str:
        """What the workers of this queue have said, with those that share their process."""
        logs = [*self.folder.glob(f"{queue}*.log"), *self.folder.glob(f"{service_of(queue)}.log")]
        return "".join(path.read_text(errors="replace") for path in sorted(logs))


@contextmanager
def crew_of(folder: Path, ledger_url: str, *queues: str, app: str = "tests.tasks.hasty") -> Iterator[Crew]:
    """Workers of these queues that have given a sign of life, in processes as in `mms up`; nothing is left behind."""
    with running_valkey(folder / "broker") as server, Proxy(server.port) as proxy:
        ledger = Ledger(redis_py.Redis.from_url(ledger_url))
        parts = Parts(
            folder,
            app=app,
            redis_url=ledger_url,
            broker_url=proxy.url,
            secret=SECRET.decode(),
            admin_token="admin",
            account_rate="10/s",
            sender_rate="10/s",
        )
        with Celery("crew", broker=server.url) as celery:
            try:
                together = set(SERVICES["helper"]) if set(SERVICES["helper"]) <= set(queues) else set()
                if together:
                    parts.helper()
                for queue in queues:
                    if queue not in together:
                        parts.worker(queue)
                parts.await_workers(ledger, set(queues))
                broker = redis_py.Redis.from_url(server.url)
                yield Crew(parts, ledger, broker, proxy, server, celery, folder)
            finally:
                parts.end()


def until(happened: Callable[[], bool], seconds: float, told: Callable[[], object]) -> None:
    """Return when it happened.

    Raises:
        AssertionError: not in this time; with what `told` says.
    """
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, told()
        time.sleep(0.02)
