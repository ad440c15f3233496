"""Every key has an owner and an end: campaigns of every kind are erased, and nothing of them is left."""

from __future__ import annotations

import io
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from dispatcher.ledger.batches.rows import pack_sid
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.spool import SpooledCallback, drain_call
from dispatcher.ledger.store import keys
from dispatcher.ledger.views.overview import Overview
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.media import MediaFacts
from dispatcher.model.scope import LimitScope
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.campaigns.lifecycle import launch, sweep
from dispatcher.pipeline.campaigns.media_check import release_media
from dispatcher.pipeline.campaigns.one_off import OneOffMessage, send_test_message, submit_one_off
from dispatcher.pipeline.campaigns.retry import RETRIABLE, resolve, retry
from dispatcher.pipeline.campaigns.submit import submit
from dispatcher.pipeline.consent.retention import erase_campaign, retain
from dispatcher.pipeline.expansion.expand import MOST_READERS, expand
from dispatcher.pipeline.limits.changes import set_limit
from dispatcher.pipeline.limits.charges import refresh_caps, set_cap
from dispatcher.pipeline.limits.defaults import put_rates_in_force
from dispatcher.pipeline.polls import answer_messages, look_after_batches
from dispatcher.pipeline.receipts.ingest import ingest
from dispatcher.pipeline.reconcile.failure_reasons import explain_failures
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.schedules.occurrences import occur
from dispatcher.pipeline.schedules.recurring import end_schedule
from dispatcher.pipeline.sending.feed import feed
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.pipeline.upgrade.upgrade import go_on
from dispatcher.roster.opening import open_roster
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.pipeline.consent.test_auto_replies import comes_in
from tests.dispatcher.pipeline.schedules.test_recurring import make as make_schedule
from tests.factories import (
    LEASE_MS,
    SENDER,
    add_campaign,
    callback_body,
    claim,
    make_batch,
    make_claim,
    make_csv,
    make_record,
    number_of,
    record,
    snapshot,
    take,
)

#: What stays whatever was sent: what the installation learned, counted and was told, and short memories that end by
#: themselves (each is proved to).
STAYS = frozenset(
    {
        *(
            keys.OWN,
            keys.NUMBERS,
            keys.ALARMS,
            keys.COUNTERS,
            keys.ACCOUNT,
            keys.POLICY,
            keys.API,
            keys.AUDIT_LOG,
        ),
        *(keys.CALLBACKS, keys.OPT_OUTS, keys.OPT_OUTS_ORDER),
        *(keys.STAMP, keys.TICKS, keys.CLAIMERS, keys.RATES, keys.RATES + ":default", keys.PRICES),
    }
)


@pytest.fixture
def runtime(make_runtime: MakeRuntime) -> Runtime:
    """Answers are on; failures and silence are settled at once."""
    made = make_runtime(
        help_answer="Northwind: call us.",
        settle_window=0.001,
        poll_first=0.001,
        frequency_cap="9/7d",
        price_sms=0.01,
        price_mms=0.01,
    )
    put_rates_in_force(made.ledger, made.settings)
    return made


def submitted(runtime: Runtime, name: str, rows: int = 3, *, draft: bool = False, **settings: Any) -> str:
    """A campaign from a file, not read yet."""
    beside = {each: settings.pop(each) for each in ("media", "media_files") if each in settings}
    chosen = {
        "from": (SENDER,),
        "message": f"Hi {name}",
        "name": name,
        "quiet_hours": "off",
        "media_check": False,
    }
    return submit(
        runtime.ledger,
        io.BytesIO(make_csv(rows)),
        filename="list.csv",
        settings=CampaignSettings(**{**chosen, "allow_same_file": True, **settings}),
        fixed=frozenset(),
        config=runtime.settings,
        draft=draft,
        **beside,
    )


def work(runtime: Runtime) -> None:
    """Read, start, send, look, answer and explain until nothing moves."""
    ledger = runtime.ledger
    for _ in range(3):
        for campaign_id in ledger.agenda.reading():
            expand(runtime, campaign_id)
        ledger.agenda.start_due()
        feed(runtime, lambda campaign_id, number: _send(runtime, campaign_id, number))
        for campaign_id in ledger.agenda.sweeping():
            sweep(runtime, campaign_id)
        look_after_batches(runtime)
    ledger.redis.delete("mms:turn:explain")
    explain_failures(runtime, ledger.agenda.now_ms() + 10_000)


