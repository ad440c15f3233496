"""STOP in mid-campaign, by the real receiver, with real workers: nothing is claimed for that number after the 2xx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from dispatcher.ledger.batches.packing import BatchRow
from dispatcher.ledger.batches.rows import RowState
from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.connection import client
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.runtime.runtime import Runtime, make_client
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.settings import load_settings
from dispatcher.simulator.client import SimulatorHandle
from tests.factories import SENDER, add_campaign, make_batch
from tests.parts import Parts
from tests.stack import CALLBACK_KEY, until
from tests.valkey import ValkeyServer, free_port

pytestmark = pytest.mark.slow

RECEIPTS = 50_000
SINGLES, GROUPS = "singles-abc234", "groups-abc234"
ROWS = 1_500
#: The groups are to people that the singles are sent to as well.
FIRST_OF_GROUPS = 601
STOPS_A_ROUND = 6
LONG_AGO_MS = 1_700_000_000_000


class Site(NamedTuple):
    """A ledger, its CarrierX, its processes, and the address of the receiver."""

    ledger: Ledger
    simulator: SimulatorHandle
    parts: Parts
    receiver: str


@pytest.fixture
def site(server: ValkeyServer, simulator: SimulatorHandle, tmp_path: Path) -> Iterator[Site]:
    """A Valkey and a simulator, one campaign sent long ago whose receipts wait, and no process yet."""
    port = free_port()
    settings: dict[str, Any] = {
        "redis_url": server.url,
        "carrierx_url": simulator.url,
        "carrierx_token": simulator.token,
        "callback_key": CALLBACK_KEY,
        "account_rate": "5000/s",
        "sender_rate": "5000/s",
        "lease_seconds": 2,
        "web_port": port,
    }
    parts = Parts(tmp_path, **settings)
    ledger = Ledger(client(server.url))
    send_the_earlier_one(ledger, simulator, tmp_path, settings)
    yield Site(ledger, simulator, parts, f"http://127.0.0.1:{port}/callbacks/carrierx/{CALLBACK_KEY}")
    parts.end()


def send_the_earlier_one(
    ledger: Ledger, simulator: SimulatorHandle, folder: Path, settings: dict[str, Any]
) -> None:
    """A campaign of a hundred, sent; of each message CarrierX repeats itself until all receipts are in the inbox."""
    chosen = load_settings(**{**settings, "data_dir": folder, "simulate": True})
    installation = prepare(ledger.redis, chosen)
    add_campaign(ledger, make_batch(*[1] * 100, first_row=9_001), id="earlier-abc234")
    with ThreadPoolExecutor(16) as pool:
        runtime = Runtime(ledger, chosen, installation, make_client(chosen), pool)
        assert send_batch(runtime, "earlier-abc234", 0) == "100 queued"
    sent = simulator.received().messages
    words = ("sent", "delivered")
    bodies = [
        json.dumps(
            {
                "message_sid": message["message_sid"],
                "user_data": message["user_data"],
                "status": words[round_ % 2],
                "direction": "outbound",
                "from": SENDER,
                "to": message["to"][0],
            }
        )
        for round_ in range(RECEIPTS // len(sent))
        for message in sent
    ]
    simulator.clear_received()
    for first in range(0, len(bodies), 5_000):
        pipeline = ledger.redis.pipeline(transaction=False)
        for body in bodies[first : first + 5_000]:
            pipeline.xadd(keys.CALLBACKS, {"raw": body, "at": LONG_AGO_MS})
        pipeline.execute()


def rows_of(ledger: Ledger, campaign_id: str) -> dict[str, RowState]:
    """What became of each number of a campaign."""
    found = {}
    for batch, states in ledger.batches.read(campaign_id, list(ledger.campaigns.batch_numbers(campaign_id))):
        for row, state in zip(batch.rows, states, strict=True):
            assert isinstance(row, BatchRow)
            found[row.number] = state
    return found


def stop_some(site: Site, stopped: dict[str, int]) -> None:
    """People to whom nothing was sent yet say STOP; the moment after each 2xx is written down."""
    singles, groups = rows_of(site.ledger, SINGLES), rows_of(site.ledger, GROUPS)
    waiting = [
        number
        for number, state in groups.items()
        if state.state is RecipientState.PENDING and singles[number].state is RecipientState.PENDING
    ]
    people = [number for number in waiting if number not in stopped][-10 * STOPS_A_ROUND :: 10]
    assert len(people) == STOPS_A_ROUND
    for number in people:
        body = {
            "message_sid": f"stop-{number}",
            "direction": "inbound",
            "status": "received",
            "from": number,
            "to": SENDER,
            "message": "Stop.",
        }
        assert httpx.post(site.receiver, json=body, trust_env=False, verify=False).status_code == 200
        stopped[number] = site.ledger.agenda.now_ms()


def answers(receiver: str) -> bool:
    """Whether the receiver is there: it takes nothing but POST."""
    try:
        return httpx.get(receiver, trust_env=False, verify=False).status_code == 405
    except httpx.TransportError:
        return False


def pending(ledger: Ledger) -> int:
    """Rows of both campaigns that nothing was done about yet."""
    return sum(ledger.campaign(name).counts[RecipientState.PENDING] for name in (SINGLES, GROUPS))


@pytest.mark.timeout(300)
def test_after_the_2xx_of_a_stop_nothing_is_claimed_for_that_number_whoever_dies(site: Site) -> None:
    ledger, parts, stopped = site.ledger, site.parts, dict[str, int]()
    parts.web()
    for queue in ("control", "send", "send"):
        sender = parts.worker(queue)
    parts.beat()
    parts.await_workers(ledger, {"send", "control"})
    until(lambda: answers(site.receiver), 60, "the receiver")
    singles = [make_batch(*[1] * 100, first_row=1 + 100 * batch) for batch in range(ROWS // 100)]
    groups = [make_batch(*[3] * 30, first_row=FIRST_OF_GROUPS + 90 * batch) for batch in range(10)]
    add_campaign(ledger, *singles, id=SINGLES, rate=(20_000, 50_000))
    add_campaign(ledger, *groups, id=GROUPS, rate=(30_000, 90_000))
    until(lambda: pending(ledger) < ROWS + 900 - 60, 60, "the first messages")
    stop_some(site, stopped)
    assert ledger.callback_stream.waiting() >= RECEIPTS
    parts.worker("ingest")
    parts.kill(sender)
    stop_some(site, stopped)
    sender = parts.worker("send")
    until(lambda: ledger.callback_stream.waiting() < RECEIPTS, 60, "the first receipts")
    stop_some(site, stopped)
    parts.kill(sender)
    parts.worker("send")
    until(lambda: not pending(ledger), 120, "the end of both")
    until(lambda: not ledger.callback_stream.waiting(), 120, "all receipts")

    skipped = 0
    for name in (SINGLES, GROUPS):
        rows, texts = rows_of(ledger, name), ledger.campaigns.texts(name)
        for number, answered_ms in stopped.items():
            assert rows[number].claimed_ms <= answered_ms
            skipped += texts.get(rows[number].reason) == "opted_out"
    assert skipped > len(stopped)
    assert all(ledger.optouts.is_out(number) for number in stopped)
    received = site.simulator.received()
    without = [message for message in received.messages if len(message["to"]) == 2]
    assert without
    assert not {number for message in without for number in message["to"]} & stopped.keys()
