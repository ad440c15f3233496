"""A simulator in a thread, its client, and a receiver for its callbacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dispatcher.carrierx.client import CarrierX
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.launch import running_simulator
from tests.dispatcher.simulator.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def simulator(receiver: Receiver) -> Iterator[SimulatorHandle]:
    with running_simulator(callback_url=receiver.url()) as handle:
        yield handle


@pytest.fixture
def client(simulator: SimulatorHandle) -> Iterator[CarrierX]:
    client = CarrierX(simulator.url, simulator.token, read_timeout=60)
    yield client
    client.close()
