"""After a cancel: what is pending ends, what was sent is still followed."""

from __future__ import annotations

from dispatcher.carrierx.simulator.handle import SimulatorHandle
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.reconcile import look_after
from dispatcher.pipeline.sweep import sweep
from tests.dispatcher.pipeline.conftest import MakeWorld
from tests.dispatcher.pipeline.test_lookup import post
from tests.factories import (
    CAMPAIGN,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    record,
    states,
    take,
)


def test_what_a_dead_sender_of_a_cancelled_campaign_had_sent_is_asked_for(
    make_world: MakeWorld, ledger: Ledger, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(callbacks=False)
    world = make_world(poll_first=0.001)
    add_campaign(ledger, make_batch(1, 1))
    taken = take(ledger)
    asked = make_claim(taken)
    assert claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms()).word == "go"
    record(ledger, taken.hold, make_record(asked, sid=post(world, 0)))
    ledger.book.steer(CAMPAIGN, CampaignState.CANCELLING)
    sweep(world, CAMPAIGN)
    assert states(ledger) == ["queued", "cancelled"]
    assert ledger.agenda.care(ledger.agenda.now_ms() + 60_000, 10) == [(CAMPAIGN, 0)]
    look_after(world, CAMPAIGN, 0)
    assert states(ledger) == ["delivered", "cancelled"]
