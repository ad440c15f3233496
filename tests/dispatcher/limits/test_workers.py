"""Four real processes on one limit, over HTTP: exact by claim times, whatever dies and comes back.

`MMS_TEST_LIMIT_SECONDS=60` makes the runs as long as the promise says; by default they are shorter.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

import pytest

from dispatcher.carrierx.simulator.handle import SimulatorHandle
from dispatcher.ledger.connect import client
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.audit import audit
from dispatcher.pipeline.limiting import set_limit
from tests.dispatcher.limits.crew import Crew
from tests.factories import CAMPAIGN, add_campaign, make_batch
from tests.valkey import ValkeyServer

SECONDS = int(os.environ.get("MMS_TEST_LIMIT_SECONDS", "10"))
RATE, BURST = 50, 2


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Valkey that a test may kill."""
    made = ValkeyServer(tmp_path_factory.mktemp("limits"))
    made.start()
    yield made
    made.stop()


def claim_times(ledger: Ledger) -> list[int]:
    """When each leg was claimed, ms, in order."""
    numbers = list(ledger.book.batch_numbers(CAMPAIGN))
    return sorted(
        row.claimed_ms for _, rows in ledger.batches.read(CAMPAIGN, numbers) for row in rows if row.claimed_ms
    )


def most_in_a_second(times: list[int]) -> int:
    """The most of these times in any rolling second."""
    return max(bisect_left(times, start + 1000) - index for index, start in enumerate(times))


def await_rows(
    ledger: Ledger, wanted: int, seconds: float, state: RecipientState = RecipientState.QUEUED
) -> None:
    """Until so many rows are in this state."""
    deadline = time.monotonic() + seconds
    while ledger.campaign(CAMPAIGN).counts[state] < wanted:
        assert time.monotonic() < deadline, ledger.campaign(CAMPAIGN).counts
        time.sleep(0.1)


def campaign(ledger: Ledger, legs: int, size: int) -> int:
    """A campaign of about so many legs, in messages of this size; answers the exact number."""
    messages = max(1, 100 // size)
    batches = -(-legs // (messages * size))
    rows = messages * size
    add_campaign(ledger, *(make_batch(*[size] * messages, first_row=1 + rows * n) for n in range(batches)))
    set_limit(ledger, "account", rate=f"{RATE}/s", burst=BURST)
    return batches * rows


@pytest.mark.parametrize("size", [1, 9])
def test_four_processes_together_keep_one_limit_and_use_it(
    server: ValkeyServer, simulator: SimulatorHandle, size: int
) -> None:
    ledger = Ledger(client(server.url))
    legs = campaign(ledger, RATE * SECONDS, size)
    crew = Crew(server.url, CAMPAIGN, carrierx_url=simulator.url, carrierx_token=simulator.token)
    try:
        await_rows(ledger, legs, 2 * SECONDS + 30)
    finally:
        crew.stop()
    times = claim_times(ledger)
    # A group passes as one and is paid for as nine: the last of a second may bring its other legs.
    assert most_in_a_second(times) <= RATE + BURST + (size - 1)
    seconds = (times[-1] - times[0]) / 1000
    assert (legs - size) / seconds >= 0.97 * RATE
    received = simulator.received()
    assert (received.taken, received.repeated) == (legs // size, [])


@pytest.mark.parametrize("happens", ["a worker is killed", "valkey is killed"])
def test_nothing_goes_over_the_limit_when_something_dies_and_comes_back(
    server: ValkeyServer, simulator: SimulatorHandle, happens: str
) -> None:
    ledger = Ledger(client(server.url))
    legs = campaign(ledger, RATE * SECONDS, 1)
    settings: dict[str, Any] = {
        "carrierx_url": simulator.url,
        "carrierx_token": simulator.token,
        "lease_seconds": 2,
    }
    crew = Crew(server.url, CAMPAIGN, **settings)
    try:
        await_rows(ledger, legs // 3, SECONDS + 30)
        if happens == "valkey is killed":
            server.kill()
            server.start()
        else:
            crew.replace(0)
        await_rows(ledger, legs - 40, 2 * SECONDS + 40)
    finally:
        crew.stop()
    assert most_in_a_second(claim_times(ledger)) <= RATE + BURST
    assert simulator.received().repeated == []
    assert audit(ledger, CAMPAIGN).clean


def test_a_carrierx_that_says_429_is_settled_with_and_nothing_is_lost(
    server: ValkeyServer, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(throttle_above=40, retry_after="1")
    ledger = Ledger(client(server.url))
    add_campaign(ledger, *(make_batch(*[1] * 100, first_row=1 + 100 * n) for n in range(20)))
    set_limit(ledger, "account", rate="100/s")
    crew = Crew(server.url, CAMPAIGN, carrierx_url=simulator.url, carrierx_token=simulator.token)
    settle = 30 if SECONDS >= 60 else 15
    try:
        time.sleep(settle)
        before = simulator.received()
        time.sleep(max(12, SECONDS / 2))
        after = simulator.received()
    finally:
        crew.stop()
    asked = sum(after.answers.values()) - sum(before.answers.values())
    refused = after.answers.get("429", 0) - before.answers.get("429", 0)
    assert refused < 0.03 * asked, (refused, asked)
    assert asked <= 40.5 * max(12, SECONDS / 2)
    assert after.repeated == []
    counts = ledger.campaign(CAMPAIGN).counts
    assert (
        counts[RecipientState.PENDING] + counts[RecipientState.QUEUED] + counts[RecipientState.SENDING]
        == 2000
    )
