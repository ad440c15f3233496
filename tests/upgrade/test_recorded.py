"""Ledgers of older versions, as they were left in the middle of everything, under the program of today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import redis as redis_py

from dispatcher.ledger.batches.packing import BatchRow
from dispatcher.ledger.installation.api_tokens import ApiTokens
from dispatcher.ledger.installation.idempotency_keys import IdempotencyKeys, StoredAnswer
from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.store.schema import FIRST, SCHEMA
from dispatcher.model.campaign import Campaign
from dispatcher.model.correlation import read_user_data
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline import polls
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.receipts.ingest import ingest
from dispatcher.pipeline.reports.audit import audit
from dispatcher.pipeline.runtime.runtime import Runtime, make_client
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.pipeline.tick import Hints, tick
from dispatcher.settings import load_settings
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.web.site.sessions import Sessions
from tests.key_page import strangers
from tests.upgrade.recorded import RECORDINGS, Recording, carrierx_of, clock_of, pass_time, put_into, read

#: Every kind of thing that was under way is in a recording.
STATES = {
    *(CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.SCHEDULED, CampaignState.DRAFT),
    *(CampaignState.CHECKING, CampaignState.CANCELLING, CampaignState.COMPLETED, CampaignState.CANCELLED),
    CampaignState.FAILED,
}
UNDER_WAY = {RecipientState.PENDING, RecipientState.SENDING, RecipientState.UNCONFIRMED}
#: What stays as it is until a person, or a time that is far away, says otherwise.
RESTS = {"kept", "later", "held"}
ROUNDS = 40
ROUND_SECONDS = 45


class Restarted(NamedTuple):
    """A recorded ledger under today's program."""

    recording: Recording
    ledger: Ledger
    runtime: Runtime
    carrierx: SimulatorHandle


@pytest.fixture(params=RECORDINGS, ids=lambda file: file.stem)
def restarted(request: pytest.FixtureRequest, redis: redis_py.Redis, tmp_path: Path) -> Iterator[Restarted]:
    """The ledger of each recording, just after it was recorded."""
    recording = read(request.param)
    ledger = put_into(redis, recording)
    with carrierx_of(recording) as carrierx, ThreadPoolExecutor(8) as pool:
        config = load_settings(
            simulate=True,
            carrierx_url=carrierx.url,
            carrierx_token=carrierx.token,
            data_dir=tmp_path,
            admin_token="admin",
            in_flight=8,
            poll_rate="500/s",
            unconfirmed_wait=60,
        )
        made = prepare(redis, config)
        runtime = Runtime(ledger, config, made, api=make_client(config), pool=pool, clock_ms=clock_of(redis))
        yield Restarted(recording, ledger, runtime, carrierx)


def name_of(campaign: Campaign) -> str:
    """As the recording calls it, without what makes its id its own."""
    return campaign.id.rpartition("-")[0]


def go_on(restarted: Restarted, rounds: int = ROUNDS) -> None:
    """Ticks, and whatever they hint at, while time goes by."""
    runtime, ledger = restarted.runtime, restarted.ledger
    hints = Hints(
        send=lambda campaign, batch: _done(send_batch(runtime, campaign, batch)),
        look=lambda _, __: _done(polls.look_after_batches(runtime)),
        expand=lambda campaign, _: _done(expand(runtime, campaign)),
        ingest=lambda _, __: _done(ingest(runtime, "today")),
        search=lambda _, __: _done(polls.look_for_unconfirmed(runtime)),
        answer=lambda _, __: _done(polls.answer_messages(runtime)),
        explain=lambda _, __: _done(polls.explain(runtime)),
    )
    for _ in range(rounds):
        for latch in (keys.TICK, keys.INGEST_HINTED, *ledger.redis.keys("mms:turn:*")):
            ledger.redis.delete(latch)
        tick(runtime, hints)
        pass_time(ledger.redis, ROUND_SECONDS)


def _done(_: object) -> None:
    """A hint's answer is nobody's."""


def times_sent(restarted: Restarted) -> Counter[tuple[str, int, int]]:
    """How often each message of each campaign was taken, before the recording or since: whatever the attempt."""
    refs = [
        read_user_data(message["user_data"], restarted.runtime.secrets)
        for message in restarted.carrierx.received().messages
    ]
    return Counter((ref.campaign, ref.batch, ref.message) for ref in refs if ref is not None)


