"""Every key has an owner and an end: campaigns of every kind are erased, and nothing of them is left."""

from __future__ import annotations

import io
from typing import Any

import pytest

from dispatcher.carrierx.simulator.handle import SimulatorHandle
from dispatcher.ledger import keys
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.rows import pack_sid
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.again import RETRIABLE, retry
from dispatcher.pipeline.caps import set_cap
from dispatcher.pipeline.drafts import launch
from dispatcher.pipeline.expand import expand
from dispatcher.pipeline.feed import feed
from dispatcher.pipeline.ingest import ingest
from dispatcher.pipeline.limiting import set_limit
from dispatcher.pipeline.questions import answer_messages, look_after_batches
from dispatcher.pipeline.rates import put_rates_in_force
from dispatcher.pipeline.reasons import explain_failures
from dispatcher.pipeline.retention import end_records, erase_campaign
from dispatcher.pipeline.schedules import end_schedule
from dispatcher.pipeline.send import send_batch
from dispatcher.pipeline.submit import submit
from dispatcher.pipeline.sweep import sweep
from dispatcher.pipeline.world import World
from tests.dispatcher.pipeline.conftest import MakeWorld
from tests.dispatcher.pipeline.test_answers import comes_in
from tests.dispatcher.pipeline.test_schedules import make as make_schedule
from tests.factories import SENDER, callback_body, make_csv, snapshot

#: What stays whatever was sent: what the installation learned, counted and was told, and short memories that end by
#: themselves (each is proved to).
STAYS = frozenset(
    {
        *(keys.OWN, keys.NUMBERS, keys.ALARMS, keys.TALLY, keys.ACCOUNT, keys.POLICY, keys.API, keys.JOURNAL),
        *(keys.CALLBACKS, keys.INBOUND_MESSAGES, keys.INBOUND_ORDER, keys.OPT_OUTS, keys.OPT_OUTS_ORDER),
        *(keys.TICKS, keys.RATES, keys.RATES + ":default", keys.PRICES),
    }
)


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """Answers are on; failures and silence are settled at once."""
    made = make_world(
        help_answer="Northwind: call us.",
        settle_window=0.001,
        poll_first=0.001,
        frequency_cap="9/7d",
        price_sms=0.01,
        price_mms=0.01,
    )
    put_rates_in_force(made.ledger, made.settings)
    return made


def submitted(world: World, name: str, rows: int = 3, *, draft: bool = False, **settings: Any) -> str:
    """A campaign from a file, not read yet."""
    chosen = {
        "from": (SENDER,),
        "message": f"Hi {name}",
        "name": name,
        "quiet_hours": "off",
        "media_check": False,
    }
    return submit(
        world.ledger,
        io.BytesIO(make_csv(rows)),
        filename="list.csv",
        settings=CampaignSettings(**{**chosen, "allow_same_file": True, **settings}),
        fixed=frozenset(),
        config=world.settings,
        draft=draft,
    )


def work(world: World) -> None:
    """Read, start, send, look, answer and explain until nothing moves."""
    ledger = world.ledger
    for _ in range(3):
        for campaign_id in ledger.agenda.reading():
            expand(world, campaign_id)
        ledger.agenda.start_due()
        feed(world, lambda campaign_id, number: _send(world, campaign_id, number))
        for campaign_id in ledger.agenda.sweeping():
            sweep(world, campaign_id)
        look_after_batches(world)
    ledger.redis.delete("mms:turn:explain")
    explain_failures(world, ledger.agenda.now_ms() + 10_000)


def _send(world: World, campaign_id: str, number: int) -> None:
    send_batch(world, campaign_id, number)


