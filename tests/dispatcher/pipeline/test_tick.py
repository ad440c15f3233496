"""The tick: looks at the agenda once a second, hints at what was forgotten, harmless twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dispatcher.ledger.store import keys
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.polls import look_after_batches, look_for_unconfirmed
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.tick import Hints, tick
from tests.dispatcher.pipeline.expansion.test_expand import submitted
from tests.factories import CAMPAIGN, add_campaign, make_batch, make_csv, recount


class Told:
    """The hints that were published."""

    def __init__(self) -> None:
        self.hints: list[tuple[str, str, int]] = []

    def __call__(self) -> Hints:
        """What tick is given."""
        return Hints(
            send=lambda name, number: self.hints.append(("send", name, number)),
            look=lambda name, number: self.hints.append(("look", name, number)),
            expand=lambda name, number: self.hints.append(("expand", name, number)),
            ingest=lambda name, number: self.hints.append(("ingest", name, number)),
            search=lambda name, number: self.hints.append(("search", name, number)),
            explain=lambda name, number: self.hints.append(("explain", name, number)),
        )

    def take(self) -> list[tuple[str, str, int]]:
        """The hints since the last call."""
        hints, self.hints = self.hints, []
        return hints


@pytest.fixture
def told() -> Told:
    """Catches hints."""
    return Told()


def next_second(runtime: Runtime) -> None:
    """The latch of the last tick is over."""
    runtime.ledger.redis.delete(keys.TICK)


def test_a_second_tick_in_the_second_does_nothing(runtime: Runtime, told: Told) -> None:
    add_campaign(runtime.ledger)
    assert tick(runtime, told()) == "1 offered"
    assert told.take() == [("send", CAMPAIGN, 0)]
    assert tick(runtime, told()) == "ticked already"
    assert told.take() == []
    assert 0 < runtime.ledger.redis.pttl(keys.TICK) <= 1_000


def test_a_file_that_nobody_reads_is_hinted_at_until_somebody_does(runtime: Runtime, told: Told) -> None:
    campaign_id = submitted(runtime, make_csv(3))
    tick(runtime, told())
    next_second(runtime)
    tick(runtime, told())
    assert told.take() == [("expand", campaign_id, 0)] * 2
    runtime.ledger.file_readings.begin(campaign_id, "reader", 60_000)
    next_second(runtime)
    tick(runtime, told())
    assert told.take() == []


def test_callbacks_that_wait_are_hinted_at(runtime: Runtime, told: Told) -> None:
    runtime.ledger.callback_stream.store(b"{}", 1)
    tick(runtime, told())
    assert told.take() == [("ingest", "", 0)]


def test_callbacks_are_not_hinted_at_while_a_drain_is_under_way_unless_there_are_many(
    runtime: Runtime, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.ledger.callback_stream.store(b"{}", 1)
    runtime.ledger.callback_stream.hold_hints(60_000)
    tick(runtime, told())
    assert told.take() == []
    monkeypatch.setattr("dispatcher.pipeline.tick.MANY_CALLBACKS", 0)
    for _ in range(2):
        next_second(runtime)
        tick(runtime, told())
    assert told.take() == [("ingest", "", 0)], "one, however long the drain goes on"


def test_failures_without_a_reason_are_hinted_at(runtime: Runtime, told: Told) -> None:
    runtime.ledger.redis.zadd(keys.EXPLAIN, {f"{CAMPAIGN}:0": 1})
    tick(runtime, told())
    next_second(runtime)
    tick(runtime, told())
    assert told.take() == [("explain", "", 0)]


def test_a_cancelled_campaign_is_swept(runtime: Runtime, told: Told) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1), make_batch(1, first_row=3))
    runtime.ledger.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
    tick(runtime, told())
    campaign = runtime.ledger.campaign(CAMPAIGN)
    assert campaign.state is CampaignState.CANCELLED
    assert campaign.counts[RecipientState.CANCELLED] == 3
    assert campaign.settled_at is not None
    assert told.take() == []
    recount(runtime.ledger)


def test_a_settle_window_that_is_over_settles(runtime: Runtime, told: Told) -> None:
    add_campaign(runtime.ledger)
    runtime.ledger.redis.zadd(keys.SETTLE, {CAMPAIGN: 1})
    tick(runtime, told())
    assert runtime.ledger.campaign(CAMPAIGN).settled_at is not None
    assert runtime.ledger.redis.zcard(keys.SETTLE) == 0


@pytest.mark.parametrize(
    ("key", "of", "kind"), [(keys.CARE, keys.care, "look"), (keys.SEARCH, keys.search, "search")]
)
def test_one_hint_of_a_kind_is_on_its_way_however_many_batches_are_due(
    runtime: Runtime, told: Told, key: str, of: Callable[[str], str], kind: str
) -> None:
    runtime.ledger.redis.zadd(of(CAMPAIGN), {str(number): 1 for number in range(500)})
    runtime.ledger.redis.zadd(key, {CAMPAIGN: 1})
    for _ in range(3):
        tick(runtime, told())
        next_second(runtime)
    assert told.take() == [(kind, "", 0)]
    {"look": look_after_batches, "search": look_for_unconfirmed}[kind](runtime)
    assert not runtime.ledger.redis.exists(of(CAMPAIGN)), "batches that are not there are on no list any more"
    runtime.ledger.redis.zadd(key, {CAMPAIGN: 1})
    tick(runtime, told())
    assert told.take() == [(kind, "", 0)]
