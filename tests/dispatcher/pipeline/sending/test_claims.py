"""Claims that a limit denies: the batch waits or is given back, and nothing is lost or sent twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.leases import Exchange
from dispatcher.ledger.batches.packing import Batch, BatchMessage
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.scope import ACCOUNT, LimitScope
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._claims import BatchClaims
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.pipeline.sending.timed_sending import Clock, until_nothing_is_due
from tests.factories import CAMPAIGN, SENDER, add_campaign, make_batch, number_of, recount, states


def test_a_429_holds_the_account_as_long_as_carrierx_asks_and_loses_nothing(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(throttle_share=1, retry_after="40")
    add_campaign(runtime.ledger, make_batch(1, 1))
    assert send_batch(runtime, CAMPAIGN, 0).startswith("2 later")
    assert states(runtime.ledger) == ["pending", "pending"]
    assert 30_000 < runtime.ledger.agenda.hold(ACCOUNT, 0) <= 40_000
    simulator.set_faults(throttle_share=0)
    assert send_batch(runtime, CAMPAIGN, 0).startswith("later ")
    assert simulator.received().taken == 0


def test_after_429s_and_conflicts_everything_goes_once(
    make_runtime: MakeRuntime, simulator: SimulatorHandle, timed_ledger: Ledger
) -> None:
    clock = Clock(timed_ledger)
    runtime = make_runtime(parts={"ledger": timed_ledger, "clock_ms": clock})
    simulator.set_faults(throttle_share=0.3, conflict_share=0.1, retry_after="3")
    add_campaign(runtime.ledger, make_batch(*[1] * 60))
    until_nothing_is_due(runtime, clock)
    assert Counter(states(runtime.ledger)) == {"queued": 60}
    assert simulator.received().repeated == []
    recount(runtime.ledger)


def test_a_long_wait_for_a_limit_gives_the_batch_back(runtime: Runtime, simulator: SimulatorHandle) -> None:
    runtime.ledger.campaigns.set_rate(ACCOUNT, (3_600_000_000, 0))
    add_campaign(runtime.ledger, make_batch(1, 1))
    assert send_batch(runtime, CAMPAIGN, 0) == "1 queued, waits for the limit of account"
    assert simulator.received().taken == 1
    assert send_batch(runtime, CAMPAIGN, 0).startswith("later 35")


def test_a_claim_that_was_denied_is_asked_for_anew_so_that_a_late_run_of_the_first_grants_nothing(
    make_runtime: MakeRuntime, simulator: SimulatorHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = make_runtime()
    add_campaign(runtime.ledger, make_batch(1, 1), rate=(100.0, 1.0))
    batches, late = runtime.ledger.batches, count()
    exchange = batches.exchange

    def arrives_again(exchanges: Sequence[Exchange], **said: Any) -> Any:
        answers = exchange(exchanges, **said)
        if any(answer.word == "wait" for _, claimed in answers for answer in claimed) and next(late) == 0:
            runtime.ledger.redis.delete(f"mms:limit:campaign:{CAMPAIGN}")
            exchange([each._replace(records=[]) for each in exchanges], **said)
            runtime.ledger.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "a person")
        return answers

    monkeypatch.setattr(batches, "exchange", arrives_again)
    send_batch(runtime, CAMPAIGN, 0)
    assert next(late) > 0
    assert simulator.received().taken == 1


def test_what_a_limit_made_wait_is_counted_by_the_kind_of_limit(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1, 1))
    runtime.ledger.limits.set_rate(LimitScope.sender(SENDER), 60_000_000, 0)
    send_batch(runtime, CAMPAIGN, 0)
    counted = runtime.ledger.counters.read()
    assert set(counted["waits"]) == {"sender"}
    assert counted["wait"]["ms"] > 30_000


def test_a_batch_that_waits_for_its_sender_is_due_when_the_wait_is_over_while_the_pool_is_in_use(
    runtime: Runtime,
) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1, 1))
    runtime.ledger.limits.set_rate(LimitScope.sender(SENDER), 60_000_000, 0)
    assert send_batch(runtime, CAMPAIGN, 0) == "1 queued, waits for the limit of sender"
    word, wait_ms = send_batch(runtime, CAMPAIGN, 0).split()
    assert word == "later"
    assert 50_000 < int(wait_ms) <= 60_001


def test_while_the_ledger_does_not_answer_the_pool_counts_as_in_use(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_pool = Batch(make_batch(1).rows, (BatchMessage((0,), "", "Hi", ()),))
    claims = BatchClaims(
        runtime, of_pool, CampaignSettings(**{"from": (SENDER, number_of(9)), "message": "Hi"})
    )
    assert claims.pool_is_in_use()
    runtime.ledger.limits.disable(SENDER)
    assert not claims.pool_is_in_use()

    def away() -> frozenset[str]:
        raise StoreUnavailable("away")

    monkeypatch.setattr(runtime.ledger.limits, "disabled", away)
    assert claims.pool_is_in_use()
