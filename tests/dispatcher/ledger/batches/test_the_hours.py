"""Allowed hours through the claim: around both clock changes, for every split area code and every state's rule."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatcher.ledger.batches.claims import TakenBatch
from dispatcher.ledger.batches.packing import Batch, BatchMessage, BatchRow
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import QuietHours
from dispatcher.model.scope import ACCOUNT
from dispatcher.rules.quiet_hours import Window
from dispatcher.rules.send_window import SendWindow
from tests.dispatcher.rules.test_quiet_hours import CLOCK_CHANGES, SPLIT, STRICT, number_in, open_at
from tests.factories import CAMPAIGN, SENDER, add_campaign, claim, make_claim, states, take
from tests.valkey import set_clock

#: Every split area code, one of each state with hours of its own, one of an ordinary state, toll-free and unknown.
NUMBERS = [number_in(code) for code in (*SPLIT, *STRICT.values(), "516", "800", "999")]
#: Further than a message waits for a limit before its batch is given back.
LONGEST_WAIT_MS = 5_000
DAY_MS = 86_400_000

moments = st.builds(
    lambda day, ms: int(day.timestamp() * 1000) + ms,
    st.sampled_from(CLOCK_CHANGES),
    st.integers(-DAY_MS, 2 * DAY_MS),
)
policies: st.SearchStrategy[QuietHours] = st.sampled_from(["federal", "us-strict"])


def taken_at(ledger: Ledger, now_ms: int) -> TakenBatch:
    """A campaign with one message to each number, taken at this moment."""
    ledger.redis.flushall()
    set_clock(ledger.redis, now_ms)
    rows = tuple(BatchRow(row, row + 1, number, None, ()) for row, number in enumerate(NUMBERS, 1))
    messages = tuple(BatchMessage((index,), SENDER, "Hi", ()) for index in range(len(rows)))
    add_campaign(ledger, Batch(rows, messages))
    taken = take(ledger)
    ledger.batches.renew(taken.hold, lease_ms=DAY_MS)
    return taken


def window_of(number: str, policy: QuietHours, now_ms: int) -> Window:
    """What a sender asks a claim with."""
    window = SendWindow(policy, None, 0).window([(number, None)], now_ms)
    assert window is not None
    return window


def word(ledger: Ledger, taken: TakenBatch, message: int, window: Window, now_ms: int) -> str:
    """What a claim is answered at this moment."""
    set_clock(ledger.redis, now_ms)
    wanted = make_claim(taken, message, numbers=(NUMBERS[message],), window=window)
    return claim(ledger, taken.hold, wanted, now_ms=now_ms).word


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(policies, moments, st.integers(0, LONGEST_WAIT_MS))
def test_nothing_is_claimed_outside_hours_however_long_ago_they_were_looked_up(
    timed_ledger: Ledger, policy: QuietHours, looked_ms: int, waited_ms: int
) -> None:
    asked_ms = looked_ms + waited_ms
    taken = taken_at(timed_ledger, looked_ms)
    for message, number in enumerate(NUMBERS):
        window = window_of(number, policy, looked_ms)
        answer = word(timed_ledger, taken, message, window, asked_ms)
        is_open = open_at(number, None, policy, asked_ms)
        assert answer == "wait" or is_open
        if window.allows(asked_ms):
            assert answer == "go"
            assert is_open


@pytest.mark.slow
@pytest.mark.parametrize("change", CLOCK_CHANGES, ids=["spring", "autumn"])
@pytest.mark.parametrize("policy", ["federal", "us-strict"])
def test_a_row_that_is_due_a_tenth_of_a_second_before_its_window_closes_and_waits_for_a_limit_is_held(
    timed_ledger: Ledger, policy: QuietHours, change: datetime
) -> None:
    noon = int((change + timedelta(hours=18)).timestamp() * 1000)
    for number in NUMBERS:
        window = window_of(number, policy, noon)
        closes_ms = window.until_ms
        assert not open_at(number, None, policy, closes_ms)
        taken = taken_at(timed_ledger, closes_ms - 100)
        timed_ledger.campaigns.set_rate(ACCOUNT, (200_000, 0))
        first, late = NUMBERS.index(number), (NUMBERS.index(number) + 1) % len(NUMBERS)
        before_ms, after_ms = closes_ms - 100, closes_ms + 100
        assert word(timed_ledger, taken, late, Window(1, closes_ms), before_ms) == "go"
        assert word(timed_ledger, taken, first, window, before_ms) == "wait"
        assert word(timed_ledger, taken, first, window, after_ms) == "wait"
        again = window_of(number, policy, after_ms)
        assert again.from_ms > after_ms
        assert word(timed_ledger, taken, first, again, after_ms) == "wait"
        assert states(timed_ledger)[first] == "pending"
        assert timed_ledger.campaign(CAMPAIGN).messages == len(NUMBERS)


def test_the_clock_changes_are_those_of_the_year() -> None:
    for day in CLOCK_CHANGES:
        there = ZoneInfo("America/New_York")
        offsets = {(day + timedelta(hours=hour)).astimezone(there).utcoffset() for hour in (-6, 18)}
        assert len(offsets) == 2
