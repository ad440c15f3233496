"""Campaigns that wait for their start: free until then, started in time, at another time when somebody says so."""

from __future__ import annotations

import pytest

from dispatcher.errors import Conflict, InputError
from dispatcher.ledger.batches.agenda import Agenda
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import CampaignState
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.campaigns.lifecycle import change_start
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.tick import Hints, tick
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import CAMPAIGN, START_MS, add_campaign, make_batch
from tests.valkey import set_clock

MANY = 10_000
DAY_MS = 86_400_000


def hints(sent: list[str]) -> Hints:
    """Notes whose batches are offered."""

    def nothing(*_: object) -> None:
        pass

    return Hints(send=lambda name, _: sent.append(name), look=nothing, expand=nothing, ingest=nothing)


def calls(runtime: Runtime) -> int:
    """Commands that Redis has worked on."""
    return int(runtime.ledger.redis.info("stats")["total_commands_processed"])


def ticked(runtime: Runtime) -> int:
    """What one tick costs, in commands."""
    runtime.ledger.redis.delete("mms:tick")
    before = calls(runtime)
    tick(runtime, hints([]))
    return calls(runtime) - before


@pytest.mark.slow
def test_ten_thousand_campaigns_that_wait_cost_a_tick_nothing(runtime: Runtime) -> None:
    ticked(runtime)
    alone = ticked(runtime)
    later = runtime.ledger.agenda.now_ms() + DAY_MS
    add_campaign(runtime.ledger, make_batch(1), run=False, start_at_ms=later)
    fields = runtime.ledger.redis.hgetall(f"mms:c:{CAMPAIGN}")
    pipeline = runtime.ledger.redis.pipeline(transaction=False)
    for index in range(MANY):
        pipeline.hset(f"mms:c:c{index}", mapping=fields)  # type: ignore[arg-type]
        pipeline.zadd("mms:campaigns", {f"c{index}": later})
        pipeline.zadd("mms:starts", {f"c{index}": later})
    pipeline.execute()
    assert ticked(runtime) <= alone + 2
    assert len(runtime.ledger.agenda.starts(2 * MANY)) == MANY + 1


@pytest.mark.slow
def test_a_start_a_month_ahead_comes_on_its_day_and_once(
    make_runtime: MakeRuntime, timed_ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = {"now": START_MS}
    monkeypatch.setattr(Agenda, "now_ms", lambda _: clock["now"])
    runtime, sent = (
        make_runtime(parts={"ledger": timed_ledger, "clock_ms": lambda: clock["now"]}),
        list[str](),
    )
    at_ms = START_MS + 30 * DAY_MS
    set_clock(timed_ledger.redis, START_MS)
    add_campaign(timed_ledger, make_batch(1), run=False, start_at_ms=at_ms)
    hours = range(0, 30 * 24, 6)
    for now_ms in [*(START_MS + hour * DAY_MS // 24 for hour in hours), at_ms - 1]:
        clock["now"] = now_ms
        set_clock(timed_ledger.redis, now_ms)
        timed_ledger.redis.delete("mms:tick")
        tick(runtime, hints(sent))
        assert timed_ledger.campaign(CAMPAIGN).state is CampaignState.SCHEDULED
    assert sent == []
    for _ in range(2):
        clock["now"] = at_ms
        set_clock(timed_ledger.redis, at_ms)
        timed_ledger.redis.delete("mms:tick")
        tick(runtime, hints(sent))
    assert sent == [CAMPAIGN]
    assert timed_ledger.redis.hget(f"mms:c:{CAMPAIGN}", "started_at") == str(at_ms).encode()


@pytest.mark.slow
def test_new_starts_are_not_kept_waiting_by_campaigns_that_run_already(runtime: Runtime) -> None:
    for index in range(250):
        add_campaign(runtime.ledger, make_batch(1, first_row=1 + index), id=f"old{index}")
    now_ms = runtime.ledger.agenda.now_ms()
    for index in range(30):
        add_campaign(runtime.ledger, make_batch(1), id=f"new{index}", run=False, start_at_ms=now_ms)
    tick(runtime, hints([]))
    states = {runtime.ledger.campaign(f"new{index}").state for index in range(30)}
    assert states == {CampaignState.RUNNING}


def test_a_start_can_be_moved_until_it_has_come(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, run=False, start_at_ms=runtime.ledger.agenda.now_ms() + DAY_MS)
    moved = change_start(runtime.ledger, CAMPAIGN, "2099-06-01 10:00 recipient", runtime.settings)
    assert moved.settings.at == "2099-06-01 10:00 recipient"
    assert moved.start_at == "2099-05-31T20:00:00.000Z"
    with pytest.raises(InputError):
        change_start(runtime.ledger, CAMPAIGN, "2099-06-01 10:00 local", runtime.settings)
    with pytest.raises(InputError, match="in the past"):
        change_start(runtime.ledger, CAMPAIGN, "2001-01-01T00:00Z", runtime.settings)
    change_start(
        runtime.ledger, CAMPAIGN, str(utc_text(runtime.ledger.agenda.now_ms() - 1000)), runtime.settings
    )
    tick(runtime, hints([]))
    with pytest.raises(Conflict):
        change_start(runtime.ledger, CAMPAIGN, "2099-06-01T10:00Z", runtime.settings)


def test_a_paused_campaign_keeps_the_start_that_it_was_given_meanwhile(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, run=False, start_at_ms=1)
    runtime.ledger.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    change_start(runtime.ledger, CAMPAIGN, "2099-06-01T10:00Z", runtime.settings)
    runtime.ledger.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    tick(runtime, hints([]))
    assert runtime.ledger.campaign(CAMPAIGN).state is CampaignState.SCHEDULED
