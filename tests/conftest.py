"""A real Valkey for the whole run, on a free port, empty for every test; and servers of a test's own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis as redis_py

from dispatcher.ledger.ledger import Ledger
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.launch import running_simulator
from tests.factories import START_MS
from tests.key_page import strangers
from tests.rabbitmq import RabbitServer, running_rabbitmq
from tests.valkey import TEST_CLOCK, ValkeyServer, look_at_clock, running_valkey, set_clock, wait_by_clock

SECRET = b"a secret of the tests"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no worker is left with it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Valkey as the embedded one is set up: append-only file, synced at every write."""
    with running_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="session")
def valkey_url(valkey: ValkeyServer) -> str:
    """Its address."""
    return valkey.url


@pytest.fixture
def redis(valkey_url: str) -> Iterator[redis_py.Redis]:
    """A client of it, the data of earlier tests gone."""
    client = redis_py.Redis.from_url(valkey_url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def ledger(redis: redis_py.Redis) -> Iterator[Ledger]:
    """A ledger on Redis's own clock. Whatever a test made in it is on the page of all keys."""
    yield Ledger(redis)
    there: Any = redis.keys("mms:*")
    assert strangers(there) == []


@pytest.fixture
def timed_ledger(redis: redis_py.Redis) -> Ledger:
    """A ledger whose clock stands where `tests.valkey.set_clock` put it; who waits for a turn moves it."""
    ledger = Ledger(redis, clock=TEST_CLOCK)
    ledger.agenda.pause = partial(wait_by_clock, redis)
    return ledger


@pytest.fixture
def ledger_at_start(timed_ledger: Ledger) -> Ledger:
    """A ledger at START_MS, the agenda's own look at the clock, too."""
    set_clock(timed_ledger.redis, START_MS)
    timed_ledger.agenda.now_ms = partial(look_at_clock, timed_ledger.redis)  # type: ignore[method-assign]
    return timed_ledger


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Valkey of the test's own: processes may fill it, and it may be killed or spoiled."""
    with running_valkey(tmp_path_factory.mktemp("own")) as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitServer]:
    """A RabbitMQ. Whoever asks for it is of the group `rabbitmq`, so that one process has the only one of a run."""
    with running_rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture
def simulator() -> Iterator[SimulatorHandle]:
    """A CarrierX that answers at once, calls nobody back, and runs on whatever becomes of the dispatcher."""
    with running_simulator() as handle:
        yield handle


@pytest.fixture(scope="session")
def repository() -> Path:
    """The top folder of the project."""
    return Path(__file__).parent.parent


@pytest.fixture
def ended() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes put in here are ended when the test is over, however it ends."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=60)
