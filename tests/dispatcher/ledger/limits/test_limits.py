"""The limiter: no window over its rate, over all workers, whatever the clock does."""

from __future__ import annotations

import threading
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatcher.ledger.batches.claims import ClaimAnswer, TakenBatch
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.claim_wait import ClaimWait
from dispatcher.model.scope import ACCOUNT, EACH_SENDER, LimitScope, ScopeKind, scopes_over
from dispatcher.rules.rates import Rate, parse_rate
from tests.factories import CAMPAIGN, SENDER, START_MS, add_campaign, claim, make_batch, make_claim, take
from tests.valkey import set_clock

HOUR_MS = 3_600_000


def limit(ledger: Ledger, scope: LimitScope, rate: Rate) -> None:
    """Put a limit in force."""
    ledger.campaigns.set_rate(scope, (rate.interval_us, rate.tolerance_us))


def taken_batch(ledger: Ledger, *sizes: int) -> TakenBatch:
    """A batch with these messages, held for a day."""
    add_campaign(ledger, make_batch(*sizes or (1,) * 100))
    taken = take(ledger)
    ledger.batches.renew(taken.hold, lease_ms=24 * HOUR_MS)
    return taken


def ask(ledger: Ledger, taken: TakenBatch, message: int, now_ms: int, **changes: Any) -> ClaimAnswer:
    """Claim one message at this time."""
    set_clock(ledger.redis, now_ms)
    return claim(ledger, taken.hold, make_claim(taken, message, **changes), now_ms=now_ms)


def within(times: list[int], window_ms: int) -> int:
    """The most of these times in any rolling window."""
    times = sorted(times)
    return max(bisect_left(times, start + window_ms) - index for index, start in enumerate(times))


def test_a_claim_over_the_limit_is_told_how_long_and_by_which(ledger_at_start: Ledger) -> None:
    limit(ledger_at_start, EACH_SENDER, Rate(10, 1))
    taken = taken_batch(ledger_at_start)
    assert ask(ledger_at_start, taken, 0, START_MS).word == "go"
    assert ask(ledger_at_start, taken, 1, START_MS)[:4] == ("wait", 0, 100, "sender:15162065575")
    assert ask(ledger_at_start, taken, 1, START_MS + 100).word == "go"


def test_the_limit_that_binds_longest_is_named(ledger_at_start: Ledger) -> None:
    limit(ledger_at_start, ACCOUNT, Rate(10, 1))
    limit(ledger_at_start, EACH_SENDER, Rate(5, 1))
    limit(ledger_at_start, LimitScope.campaign(CAMPAIGN), Rate(2, 1))
    taken = taken_batch(ledger_at_start)
    ask(ledger_at_start, taken, 0, START_MS)
    assert ask(ledger_at_start, taken, 1, START_MS)[:4] == ("wait", 0, 500, f"campaign:{CAMPAIGN}")


@pytest.mark.parametrize("kind", list(ScopeKind))
def test_a_scope_of_each_kind_holds_a_claim_by_the_name_that_it_has_here(
    ledger_at_start: Ledger, kind: ScopeKind
) -> None:
    scope = next(scope for scope in scopes_over(CAMPAIGN, [SENDER]) if scope.kind == kind)
    limit(ledger_at_start, scope, Rate(10, 1))
    taken = taken_batch(ledger_at_start)
    ask(ledger_at_start, taken, 0, START_MS)
    wait = ClaimWait(ask(ledger_at_start, taken, 1, START_MS).detail)
    assert (wait.scope, wait.label) == (scope, kind)


def test_a_senders_own_limit_outranks_that_of_all_senders(ledger_at_start: Ledger) -> None:
    limit(ledger_at_start, EACH_SENDER, Rate(1, 1))
    limit(ledger_at_start, LimitScope.sender("15162065575"), Rate(10, 1))
    taken = taken_batch(ledger_at_start)
    ask(ledger_at_start, taken, 0, START_MS)
    assert ask(ledger_at_start, taken, 1, START_MS).wait_ms == 100


