"""Real workers on a real RabbitMQ, and all that can happen to it: none ends, and each takes hints again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
import redis as redis_py
from celery import Celery
from kombu.entity import Exchange, Queue
from kombu.exceptions import KombuError

from dispatcher.ledger.ledger import Ledger
from dispatcher.queues import HINT_SECONDS, QUEUE_NAMES
from tasks.rabbitmq import queue_arguments
from tests.conftest import SECRET
from tests.hints import hint
from tests.parts import Parts
from tests.proxy import Proxy
from tests.rabbitmq import USER, RabbitServer
from tests.tasks.crew import until
from tests.valkey import running_valkey

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rabbitmq")]

VIRTUAL_HOST = "crew"


@dataclass
class RabbitCrew:
    """Workers of every queue, and the wire between them and their RabbitMQ."""

    parts: Parts
    ledger: Ledger
    server: RabbitServer
    proxy: Proxy
    celery: Celery

    def taken(self) -> dict[str, int]:
        """How many hints were taken from each queue, as its worker says."""
        return {facts["queues"][0]: facts["taken"] for facts in self.ledger.agenda.workers().values()}

    def pids(self) -> dict[str, int]:
        """The workers, by name."""
        return {name: facts["pid"] for name, facts in self.ledger.agenda.workers().items()}

    def hint(self) -> None:
        """One hint into each queue, past the wire; none where RabbitMQ takes none just now."""
        with suppress(KombuError, OSError):
            hint(self.celery, QUEUE_NAMES)

    def answers(self) -> set[str]:
        """The workers that answer to `celery inspect ping`."""
        with suppress(KombuError, OSError):
            return {name for each in self.celery.control.ping(timeout=1.0) for name in each}
        return set()


@pytest.fixture(scope="module")
def crew(rabbitmq: RabbitServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitCrew]:
    """One worker of every queue."""
    folder = tmp_path_factory.mktemp("rabbit-crew")
    direct = rabbitmq.add_host(VIRTUAL_HOST)
    with (
        running_valkey(folder / "ledger") as store,
        Proxy(rabbitmq.port) as proxy,
        Celery("crew", broker=direct) as celery,
    ):
        arguments = queue_arguments(HINT_SECONDS)
        make: Any = Queue
        exchange: Any = Exchange
        celery.conf.task_queues = [
            make(name, exchange(name), routing_key=name, queue_arguments=arguments) for name in QUEUE_NAMES
        ]
        ledger = Ledger(redis_py.Redis.from_url(store.url))
        parts = Parts(
            folder,
            app="tests.tasks.hasty",
            redis_url=store.url,
            broker_url=rabbitmq.address(VIRTUAL_HOST, proxy.port),
            secret=SECRET.decode(),
            admin_token="admin",
            account_rate="10/s",
            sender_rate="10/s",
        )
        try:
            parts.helper()
            for queue in ("send", "ingest"):
                parts.worker(queue)
            parts.await_workers(ledger, set(QUEUE_NAMES))
            yield RabbitCrew(parts, ledger, rabbitmq, proxy, celery)
        finally:
            parts.end()


def _cut(crew: RabbitCrew) -> None:
    """The workers come back while their old connections, and what is theirs alone, still live at the server."""
    crew.proxy.refuse()
    crew.proxy.forsake()
    time.sleep(0.5)
    crew.proxy.mend()


def _silent(crew: RabbitCrew) -> None:
    crew.proxy.silence()
    time.sleep(0.5)
    crew.proxy.mend()


def _forced(crew: RabbitCrew) -> None:
    until(lambda: len(crew.server.connections()) >= len(QUEUE_NAMES), 20, crew.server.connections)
    crew.server.close_connections()


def _queues_deleted(crew: RabbitCrew) -> None:
    for name in QUEUE_NAMES:
        crew.server.api("DELETE", f"queues/{VIRTUAL_HOST}/{name}")


def _refused(crew: RabbitCrew) -> None:
    """They may not do what they want, then they are not even let in."""
    rights = {"configure": "nothing", "write": "nothing", "read": "nothing"}
    crew.server.api("PUT", f"permissions/{VIRTUAL_HOST}/{USER}", rights)
    crew.proxy.kill()
    time.sleep(1.5)
    crew.server.api("DELETE", f"vhosts/{VIRTUAL_HOST}")
    time.sleep(1.5)
    crew.server.add_host(VIRTUAL_HOST)


TROUBLES = [
    _cut,
    _silent,
    _forced,
    _queues_deleted,
    _refused,
]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_worker_ends_and_each_takes_hints_again(
    crew: RabbitCrew, trouble: Callable[[RabbitCrew], None]
) -> None:
    living, before = crew.pids(), crew.taken()
    trouble(crew)

    def all_taken() -> bool:
        crew.hint()
        time.sleep(0.5)
        return all(crew.taken()[name] > before[name] for name in QUEUE_NAMES)

    until(all_taken, 40, lambda: (crew.taken(), before, crew.parts.said()))
    assert crew.pids() == living
    until(lambda: crew.answers() == set(living), 10, crew.answers)