def _send(runtime: Runtime, campaign_id: str, number: int) -> None:
    send_batch(runtime, campaign_id, number)


def every_kind(runtime: Runtime, simulator: SimulatorHandle) -> list[str]:
    """Campaigns of every kind, all of them over. Their ids."""
    made = [
        *campaigns(runtime),
        *that_end_before_they_are_read(runtime),
        *recurring(runtime),
        *single(runtime),
    ]
    made += [with_media(runtime), expired(runtime)]
    simulator.set_faults(fail_share=1)
    failed = [
        submitted(runtime, "failed", priority="urgent"),
        submitted(runtime, "failed-group", group_size=3),
    ]
    work(runtime)
    simulator.set_faults(fail_share=0)
    for campaign_id in failed:
        assert retry(runtime.ledger, campaign_id, RETRIABLE) > 0
    work(runtime)
    return [*made, *failed, unconfirmed(runtime, simulator)]


def campaigns(runtime: Runtime) -> list[str]:
    """Those that a file and its settings make."""
    ledger = runtime.ledger
    made = [
        submitted(runtime, "plain"),
        submitted(runtime, "grouped", 6, group_size=3),
        submitted(runtime, "urgent", priority="urgent", expires_after="1h", max_cost="5"),
        submitted(runtime, "urgent-cancelled", priority="urgent", expires_after="1h"),
        submitted(runtime, "limited", rate="1000/s"),
        submitted(runtime, "scheduled-cancelled", at="2099-06-01T10:00-04:00"),
        submitted(runtime, "launched", draft=True),
    ]
    set_limit(ledger, LimitScope.campaign(made[4]), rate="900/s")
    set_cap(ledger, LimitScope.campaign(made[4]), 100, "America/New_York", ledger.agenda.now_ms())
    launch(ledger, made[6], runtime.settings)
    for campaign_id in (made[3], made[5]):
        expand(runtime, campaign_id)
    ledger.agenda.start_due()
    for campaign_id in (made[3], made[5]):
        ledger.campaigns.steer(campaign_id, CampaignState.CANCELLING, "by hand")
    ledger.campaigns.discard(submitted(runtime, "discarded", draft=True, rate="7/s"))
    work(runtime)
    return made


def that_end_before_they_are_read(runtime: Runtime) -> list[str]:
    """Cancelled, withdrawn, with a file that cannot be read, and with one that no reader survived."""
    ledger = runtime.ledger
    made = [submitted(runtime, name, rate="9/s") for name in ("cancelled", "withdrawn", "unread", "deadly")]
    ledger.campaigns.steer(made[0], CampaignState.CANCELLING, "by hand")
    assert ledger.campaigns.withdraw(made[1], "by hand")
    ledger.redis.delete(keys.upload(made[2], 0))
    assert expand(runtime, made[2]) == "failed"
    for _ in range(MOST_READERS + 1):
        assert ledger.file_readings.begin(made[3], "killed", 60_000)
        ledger.redis.delete(keys.expanding(made[3]))
    assert expand(runtime, made[3]) == "paused"
    ledger.campaigns.steer(made[3], CampaignState.CANCELLING, "by hand")
    work(runtime)
    return made


