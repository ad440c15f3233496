"""Daily caps: exact, for the whole cost, over midnight on the zone's own clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.errors import InputError
from dispatcher.model.scope import ACCOUNT, EACH_SENDER, LimitScope
from dispatcher.pipeline.limits.charges import refresh_caps, set_cap
from dispatcher.rules.cap_days import day_boundaries
from tests.dispatcher.pipeline.limits.conftest import Desk
from tests.factories import CAMPAIGN, make_record, record

ZONE = "America/Los_Angeles"
HOUR_MS = 3_600_000


def local(*moment: int, zone: str = ZONE) -> int:
    """A local time, ms since 1970."""
    return int(datetime(*moment, tzinfo=ZoneInfo(zone)).timestamp() * 1000)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("day", "following", "hours"),
    [
        ((2027, 3, 14), (2027, 3, 15), 23),
        ((2027, 11, 7), (2027, 11, 8), 25),
        ((2027, 6, 1), (2027, 6, 2), 24),
    ],
)
def test_a_cap_lasts_from_midnight_to_midnight_also_when_the_clocks_change(
    desk: Desk, day: tuple[int, ...], following: tuple[int, ...], hours: int
) -> None:
    desk.at(local(*day) - 1)
    set_cap(desk.ledger, ACCOUNT, 3, ZONE, desk.now_ms)
    desk.campaign()
    assert [desk.ask(n).word for n in range(4)] == ["go", "go", "go", "wait"]
    assert desk.ask(4) == ("wait", 0, 1, "day:account", ())
    desk.at(local(*day))
    assert [desk.ask(n).word for n in range(4, 8)] == ["go", "go", "go", "wait"]
    assert desk.ask(8).wait_ms == hours * HOUR_MS
    refresh_caps(desk.ledger, desk.now_ms)
    desk.at(local(*following) - 1)
    assert desk.ask(8).word == "wait"
    desk.at(local(*following))
    assert [desk.ask(n).word for n in range(8, 12)] == ["go", "go", "go", "wait"]


def test_a_cap_needs_room_for_all_of_a_group(desk: Desk) -> None:
    set_cap(desk.ledger, LimitScope.campaign(CAMPAIGN), 10, ZONE, desk.now_ms)
    desk.campaign(9, 2, 1)
    assert desk.ask(0).word == "go"
    assert desk.ask(1).detail == f"day:campaign:{CAMPAIGN}"
    assert desk.ask(2).word == "go"


def test_what_carrierx_did_not_take_is_given_back_once(desk: Desk) -> None:
    set_cap(desk.ledger, ACCOUNT, 9, ZONE, desk.now_ms)
    desk.campaign(9, 9)
    wanted = desk.asked(0)
    assert desk.ask(0).word == "go"
    became = make_record(wanted, "later", cost=9, sender=wanted.sender)
    assert [record(desk.ledger, desk.taken[CAMPAIGN].hold, became) for _ in range(2)] == ["ok", "gone"]
    assert [desk.ask(1).word, desk.ask(0, name="again").word] == ["go", "wait"]


def test_yesterdays_units_are_not_given_back_to_today(desk: Desk) -> None:
    set_cap(desk.ledger, ACCOUNT, 2, ZONE, desk.now_ms)
    desk.campaign()
    wanted = desk.asked(0)
    desk.ask(0)
    desk.at(day_boundaries(desk.now_ms, ZONE)[1])
    assert [desk.ask(n).word for n in (1, 2, 3)] == ["go", "go", "wait"]
    became = make_record(wanted, "refused", cost=1, sender=wanted.sender)
    record(desk.ledger, desk.taken[CAMPAIGN].hold, became)
    assert desk.ask(3).word == "wait"


def test_a_cap_that_nobody_refreshed_for_a_day_lets_nothing_go(desk: Desk) -> None:
    set_cap(desk.ledger, ACCOUNT, 5, ZONE, desk.now_ms)
    desk.campaign()
    desk.at(day_boundaries(desk.now_ms, ZONE)[2])
    assert desk.ask(0) == ("wait", 0, 60_000, "day:account", ())
    refresh_caps(desk.ledger, desk.now_ms)
    assert desk.ask(0).word == "go"


def test_a_cap_changed_in_the_middle_of_a_day_counts_what_went(desk: Desk) -> None:
    set_cap(desk.ledger, ACCOUNT, 2, ZONE, desk.now_ms)
    desk.campaign()
    assert [desk.ask(n).word for n in range(3)] == ["go", "go", "wait"]
    set_cap(desk.ledger, ACCOUNT, 3, "America/New_York", desk.now_ms)
    assert [desk.ask(n).word for n in (2, 3)] == ["go", "wait"]


def test_a_cap_changed_when_its_day_is_over_counts_nothing_of_it(desk: Desk) -> None:
    set_cap(desk.ledger, ACCOUNT, 1, ZONE, desk.now_ms)
    desk.campaign()
    assert [desk.ask(n).word for n in range(2)] == ["go", "wait"]
    desk.at(day_boundaries(desk.now_ms, ZONE)[1])
    set_cap(desk.ledger, ACCOUNT, 1, "America/New_York", desk.now_ms)
    assert desk.ask(1).word == "go"


def test_what_a_day_counted_is_forgotten_three_days_after_its_last_change(desk: Desk) -> None:
    set_cap(desk.ledger, ACCOUNT, 2, ZONE, desk.now_ms)
    desk.campaign()
    desk.ask(0)
    (key,) = desk.ledger.redis.keys("mms:day:*")
    desk.ledger.redis.persist(key)
    desk.ask(1)
    set_cap(desk.ledger, ACCOUNT, 3, "America/New_York", desk.now_ms)
    (moved,) = set(desk.ledger.redis.keys("mms:day:*")) - {key}
    for each in (key, moved):
        assert 3 * 24 * HOUR_MS - 5_000 < int(desk.ledger.redis.pttl(each)) <= 3 * 24 * HOUR_MS


def test_a_senders_default_cap_counts_each_sender_by_itself(desk: Desk) -> None:
    set_cap(desk.ledger, EACH_SENDER, 1, ZONE, desk.now_ms)
    desk.campaign()
    assert [desk.ask(n, sender=number).word for n, number in enumerate(["a", "a", "b"])] == [
        "go",
        "wait",
        "go",
    ]


@given(
    st.integers(0, 4_000_000_000_000),
    st.sampled_from(
        [ZONE, "UTC", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"]
    ),
)
def test_a_moment_lies_within_its_day_and_the_next_day_follows(now_ms: int, zone: str) -> None:
    begin, end, after = day_boundaries(now_ms, zone)
    assert begin <= now_ms < end < after
    assert 22 * HOUR_MS <= end - begin <= 26 * HOUR_MS
    assert day_boundaries(end, zone)[:2] == (end, after)
    assert day_boundaries(end - 1, zone)[0] == begin


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="no time zone"):
        day_boundaries(0, "Mars/Olympus")
