"""A thousand campaigns of one minute, with real beats and workers: each starts in time and once, whatever dies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.model.state import CampaignState
from dispatcher.simulator.client import SimulatorHandle
from tests.factories import add_campaign, make_batch, number_of
from tests.parts import Parts
from tests.stack import until
from tests.valkey import ValkeyServer

pytestmark = pytest.mark.slow

CAMPAIGNS = 1_000
MONTH_MS = 30 * 86_400_000
#: All is set and the ones that were killed are replaced before the start comes, on a busy machine, too.
AHEAD_SECONDS = 20
#: Longer than the broker's visibility time-out of `tests.impatient`.
AFTERWARDS_SECONDS = 12


@pytest.fixture
def parts(server: ValkeyServer, simulator: SimulatorHandle, tmp_path: Path) -> Iterator[Parts]:
    """Processes on that Valkey, with an impatient broker."""
    started = Parts(
        tmp_path,
        app="tests.impatient",
        redis_url=server.url,
        carrierx_url=simulator.url,
        carrierx_token=simulator.token,
        account_rate="5000/s",
        sender_rate="5000/s",
    )
    yield started
    started.end()


def started_ms(ledger: Ledger) -> list[int]:
    """When each campaign that has started did."""
    found = [campaign.started_at for campaign in ledger.campaigns.list(limit=CAMPAIGNS)]
    return [int(datetime.fromisoformat(at).timestamp() * 1000) for at in found if at]


@pytest.mark.timeout(300)
def test_a_thousand_campaigns_of_one_minute_each_start_within_two_seconds_and_once(
    server: ValkeyServer, simulator: SimulatorHandle, parts: Parts
) -> None:
    ledger = Ledger(client(server.url))
    month = ledger.agenda.now_ms() + MONTH_MS
    for index in range(CAMPAIGNS):
        add_campaign(ledger, make_batch(1, first_row=1 + index), id=f"c{index}", run=False, start_at_ms=month)
    for queue in ("send", "control", "control"):
        control = parts.worker(queue)
    beats = [parts.beat(), parts.beat()]
    parts.await_workers(ledger, {"send", "control"})
    until(lambda: len(ledger.agenda.workers()) == 3, 60, "the second control worker")
    at_ms = ledger.agenda.now_ms() + 1000 * AHEAD_SECONDS
    for index in range(CAMPAIGNS):
        campaign_id = f"c{index}"
        ledger.campaigns.change_start(campaign_id, at_ms, ledger.campaigns.settings_of(campaign_id))
    assert ledger.agenda.now_ms() < at_ms
    assert started_ms(ledger) == []
    parts.kill(beats[0])
    parts.kill(control)
    parts.beat()
    parts.worker("control")
    until(lambda: ledger.agenda.now_ms() > at_ms, 2 * AHEAD_SECONDS)
    parts.kill(beats[1])
    parts.beat()
    until(lambda: simulator.received(messages=False).taken >= CAMPAIGNS, 120, "all messages")
    time.sleep(AFTERWARDS_SECONDS)
    late = [ms - at_ms for ms in started_ms(ledger)]
    assert len(late) == CAMPAIGNS
    assert min(late) >= 0
    assert max(late) <= 2_000, max(late)
    received = simulator.received()
    assert (received.taken, received.repeated) == (CAMPAIGNS, [])
    assert set(received.numbers) == {number_of(1 + index) for index in range(CAMPAIGNS)}
    states = {campaign.state for campaign in ledger.campaigns.list(limit=CAMPAIGNS)}
    assert states == {CampaignState.COMPLETED}