def test_a_claim_that_one_limit_denies_costs_the_others_nothing(ledger_at_start: Ledger) -> None:
    limit(ledger_at_start, ACCOUNT, Rate(10, 1))
    limit(ledger_at_start, LimitScope.sender("a"), Rate(1, 1))
    taken = taken_batch(ledger_at_start)
    ask(ledger_at_start, taken, 0, START_MS, sender="a")
    assert ask(ledger_at_start, taken, 1, START_MS + 100, sender="a").detail == "sender:a"
    assert ask(ledger_at_start, taken, 2, START_MS + 100, sender="b").word == "go"


def test_a_group_passes_as_one_and_is_paid_for_as_nine(ledger_at_start: Ledger) -> None:
    limit(ledger_at_start, ACCOUNT, Rate(10, 1))
    taken = taken_batch(ledger_at_start, 9, 1)
    assert ask(ledger_at_start, taken, 0, START_MS).word == "go"
    assert ask(ledger_at_start, taken, 1, START_MS).wait_ms == 900


def test_a_slow_limits_debt_outlives_an_hour(ledger_at_start: Ledger) -> None:
    limit(ledger_at_start, ACCOUNT, parse_rate("1/h"))
    taken = taken_batch(ledger_at_start, 9, 1)
    ask(ledger_at_start, taken, 0, START_MS)
    assert ledger_at_start.redis.pttl("mms:limit:account") > 9 * HOUR_MS
    assert ask(ledger_at_start, taken, 1, START_MS + 8 * HOUR_MS).wait_ms == HOUR_MS


def test_idle_time_saves_up_no_more_than_the_burst(ledger_at_start: Ledger) -> None:
    limit(ledger_at_start, ACCOUNT, Rate(10, 3))
    taken = taken_batch(ledger_at_start)
    words = [ask(ledger_at_start, taken, message, START_MS + HOUR_MS).word for message in range(5)]
    assert words == ["go", "go", "go", "wait", "wait"]


@pytest.mark.parametrize("back_ms", [1, 5_000, HOUR_MS])
def test_a_clock_that_steps_back_neither_stalls_nor_bursts(ledger_at_start: Ledger, back_ms: int) -> None:
    limit(ledger_at_start, ACCOUNT, Rate(10, 2))
    taken = taken_batch(ledger_at_start)
    for message in range(10):
        ask(ledger_at_start, taken, message, START_MS + 100 * message)
    stepped = START_MS + 900 - back_ms
    first = ask(ledger_at_start, taken, 10, stepped)
    assert first.word == "wait" or back_ms < 1_000
    assert first.wait_ms <= 10_100
    assert [ask(ledger_at_start, taken, 11 + extra, stepped + 10_100).word for extra in range(3)][2:] == [
        "wait"
    ]


def test_a_step_forward_gives_no_more_than_the_burst(ledger_at_start: Ledger) -> None:
    limit(ledger_at_start, ACCOUNT, Rate(10, 2))
    taken = taken_batch(ledger_at_start)
    words = [ask(ledger_at_start, taken, message, START_MS + HOUR_MS).word for message in range(4)]
    assert words == ["go", "go", "wait", "wait"]


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rate=st.sampled_from([1.0, 3.0, 10.0, 33.3]),
    burst=st.integers(1, 4),
    steps=st.lists(st.tuples(st.integers(0, 700), st.sampled_from([1, 1, 1, 3])), min_size=20, max_size=60),
)
def test_no_rolling_window_is_over_rate_and_burst(
    ledger_at_start: Ledger, rate: float, burst: int, steps: list[tuple[int, int]]
) -> None:
    ledger_at_start.redis.flushall()
    set_clock(ledger_at_start.redis, START_MS)
    limit(ledger_at_start, ACCOUNT, Rate(rate, burst))
    taken = taken_batch(ledger_at_start, *(size for _, size in steps[:33]))
    now, went = START_MS, []
    for message, (step_ms, size) in enumerate(steps[:33]):
        now += step_ms
        if ask(ledger_at_start, taken, message, now).word == "go":
            went += [now] * size
    debt = 2  # the last group's legs but its first
    for window_ms in (1_000, 3_000):
        assert not went or within(went, window_ms) <= rate * window_ms / 1000 + burst + debt


