"""Batches: added once, offered in a window that campaigns share, swept when it is over."""

from __future__ import annotations

import pytest

from dispatcher.ledger.batches.claims import Denied
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.state import CampaignState, RecipientState
from tests.factories import (
    CAMPAIGN,
    LEASE_MS,
    LOOK_MS,
    START_MS,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    recount,
    snapshot,
    states,
    take,
    token_of,
)
from tests.valkey import set_clock

OFFER_MS = 15_000


@pytest.fixture
def ledger(timed_ledger: Ledger) -> Ledger:
    """A ledger at START_MS."""
    set_clock(timed_ledger.redis, START_MS)
    return timed_ledger


def begun(ledger: Ledger) -> None:
    """A campaign whose file is being read."""
    ledger.campaigns.create(
        CAMPAIGN,
        CampaignSettings(),
        fixed=frozenset(),
        filename="f.csv",
        chunks=0,
        columns=(),
        start_at_ms=None,
        settle_ms=1,
        rate=None,
    )
    assert ledger.campaigns.begin_reading(CAMPAIGN, "reader", LEASE_MS)


def add(ledger: Ledger, number: int, reader: str = "reader", *, rows_read: int = 4) -> str:
    """Add one batch of three rows that can be sent and one that cannot."""
    batch = make_batch(1, 1, 1, rejected=1)
    return ledger.batches.add(CAMPAIGN, number, batch, rows_read=rows_read, reader=reader, lease_ms=LEASE_MS)


def offer(ledger: Ledger, campaign_id: str = CAMPAIGN, *, window: int = 10, most: int = 10) -> list[int]:
    """Offer what is due."""
    return ledger.batches.offer(campaign_id, window=window, most=most, offer_ms=OFFER_MS)


def test_a_batch_added_twice_counts_once(ledger: Ledger) -> None:
    begun(ledger)
    assert add(ledger, 0) == "ok"
    before = snapshot(ledger)
    assert add(ledger, 0) == "have"
    assert snapshot(ledger) == before
    campaign = ledger.campaign(CAMPAIGN)
    assert (campaign.rows_read, campaign.messages) == (4, 3)
    assert recount(ledger)[RecipientState.INVALID] == 1


def test_a_reader_that_lost_its_lease_adds_nothing(ledger: Ledger) -> None:
    begun(ledger)
    assert add(ledger, 0, reader="another") == "lost"
    assert sum(recount(ledger).values()) == 0


def test_nothing_is_added_to_a_cancelled_campaign(ledger: Ledger) -> None:
    begun(ledger)
    ledger.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
    assert add(ledger, 0) == "lost"


def test_a_batch_of_rejected_rows_is_never_due(ledger: Ledger) -> None:
    begun(ledger)
    batch = make_batch(1, rejected=1)
    only_bad = type(batch)(batch.rows[1:], ())
    ledger.batches.add(CAMPAIGN, 0, only_bad, rows_read=1, reader="reader", lease_ms=LEASE_MS)
    assert ledger.agenda.due_batches(CAMPAIGN, 10) == []
    ledger.campaigns.end_reading(CAMPAIGN, 1, "reader")
    assert offer(ledger) == []
    assert ledger.campaign(CAMPAIGN).state is CampaignState.COMPLETED
    assert ledger.campaign(CAMPAIGN).settled_at is not None


def test_the_window_is_respected(ledger: Ledger) -> None:
    add_campaign(ledger, *(make_batch(1, first_row=n) for n in range(1, 7)))
    assert offer(ledger, window=3) == [0, 1, 2]
    assert offer(ledger, window=3) == []


def test_a_campaigns_share_counts_what_it_has_already(ledger: Ledger) -> None:
    for name in ("a", "b"):
        add_campaign(ledger, *(make_batch(1, first_row=n) for n in range(1, 7)), id=name)
    assert offer(ledger, "a", window=4, most=2) == [0, 1]
    assert offer(ledger, "b", window=4, most=2) == [0, 1]
    taken = ledger.batches.take("b", 0, token=token_of("x"), lease_ms=LEASE_MS, look_ms=LOOK_MS)
    assert not isinstance(taken, Denied)
    ledger.batches.give_back(taken.hold, wait_ms=1_000, poll_ms=1, look_ms=1)
    assert offer(ledger, "a", window=4, most=2) == []
    assert offer(ledger, "b", window=4, most=2) == [2]


