"""Campaigns that want one limit share it evenly; urgent ones go first; nobody pays for it alone."""

from __future__ import annotations

from collections import Counter

import pytest

from dispatcher.model.scope import ACCOUNT, LimitScope
from dispatcher.rules.rates import Rate
from tests.dispatcher.pipeline.limits.conftest import Desk

TEN = Rate(10, 1)


def compete(
    desk: Desk, wanters: dict[str, list[int]], ms: int, *, eager: dict[str, int] | None = None
) -> Counter[str]:
    """Each of them asks in every millisecond, an eager one several times and always first; who was served."""
    served: Counter[str] = Counter()
    for _ in range(ms // 5):
        for id, messages in wanters.items():
            for _ in range((eager or {}).get(id, 1)):
                if messages and desk.ask(messages[0], id).word == "go":
                    messages.pop(0)
                    served[id] += 1
        desk.later(5)
    return served


def make(desk: Desk, *ids: str, **settings: object) -> dict[str, list[int]]:
    """Campaigns of 90 messages each."""
    return {desk.campaign(*(1,) * 90, id=id, **settings): list(range(90)) for id in ids}


@pytest.mark.slow
def test_one_that_asks_more_often_is_served_no_more(desk: Desk) -> None:
    desk.limit(ACCOUNT, TEN)
    served = compete(desk, make(desk, "loud", "quiet"), 10_000, eager={"loud": 9})
    assert sum(served.values()) >= 98
    assert abs(served["loud"] - served["quiet"]) <= 10


@pytest.mark.slow
def test_a_newcomer_joins_where_the_others_are_and_owes_and_is_owed_nothing(desk: Desk) -> None:
    desk.limit(ACCOUNT, TEN)
    wanters = make(desk, "first", "second")
    compete(desk, wanters, 4_000)
    wanters |= make(desk, "third")
    served = compete(desk, wanters, 9_000)
    assert all(20 <= count <= 42 for count in served.values()), served


@pytest.mark.slow
def test_an_urgent_campaign_goes_at_the_next_message_and_before_all_others(desk: Desk) -> None:
    desk.limit(ACCOUNT, TEN)
    wanters = make(desk, "normal")
    compete(desk, wanters, 2_000)
    wanters |= make(desk, "hurry", priority="urgent")
    served = compete(desk, wanters, 3_000, eager={"normal": 5})
    assert served["hurry"] >= 28
    assert served["normal"] <= 2


@pytest.mark.slow
def test_a_campaign_that_its_own_limit_holds_keeps_nobody_from_the_account(desk: Desk) -> None:
    desk.limit(ACCOUNT, TEN)
    desk.limit(LimitScope.campaign("slow"), Rate(1, 1))
    served = compete(desk, make(desk, "slow", "fast"), 8_000)
    assert served["slow"] >= 7
    assert served["slow"] + served["fast"] >= 78


@pytest.mark.slow
def test_one_that_went_away_is_waited_for_a_moment_only(desk: Desk) -> None:
    desk.limit(ACCOUNT, TEN)
    wanters = make(desk, "stays", "goes")
    compete(desk, wanters, 2_000)
    del wanters["goes"]
    assert compete(desk, wanters, 4_000)["stays"] >= 36


def test_without_contention_nothing_is_kept(desk: Desk) -> None:
    make(desk, "alone")
    assert [desk.ask(message, "alone").word for message in range(20)] == ["go"] * 20
    assert desk.ledger.redis.keys("mms:fair:*") == []


SERVED, WANT = "mms:fair:account", "mms:want:account"


def rivals(desk: Desk, *, rate: Rate = TEN, ahead: int = 10, wants_ms: int = 0) -> None:
    """A campaign that was served so much more than another one, which wants the account until then, ms from now."""
    desk.limit(ACCOUNT, rate)
    make(desk, "mine")
    desk.ledger.redis.zadd(SERVED, {"mine": ahead, "theirs": 0})
    desk.ledger.redis.zadd(WANT, {"theirs": desk.now_ms + wants_ms})


@pytest.mark.parametrize(("wait_ms", "longer_ms"), [(100, 250), (2_000, 250), (2_001, 3_000)])
def test_who_is_denied_wants_the_limit_until_a_little_after_the_wait(
    desk: Desk, wait_ms: int, longer_ms: int
) -> None:
    desk.limit(ACCOUNT, TEN)
    make(desk, "mine")
    desk.ledger.agenda.hold(ACCOUNT, wait_ms)
    assert desk.ask(0, "mine").wait_ms == wait_ms
    assert desk.ledger.redis.zscore(WANT, "mine") == desk.now_ms + wait_ms + longer_ms
    for key in (SERVED, WANT):
        assert wait_ms + 55_000 < int(desk.ledger.redis.pttl(key)) <= wait_ms + 60_000


def test_who_wants_a_limit_again_within_a_second_keeps_its_place_and_later_joins_the_others(
    desk: Desk,
) -> None:
    desk.limit(ACCOUNT, TEN)
    make(desk, "mine")
    desk.ask(0, "mine")
    desk.ledger.redis.zadd(WANT, {"mine": desk.now_ms - 1_000})
    desk.ledger.redis.zadd(SERVED, {"mine": 3})
    desk.ledger.redis.set("mms:fair:account:now", 8)
    desk.ask(1, "mine")
    assert desk.ledger.redis.zscore(SERVED, "mine") == 3
    desk.ledger.redis.zadd(WANT, {"mine": desk.now_ms - 1_001})
    desk.ledger.redis.zrem(WANT, "mine")
    desk.ask(1, "mine")
    assert desk.ledger.redis.zscore(SERVED, "mine") == 8


@pytest.mark.parametrize(
    ("rate", "ahead", "word"),
    [
        (TEN, 9, "go"),
        (TEN, 10, "yield"),
        (Rate(100, 1), 50, "go"),
        (Rate(100, 1), 51, "yield"),
    ],
)
def test_nobody_is_ahead_of_a_rival_by_more_than_half_a_second_of_the_limit(
    desk: Desk, rate: Rate, ahead: int, word: str
) -> None:
    rivals(desk, rate=rate, ahead=ahead)
    assert desk.ask(0, "mine").word == word


@pytest.mark.parametrize(("per_second", "wait_ms"), [(10, 50 + 50), (20, 50 + 25), (50, 20 + 10), (1000, 3)])
def test_who_is_ahead_stands_back_for_one_message_and_half_of_the_one_before_it(
    desk: Desk, per_second: int, wait_ms: int
) -> None:
    rivals(desk, rate=Rate(per_second, 1), ahead=1000)
    assert desk.ask(0, "mine")[:4] == ("yield", 0, wait_ms, "account")


def test_a_rival_that_wants_nothing_any_more_keeps_nobody_and_is_forgotten_after_five_seconds(
    desk: Desk,
) -> None:
    rivals(desk, wants_ms=-1)
    desk.ledger.redis.zadd(SERVED, {"gone": 0, "almost": 0})
    desk.ledger.redis.zadd(WANT, {"gone": desk.now_ms - 5_001, "almost": desk.now_ms - 5_000})
    assert desk.ask(0, "mine").word == "go"
    for key in (SERVED, WANT):
        assert set(desk.ledger.redis.zrange(key, 0, -1)) - {b"mine"} == {b"theirs", b"almost"}


def test_what_was_served_tells_newcomers_for_a_minute_where_to_join(desk: Desk) -> None:
    rivals(desk, ahead=5, wants_ms=-1)
    assert desk.ask(0, "mine").word == "go"
    assert desk.ledger.redis.zscore(SERVED, "mine") == 6
    assert desk.ledger.redis.get("mms:fair:account:now") == b"5"
    assert 55_000 < int(desk.ledger.redis.pttl("mms:fair:account:now")) <= 60_000


def test_a_limit_of_the_campaign_alone_makes_nobody_a_rival(desk: Desk) -> None:
    desk.limit(LimitScope.campaign("mine"), TEN)
    make(desk, "mine")
    assert [desk.ask(n, "mine").word for n in (0, 1)] == ["go", "wait"]
    assert desk.ledger.redis.keys("mms:fair:*") + desk.ledger.redis.keys("mms:want:*") == []


@pytest.mark.parametrize(("quiet", "word"), [(31, "yield"), (32, "go")])
def test_no_more_than_thirty_two_rivals_are_looked_at(desk: Desk, quiet: int, word: str) -> None:
    rivals(desk)
    desk.ledger.redis.zadd(SERVED, {f"quiet{n:02}": -1 for n in range(quiet)})
    desk.ledger.redis.zadd(WANT, {f"quiet{n:02}": desk.now_ms - 1 for n in range(quiet)})
    assert desk.ask(0, "mine").word == word
