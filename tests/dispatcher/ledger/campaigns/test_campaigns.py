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


@pytest.fixture
def ledger(timed_ledger: Ledger) -> Ledger:
    """A ledger at START_MS."""
    set_clock(timed_ledger.redis, START_MS)
    return timed_ledger


def taken_by_carrierx(ledger: Ledger) -> None:
    """The only message is accepted, its sender done."""
    taken = take(ledger)
    asked = make_claim(taken)
    claim(ledger, taken.hold, asked, now_ms=START_MS)
    record(ledger, taken.hold, make_record(asked))
    ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)


def test_a_snapshot_counts_every_state_also_those_with_nothing_in_them(ledger: Ledger) -> None:
    add_campaign(ledger, rate=(50_000.0, 0.0))
    campaign = ledger.campaign(CAMPAIGN)
    assert set(campaign.counts) == set(RecipientState)
    assert sum(campaign.counts.values()) == campaign.rows == 3
    assert campaign.started_at == "2027-01-15T08:00:00.000Z"
    assert ledger.redis.hget("mms:rates", f"campaign:{CAMPAIGN}") == b"50000.000:0.000"


def test_an_id_in_use_is_not_made_again(ledger: Ledger) -> None:
    add_campaign(ledger)
    before = snapshot(ledger)
    with pytest.raises(AssertionError):
        add_campaign(ledger, rate=(1.0, 1.0))
    before.pop(b"mms:c:spring-abc234:expanding", None)
    after = snapshot(ledger)
    after.pop(b"mms:c:spring-abc234:expanding", None)
    assert after == before


def test_ids_are_readable_and_fit_their_place() -> None:
    assert new_id("Spring Sale: 20 % off!").startswith("spring-sale-20-off-")
    assert new_id("ÜÖÄ").startswith("campaign-")
    assert max(len(new_id("x" * 200)) for _ in range(100)) <= 32


@pytest.mark.parametrize("to", [PAUSED, CANCELLING, RUNNING])
def test_steering_twice_is_steering_once(ledger: Ledger, to: CampaignState) -> None:
    add_campaign(ledger)
    ledger.campaigns.steer(CAMPAIGN, to, "by hand")
    before = snapshot(ledger)
    ledger.campaigns.steer(CAMPAIGN, to, "by hand")
    assert snapshot(ledger) == before


def test_a_cancel_asked_again_after_the_sweep_is_no_error_and_changes_nothing(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1))
    ledger.campaigns.steer(CAMPAIGN, CANCELLING, "by hand")
    ledger.batches.sweep(CAMPAIGN, 0, RecipientState.CANCELLED, [0], look_ms=1)
    assert ledger.campaigns.swept(CAMPAIGN)
    before = snapshot(ledger)
    ledger.campaigns.steer(CAMPAIGN, CANCELLING, "by hand")
    assert ledger.campaigns.swept(CAMPAIGN)
    assert snapshot(ledger) == before
    assert ledger.campaign(CAMPAIGN).state is CampaignState.CANCELLED


@pytest.mark.parametrize("to", [PAUSED, RUNNING, CANCELLING])
def test_a_completed_campaign_cannot_be_steered(ledger: Ledger, to: CampaignState) -> None:
    add_campaign(ledger, make_batch(1))
    taken_by_carrierx(ledger)
    with pytest.raises(Conflict):
        ledger.campaigns.steer(CAMPAIGN, to)


def test_there_is_no_steering_of_nobody(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        ledger.campaigns.steer("nobody-abc234", PAUSED)
    assert snapshot(ledger).keys() == {b"test:clock"}


def test_a_pause_has_a_reason_and_a_resume_none(ledger: Ledger) -> None:
    add_campaign(ledger)
    ledger.campaigns.steer(CAMPAIGN, PAUSED, "lunch")
    assert ledger.campaign(CAMPAIGN).reason == "lunch"
    ledger.campaigns.steer(CAMPAIGN, RUNNING)
    assert ledger.campaign(CAMPAIGN).reason is None


def test_settle_keeps_to_its_window(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1), settle_ms=60_000)
    taken_by_carrierx(ledger)
    set_clock(ledger.redis, START_MS + 59_999)
    assert not ledger.campaigns.settle(CAMPAIGN)
    set_clock(ledger.redis, START_MS + 60_000)
    assert ledger.agenda.settling(START_MS + 60_000, 9) == [CAMPAIGN]
    assert ledger.campaigns.settle(CAMPAIGN)
    before = snapshot(ledger)
    ledger.campaigns.settle(CAMPAIGN)
    assert snapshot(ledger) == before
    assert ledger.campaign(CAMPAIGN).settled_at == "2027-01-15T08:01:00.000Z"


def test_a_cancelled_campaign_settles_what_carrierx_took(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1, 1), settle_ms=60_000)
    taken = take(ledger)
    asked = make_claim(taken)
    claim(ledger, taken.hold, asked, now_ms=START_MS)
    record(ledger, taken.hold, make_record(asked))
    ledger.campaigns.steer(CAMPAIGN, CANCELLING, "by hand")
    ledger.batches.sweep(CAMPAIGN, 0, RecipientState.CANCELLED, [0, 1], look_ms=1)
    assert ledger.campaigns.swept(CAMPAIGN)
    assert ledger.campaign(CAMPAIGN).settled_at is None
    set_clock(ledger.redis, START_MS + 60_000)
    assert ledger.agenda.settling(START_MS + 60_000, 9) == [CAMPAIGN]
    assert ledger.campaigns.settle(CAMPAIGN)


def test_the_newest_campaign_is_listed_first(ledger: Ledger) -> None:
    for minute, name in enumerate(["a", "b", "c"]):
        set_clock(ledger.redis, START_MS + minute)
        add_campaign(ledger, id=name, run=False)
    assert [campaign.id for campaign in ledger.campaigns.list(limit=2)] == ["c", "b"]
    assert [campaign.id for campaign in ledger.campaigns.list(offset=2)] == ["a"]
