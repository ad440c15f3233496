"""The sweep of a cancelled campaign: batch by batch, whatever its senders do meanwhile."""

from __future__ import annotations

import pytest

from dispatcher.ledger.batches.claims import Hold, Taken
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.campaigns import lifecycle as sweeping
from dispatcher.pipeline.campaigns.lifecycle import sweep
from dispatcher.pipeline.runtime.runtime import World
from tests.dispatcher.pipeline.conftest import MakeWorld
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
def world(make_world: MakeWorld, timed_ledger: Ledger) -> World:
    """A world at START_MS."""
    set_clock(timed_ledger.redis, START_MS)
    return make_world(parts={"ledger": timed_ledger})


def cancelled(world: World, batches: int = 3) -> None:
    """A campaign of many batches, the first message of the first one on its way, then cancelled."""
    add_campaign(world.ledger, *(make_batch(1, 1, first_row=1 + 2 * number) for number in range(batches)))
    taken = take(world.ledger)
    claim(world.ledger, taken.hold, make_claim(taken), now_ms=START_MS)
    world.ledger.book.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")


def test_a_sweep_waits_for_the_living(world: World) -> None:
    cancelled(world)
    assert sweep(world, CAMPAIGN) == 5
    assert world.ledger.campaign(CAMPAIGN).state is CampaignState.CANCELLING
    taken_by_carrierx = make_claim(take_again(world))
    record(world.ledger, take_again(world).hold, make_record(taken_by_carrierx))
    assert sweep(world, CAMPAIGN) == 0
    counts = recount(world.ledger)
    assert (counts[RecipientState.CANCELLED], counts[RecipientState.QUEUED]) == (5, 1)
    assert world.ledger.campaign(CAMPAIGN).state is CampaignState.CANCELLED


def take_again(world: World) -> Taken:
    """What the first sender holds."""
    batch = world.ledger.batches.content(CAMPAIGN, 0)
    assert batch is not None
    return Taken(Hold(CAMPAIGN, 0, token_of("a"), 1), batch, [])


def test_what_a_dead_sender_had_is_unconfirmed_and_the_sweep_ends(world: World) -> None:
    cancelled(world)
    sweep(world, CAMPAIGN)
    set_clock(world.ledger.redis, START_MS + LEASE_MS)
    sweep(world, CAMPAIGN)
    counts = recount(world.ledger)
    assert (counts[RecipientState.CANCELLED], counts[RecipientState.UNCONFIRMED]) == (5, 1)
    assert world.ledger.campaign(CAMPAIGN).state is CampaignState.CANCELLED
    assert world.ledger.agenda.due_batches(CAMPAIGN, 9) == []


def test_a_large_campaign_is_swept_in_parts_and_the_counts_add_up_throughout(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "BATCHES_A_SWEEP", 2)
    add_campaign(world.ledger, *(make_batch(1, first_row=number) for number in range(1, 6)))
    world.ledger.book.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
    ended = []
    while CAMPAIGN in world.ledger.agenda.sweeping():
        ended.append(sweep(world, CAMPAIGN))
        assert sum(recount(world.ledger).values()) == 5
    assert ended == [2, 2, 1]
