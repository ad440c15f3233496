"""Campaigns that want one limit share it evenly; urgent ones go first; nobody pays for it alone."""

from __future__ import annotations

from collections import Counter

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


def test_one_that_asks_more_often_is_served_no_more(desk: Desk) -> None:
    desk.limit("account", TEN)
    served = compete(desk, make(desk, "loud", "quiet"), 10_000, eager={"loud": 9})
    assert sum(served.values()) >= 98
    assert abs(served["loud"] - served["quiet"]) <= 10


def test_a_newcomer_joins_where_the_others_are_and_owes_and_is_owed_nothing(desk: Desk) -> None:
    desk.limit("account", TEN)
    wanters = make(desk, "first", "second")
    compete(desk, wanters, 4_000)
    wanters |= make(desk, "third")
    served = compete(desk, wanters, 9_000)
    assert all(20 <= count <= 42 for count in served.values()), served


def test_an_urgent_campaign_goes_at_the_next_message_and_before_all_others(desk: Desk) -> None:
    desk.limit("account", TEN)
    wanters = make(desk, "normal")
    compete(desk, wanters, 2_000)
    wanters |= make(desk, "hurry", priority="urgent")
    served = compete(desk, wanters, 3_000, eager={"normal": 5})
    assert served["hurry"] >= 28
    assert served["normal"] <= 2


def test_a_campaign_that_its_own_limit_holds_keeps_nobody_from_the_account(desk: Desk) -> None:
    desk.limit("account", TEN)
    desk.limit("campaign:slow", Rate(1, 1))
    served = compete(desk, make(desk, "slow", "fast"), 8_000)
    assert served["slow"] >= 7
    assert served["slow"] + served["fast"] >= 78


def test_one_that_went_away_is_waited_for_a_moment_only(desk: Desk) -> None:
    desk.limit("account", TEN)
    wanters = make(desk, "stays", "goes")
    compete(desk, wanters, 2_000)
    del wanters["goes"]
    assert compete(desk, wanters, 4_000)["stays"] >= 36


def test_without_contention_nothing_is_kept(desk: Desk) -> None:
    make(desk, "alone")
    assert [desk.ask(message, "alone").word for message in range(20)] == ["go"] * 20
    assert desk.ledger.redis.keys("mms:fair:*") == []
