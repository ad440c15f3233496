"""Batches: added once, offered in a window that campaigns share, swept when it is over."""

from __future__ import annotations

from typing import Any

import pytest

from dispatcher.errors import StoreRefused
from dispatcher.ledger.batches.claims import Denied
from dispatcher.ledger.batches.packing import PackedBatch
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
    assert ledger.file_readings.begin(CAMPAIGN, "reader", LEASE_MS)


def add(ledger: Ledger, number: int, reader: str = "reader", *, rows_read: int = 4) -> str:
    """Add one batch of three rows that can be sent and one that cannot."""
    batch = make_batch(1, 1, 1, rejected=1)
    return ledger.batches.add(CAMPAIGN, number, batch, rows_read=rows_read, reader=reader, lease_ms=LEASE_MS)


def offer(ledger: Ledger, campaign_id: str = CAMPAIGN, *, window: int = 10, most: int = 10) -> list[int]:
    """Offer what is due."""
    return ledger.batches.offer(campaign_id, window=window, most=most, offer_ms=OFFER_MS)


def calls_of(ledger: Ledger, command: str) -> int:
    """How often this command was run so far."""
    stats: Any = ledger.redis.info("commandstats")
    return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])


def test_many_batches_are_one_transaction_and_so_one_sync_to_disk_however_large(
    ledger_at_start: Ledger,
) -> None:
    begun(ledger_at_start)
    ledger_at_start.redis.script_flush()
    batch = PackedBatch.of(make_batch(1, 1, 1, rejected=1))
    large = batch._replace(content=batch.content + bytes(40_000))
    made = [(number, large, 4 * number + 4) for number in range(8)]
    before = calls_of(ledger_at_start, "exec")
    assert ledger_at_start.batches.add_many(CAMPAIGN, made, reader="reader", lease_ms=LEASE_MS) == "ok"
    assert calls_of(ledger_at_start, "exec") - before == 2  # the first finds that the script is not known
    assert ledger_at_start.batches.add_many(CAMPAIGN, made, reader="reader", lease_ms=LEASE_MS) == "have"
    assert calls_of(ledger_at_start, "exec") - before == 3
    assert ledger_at_start.campaign(CAMPAIGN).messages == 24


def test_a_batch_is_refused_while_one_before_it_is_missing(ledger_at_start: Ledger) -> None:
    begun(ledger_at_start)
    with pytest.raises(StoreRefused):
        add(ledger_at_start, 1)
    assert add(ledger_at_start, 0) == "ok"
    assert add(ledger_at_start, 1) == "ok"


def test_a_batch_added_twice_counts_once(ledger_at_start: Ledger) -> None:
    begun(ledger_at_start)
    assert add(ledger_at_start, 0) == "ok"
    before = snapshot(ledger_at_start)
    assert add(ledger_at_start, 0) == "have"
    assert snapshot(ledger_at_start) == before
    campaign = ledger_at_start.campaign(CAMPAIGN)
    assert (campaign.rows_read, campaign.messages) == (4, 3)
    assert recount(ledger_at_start)[RecipientState.INVALID] == 1


def test_a_reader_that_lost_its_lease_adds_nothing(ledger_at_start: Ledger) -> None:
    begun(ledger_at_start)
    assert add(ledger_at_start, 0, reader="another") == "lost"
    assert sum(recount(ledger_at_start).values()) == 0


def test_nothing_is_added_to_a_cancelled_campaign(ledger_at_start: Ledger) -> None:
    begun(ledger_at_start)
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
    assert add(ledger_at_start, 0) == "lost"


def test_a_batch_of_rejected_rows_is_never_due(ledger_at_start: Ledger) -> None:
    begun(ledger_at_start)
    batch = make_batch(1, rejected=1)
    only_bad = type(batch)(batch.rows[1:], ())
    ledger_at_start.batches.add(CAMPAIGN, 0, only_bad, rows_read=1, reader="reader", lease_ms=LEASE_MS)
    assert ledger_at_start.agenda.due_batches(CAMPAIGN, 10) == []
    ledger_at_start.file_readings.finish(CAMPAIGN, 1, "reader")
    assert offer(ledger_at_start) == []
    assert ledger_at_start.campaign(CAMPAIGN).state is CampaignState.COMPLETED
    assert ledger_at_start.campaign(CAMPAIGN).settled_at is not None


def test_the_window_is_respected(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, *(make_batch(1, first_row=n) for n in range(1, 7)))
    assert offer(ledger_at_start, window=3) == [0, 1, 2]
    assert offer(ledger_at_start, window=3) == []


def test_a_campaigns_share_counts_what_it_has_already(ledger_at_start: Ledger) -> None:
    for name in ("a", "b"):
        add_campaign(ledger_at_start, *(make_batch(1, first_row=n) for n in range(1, 7)), id=name)
    assert offer(ledger_at_start, "a", window=4, most=2) == [0, 1]
    assert offer(ledger_at_start, "b", window=4, most=2) == [0, 1]
    taken = ledger_at_start.batches.take("b", 0, token=token_of("x"), lease_ms=LEASE_MS, look_ms=LOOK_MS)
    assert not isinstance(taken, Denied)
    ledger_at_start.batches.give_back(taken.hold, wait_ms=1_000, poll_ms=1, look_ms=1)
    assert offer(ledger_at_start, "a", window=4, most=2) == []
    assert offer(ledger_at_start, "b", window=4, most=2) == [2]