@pytest.mark.slow
def test_many_workers_together_stay_within_the_limit(ledger_at_start: Ledger) -> None:
    """Four threads ask for every millisecond in turn; a barrier, not a sleep, keeps them at the same time."""
    limit(ledger_at_start, ACCOUNT, Rate(50, 2))
    taken = taken_batch(ledger_at_start)
    went: list[int] = []
    now = START_MS
    lock, messages = threading.Lock(), list(range(100))

    def tick() -> None:
        nonlocal now
        now += 5
        set_clock(ledger_at_start.redis, now)

    barrier = threading.Barrier(4, action=tick)

    def work(_: int) -> None:
        for _ in range(200):
            barrier.wait()
            with lock:
                message = messages.pop() if messages else None
            if message is None:
                continue
            if claim(ledger_at_start, taken.hold, make_claim(taken, message), now_ms=now).word == "go":
                went.append(now)
            else:
                with lock:
                    messages.append(message)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert within(went, 1_000) <= 50 + 2
    assert len(went) >= 50


def test_a_hold_of_carrierx_stops_its_scope_until_it_ends(ledger_at_start: Ledger) -> None:
    taken = taken_batch(ledger_at_start)
    limit(ledger_at_start, ACCOUNT, Rate(1000, 100))
    ledger_at_start.agenda.hold(ACCOUNT, 2_500)
    assert ask(ledger_at_start, taken, 0, START_MS)[:4] == ("wait", 0, 2_500, "account")
    assert ask(ledger_at_start, taken, 0, START_MS + 2_500).word == "go"


def test_a_shorter_hold_does_not_end_a_longer_one(ledger_at_start: Ledger) -> None:
    taken = taken_batch(ledger_at_start)
    limit(ledger_at_start, ACCOUNT, Rate(1000, 100))
    assert [ledger_at_start.agenda.hold(ACCOUNT, wait_ms) for wait_ms in (60_000, 1_000)] == [
        60_000,
        60_000,
    ]
    assert ask(ledger_at_start, taken, 0, START_MS).wait_ms == 60_000


def test_without_a_limit_everything_may_go(ledger_at_start: Ledger) -> None:
    taken = taken_batch(ledger_at_start)
    assert {ask(ledger_at_start, taken, message, START_MS).word for message in range(100)} == {"go"}


def test_a_hold_is_obeyed_where_no_limit_is_in_force(ledger_at_start: Ledger) -> None:
    taken = taken_batch(ledger_at_start)
    ledger_at_start.agenda.hold(ACCOUNT, 2_500)
    assert ask(ledger_at_start, taken, 0, START_MS)[:4] == ("wait", 0, 2_500, "account")


def test_a_hold_is_waited_for_an_hour_at_a_time(ledger_at_start: Ledger) -> None:
    taken = taken_batch(ledger_at_start)
    ledger_at_start.agenda.hold(ACCOUNT, 5 * HOUR_MS)
    assert ask(ledger_at_start, taken, 0, START_MS)[:4] == ("wait", 0, HOUR_MS, "account")
    assert ask(ledger_at_start, taken, 0, START_MS + 4 * HOUR_MS + 1).wait_ms == HOUR_MS - 1


def test_a_debt_is_no_older_than_a_hundred_messages_of_the_limit(ledger_at_start: Ledger) -> None:
    limit(ledger_at_start, ACCOUNT, Rate(10, 2))
    taken = taken_batch(ledger_at_start)
    ledger_at_start.redis.set("mms:limit:account", (START_MS + HOUR_MS) * 1000, px=50_000)
    assert ask(ledger_at_start, taken, 0, START_MS).wait_ms == 100 * 100
    assert int(ledger_at_start.redis.get("mms:limit:account") or 0) == (START_MS + 10_000 + 100) * 1000
    assert 45_000 < int(ledger_at_start.redis.pttl("mms:limit:account")) <= 50_000


def test_what_is_owed_is_forgotten_an_hour_after_it_is_paid_off(ledger_at_start: Ledger) -> None:
    limit(ledger_at_start, ACCOUNT, Rate(1, 1))
    taken = taken_batch(ledger_at_start, 9)
    ask(ledger_at_start, taken, 0, START_MS)
    assert HOUR_MS + 4_000 < int(ledger_at_start.redis.pttl("mms:limit:account")) <= HOUR_MS + 9_000