def recurring(runtime: Runtime) -> list[str]:
    """Of a recurring broadcast an occurrence that is sent, and one that is withdrawn when it ends."""
    ledger = runtime.ledger
    medium = stored_medium(runtime, b"recurring")
    for seconds, started in ((-1, True), (60, False)):
        first_ms = (ledger.agenda.now_ms() // 1000 + seconds) * 1000
        schedule = make_schedule(
            runtime, first_ms=first_ms, media_check=False, allow_same_file=True, media_files=[medium]
        )
        assert occur(runtime, ledger.agenda.now_ms()) == 1
        for campaign_id in ledger.agenda.reading():
            expand(runtime, campaign_id)
        if started:
            work(runtime)
        end_schedule(ledger, schedule.id)
        work(runtime)
    return [
        campaign.id for campaign in ledger.campaigns.list() if campaign.settings.name.startswith("weekly")
    ]


def single(runtime: Runtime) -> list[str]:
    """A message, a group, and a test message."""
    ledger, one_off = runtime.ledger, OneOffMessage(SENDER, ("12125550101",), "Hi")
    made = [
        submit_one_off(ledger, one_off, runtime.settings, name="one"),
        submit_one_off(
            ledger, replace(one_off, to=("12125550101", "12125550102")), runtime.settings, name="group"
        ),
    ]
    settings = CampaignSettings(**{"from": (SENDER,), "message": "Hi", "name": "tried"})
    file = io.BytesIO(make_csv(2))
    roster = open_roster(
        file, filename="list.csv", settings=settings, fixed=frozenset(), config=runtime.settings
    )
    made.append(send_test_message(ledger, roster, settings, runtime.settings, row=2, to="12125550103"))
    work(runtime)
    return made


def stored_medium(runtime: Runtime, content: bytes) -> str:
    """A local picture; its hash."""
    name = sha256(content).hexdigest()
    runtime.ledger.media.store(name, "image/png", content)
    return name


def with_media(runtime: Runtime) -> str:
    """A campaign with an address that was asked for, and with a local picture."""
    picture = "https://pictures.example.com/a.png"
    facts = {picture: MediaFacts(9, "image/png")}
    files = [stored_medium(runtime, b"picture")]
    made = submitted(
        runtime, "media", media=facts, media_files=files, media_urls=(picture,), media_check=True
    )
    work(runtime)
    return made


def expired(runtime: Runtime) -> str:
    """A campaign whose time was over before any of it went."""
    ledger = runtime.ledger
    made = submitted(runtime, "expired", expires_after="1h", rate="1/s")
    expand(runtime, made)
    ledger.agenda.start_due()
    ledger.redis.hset(keys.campaign(made), "ends_at", 1)
    ledger.redis.zadd(keys.EXPIRING, {made: 1})
    assert ledger.campaigns.expire(made)
    work(runtime)
    return made


def unconfirmed(runtime: Runtime, simulator: SimulatorHandle) -> str:
    """A campaign whose outcome was unknown, until a person said it."""
    simulator.set_faults(error_after_share=1)
    made = submitted(runtime, "unconfirmed", rows=1, on_unconfirmed="hold")
    expand(runtime, made)
    runtime.ledger.agenda.start_due()
    _send(runtime, made, 0)
    assert runtime.ledger.redis.exists(keys.search(made))
    simulator.set_faults(error_after_share=0)
    assert resolve(runtime.ledger, made, 1, sent=True) == 1
    work(runtime)
    return made


def odd(runtime: Runtime) -> str:
    """A campaign whose sid is no UUID, of which CarrierX said a word of its own, and whose failure nobody explained."""
    ledger, sid = runtime.ledger, "a sid that is no UUID"
    made = add_campaign(ledger, make_batch(1), id="odd-abc234", settle_ms=1)
    taken = take(ledger, made)
    asked = make_claim(taken)
    assert claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms()).word == "go"
    record(ledger, taken.hold, make_record(asked, sid=sid))
    ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=10**6, look_ms=LEASE_MS)
    for status in ("teleported", "failed"):
        ledger.callback_stream.store(
            callback_body(sid=sid, status=status, to=number_of(1)), ledger.agenda.now_ms()
        )
    ingest(runtime, "me")
    assert ledger.redis.zscore(keys.EXPLAIN, f"{made}:0")
    assert ledger.redis.exists(keys.odd(made), f"{keys.campaign(made)}:sids") == 2
    return made


def what_is_no_campaigns(runtime: Runtime, simulator: SimulatorHandle) -> None:
    """What comes in: answers wanted, receipts of nobody's, callbacks that cannot be read or worked on, and spooled."""
    ledger = runtime.ledger
    now_ms = ledger.agenda.now_ms()
    for text in ("STOP", "HELP", "stop by at 5?"):
        comes_in(runtime, simulator, text)
    answer_messages(runtime)
    work(runtime)
    ledger.callback_stream.store(callback_body(sid="never-ours", status="sent", to="15165550199"), now_ms)
    ledger.callback_stream.store(b"nobody can read it", now_ms)
    ingest(runtime, "me")
    ledger.callback_stream.store(callback_body(), now_ms)
    ledger.callback_stream.move_to_dead_letters(ledger.callback_stream.take("me", 1)[0])
    ledger.redis.rpush(keys.SET_ASIDE, callback_body())
    text, arguments = drain_call(
        "a-spool", [SpooledCallback(callback_body(sid="spooled"), now_ms, "", "", 40)]
    )
    ledger.redis.eval(text, 0, *arguments)
    ingest(runtime, "me")