def test_the_recordings_have_everything_in_them(restarted: Restarted) -> None:
    campaigns = restarted.ledger.campaigns.list()
    assert {campaign.state for campaign in campaigns} == STATES
    rows = sum((Counter(campaign.counts) for campaign in campaigns), Counter[RecipientState]())
    assert {state for state in RecipientState if rows[state]} >= UNDER_WAY | {RecipientState.QUEUED}
    there = {line["key"] for line in restarted.recording.keys}
    wanted = (keys.CALLBACKS, keys.OPT_OUTS, keys.SCHEDULES, keys.API_TOKENS, keys.AUDIT_LOG, keys.SET_ASIDE)
    assert there >= set(wanted)
    assert all(
        any(key.startswith(f"mms:{kind}:") for key in there)
        for kind in ("session", "once", "worker", "orphan")
    )


def test_everything_that_was_under_way_ends_once_and_the_books_are_clean(restarted: Restarted) -> None:
    ledger = restarted.ledger
    before = times_sent(restarted)
    paused = next(each for each in ledger.campaigns.list() if each.state is CampaignState.PAUSED)
    ledger.campaigns.steer(paused.id, CampaignState.RUNNING, "by hand")
    go_on(restarted)
    after = times_sent(restarted)
    assert {ref: times for ref, times in after.items() if times > 1} == {}
    assert set(before) < set(after)
    for campaign in ledger.campaigns.list():
        assert audit(ledger, campaign.id).clean, campaign.id
        if name_of(campaign) in RESTS:
            continue
        left = {state: count for state, count in campaign.counts.items() if count and state in UNDER_WAY}
        assert left == {}, campaign.id
        assert campaign.state not in {CampaignState.RUNNING, CampaignState.CHECKING, CampaignState.CANCELLING}
    assert ledger.redis.hgetall(keys.ALARMS) == {b"unreadable_callback": b"2"}


def test_nobody_is_lost_and_who_opted_out_before_gets_nothing(restarted: Restarted) -> None:
    ledger = restarted.ledger
    go_on(restarted)
    sent, opted_out = times_sent(restarted), ledger.optouts.everyone_out()
    assert opted_out
    seen = 0
    for campaign in ledger.campaigns.list():
        if campaign.state is not CampaignState.COMPLETED or name_of(campaign) in {"odd", "answer"}:
            continue
        for number in ledger.campaigns.batch_numbers(campaign.id):
            [(batch, states)] = ledger.batches.read(campaign.id, [number])
            for index, message in enumerate(batch.messages):
                rows = [(batch.rows[row], states[row].state) for row in message.members]
                went = [row for row, state in rows if state is not RecipientState.SKIPPED]
                assert sent[campaign.id, number, index] == bool(went), (campaign.id, number, index)
                seen += len(went)
                fresh = name_of(campaign) in {"in-flight", "urgent-begun", "not-read"}
                assert not fresh or not opted_out & {row.number for row in went if isinstance(row, BatchRow)}
    assert seen > 100


def test_it_is_brought_to_the_schema_of_today_and_lets_the_older_version_in(restarted: Restarted) -> None:
    ledger = restarted.ledger
    assert ledger.upgrade.schema().version == FIRST
    aside: Any = ledger.redis.xlen(keys.ASIDE)
    go_on(restarted, rounds=1)
    schema = ledger.upgrade.schema()
    assert (schema.version, schema.needs) == (SCHEMA, FIRST)
    assert ledger.redis.xlen(keys.ASIDE) == aside + 1
    there: Any = ledger.redis.keys("mms:*")
    assert strangers(there) == []


def test_who_was_let_in_still_is_and_an_answer_that_was_given_is_given_again(restarted: Restarted) -> None:
    redis, recording = restarted.ledger.redis, restarted.recording
    tokens = ApiTokens(redis)
    holder = tokens.find(recording.token)
    assert holder is not None
    assert (holder.name, holder.role) == ("ann", "admin")
    session = Sessions(redis, tokens).find(recording.session)
    assert session is not None
    assert session.who == "ann"
    answer = IdempotencyKeys(redis).begin("ann", "the-key", "the-digest")
    assert answer == StoredAnswer(201, "{}", "/api/v1/campaigns/x")
    assert restarted.runtime.installation.callback_key == recording.callback_key
