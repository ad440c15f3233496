"""What an estimate takes into account: hours, segments, groups, caps, other campaigns, answers 429."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.ledger.batches.packing import Batch, BatchRow
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.scope import ACCOUNT, EACH_SENDER, LimitScope
from dispatcher.pipeline.estimates._fair_share import fair_share
from dispatcher.pipeline.estimates._projection import HOURS, SENDING, Allowance, projection
from dispatcher.pipeline.estimates.estimate import estimate, estimated_all
from dispatcher.pipeline.limits.changes import set_limit, use_sender
from dispatcher.pipeline.limits.charges import set_cap
from dispatcher.rules.quiet_hours import Window
from tests.factories import CAMPAIGN, SENDER, START_MS, add_campaign, make_batch
from tests.valkey import set_clock

DAY_MS = 86_400_000
POOL = (SENDER, "15162065576")
FROM: dict[str, Any] = {"from": POOL}
Look = Callable[..., tuple[float, str]]


@pytest.fixture
def ledger(ledger_at_start: Ledger) -> Ledger:
    """What the verbs of this file work on."""
    return ledger_at_start


@pytest.fixture
def look(ledger: Ledger) -> Look:
    """Estimates as of a moment: seconds until the end, and what binds."""

    def seconds(at_ms: int = START_MS, id: str = CAMPAIGN) -> tuple[float, str]:
        found = estimate(ledger, ledger.campaign(id), at_ms=at_ms)
        assert found is not None
        return found.finish_at.timestamp() - at_ms / 1000, found.binds

    return seconds


def zoned(zone: str, *, first_row: int = 1) -> Batch:
    """A hundred singles in this zone."""
    batch = make_batch(*[1] * 100, first_row=first_row)
    rows = [row._replace(timezone=zone) for row in batch.rows if isinstance(row, BatchRow)]
    return Batch(tuple(rows), batch.messages)


def pooled(count: int = 100) -> Batch:
    """Singles whose sender is chosen when they are sent."""
    batch = make_batch(*[1] * count)
    return Batch(batch.rows, tuple(message._replace(sender="") for message in batch.messages))


def new_york(*moment: int) -> int:
    """A moment there, ms."""
    return int(datetime(*moment, tzinfo=ZoneInfo("America/New_York")).timestamp() * 1000)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("day", "hours"), [((2027, 1, 12), 11), ((2027, 3, 13), 10), ((2027, 11, 6), 12)], ids=str
)
def test_what_does_not_fit_into_the_evening_goes_in_the_morning_also_when_the_clocks_change(
    ledger: Ledger, look: Look, day: tuple[int, ...], hours: int
) -> None:
    add_campaign(ledger, zoned("America/New_York"), quiet_hours="federal")
    set_limit(ledger, LimitScope.campaign(CAMPAIGN), rate="1/s")
    at_ms = new_york(*day, 20, 59)
    set_clock(ledger.redis, at_ms)
    assert look(at_ms) == (60 + hours * 3600 + 40, HOURS)


def test_two_zones_are_served_while_each_is_open(ledger: Ledger, look: Look) -> None:
    east, west = zoned("America/New_York"), zoned("America/Los_Angeles", first_row=101)
    add_campaign(ledger, east, west, quiet_hours="federal")
    set_limit(ledger, LimitScope.campaign(CAMPAIGN), rate="1/s")
    seconds, binds = look(new_york(2027, 1, 12, 20, 59))
    assert seconds == pytest.approx(11 * 3600 + 60 + 70, abs=1)  # 30 of each go; the west is done meanwhile
    assert binds == HOURS


def test_an_sms_of_three_segments_takes_three_times_as_long(ledger: Ledger, look: Look) -> None:
    add_campaign(ledger, make_batch(*[1] * 100, text="x" * 400))
    set_limit(ledger, EACH_SENDER, rate="10/s")
    assert look() == (30, "the limit of the sender")


def test_a_group_takes_as_long_as_its_legs(ledger: Ledger, look: Look) -> None:
    add_campaign(ledger, make_batch(*[9] * 10))
    set_limit(ledger, ACCOUNT, rate="10/s")
    assert look() == (9, "the limit of the account")


def test_a_pool_takes_as_long_as_its_slowest_sender(ledger: Ledger, look: Look) -> None:
    add_campaign(ledger, pooled(), **FROM)
    set_limit(ledger, EACH_SENDER, rate="10/s")
    assert look() == (5, "the limit of the senders")
    set_limit(ledger, LimitScope.sender(POOL[1]), rate="1/s")
    assert look() == (50, "the limit of the senders")
    use_sender(ledger, POOL[1], enabled=False)
    assert look() == (10, "the limit of the sender")


def test_daily_caps_of_senders_count_those_that_went_today(ledger: Ledger, look: Look) -> None:
    add_campaign(ledger, pooled(), **FROM)
    set_limit(ledger, EACH_SENDER, rate="10/s")
    set_cap(ledger, EACH_SENDER, 30, "UTC", START_MS)
    midnight = START_MS // DAY_MS * DAY_MS + DAY_MS
    assert look() == ((midnight - START_MS) / 1000 + 2, "the daily cap of the senders")
    ledger.redis.set(f"mms:day:sender:{POOL[0]}:{midnight - DAY_MS}", 25)
    seconds, _ = look()
    assert seconds == pytest.approx((midnight + DAY_MS - START_MS) / 1000 + 1.5, abs=1)


def test_caps_of_many_days_are_told_to_the_day(ledger: Ledger, look: Look) -> None:
    add_campaign(ledger, make_batch(*[1] * 100))
    set_cap(ledger, LimitScope.campaign(CAMPAIGN), 30, "America/Los_Angeles", START_MS)
    seconds, binds = look()
    assert 2 * 86_400 < seconds < 3.5 * 86_400
    assert binds == "the daily cap of the campaign"


def test_running_campaigns_share_what_they_share(ledger: Ledger, look: Look) -> None:
    for place, id in enumerate((CAMPAIGN, "other", "third")):
        add_campaign(ledger, make_batch(*[1] * 100, first_row=1 + 100 * place), id=id)
    set_limit(ledger, ACCOUNT, rate="12/s")
    assert look() == (25, "the limit of the account")
    set_limit(ledger, LimitScope.campaign("other"), rate="2/s")
    assert look() == (20, "the limit of the account")
    assert look(id="other") == (50, "the limit of the campaign")
    set_limit(ledger, EACH_SENDER, rate="3/s")
    assert look() == (100, "the limit of the sender")


def test_an_urgent_campaign_shares_with_urgent_ones_only(ledger: Ledger, look: Look) -> None:
    add_campaign(ledger, make_batch(*[1] * 100), id="other")
    add_campaign(ledger, make_batch(*[1] * 100, first_row=101), priority="urgent")
    set_limit(ledger, ACCOUNT, rate="10/s")
    assert look() == (10, "the limit of the account")


def test_a_hold_and_a_lowered_pace_of_carrierx_count(ledger: Ledger, look: Look) -> None:
    add_campaign(ledger, make_batch(*[1] * 70))
    set_limit(ledger, ACCOUNT, rate="10/s")
    ledger.agenda.hold(ACCOUNT, 60_000, slower=True)
    assert look() == (70, "the limit of the account")
    assert look(START_MS + 60_000)[0] == 10
    assert look(START_MS + 90_000)[0] == 7


def test_a_campaign_that_starts_later_ends_later(ledger: Ledger, look: Look) -> None:
    add_campaign(ledger, make_batch(*[1] * 100), start_at_ms=START_MS + 3_600_000, run=False)
    set_limit(ledger, ACCOUNT, rate="10/s")
    assert look() == (3610, "the limit of the account")


def test_a_list_of_campaigns_costs_no_more_round_trips_than_one(ledger: Ledger) -> None:
    set_limit(ledger, ACCOUNT, rate="10/s")

    def commands() -> int:
        return int(ledger.redis.info("stats")["total_reads_processed"])

    def cost() -> int:
        campaigns = ledger.campaigns.list(limit=100)
        before = commands()
        found = estimated_all(ledger, campaigns)
        assert all(each.finish_at for each in found)
        return commands() - before

    add_campaign(ledger, id="first")
    of_one = cost()
    for number in range(30):
        add_campaign(ledger, id=f"more-{number}")
    assert cost() <= of_one + 4


@given(st.floats(1, 1e4), st.lists(st.floats(0.1, 1e4), max_size=8))
def test_a_fair_part_leaves_nothing_and_takes_nothing(whole: float, ceilings: list[float]) -> None:
    part = fair_share(whole, ceilings)
    assert whole / (1 + len(ceilings)) <= part * 1.000001
    assert part + sum(min(part, ceiling) for ceiling in ceilings) == pytest.approx(whole)


@given(
    units=st.integers(1, 5000),
    speed=st.sampled_from([0.5, 3.0, 40.0]),
    most=st.integers(50, 2000),
    room=st.integers(0, 500),
    opens=st.integers(0, 20),
    lasts=st.integers(1, 3),
)
def test_a_course_never_sends_more_than_windows_and_caps_allow(
    units: int, speed: float, most: int, room: int, opens: int, lasts: int
) -> None:
    """One place, open for some hours each day, under one cap whose days begin at noon."""
    hour = 3_600_000

    def window(_: str, now_ms: int) -> Window:
        begin = now_ms // DAY_MS * DAY_MS + opens * hour
        return (
            Window(begin, end)
            if (end := begin + lasts * hour) > now_ms
            else Window(begin + DAY_MS, end + DAY_MS)
        )

    noon = DAY_MS // 2
    cap = Allowance("a cap", room, most, noon, noon + DAY_MS)
    found = projection({"here": float(units)}, window, speed=speed, allowances=[cap], begin_ms=0)
    end = found.run()
    days = end / DAY_MS + 1
    assert units <= room + most * (days + 1)
    assert units <= speed * lasts * 3600 * (days + 1)
    assert found.spent[SENDING] * speed / 1000 >= min(units, 1) - 0.01
    assert sum(found.spent.values()) <= end + 1
