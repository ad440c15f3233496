"""Which campaigns a process with room takes up: those that nobody waits for a limit with."""

from __future__ import annotations

import pytest

from dispatcher.ledger.batches.claims import TakenBatch
from dispatcher.ledger.batches.leases import Unreadable
from dispatcher.model.scope import ACCOUNT, LimitScope
from dispatcher.rules.rates import Rate
from tests.dispatcher.pipeline.limits.conftest import Desk
from tests.factories import LEASE_MS, add_campaign, make_batch, take, token_of

AGAIN_MS = 5_000


@pytest.fixture(autouse=True)
def waiting(desk: Desk) -> None:
    """A campaign of two batches, one of them held; its limit lets one message a second go."""
    add_campaign(desk.ledger, *(make_batch(*[1] * 10, first_row=1 + 10 * n) for n in range(2)), id="waiting")
    desk.limit(LimitScope.campaign("waiting"), Rate(1, 1))
    desk.taken["waiting"] = take(desk.ledger, "waiting")


def asked(desk: Desk, *messages: int) -> list[str]:
    """What claims of these messages of the held batch are answered."""
    return [desk.ask(message, "waiting").word for message in messages]


def pick(desk: Desk, most: int, chance: float) -> tuple[list[tuple[str, int]], int]:
    """What a process that has room takes up, and when it would look again."""
    taken, next_ms = desk.ledger.batches.pick(
        token=token_of("another"), lease_ms=LEASE_MS, look_ms=1, again_ms=AGAIN_MS, most=most, chance=chance
    )
    assert not any(isinstance(each, Unreadable) for each in taken)
    return [(each.hold.campaign, each.hold.batch) for each in taken if isinstance(each, TakenBatch)], next_ms


def picked(desk: Desk, most: int = 1, chance: float = 0) -> list[tuple[str, int]]:
    """What a process that has room would take up."""
    return pick(desk, most, chance)[0]


def next_ms(desk: Desk) -> int:
    """When it would look again."""
    return pick(desk, 1, 0)[1]


def test_nobody_else_takes_up_a_campaign_whose_sender_waits_for_a_limit(desk: Desk) -> None:
    assert asked(desk, 0, 1) == ["go", "wait"]
    assert picked(desk) == []
    desk.later(1_500)  # its sender asks again after a second at most, and is denied the second time
    assert asked(desk, 1, 2) == ["go", "wait"]
    desk.later(1_500)
    assert picked(desk) == []


def test_one_whose_sender_does_not_ask_again_is_taken_up(desk: Desk) -> None:
    assert asked(desk, 0, 1) == ["go", "wait"]
    desk.later(3_001)
    assert picked(desk) == [("waiting", 1)]


def test_one_whose_batch_was_given_back_is_taken_up_at_once(desk: Desk) -> None:
    assert asked(desk, 0, 1) == ["go", "wait"]
    desk.ledger.batches.give_back(desk.taken["waiting"].hold, wait_ms=0, poll_ms=60_000, look_ms=60_000)
    assert picked(desk)


def test_one_that_no_limit_denied_is_taken_up(desk: Desk) -> None:
    assert asked(desk, 0) == ["go"]
    assert picked(desk) == [("waiting", 1)]
    assert picked(desk) == []


def test_a_wait_of_a_moment_keeps_nobody_else_from_the_campaign(desk: Desk) -> None:
    desk.limit(LimitScope.campaign("waiting"), Rate(100, 1))
    assert asked(desk, 0, 1) == ["go", "wait"]
    assert picked(desk) == [("waiting", 1)]


def test_urgent_ones_are_taken_up_before_the_others(desk: Desk) -> None:
    add_campaign(desk.ledger, make_batch(1, 1, first_row=101), id="hurry", priority="urgent")
    assert picked(desk, 2) == [("hurry", 0), ("waiting", 1)]


def test_of_each_campaign_one_batch_is_taken_up_at_once_and_the_next_time_another(desk: Desk) -> None:
    add_campaign(desk.ledger, *(make_batch(1, first_row=101 + n) for n in range(3)), id="other")
    assert sorted(picked(desk, 9)) == [("other", 0), ("waiting", 1)]
    assert picked(desk, 9) == [("other", 1)]