def test_an_id_that_another_begins_with_is_not_counted_as_it(ledger_at_start: Ledger) -> None:
    for name in ("a", "a-b"):
        add_campaign(ledger_at_start, *(make_batch(1, first_row=n) for n in range(1, 4)), id=name)
    assert offer(ledger_at_start, "a-b", window=9, most=2) == [0, 1]
    assert offer(ledger_at_start, "a", window=9, most=2) == [0, 1]


def test_a_lost_hint_is_offered_again_when_the_offer_lapses(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    assert offer(ledger_at_start) == [0]
    set_clock(ledger_at_start.redis, START_MS + OFFER_MS - 1)
    assert (offer(ledger_at_start), ledger_at_start.agenda.due(START_MS + OFFER_MS - 1, 9)) == ([], [])
    set_clock(ledger_at_start.redis, START_MS + OFFER_MS)
    assert ledger_at_start.agenda.due(START_MS + OFFER_MS, 9) == [CAMPAIGN]
    assert offer(ledger_at_start) == [0]


def test_a_batch_of_a_dead_sender_is_offered_again_when_its_lease_ends(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    offer(ledger_at_start)
    take(ledger_at_start)
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS - 1)
    assert offer(ledger_at_start) == []
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS)
    assert offer(ledger_at_start) == [0]


def test_a_start_time_is_respected(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, start_at_ms=START_MS + 60_000, run=False)
    set_clock(ledger_at_start.redis, START_MS + 59_999)
    ledger_at_start.agenda.start_due()
    assert ledger_at_start.agenda.starts(9) == [(CAMPAIGN, START_MS + 60_000)]
    assert offer(ledger_at_start) == []
    assert ledger_at_start.campaign(CAMPAIGN).state is CampaignState.SCHEDULED
    set_clock(ledger_at_start.redis, START_MS + 60_000)
    ledger_at_start.agenda.start_due()
    assert ledger_at_start.agenda.due(START_MS + 60_000, 9) == [CAMPAIGN]
    assert offer(ledger_at_start) == [0]
    assert ledger_at_start.campaign(CAMPAIGN).state is CampaignState.RUNNING
    assert ledger_at_start.agenda.starts(9) == []


def test_pause_and_resume_before_the_start_keep_the_start(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, start_at_ms=START_MS + 60_000, run=False)
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    set_clock(ledger_at_start.redis, START_MS + 60_000)
    assert offer(ledger_at_start) == []
    set_clock(ledger_at_start.redis, START_MS)
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    assert ledger_at_start.campaign(CAMPAIGN).state is CampaignState.SCHEDULED
    assert offer(ledger_at_start) == []
    set_clock(ledger_at_start.redis, START_MS + 60_000)
    assert offer(ledger_at_start) == [0]


def test_nothing_of_a_paused_campaign_is_offered_until_it_runs(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    assert (offer(ledger_at_start), ledger_at_start.agenda.due(START_MS, 9)) == ([], [])
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    assert ledger_at_start.agenda.due(START_MS, 9) == [CAMPAIGN]
    assert offer(ledger_at_start) == [0]


def test_a_sweep_ends_what_is_pending_and_leaves_what_a_living_sender_has(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS)
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
    sweep = (CAMPAIGN, 0, RecipientState.CANCELLED, taken.batch.sendable())
    assert ledger_at_start.batches.sweep(*sweep, look_ms=LOOK_MS) == 2
    assert states(ledger_at_start) == ["sending", "cancelled", "cancelled"]
    assert not ledger_at_start.campaigns.swept(CAMPAIGN)
    recount(ledger_at_start)


def test_a_sweep_makes_what_a_dead_sender_claimed_unconfirmed(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS)
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS)
    ledger_at_start.batches.sweep(
        CAMPAIGN, 0, RecipientState.CANCELLED, taken.batch.sendable(), look_ms=LOOK_MS
    )
    before = snapshot(ledger_at_start)
    ledger_at_start.batches.sweep(
        CAMPAIGN, 0, RecipientState.CANCELLED, taken.batch.sendable(), look_ms=LOOK_MS
    )
    assert snapshot(ledger_at_start) == before
    assert states(ledger_at_start) == ["unconfirmed", "cancelled", "cancelled"]
    assert ledger_at_start.campaigns.swept(CAMPAIGN)
    assert ledger_at_start.campaign(CAMPAIGN).state is CampaignState.CANCELLED
    assert ledger_at_start.agenda.looks("search", START_MS + LEASE_MS + LOOK_MS, 9) == [(CAMPAIGN, 0)]
    assert ledger_at_start.agenda.sweeping() == []
    recount(ledger_at_start)