def every_kind(world: World, simulator: SimulatorHandle) -> list[str]:
    """Campaigns of every kind, all of them over. Their ids."""
    ledger = world.ledger
    made = [
        submitted(world, "plain"),
        submitted(world, "grouped", 6, group_size=3),
        submitted(world, "urgent", priority="urgent", expires_after="1h", max_cost="5"),
        submitted(world, "urgent-cancelled", priority="urgent", expires_after="1h"),
        submitted(world, "limited", rate="1000/s"),
        submitted(world, "scheduled-cancelled", at="2099-06-01T10:00-04:00"),
        submitted(world, "launched", draft=True),
    ]
    set_limit(ledger, f"campaign:{made[4]}", rate="900/s")
    set_cap(ledger, f"campaign:{made[4]}", 100, "America/New_York", ledger.agenda.now_ms())
    launch(ledger, made[6], world.settings)
    for campaign_id in (made[3], made[5]):
        expand(world, campaign_id)
    ledger.agenda.start_due()
    for campaign_id in (made[3], made[5]):
        ledger.book.steer(campaign_id, CampaignState.CANCELLING, "by hand")
    ledger.book.discard(submitted(world, "discarded", draft=True))
    end_schedule(ledger, make_schedule(world).id)
    work(world)
    simulator.set_faults(fail_share=1)
    made += [submitted(world, "failed", priority="urgent"), submitted(world, "failed-group", group_size=3)]
    work(world)
    simulator.set_faults(fail_share=0)
    for campaign_id in made[-2:]:
        assert retry(ledger, campaign_id, RETRIABLE) > 0
    work(world)
    return made


def left_over(before: dict[bytes, Any], after: dict[bytes, Any], ledger: Ledger) -> dict[bytes, Any]:
    """Keys, or members of keys, that were not there before and do not end by themselves."""
    found: dict[bytes, Any] = {}
    for key, value in after.items():
        if key.decode() in STAYS or ledger.redis.pttl(key) > 0 or before.get(key) == value:
            continue
        found[key] = value
    return found


def test_nothing_is_left_of_campaigns_of_every_kind_once_they_and_their_records_are_erased(
    world: World, simulator: SimulatorHandle
) -> None:
    ledger = world.ledger
    before = snapshot(ledger)
    made = every_kind(world, simulator)
    for text in ("STOP", "HELP"):
        comes_in(world, simulator, text)
    answer_messages(world)
    work(world)
    ledger.inbox.store(
        callback_body(sid="never-ours", status="sent", to="15165550199"), ledger.agenda.now_ms()
    )
    ingest(world, "me")
    ids = ledger.book.ids()
    assert len(ids) == len(made) + 2, "a confirmation and an answer to HELP are among them"
    for campaign_id in ids:
        if not ledger.campaign(campaign_id).settled_at:
            ledger.redis.zadd(keys.SETTLE, {campaign_id: 1})
        ledger.book.settle(campaign_id)
        erase_campaign(ledger, campaign_id)
    assert set(ledger.book.ids()) == set(made), "of our own answers nothing stays"
    left = left_over(before, snapshot(ledger), ledger)
    allowed = {keys.campaign(each) + more for each in made for more in ("", ":counts", ":heard")}
    assert {key.decode() for key in left} <= allowed | {keys.CAMPAIGNS}, (
        "of an erased campaign its records stay"
    )
    assert end_records(ledger, ledger.agenda.now_ms() + 1) == len(made)
    assert left_over(before, snapshot(ledger), ledger) == {}
    assert ledger.redis.hkeys(keys.NUMBERS) == [b"last"]
    assert [name for name in ledger.redis.hkeys(keys.RATES) if b"campaign" in name] == []


def test_the_entry_of_a_first_attempts_sid_goes_with_its_campaign(
    world: World, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(fail_share=1)
    campaign_id = submitted(world, "failed", rows=1)
    work(world)
    first = simulator.received().messages[0]["message_sid"]
    simulator.set_faults(fail_share=0)
    assert retry(world.ledger, campaign_id, RETRIABLE) == 1
    work(world)
    bucket = pack_sid(first).hashed
    assert world.ledger.redis.hexists(keys.sid_bucket(bucket), bucket[2:10])
    world.ledger.redis.zadd(keys.SETTLE, {campaign_id: 1})
    world.ledger.book.settle(campaign_id)
    erase_campaign(world.ledger, campaign_id)
    assert world.ledger.redis.keys("mms:sid:*") == []


def test_the_number_of_a_campaign_that_is_gone_is_not_given_again(world: World) -> None:
    ledger = world.ledger
    first, second = submitted(world, "one"), submitted(world, "two")
    serials = [ledger.redis.hget(keys.campaign(each), "serial") for each in (first, second)]
    work(world)
    ledger.redis.zadd(keys.SETTLE, {first: 1})
    ledger.book.settle(first)
    erase_campaign(ledger, first)
    assert ledger.erasure.prune(first)
    third = ledger.redis.hget(keys.campaign(submitted(world, "three")), "serial")
    assert third not in serials
    assert ledger.redis.hget(keys.NUMBERS, str(int(serials[1] or 0))) == second.encode()
