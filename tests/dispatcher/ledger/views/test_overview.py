"""The whole ledger in numbers: right whatever happens to a campaign, and no dearer for those that are over."""

from __future__ import annotations

from collections import Counter
from typing import Any

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.ledger.views.overview import Overview
from dispatcher.model.scope import LimitScope
from dispatcher.model.state import CampaignState, RecipientState
from tests.factories import add_campaign, make_batch, make_claim, make_record, record, take
from tests.factories import claim as claim_one

State = RecipientState


def agrees(ledger: Ledger) -> dict[str, int]:
    """The totals, which are what reading every campaign finds."""
    overview = Overview(ledger.redis)
    totals = overview.totals()
    counted: Counter[str] = Counter()
    answer = overview._one_by_one()
    for name, count in zip(answer[::2], answer[1::2], strict=True):
        counted[name] += int(count)
    letters = {f"c:{state}": count for state, count in totals.campaigns.items()}
    assert {name: n for name, n in letters.items() if n} == {n: c for n, c in counted.items() if n[0] == "c"}
    assert sum(totals.recipients.values()) == sum(c for name, c in counted.items() if name[0] == "r")
    return {state.value: count for state, count in totals.recipients.items() if count}


def cancelled(ledger: Ledger, name: str) -> None:
    """A campaign of one row that was cancelled before anything of it went."""
    add_campaign(ledger, make_batch(1), id=name)
    ledger.campaigns.steer(name, CampaignState.CANCELLING, "test")
    ledger.redis.hset(keys.campaign(name), "state", "cancelled")


def test_totals_are_right_through_a_campaigns_whole_life(ledger: Ledger) -> None:
    assert agrees(ledger) == {}
    add_campaign(ledger, make_batch(1, 1), id="spring")
    assert agrees(ledger) == {"pending": 2}
    taken = take(ledger, "spring")
    asked = [make_claim(taken, row) for row in range(2)]
    for one in asked:
        assert claim_one(ledger, taken.hold, one, now_ms=ledger.agenda.now_ms()).word == "go"
        assert record(ledger, taken.hold, make_record(one, "refused"))
    assert agrees(ledger) == {"rejected": 2}
    cancelled(ledger, "summer")
    assert agrees(ledger) == {"pending": 1, "rejected": 2}
    assert agrees(ledger) == {"pending": 1, "rejected": 2}
    assert ledger.redis.smembers(keys.TOTALS_OPEN) <= {b"spring"}
    add_campaign(ledger, make_batch(1), id="autumn")
    assert agrees(ledger) == {"pending": 2, "rejected": 2}


def test_a_row_that_moves_after_all_and_a_record_that_goes_are_counted_anew(ledger: Ledger) -> None:
    cancelled(ledger, "summer")
    cancelled(ledger, "winter")
    assert agrees(ledger) == {"pending": 2}
    assert ledger.redis.smembers(keys.TOTALS_OPEN) == set()
    assert ledger.batches.sweep("summer", 0, State.CANCELLED, [0], look_ms=1000) == 1
    assert agrees(ledger) == {"pending": 1, "cancelled": 1}
    ledger.redis.zrem(keys.CAMPAIGNS, "winter")
    ledger.redis.delete(keys.campaign("winter"), keys.counts("winter"))
    assert agrees(ledger) == {"cancelled": 1}


def test_what_is_over_and_settled_is_read_once(ledger: Ledger) -> None:
    for number in range(30):
        cancelled(ledger, f"old-{number}")
    add_campaign(ledger, make_batch(1), id="new")
    overview = Overview(ledger.redis)
    overview.totals()
    before = ledger.redis.info("commandstats")["cmdstat_hgetall"]["calls"]
    assert overview.totals().campaigns[CampaignState.CANCELLED] == 30
    assert ledger.redis.info("commandstats")["cmdstat_hgetall"]["calls"] - before <= 2


def test_time_that_a_limit_made_a_batch_wait_is_no_delay_of_ours(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1, 1), id="spring")
    overview, now_ms = Overview(ledger.redis), ledger.agenda.now_ms()
    ledger.redis.zadd(keys.DUE, {"spring": now_ms - 16_000})
    assert overview.overdue_seconds(now_ms) == 16.0
    ledger.redis.hset(keys.RATES, "campaign:spring", "1000000:1000000:operator")
    for paid_for_ms, late in ((5_000, 0.0), (1_000, 0.0), (-2_000, 3.0), (-60_000, 16.0)):
        ledger.redis.set(keys.limit(LimitScope.campaign("spring")), (now_ms + paid_for_ms) * 1000)
        assert overview.overdue_seconds(now_ms) == late
    ledger.redis.hset(keys.campaign("spring"), "asked", now_ms + 250)
    assert overview.overdue_seconds(now_ms) == 0.0
    ledger.redis.zadd(keys.DUE, {"summer": now_ms - 4_000})
    assert overview.overdue_seconds(now_ms) == 4.0
    ledger.redis.hset(keys.HOLDS, "account", now_ms + 1_000)
    assert overview.overdue_seconds(now_ms) == 0.0


def test_a_pool_waits_when_all_of_its_senders_do(ledger: Ledger) -> None:
    pool: dict[str, Any] = {"from": ("15162065575", "15162065576")}
    add_campaign(ledger, make_batch(1), id="spring", **pool)
    overview, now_ms = Overview(ledger.redis), ledger.agenda.now_ms()
    ledger.redis.zadd(keys.DUE, {"spring": now_ms - 9_000})
    ledger.redis.hset(keys.RATES, "sender", "1000000:50000:default")
    ledger.redis.set(keys.limit(LimitScope.sender("15162065575")), (now_ms + 5_000) * 1000)
    assert overview.overdue_seconds(now_ms) == 9.0
    ledger.redis.set(keys.limit(LimitScope.sender("15162065576")), (now_ms + 5_000) * 1000)
    assert overview.overdue_seconds(now_ms) == 0.0
