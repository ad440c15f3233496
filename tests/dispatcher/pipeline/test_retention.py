"""Erasing: campaigns that are over, and one person everywhere. Counts stay, and so does an opt-out."""

from __future__ import annotations

import io

import pytest

from dispatcher.carrierx.simulator.handle import SimulatorHandle
from dispatcher.errors import Conflict
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.again import RETRIABLE, retry
from dispatcher.pipeline.find import mentions
from dispatcher.pipeline.limiting import set_limit
from dispatcher.pipeline.report import report_texts, write_report
from dispatcher.pipeline.retention import erase_campaign, forget, retain
from dispatcher.pipeline.send import send_batch
from dispatcher.pipeline.world import World
from tests.dispatcher.pipeline.conftest import MakeWorld
from tests.factories import (
    CAMPAIGN,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    number_of,
    recount,
    states,
    take,
)

DAY_MS = 86_400_000


def settled(world: World) -> None:
    """A campaign of two batches, sent and settled."""
    add_campaign(world.ledger, make_batch(1, 2), make_batch(1, first_row=4, rejected=1), settle_ms=1)
    for number in (0, 1):
        send_batch(world, CAMPAIGN, number)
    world.ledger.redis.zadd("mms:settle", {CAMPAIGN: 1})
    assert world.ledger.book.settle(CAMPAIGN)


def test_an_erased_campaign_keeps_its_counts_and_nothing_about_anybody(world: World) -> None:
    settled(world)
    set_limit(world.ledger, f"campaign:{CAMPAIGN}", rate="2/s")
    before = world.ledger.campaign(CAMPAIGN)
    erase_campaign(world.ledger, CAMPAIGN)
    after = world.ledger.campaign(CAMPAIGN)
    assert (after.counts, after.rows, after.finished_at) == (before.counts, before.rows, before.finished_at)
    assert world.ledger.redis.keys(f"mms:c:{CAMPAIGN}:[br]:*") == []
    assert world.ledger.redis.keys("mms:sid:*") == []
    assert after.settings.message is None
    assert f"campaign:{CAMPAIGN}" not in world.ledger.limits.in_force()
    assert (before.erased_at, after.erased_at is not None) == (None, True)


def test_the_report_of_an_erased_campaign_says_that_its_rows_are_gone(world: World) -> None:
    settled(world)
    erase_campaign(world.ledger, CAMPAIGN)
    out = io.StringIO()
    with pytest.raises(Conflict, match=rf"the rows of {CAMPAIGN} were erased on 20\d\d-\d\d-\d\d"):
        write_report(world.ledger, CAMPAIGN, out)
    assert out.getvalue() == ""
    with pytest.raises(Conflict):
        report_texts(world.ledger, CAMPAIGN)


def test_erasing_twice_is_harmless(world: World) -> None:
    settled(world)
    for _ in range(2):
        erase_campaign(world.ledger, CAMPAIGN)


def test_a_campaign_that_is_not_over_is_not_erased(world: World) -> None:
    add_campaign(world.ledger)
    with pytest.raises(Conflict):
        erase_campaign(world.ledger, CAMPAIGN)
    assert states(world.ledger) == ["pending"] * 3


def test_retention_erases_what_is_old_enough_and_not_before(make_world: MakeWorld) -> None:
    world = make_world(retention=10)
    settled(world)
    now_ms = world.ledger.agenda.now_ms()
    assert retain(world, now_ms + 9 * DAY_MS) == 0
    world.ledger.redis.delete("mms:turn:retention")
    assert retain(world, now_ms + 11 * DAY_MS) == 1
    world.ledger.redis.delete("mms:turn:retention")
    assert retain(world, now_ms + 11 * DAY_MS) == 0


def test_somebody_who_is_forgotten_is_nowhere_and_gets_nothing(world: World) -> None:
    ledger = world.ledger
    add_campaign(ledger, make_batch(1, 2))
    ledger.optouts.receive(b"{}", 1, number_of(2), "inbound")
    assert forget(ledger, number_of(2)).rows == 1
    assert forget(ledger, number_of(1)).rows == 1
    assert list(mentions(ledger, number_of(1))) == []
    content = ledger.batches.content(CAMPAIGN, 0)
    assert content is not None
    assert [row.number for row in content.rows] == ["", "", number_of(3)]
    assert [row.cells for row in content.rows[:2]] == [("", ""), ("", "")]
    assert content.messages[0].text is None
    assert states(ledger) == ["skipped", "skipped", "pending"]
    assert ledger.optouts.is_out(number_of(2))
    send_batch(world, CAMPAIGN, 0)
    assert states(ledger) == ["skipped", "skipped", "queued"]
    recount(ledger)


def test_nothing_is_tried_again_for_somebody_who_was_forgotten(
    world: World, simulator: SimulatorHandle
) -> None:
    ledger = world.ledger
    add_campaign(ledger, make_batch(1, 2))
    simulator.set_faults(refuse_suffixes=("01", "02", "03"))
    send_batch(world, CAMPAIGN, 0)
    assert states(ledger) == ["rejected"] * 3
    forget(ledger, number_of(1))
    forget(ledger, number_of(2))
    simulator.set_faults(refuse_suffixes=())
    assert retry(ledger, CAMPAIGN, RETRIABLE) == 1
    send_batch(world, CAMPAIGN, 0)
    assert states(ledger) == ["rejected", "rejected", "queued"]


def test_a_message_on_its_way_has_to_come_back_first(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms())
    with pytest.raises(Conflict):
        forget(ledger, number_of(1))


def test_a_persons_story_tells_of_every_campaign(world: World) -> None:
    add_campaign(world.ledger, make_batch(1, 1))
    add_campaign(world.ledger, make_batch(1), id="later-abc234")
    send_batch(world, CAMPAIGN, 0)
    found = {mention.campaign: mention for mention in mentions(world.ledger, number_of(1))}
    assert found[CAMPAIGN].state.state is RecipientState.QUEUED
    assert found[CAMPAIGN].sid
    assert found["later-abc234"].state.state is RecipientState.PENDING
