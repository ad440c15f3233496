"""The sweep of a cancelled campaign: batch by batch, whatever its senders do meanwhile."""

from __future__ import annotations

import pytest

from dispatcher.ledger.batches.claims import Hold, TakenBatch
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.campaigns import lifecycle
from dispatcher.pipeline.campaigns.lifecycle import sweep
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import (
    CAMPAIGN,
    LEASE_MS,
    START_MS,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    record,
    recount,
    take,
    token_of,
)
from tests.valkey import set_clock


@pytest.fixture
def runtime(make_runtime: MakeRuntime, timed_ledger: Ledger) -> Runtime:
    """A runtime at START_MS."""
    set_clock(timed_ledger.redis, START_MS)
    return make_runtime(parts={"ledger": timed_ledger})


def cancelled(runtime: Runtime, batches: int = 3) -> None:
    """A campaign of many batches, the first message of the first one on its way, then cancelled."""
    add_campaign(runtime.ledger, *(make_batch(1, 1, first_row=1 + 2 * number) for number in range(batches)))
    taken = take(runtime.ledger)
    claim(runtime.ledger, taken.hold, make_claim(taken), now_ms=START_MS)
    runtime.ledger.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")


def test_a_sweep_waits_for_the_living(runtime: Runtime) -> None:
    cancelled(runtime)
    assert sweep(runtime, CAMPAIGN) == 5
    assert runtime.ledger.campaign(CAMPAIGN).state is CampaignState.CANCELLING
    taken_by_carrierx = make_claim(take_again(runtime))
    record(runtime.ledger, take_again(runtime).hold, make_record(taken_by_carrierx))
    assert sweep(runtime, CAMPAIGN) == 0
    counts = recount(runtime.ledger)
    assert (counts[RecipientState.CANCELLED], counts[RecipientState.QUEUED]) == (5, 1)
    assert runtime.ledger.campaign(CAMPAIGN).state is CampaignState.CANCELLED


def take_again(runtime: Runtime) -> TakenBatch:
    """What the first sender holds."""
    batch = runtime.ledger.batches.content(CAMPAIGN, 0)
    assert batch is not None
    return TakenBatch(Hold(CAMPAIGN, 0, token_of("a"), 1), batch, [])


def test_what_a_dead_sender_had_is_unconfirmed_and_the_sweep_ends(runtime: Runtime) -> None:
    cancelled(runtime)
    sweep(runtime, CAMPAIGN)
    set_clock(runtime.ledger.redis, START_MS + LEASE_MS)
    sweep(runtime, CAMPAIGN)
    counts = recount(runtime.ledger)
    assert (counts[RecipientState.CANCELLED], counts[RecipientState.UNCONFIRMED]) == (5, 1)
    assert runtime.ledger.campaign(CAMPAIGN).state is CampaignState.CANCELLED
    assert runtime.ledger.agenda.due_batches(CAMPAIGN, 9) == []


def test_a_large_campaign_is_swept_in_parts_and_the_counts_add_up_throughout(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "BATCHES_A_SWEEP", 2)
    add_campaign(runtime.ledger, *(make_batch(1, first_row=number) for number in range(1, 6)))
    runtime.ledger.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
    ended = []
    while CAMPAIGN in runtime.ledger.agenda.sweeping():
        ended.append(sweep(runtime, CAMPAIGN))
        assert sum(recount(runtime.ledger).values()) == 5
    assert ended == [2, 2, 1]