def test_an_id_that_another_begins_with_is_not_counted_as_it(ledger: Ledger) -> None:
    for name in ("a", "a-b"):
        add_campaign(ledger, *(make_batch(1, first_row=n) for n in range(1, 4)), id=name)
    assert offer(ledger, "a-b", window=9, most=2) == [0, 1]
    assert offer(ledger, "a", window=9, most=2) == [0, 1]


def test_a_lost_hint_is_offered_again_when_the_offer_lapses(ledger: Ledger) -> None:
    add_campaign(ledger)
    assert offer(ledger) == [0]
    set_clock(ledger.redis, START_MS + OFFER_MS - 1)
    assert (offer(ledger), ledger.agenda.due(START_MS + OFFER_MS - 1, 9)) == ([], [])
    set_clock(ledger.redis, START_MS + OFFER_MS)
    assert ledger.agenda.due(START_MS + OFFER_MS, 9) == [CAMPAIGN]
    assert offer(ledger) == [0]


def test_a_batch_of_a_dead_sender_is_offered_again_when_its_lease_ends(ledger: Ledger) -> None:
    add_campaign(ledger)
    offer(ledger)
    take(ledger)
    set_clock(ledger.redis, START_MS + LEASE_MS - 1)
    assert offer(ledger) == []
    set_clock(ledger.redis, START_MS + LEASE_MS)
    assert offer(ledger) == [0]


def test_a_start_time_is_respected(ledger: Ledger) -> None:
    add_campaign(ledger, start_at_ms=START_MS + 60_000, run=False)
    set_clock(ledger.redis, START_MS + 59_999)
    ledger.agenda.start_due()
    assert ledger.agenda.starts(9) == [(CAMPAIGN, START_MS + 60_000)]
    assert offer(ledger) == []
    assert ledger.campaign(CAMPAIGN).state is CampaignState.SCHEDULED
    set_clock(ledger.redis, START_MS + 60_000)
    ledger.agenda.start_due()
    assert ledger.agenda.due(START_MS + 60_000, 9) == [CAMPAIGN]
    assert offer(ledger) == [0]
    assert ledger.campaign(CAMPAIGN).state is CampaignState.RUNNING
    assert ledger.agenda.starts(9) == []


def test_pause_and_resume_before_the_start_keep_the_start(ledger: Ledger) -> None:
    add_campaign(ledger, start_at_ms=START_MS + 60_000, run=False)
    ledger.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    set_clock(ledger.redis, START_MS + 60_000)
    assert offer(ledger) == []
    set_clock(ledger.redis, START_MS)
    ledger.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    assert ledger.campaign(CAMPAIGN).state is CampaignState.SCHEDULED
    assert offer(ledger) == []
    set_clock(ledger.redis, START_MS + 60_000)
    assert offer(ledger) == [0]


def test_nothing_of_a_paused_campaign_is_offered_until_it_runs(ledger: Ledger) -> None:
    add_campaign(ledger)
    ledger.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    assert (offer(ledger), ledger.agenda.due(START_MS, 9)) == ([], [])
    ledger.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    assert ledger.agenda.due(START_MS, 9) == [CAMPAIGN]
    assert offer(ledger) == [0]


def test_a_sweep_ends_what_is_pending_and_leaves_what_a_living_sender_has(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS)
    ledger.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
    sweep = (CAMPAIGN, 0, RecipientState.CANCELLED, taken.batch.sendable())
    assert ledger.batches.sweep(*sweep, look_ms=LOOK_MS) == 2
    assert states(ledger) == ["sending", "cancelled", "cancelled"]
    assert not ledger.campaigns.swept(CAMPAIGN)
    recount(ledger)


def test_a_sweep_makes_what_a_dead_sender_claimed_unconfirmed(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS)
    ledger.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
    set_clock(ledger.redis, START_MS + LEASE_MS)
    ledger.batches.sweep(CAMPAIGN, 0, RecipientState.CANCELLED, taken.batch.sendable(), look_ms=LOOK_MS)
    before = snapshot(ledger)
    ledger.batches.sweep(CAMPAIGN, 0, RecipientState.CANCELLED, taken.batch.sendable(), look_ms=LOOK_MS)
    assert snapshot(ledger) == before
    assert states(ledger) == ["unconfirmed", "cancelled", "cancelled"]
    assert ledger.campaigns.swept(CAMPAIGN)
    assert ledger.campaign(CAMPAIGN).state is CampaignState.CANCELLED
    assert ledger.agenda.looks("search", START_MS + LEASE_MS + LOOK_MS, 9) == [(CAMPAIGN, 0)]
    assert ledger.agenda.sweeping() == []
    recount(ledger)
