"""A sender that stood still (SIGSTOP) for longer than its lease, and wakes."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.sending._in_flight import CLAIM_SECONDS
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.limits.crew import Crew
from tests.factories import CAMPAIGN, add_campaign, make_batch, recount
from tests.stack import until
from tests.valkey import ValkeyServer

pytestmark = pytest.mark.slow

ROWS = 200


@pytest.mark.timeout(120)
def test_a_sender_that_wakes_after_its_lease_sends_nothing_and_its_late_answers_count(
    server: ValkeyServer, simulator: SimulatorHandle
) -> None:
    ledger = Ledger(client(server.url))
    simulator.set_faults(latency_ms=150)
    add_campaign(
        ledger, make_batch(*[1] * (ROWS // 2)), make_batch(*[1] * (ROWS // 2), first_row=1 + ROWS // 2)
    )
    settings: dict[str, Any] = {
        "carrierx_url": simulator.url,
        "carrierx_token": simulator.token,
        "in_flight": 8,
        "lease_seconds": 1.5,
    }

    def rows(*states: RecipientState) -> int:
        counts = ledger.campaign(CAMPAIGN).counts
        return sum(counts[state] for state in states)

    with Crew(server.url, CAMPAIGN, size=1, **settings) as asleep:
        pid = asleep.processes[0].pid
        assert pid is not None
        until(lambda: rows(RecipientState.QUEUED) >= 20)
        os.kill(pid, signal.SIGSTOP)
        try:
            stopped_ms = ledger.agenda.now_ms()
            with Crew(server.url, CAMPAIGN, size=1, **settings):
                until(lambda: rows(RecipientState.PENDING, RecipientState.SENDING) == 0, 60)
                until(lambda: ledger.agenda.now_ms() > stopped_ms + 1000 * CLAIM_SECONDS)
                unknown = rows(RecipientState.UNCONFIRMED)
                assert unknown > 0
                os.kill(pid, signal.SIGCONT)
                until(lambda: rows(RecipientState.QUEUED) == ROWS, 60)
        finally:
            os.kill(pid, signal.SIGCONT)
    received = simulator.received()
    assert (received.taken, received.repeated) == (ROWS, [])
    assert recount(ledger)[RecipientState.QUEUED] == ROWS