def test_each_campaign_has_its_chance_to_be_the_first(desk: Desk) -> None:
    desk.ledger.redis.delete("mms:offered")
    for n in range(80):
        add_campaign(desk.ledger, make_batch(1, first_row=101 + n), id=f"c{n:02}")
    last, first = picked(desk, 64, chance=0.99), picked(desk, 64, chance=0)
    assert ("c79", 0) in last
    assert ("c00", 0) in first
    assert len({*last, *first}) == 81


def test_it_is_told_when_the_next_campaign_is_due(desk: Desk) -> None:
    assert next_ms(desk) == 0
    assert next_ms(desk) == LEASE_MS
    add_campaign(desk.ledger, make_batch(1, 1, first_row=101), id="later")
    desk.taken["later"] = take(desk.ledger, "later")
    desk.limit(LimitScope.campaign("later"), Rate(1, 1))
    assert [desk.ask(message, "later").word for message in (0, 1)] == ["go", "wait"]
    desk.ledger.redis.zrem("mms:due", "waiting")
    assert next_ms(desk) == LEASE_MS


def test_one_that_may_not_be_taken_after_all_is_due_again_later(desk: Desk) -> None:
    desk.ledger.redis.hset("mms:c:waiting", "doubt", 1)
    assert pick(desk, 1, 0) == ([], AGAIN_MS)


def test_one_that_is_spoilt_keeps_no_other(desk: Desk) -> None:
    add_campaign(desk.ledger, make_batch(1, 1, first_row=101), id="spoilt")
    desk.ledger.redis.delete("mms:c:spoilt:r:0")
    desk.ledger.redis.set("mms:c:spoilt:r:0", "another program's")
    assert picked(desk, 9) == [("waiting", 1)]


@pytest.mark.parametrize(("wait_ms", "until_ms"), [(100, 1_100), (2_000, 3_000), (60_000, 3_000)])
def test_its_sender_is_waited_with_for_a_second_after_its_wait_and_no_more_than_three(
    desk: Desk, wait_ms: int, until_ms: int
) -> None:
    desk.ledger.agenda.hold(ACCOUNT, wait_ms)
    assert asked(desk, 0) == ["wait"]
    said = desk.ledger.redis.hget("mms:c:waiting", "asked")
    assert int(said or 0) == desk.now_ms + until_ms


def test_that_it_is_waited_with_is_written_at_most_four_times_a_second(desk: Desk) -> None:
    first = desk.now_ms
    assert asked(desk, 0, 1) == ["go", "wait"]
    for later_ms, written_ms in ((100, 2_000), (0, 2_000)):
        desk.later(later_ms)
        asked(desk, 1)
        assert int(desk.ledger.redis.hget("mms:c:waiting", "asked") or 0) == first + written_ms
    desk.ledger.redis.hset("mms:c:waiting", "asked", desk.now_ms + 1_900 - 250)
    asked(desk, 1)
    assert int(desk.ledger.redis.hget("mms:c:waiting", "asked") or 0) == desk.now_ms + 1_900 - 250
    desk.ledger.redis.hset("mms:c:waiting", "asked", desk.now_ms + 1_900 - 251)
    asked(desk, 1)
    assert int(desk.ledger.redis.hget("mms:c:waiting", "asked") or 0) == desk.now_ms + 1_900


@pytest.mark.parametrize("busy", [63, 64])
def test_no_more_than_sixty_four_that_cannot_be_taken_up_are_looked_at(desk: Desk, busy: int) -> None:
    desk.ledger.redis.delete("mms:due", "mms:offered")
    desk.ledger.redis.zadd("mms:due", {f"gone{n:02}": desk.now_ms - 1 for n in range(busy)})
    desk.ledger.redis.zadd("mms:due", {"waiting": desk.now_ms})
    assert picked(desk) == ([("waiting", 1)] if busy < 64 else [])


@pytest.mark.parametrize("busy", [63, 64])
def test_no_more_than_sixty_four_batches_on_offer_are_looked_at(desk: Desk, busy: int) -> None:
    desk.ledger.redis.delete("mms:due", "mms:offered")
    desk.ledger.redis.zadd("mms:c:waiting:due", {"1": desk.now_ms + 1_000})
    desk.ledger.redis.zadd("mms:offered", {f"gone{n:02}:0": desk.now_ms for n in range(busy)})
    desk.ledger.redis.zadd("mms:offered", {"waiting:1": desk.now_ms + 1})
    assert picked(desk) == ([("waiting", 1)] if busy < 64 else [])
