"""What a tick costs depends on what is due, not on what is there."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.tick import Hints, tick
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import CAMPAIGN, add_campaign, make_batch

HOUR_MS = 3_600_000
NO_HINTS = Hints(*[lambda _, __: None] * 4)


def resting(ledger: Ledger, some: range) -> None:
    """Campaigns that are not due: every second one starts in an hour, the others run and wait for tomorrow."""
    now_ms = ledger.agenda.now_ms()
    for number in some:
        starts = number % 2 == 0
        id = add_campaign(
            ledger,
            make_batch(1),
            id=f"rests-{number}",
            start_at_ms=now_ms + HOUR_MS if starts else None,
            run=not starts,
        )
        if not starts:
            ledger.redis.hset(
                keys.campaign(id), mapping={"rest": now_ms + 24 * HOUR_MS, "rest_for": "account"}
            )
            ledger.batches.offer(id, window=0, most=0, offer_ms=1)


def cost_of_a_tick(runtime: Runtime) -> Counter[str]:
    """Commands that one tick makes Redis run, those of scripts too; a tick before it has done what was left to do."""
    redis: Any = runtime.ledger.redis
    for _ in range(2):
        redis.delete(keys.TICK)
        redis.config_resetstat()
        assert tick(runtime, NO_HINTS) != "ticked already"
    stats = redis.info("commandstats")
    return Counter({name.removeprefix("cmdstat_"): int(each["calls"]) for name, each in stats.items()})


@pytest.mark.slow
def test_two_thousand_campaigns_that_are_not_due_cost_a_tick_no_more_than_ten(
    make_runtime: MakeRuntime,
) -> None:
    runtime = make_runtime()
    add_campaign(runtime.ledger, make_batch(*[1] * 20), id=CAMPAIGN)
    resting(runtime.ledger, range(10))
    few = cost_of_a_tick(runtime)
    resting(runtime.ledger, range(10, 2_000))
    assert len(runtime.ledger.redis.keys("mms:c:rests-*:counts")) == 2_000
    many = cost_of_a_tick(runtime)
    assert many.total() <= few.total() + 3, many - few
    assert few.total() > 10


def test_a_tick_with_nothing_to_do_asks_in_three_round_trips(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime()
    before = cost_of_a_tick(runtime)
    asked = before["set"] + before["hget"] + before["evalsha"] + before["eval"]
    inside = (
        2 + before["evalsha"]
    )  # the latch and the count of ticks by a script; each script's look at the schema
    assert asked - inside == 3, before
