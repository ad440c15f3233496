"""Four real processes, over HTTP: pools of senders, several campaigns at once, and a ceiling in dollars."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from dispatcher.ledger.batches.packing import Batch
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.model.scope import ACCOUNT, EACH_SENDER, LimitScope
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.limits.changes import set_limit, use_sender
from dispatcher.pipeline.limits.defaults import put_rates_in_force
from dispatcher.pipeline.reports.audit import audit
from dispatcher.rules.sender_pool import choose_sender
from dispatcher.settings import load_settings
from dispatcher.simulator.client import Received, SimulatorHandle
from tests.dispatcher.pipeline.limits.crew import TASKS, Crew, await_rows, claim_times, most_in_a_second
from tests.factories import CAMPAIGN, add_campaign, make_batch
from tests.stack import until
from tests.valkey import ValkeyServer

pytestmark = pytest.mark.slow

POOL = ("15162065575", "15162065576", "15162065577")
FROM: dict[str, Any] = {"from": POOL}
#: Legs a second of the account that campaigns share: far less than a busy machine can do.
SHARED_RATE = 30
#: Long beside the seconds for which one process or another goes on with the batch that it holds.
SHARED_SECONDS = 15
PICTURE = ("https://www.example.com/a.jpg",)


@pytest.fixture
def ledger(server: ValkeyServer) -> Ledger:
    """The ledger that the crew works on."""
    return Ledger(client(server.url))


def crew(server: ValkeyServer, simulator: SimulatorHandle, **settings: Any) -> Crew:
    """Four processes that work until they are stopped."""
    to_carrierx = {"carrierx_url": simulator.url, "carrierx_token": simulator.token}
    return Crew(server.url, **{"in_flight": 4, **to_carrierx, **settings})


def many(count: int, *, first_row: int = 1, pooled: bool = False, **fields: Any) -> list[Batch]:
    """Batches of a hundred singles, their sender to be chosen when they are sent if the campaign has a pool."""
    batches = [make_batch(*[1] * 100, first_row=first_row + 100 * n, **fields) for n in range(count)]
    if not pooled:
        return batches
    return [Batch(each.rows, tuple(one._replace(sender="") for one in each.messages)) for each in batches]


def senders(received: Received) -> dict[str, str]:
    """Who each number heard from."""
    return {message["to"][0]: message["from"] for message in received.messages}


def claimed_after(ledger: Ledger, campaign: str, moment_ms: int) -> list[str]:
    """The numbers whose messages were claimed later than this."""
    read = ledger.batches.read(campaign, list(ledger.campaigns.batch_numbers(campaign)))
    rows = (pair for batch, states in read for pair in zip(batch.rows, states, strict=True))
    return [row.number for row, state in rows if row.number and state.claimed_ms > moment_ms]


@pytest.mark.parametrize("refused", [0.0, 0.2])
def test_four_racing_processes_never_spend_more_than_five_dollars(
    server: ValkeyServer, simulator: SimulatorHandle, ledger: Ledger, refused: float
) -> None:
    """333 legs at $0.015 each. What CarrierX refused gives its part back until the ceiling is met."""
    simulator.set_faults(refuse_share=refused, latency_ms=3, seed=7)
    wide = {"account_rate": "100000/s", "sender_rate": "100000/s"}
    put_rates_in_force(
        ledger,
        load_settings(
            simulate=True, price_mms=0.015, price_wait=0, brake_share=0, redis_url=server.url, **wide
        ),
    )
    add_campaign(ledger, *many(8, media=PICTURE), max_cost="5")
    with crew(server, simulator):
        until(lambda: ledger.campaign(CAMPAIGN).state is CampaignState.PAUSED)
        until(lambda: not ledger.campaign(CAMPAIGN).counts[RecipientState.SENDING])
    received, campaign = simulator.received(), ledger.campaign(CAMPAIGN)
    assert "--max-cost $5 allows" in (campaign.reason or "")
    assert received.taken == campaign.counts[RecipientState.QUEUED]
    assert received.repeated == []
    if refused:
        assert 333 - 16 <= received.taken <= 333  # what was in flight at the end may have been refused
        assert campaign.counts[RecipientState.REJECTED] > 40
    else:
        assert received.taken == 333
    assert audit(ledger, CAMPAIGN).clean


def test_a_pool_keeps_the_campaigns_limit_sticks_to_its_recipients_and_moves_a_disabled_ones_share(
    server: ValkeyServer, simulator: SimulatorHandle, ledger: Ledger
) -> None:
    set_limit(ledger, EACH_SENDER, rate="50/s", burst=2)
    add_campaign(ledger, *many(3, pooled=True), id="first", **FROM)
    set_limit(ledger, LimitScope.campaign("first"), rate="60/s", burst=2)
    with crew(server, simulator):
        await_rows(ledger, "first", 300, 90)
        before = senders(simulator.received())
        simulator.clear_received()
        add_campaign(ledger, *many(6, pooled=True), id="second", **FROM)
        set_limit(ledger, LimitScope.campaign("second"), rate="60/s", burst=2)
        await_rows(ledger, "second", 200, 90)
        use_sender(ledger, POOL[1], enabled=False)
        settled_ms = ledger.agenda.now_ms() + 3_000  # whoever asked for a claim before has it by then
        await_rows(ledger, "second", 600, 90)
        received = simulator.received()
    assert before == {number: choose_sender(number, POOL) for number in before}
    assert set(before.values()) == set(POOL)
    after, rest = senders(received), (POOL[0], POOL[2])
    late = claimed_after(ledger, "second", settled_ms)
    assert late
    assert not [number for number in late if after[number] == POOL[1]]
    for number, sender in after.items():
        usual = choose_sender(number, POOL)
        assert sender == usual or (usual == POOL[1] and sender == choose_sender(number, rest))
    assert {sender for number, sender in after.items() if choose_sender(number, POOL) == POOL[1]} == set(POOL)
    assert received.repeated == []
    for id in ("first", "second"):
        assert most_in_a_second(claim_times(ledger, id)) <= 62


def test_two_campaigns_share_evenly_and_an_urgent_one_goes_before_both(
    server: ValkeyServer, simulator: SimulatorHandle, ledger: Ledger
) -> None:
    set_limit(ledger, ACCOUNT, rate=f"{SHARED_RATE}/s", burst=3)
    for place, id in enumerate(("early", "late")):
        add_campaign(ledger, *many(12, first_row=1 + 2000 * place), id=id)
    with crew(server, simulator):
        await_rows(ledger, "early", 30, 90)
        await_rows(ledger, "late", 30, 90)
        shared_from = ledger.agenda.now_ms()
        shared_until = shared_from + 1000 * SHARED_SECONDS
        until(lambda: ledger.agenda.now_ms() > shared_until)
        add_campaign(ledger, *many(2, first_row=5001), id="hurry", priority="urgent")
        await_rows(ledger, "hurry", 200, 90)
    shares = Counter(
        {
            id: sum(shared_from <= at < shared_until for at in claim_times(ledger, id))
            for id in ("early", "late")
        }
    )
    assert shares.total() >= 0.7 * SHARED_RATE * SHARED_SECONDS
    assert 0.4 <= shares["early"] / shares.total() <= 0.6, shares
    hurry = claim_times(ledger, "hurry")
    assert hurry[0] - shared_until <= 3_000  # the next look of a process that waits, then the next message
    others = [at for at in claim_times(ledger, "early", "late") if hurry[0] <= at <= hurry[-1]]
    assert len(others) <= 0.25 * len(hurry), len(others)  # evenly shared it would be twice as many as its own
    assert most_in_a_second(claim_times(ledger, "early", "late", "hurry")) <= SHARED_RATE + 3


def test_slow_campaigns_hold_no_process_and_cost_no_task_a_message(
    server: ValkeyServer, simulator: SimulatorHandle, ledger: Ledger
) -> None:
    slow = [f"slow-{number}" for number in range(8)]
    for place, id in enumerate(slow):
        add_campaign(ledger, make_batch(*[1] * 60, first_row=10_001 + 60 * place), id=id)
        set_limit(ledger, LimitScope.campaign(id), rate="2/s")
    add_campaign(ledger, *many(5), id="fast")
    set_limit(ledger, LimitScope.campaign("fast"), rate="40/s", burst=4)
    with crew(server, simulator):
        await_rows(ledger, "fast", 500, 90)
        sent = sum(ledger.campaign(id).counts[RecipientState.QUEUED] for id in slow)
        tasks = sum(int(ledger.redis.hget(TASKS, id) or 0) for id in slow)
    times = claim_times(ledger, "fast")
    assert 499 / ((times[-1] - times[0]) / 1000) >= 0.7 * 40  # a third if they held processes
    assert sent >= 8 * 2 * 0.5 * (times[-1] - times[0]) / 1000
    assert tasks <= sent / 3, (tasks, sent)
    assert simulator.received().repeated == []