def time_goes_on(runtime: Runtime, days: float) -> None:
    """What the tick does so long after now, as often as it takes."""
    ledger = runtime.ledger
    later_ms = ledger.agenda.now_ms() + int(days * 86_400_000)
    for campaign_id in ledger.agenda.settling(later_ms, 1000):
        ledger.redis.zadd(keys.SETTLE, {campaign_id: 1})
        ledger.campaigns.settle(campaign_id)
    refresh_caps(ledger, later_ms)
    release_media(ledger)
    go_on(ledger)
    ledger.redis.delete(keys.TURN_RETENTION)
    retain(runtime, later_ms)


def left_over(before: dict[bytes, Any], after: dict[bytes, Any], ledger: Ledger) -> dict[bytes, Any]:
    """Keys, or members of keys, that were not there before and do not end by themselves."""
    found: dict[bytes, Any] = {}
    for key, value in after.items():
        if key.decode() in STAYS or ledger.redis.pttl(key) > 0 or before.get(key, []) == value:
            continue
        found[key] = value
    return found


@pytest.mark.slow
def test_nothing_is_left_of_campaigns_of_every_kind_once_they_and_their_records_are_erased(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    ledger = runtime.ledger
    Overview(ledger.redis).totals()
    before = snapshot(ledger)
    made = every_kind(runtime, simulator)
    what_is_no_campaigns(runtime, simulator)
    made.append(odd(runtime))
    ids = ledger.campaigns.ids()
    assert len(ids) == len(made) + 2, "a confirmation and an answer to HELP are among them"
    assert set(made) < set(ids)
    Overview(ledger.redis).totals()
    time_goes_on(runtime, runtime.settings.retention - 0.1)
    assert set(ledger.campaigns.ids()) == set(ids), "nothing ends before its time"
    time_goes_on(runtime, runtime.settings.retention + 0.1)
    assert set(ledger.campaigns.ids()) == set(made), "of our own answers nothing stays"
    left = left_over(before, snapshot(ledger), ledger)
    allowed = {keys.campaign(each) + more for each in made for more in ("", ":counts", ":heard")}
    allowed |= {keys.CAMPAIGNS, keys.TOTALS, keys.TOTALS_OPEN}
    assert {key.decode() for key in left} <= allowed, "of an erased campaign its records stay"
    time_goes_on(runtime, runtime.settings.retention + runtime.settings.records + 0.2)
    assert ledger.campaigns.ids() == []
    Overview(ledger.redis).totals()
    after = snapshot(ledger)
    assert left_over(before, after, ledger) == {}
    assert ledger.redis.hkeys(keys.NUMBERS) == [b"last"]
    told = [key for key in after if key.decode() in STAYS for each in ids if each in repr(after[key])]
    assert told == [], "what stays names no campaign"


def test_the_entry_of_a_first_attempts_sid_goes_with_its_campaign(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(fail_share=1)
    campaign_id = submitted(runtime, "failed", rows=1)
    work(runtime)
    first = simulator.received().messages[0]["message_sid"]
    simulator.set_faults(fail_share=0)
    assert retry(runtime.ledger, campaign_id, RETRIABLE) == 1
    work(runtime)
    bucket = pack_sid(first).hashed
    assert runtime.ledger.redis.hexists(keys.sid_bucket(bucket), bucket[2:10])
    runtime.ledger.redis.zadd(keys.SETTLE, {campaign_id: 1})
    runtime.ledger.campaigns.settle(campaign_id)
    erase_campaign(runtime.ledger, campaign_id)
    assert runtime.ledger.redis.keys("mms:sid:*") == []


def test_the_number_of_a_campaign_that_is_gone_is_not_given_again(runtime: Runtime) -> None:
    ledger = runtime.ledger
    first, second = submitted(runtime, "one"), submitted(runtime, "two")
    serials = [ledger.redis.hget(keys.campaign(each), "serial") for each in (first, second)]
    work(runtime)
    ledger.redis.zadd(keys.SETTLE, {first: 1})
    ledger.campaigns.settle(first)
    erase_campaign(ledger, first)
    assert ledger.erasure.prune(first)
    third = ledger.redis.hget(keys.campaign(submitted(runtime, "three")), "serial")
    assert third not in serials
    assert ledger.redis.hget(keys.NUMBERS, str(int(serials[1] or 0))) == second.encode()
