"""Campaigns: made once, steered by hand, read whole."""

from __future__ import annotations

import pytest

from dispatcher.errors import Conflict, NotFound
from dispatcher.ledger.campaigns.campaigns import new_id
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import CampaignState, RecipientState
from tests.factories import (
    CAMPAIGN,
    LOOK_MS,
    POLL_MS,
    START_MS,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    record,
    snapshot,
    take,
)
from tests.valkey import set_clock

PAUSED, RUNNING, CANCELLING = CampaignState.PAUSED, CampaignState.RUNNING, CampaignState.CANCELLING


def taken_by_carrierx(ledger: Ledger) -> None:
    """The only message is accepted, its sender done."""
    taken = take(ledger)
    asked = make_claim(taken)
    claim(ledger, taken.hold, asked, now_ms=START_MS)
    record(ledger, taken.hold, make_record(asked))
    ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)


def test_a_snapshot_counts_every_state_also_those_with_nothing_in_them(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, rate=(50_000.0, 0.0))
    campaign = ledger_at_start.campaign(CAMPAIGN)
    assert set(campaign.counts) == set(RecipientState)
    assert sum(campaign.counts.values()) == campaign.rows == 3
    assert campaign.started_at == "2027-01-15T08:00:00.000Z"
    assert ledger_at_start.redis.hget("mms:rates", f"campaign:{CAMPAIGN}") == b"50000.000:0.000"


def test_an_id_in_use_is_not_made_again(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    before = snapshot(ledger_at_start)
    with pytest.raises(AssertionError):
        add_campaign(ledger_at_start, rate=(1.0, 1.0))
    before.pop(b"mms:c:spring-abc234:expanding", None)
    after = snapshot(ledger_at_start)
    after.pop(b"mms:c:spring-abc234:expanding", None)
    assert after == before


def test_ids_are_readable_and_fit_their_place() -> None:
    assert new_id("Spring Sale: 20 % off!").startswith("spring-sale-20-off-")
    assert new_id("ÜÖÄ").startswith("campaign-")
    assert max(len(new_id("x" * 200)) for _ in range(100)) <= 32


@pytest.mark.parametrize("to", [PAUSED, CANCELLING, RUNNING])
def test_steering_twice_is_steering_once(ledger_at_start: Ledger, to: CampaignState) -> None:
    add_campaign(ledger_at_start)
    ledger_at_start.campaigns.steer(CAMPAIGN, to, "by hand")
    before = snapshot(ledger_at_start)
    ledger_at_start.campaigns.steer(CAMPAIGN, to, "by hand")
    assert snapshot(ledger_at_start) == before


def test_a_cancel_asked_again_after_the_sweep_is_no_error_and_changes_nothing(
    ledger_at_start: Ledger,
) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    ledger_at_start.campaigns.steer(CAMPAIGN, CANCELLING, "by hand")
    ledger_at_start.batches.sweep(CAMPAIGN, 0, RecipientState.CANCELLED, [0], look_ms=1)
    assert ledger_at_start.campaigns.swept(CAMPAIGN)
    before = snapshot(ledger_at_start)
    ledger_at_start.campaigns.steer(CAMPAIGN, CANCELLING, "by hand")
    assert ledger_at_start.campaigns.swept(CAMPAIGN)
    assert snapshot(ledger_at_start) == before
    assert ledger_at_start.campaign(CAMPAIGN).state is CampaignState.CANCELLED


@pytest.mark.parametrize("to", [PAUSED, RUNNING, CANCELLING])
def test_a_completed_campaign_cannot_be_steered(ledger_at_start: Ledger, to: CampaignState) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    taken_by_carrierx(ledger_at_start)
    with pytest.raises(Conflict):
        ledger_at_start.campaigns.steer(CAMPAIGN, to)


def test_there_is_no_steering_of_nobody(ledger_at_start: Ledger) -> None:
    with pytest.raises(NotFound):
        ledger_at_start.campaigns.steer("nobody-abc234", PAUSED)
    assert snapshot(ledger_at_start).keys() == {b"test:clock"}


def test_a_pause_has_a_reason_and_a_resume_none(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    ledger_at_start.campaigns.steer(CAMPAIGN, PAUSED, "lunch")
    assert ledger_at_start.campaign(CAMPAIGN).reason == "lunch"
    ledger_at_start.campaigns.steer(CAMPAIGN, RUNNING)
    assert ledger_at_start.campaign(CAMPAIGN).reason is None


def test_settle_keeps_to_its_window(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1), settle_ms=60_000)
    taken_by_carrierx(ledger_at_start)
    set_clock(ledger_at_start.redis, START_MS + 59_999)
    assert not ledger_at_start.campaigns.settle(CAMPAIGN)
    set_clock(ledger_at_start.redis, START_MS + 60_000)
    assert ledger_at_start.agenda.settling(START_MS + 60_000, 9) == [CAMPAIGN]
    assert ledger_at_start.campaigns.settle(CAMPAIGN)
    before = snapshot(ledger_at_start)
    ledger_at_start.campaigns.settle(CAMPAIGN)
    assert snapshot(ledger_at_start) == before
    assert ledger_at_start.campaign(CAMPAIGN).settled_at == "2027-01-15T08:01:00.000Z"


def test_a_cancelled_campaign_settles_what_carrierx_took(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1, 1), settle_ms=60_000)
    taken = take(ledger_at_start)
    asked = make_claim(taken)
    claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
    record(ledger_at_start, taken.hold, make_record(asked))
    ledger_at_start.campaigns.steer(CAMPAIGN, CANCELLING, "by hand")
    ledger_at_start.batches.sweep(CAMPAIGN, 0, RecipientState.CANCELLED, [0, 1], look_ms=1)
    assert ledger_at_start.campaigns.swept(CAMPAIGN)
    assert ledger_at_start.campaign(CAMPAIGN).settled_at is None
    set_clock(ledger_at_start.redis, START_MS + 60_000)
    assert ledger_at_start.agenda.settling(START_MS + 60_000, 9) == [CAMPAIGN]
    assert ledger_at_start.campaigns.settle(CAMPAIGN)


def test_the_newest_campaign_is_listed_first(ledger_at_start: Ledger) -> None:
    for minute, name in enumerate(["a", "b", "c"]):
        set_clock(ledger_at_start.redis, START_MS + minute)
        add_campaign(ledger_at_start, id=name, run=False)
    assert [campaign.id for campaign in ledger_at_start.campaigns.list(limit=2)] == ["c", "b"]
    assert [campaign.id for campaign in ledger_at_start.campaigns.list(offset=2)] == ["a"]
