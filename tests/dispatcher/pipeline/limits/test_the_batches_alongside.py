"""Slow campaigns hold no process, and cost no task a message."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from dispatcher.model.scope import ACCOUNT, LimitScope
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.limits.changes import set_limit
from dispatcher.pipeline.reports.audit import audit
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_sender import BatchSender
from dispatcher.pipeline.sending._in_flight import InFlight
from dispatcher.pipeline.sending.alongside import AlongsideBatch
from dispatcher.pipeline.sending.feed import feed
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import CAMPAIGN, add_campaign, make_batch

pytestmark = pytest.mark.slow

SLOW = [f"slow-{number}" for number in range(12)]


def test_one_process_sends_a_fast_campaign_while_a_dozen_slow_ones_wait(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    for place, id in enumerate(SLOW):
        add_campaign(runtime.ledger, make_batch(*[1] * 50, first_row=1001 + 50 * place), id=id)
        set_limit(runtime.ledger, LimitScope.campaign(id), rate="1/s")
    add_campaign(
        runtime.ledger, *(make_batch(*[1] * 100, first_row=1 + 100 * n) for n in range(4)), id="fast"
    )
    tasks, began = 0, time.monotonic()
    hints: list[tuple[str, int]] = []
    while runtime.ledger.campaign("fast").counts[RecipientState.QUEUED] < 400:
        feed(runtime, lambda *hint: hints.append(hint))
        send_batch(runtime, *hints.pop(0))
        tasks += 1
    took = time.monotonic() - began
    assert took < 40
    assert tasks <= 4
    slow = sum(runtime.ledger.campaign(id).counts[RecipientState.QUEUED] for id in SLOW)
    assert slow >= 12 * min(took, 5) * 0.6
    assert simulator.received().repeated == []
    assert all(audit(runtime.ledger, id).clean for id in [*SLOW, "fast"])


def test_a_process_with_room_for_more_requests_goes_on_with_further_batches(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    runtime = make_runtime(in_flight=100)
    add_campaign(runtime.ledger, *(make_batch(*[1] * 50, first_row=1 + 50 * n) for n in range(6)))
    simulator.set_faults(latency_ms=100)
    alongside: list[AlongsideBatch] = []
    assert send_batch(runtime, CAMPAIGN, 0, alongside) == "50 queued"
    assert sorted((each.batch, each.line) for each in alongside) == [(n, "50 queued") for n in range(1, 6)]
    assert simulator.received().repeated == []
    assert audit(runtime.ledger, CAMPAIGN).clean


def test_no_claim_is_asked_for_ahead_of_its_turn_while_answers_are_slow(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    runtime = make_runtime(in_flight=4, read_timeout=60)
    add_campaign(runtime.ledger, make_batch(*[1] * 8))
    simulator.set_faults(latency_ms=2_500)
    assert send_batch(runtime, CAMPAIGN, 0) == "8 queued"


def test_a_batch_that_fails_keeps_no_place_from_the_others(
    make_runtime: MakeRuntime, simulator: SimulatorHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = make_runtime(in_flight=2)
    add_campaign(runtime.ledger, make_batch(*[1] * 4), id="slow")
    set_limit(runtime.ledger, LimitScope.campaign("slow"), rate="2/s")
    add_campaign(runtime.ledger, make_batch(*[1] * 30, first_row=101), id="failing")
    begin = InFlight.begin

    def fail(in_flight: InFlight, sender: BatchSender, *granted: Any) -> None:
        if sender.hold.campaign == "failing":
            raise RuntimeError("nobody foresaw this")
        begin(in_flight, sender, *granted)

    monkeypatch.setattr(InFlight, "begin", fail)
    ended: list[str] = []
    thread = threading.Thread(target=lambda: ended.append(send_batch(runtime, "slow", 0)), daemon=True)
    thread.start()
    thread.join(60)
    assert ended == ["4 queued"]
    assert runtime.ledger.campaign("failing").counts[RecipientState.SENDING] > 0


@pytest.mark.parametrize("rate", ["10/s", "40/s"])
def test_one_process_alone_shares_the_accounts_limit_between_campaigns_within_one_task(
    runtime: Runtime, rate: str
) -> None:
    """The second one's batches are short: when one of them is done, another has to follow."""
    set_limit(runtime.ledger, ACCOUNT, rate=rate, burst=1)
    add_campaign(
        runtime.ledger, *(make_batch(*[1] * 100, first_row=1 + 100 * n) for n in range(3)), id="early"
    )
    add_campaign(
        runtime.ledger, *(make_batch(*[1] * 15, first_row=1001 + 15 * n) for n in range(20)), id="late"
    )
    send_batch(runtime, "early", 0)
    early, late = (runtime.ledger.campaign(id).counts[RecipientState.QUEUED] for id in ("early", "late"))
    assert 0.35 <= late / (early + late) <= 0.65, (early, late)
    assert early + late >= 2 * int(rate.partition("/")[0])  # of five seconds


def test_campaigns_with_limits_of_their_own_all_go_within_one_task_however_short_their_waits(
    runtime: Runtime,
) -> None:
    ids = [f"own-{number}" for number in range(8)]
    for place, id in enumerate(ids):
        add_campaign(runtime.ledger, make_batch(*[1] * 200, first_row=1 + 200 * place), id=id)
        set_limit(runtime.ledger, LimitScope.campaign(id), rate="25/s", burst=1)
    send_batch(runtime, ids[0], 0)
    sent = {id: runtime.ledger.campaign(id).counts[RecipientState.QUEUED] for id in ids}
    assert min(sent.values()) >= 0.4 * max(sent.values()) > 0, sent
