"""The agenda: who needs attention, latches, signs of life."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from tests.factories import CAMPAIGN, START_MS, add_campaign
from tests.valkey import set_clock


def test_of_many_at_once_one_gets_the_latch(ledger: Ledger) -> None:
    barrier = threading.Barrier(8)

    def race(_: int) -> bool:
        barrier.wait()
        return ledger.agenda.latch("mms:turn:x", 60_000)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(race, range(8))) == 1


def test_a_latch_ends_by_itself(ledger: Ledger) -> None:
    ledger.agenda.latch("mms:turn:x", 60_000)
    assert 0 < ledger.redis.pttl("mms:turn:x") <= 60_000


def test_what_is_due_comes_longest_waiting_first_and_not_before_its_time(ledger: Ledger) -> None:
    ledger.redis.zadd(keys.DUE, {"late": 30, "early": 10, "middle": 20})
    assert ledger.agenda.due(20, 10) == ["early", "middle"]
    assert ledger.agenda.due(99, 2) == ["early", "middle"]
    assert ledger.agenda.due(99, 0) == []


def test_care_names_batches_of_all_campaigns_up_to_so_many(ledger: Ledger) -> None:
    ledger.redis.zadd(keys.CARE, {"a": 1, "b": 2})
    ledger.redis.zadd(keys.care("a"), {"0": 1, "1": 2, "2": 99})
    ledger.redis.zadd(keys.care("b"), {"7": 2})
    assert ledger.agenda.looks("care", 10, 10) == [("a", 0), ("a", 1), ("b", 7)]
    assert ledger.agenda.looks("care", 10, 2) == [("a", 0), ("a", 1)]


def test_the_living_are_known_and_the_dead_forgotten(ledger: Ledger) -> None:
    facts = {"queues": ["send"], "concurrency": 2}
    ledger.agenda.sign_of_life("old", facts, START_MS - 3_700_000)
    ledger.agenda.sign_of_life("new", facts, START_MS)
    assert ledger.agenda.workers() == {"new": facts}
    ledger.redis.delete(keys.WORKER + "new")
    assert ledger.agenda.workers() == {}


def test_a_brake_is_released(ledger: Ledger) -> None:
    ledger.agenda.brake("why", "fp", START_MS)
    assert ledger.redis.hget(keys.BRAKE, "reason") == b"why"
    ledger.agenda.release()
    assert not ledger.redis.exists(keys.BRAKE)


TURNS = frozenset({keys.TURN_TIDY, keys.TURN_RETENTION})
BY_TIME = (
    *(
        keys.CAPS_DUE,
        keys.EXPIRING,
        keys.SCHEDULE_DUE,
        keys.STARTS,
        keys.DUE,
        keys.CARE,
        keys.SEARCH,
        keys.SETTLE,
    ),
    *(keys.INBOUND_UNANSWERED, keys.EXPLAIN),
)


def waiting(ledger: Ledger, **ahead: int) -> frozenset[str]:
    """What the due lists name beside the open latches."""
    times = {"schedules_ahead_ms": 0, "batches_ahead_ms": 0} | ahead
    return ledger.agenda.due_lists(**times).waiting - TURNS


@pytest.mark.parametrize("key", BY_TIME)
def test_the_due_lists_name_a_list_from_the_time_of_its_first_on(timed_ledger: Ledger, key: str) -> None:
    set_clock(timed_ledger.redis, START_MS)
    timed_ledger.redis.zadd(key, {"one": START_MS + 1, "other": START_MS + 9})
    assert timed_ledger.agenda.due_lists(schedules_ahead_ms=0, batches_ahead_ms=0).now_ms == START_MS
    assert waiting(timed_ledger) == frozenset()
    set_clock(timed_ledger.redis, START_MS + 1)
    assert waiting(timed_ledger) == {key}


def test_the_due_lists_name_schedules_and_batches_ahead_of_their_time(timed_ledger: Ledger) -> None:
    set_clock(timed_ledger.redis, START_MS)
    for key in BY_TIME:
        timed_ledger.redis.zadd(key, {"one": START_MS + 5})
    assert waiting(timed_ledger, schedules_ahead_ms=5, batches_ahead_ms=4) == {keys.SCHEDULE_DUE}
    assert waiting(timed_ledger, schedules_ahead_ms=4, batches_ahead_ms=5) == {keys.DUE}


@pytest.mark.parametrize("key", [keys.QUARANTINE, keys.SWEEPING, keys.READING])
def test_the_due_lists_name_a_set_with_anything_in_it(ledger: Ledger, key: str) -> None:
    ledger.redis.sadd(key, "one")
    assert waiting(ledger) == {key}


def test_the_due_lists_name_callbacks_that_wait_and_latches_that_are_open(ledger: Ledger) -> None:
    ledger.callback_stream.store(b"{}", 1)
    assert ledger.agenda.due_lists(schedules_ahead_ms=0, batches_ahead_ms=0).waiting == {
        keys.CALLBACKS,
        *TURNS,
    }
    for key in TURNS:
        ledger.agenda.latch(key, 60_000)
    assert ledger.agenda.due_lists(schedules_ahead_ms=0, batches_ahead_ms=0).waiting == {keys.CALLBACKS}


def turns(ledger: Ledger, *kinds: str, weight: float = 1, per_second: float = 10) -> list[list[float]]:
    """How long each kind in turn waits before it may ask; seconds, step by step."""
    waited: list[list[float]] = []

    def pause(seconds: float) -> None:
        waited[-1].append(round(seconds, 6))
        ledger.redis.incrbyfloat("test:clock", seconds * 1000)

    ledger.agenda.pause = pause
    for kind in kinds:
        waited.append([])
        ledger.agenda.wait_for_turn(kind, weight, per_second)
    return waited


def test_questions_go_one_a_step_and_look_twice_a_step_whether_it_is_their_turn(timed_ledger: Ledger) -> None:
    set_clock(timed_ledger.redis, START_MS)
    assert turns(timed_ledger, "a", "a", "a", "b") == [[], [], [0.05, 0.05], [0.05, 0.05]]
    assert 3_595_000 < int(timed_ledger.redis.pttl("mms:turns")) <= 3_600_000


def test_turns_that_nobody_took_are_not_saved_up(timed_ledger: Ledger) -> None:
    set_clock(timed_ledger.redis, START_MS)
    turns(timed_ledger, "a")
    set_clock(timed_ledger.redis, START_MS + 60_000)
    assert turns(timed_ledger, "a", "a", "a") == [[], [], [0.05, 0.05]]


def test_a_turn_far_ahead_is_one_step_away_once_the_clock_was_put_back(timed_ledger: Ledger) -> None:
    set_clock(timed_ledger.redis, START_MS)
    timed_ledger.redis.hset("mms:turns", "next", (START_MS + 60_000) * 1000)
    assert turns(timed_ledger, "a") == [[0.05, 0.05]]


@pytest.mark.parametrize(("ago_us", "waits"), [(0, False), (-1, True)])
def test_who_got_more_than_its_part_waits_while_another_kind_wants_a_turn(
    timed_ledger: Ledger, ago_us: int, waits: bool
) -> None:
    set_clock(timed_ledger.redis, START_MS)
    until = START_MS * 1000 - ago_us
    timed_ledger.redis.hset(
        "mms:turns", mapping={"served": 1, "at:a": 2, "at:b": 1, "until:b": until, "until:a": until}
    )
    assert bool(turns(timed_ledger, "a")[0]) is waits


@pytest.mark.parametrize(("per_second", "wants_ms"), [(10, 200), (1000, 50)])
def test_a_kind_that_waits_wants_its_turn_for_two_steps_and_at_least_a_twentieth_of_a_second(
    timed_ledger: Ledger, per_second: float, wants_ms: int
) -> None:
    set_clock(timed_ledger.redis, START_MS)
    wanted: list[int] = []

    def pause(seconds: float) -> None:
        now_us = int(float(timed_ledger.redis.get("test:clock") or 0) * 1000)
        wanted.append(int(timed_ledger.redis.hget("mms:turns", "until:a") or 0) - now_us)
        timed_ledger.redis.incrbyfloat("test:clock", seconds * 1000)

    timed_ledger.agenda.pause = pause
    for _ in range(3):
        timed_ledger.agenda.wait_for_turn("a", 1, per_second)
    assert wanted[0] == wants_ms * 1000
    assert not timed_ledger.redis.hexists("mms:turns", "until:a")


@pytest.mark.parametrize(("weight", "part"), [(1, 2), (4, 1.25)])
def test_a_turn_costs_a_kind_the_less_the_more_it_weighs(
    timed_ledger: Ledger, weight: float, part: float
) -> None:
    set_clock(timed_ledger.redis, START_MS)
    timed_ledger.redis.hset("mms:turns", mapping={"served": 1, "at:a": 0})
    turns(timed_ledger, "a", weight=weight)
    assert float(timed_ledger.redis.hget("mms:turns", "at:a") or 0) == part
    assert float(timed_ledger.redis.hget("mms:turns", "served") or 0) == 1


@pytest.mark.parametrize("gone", [999, 1_000])
def test_who_picks_a_look_passes_over_up_to_a_thousand_that_are_gone(timed_ledger: Ledger, gone: int) -> None:
    set_clock(timed_ledger.redis, START_MS)
    add_campaign(timed_ledger)
    timed_ledger.redis.zadd(keys.SEARCH, {f"gone{n:04}": 1 for n in range(gone)})
    timed_ledger.redis.zadd(keys.SEARCH, {CAMPAIGN: 2})
    timed_ledger.redis.zadd(keys.search(CAMPAIGN), {"0": 2})
    picked = timed_ledger.agenda.pick_look("search", lease_ms=50, chance=0.0)
    assert picked == ((CAMPAIGN, 0) if gone < 1_000 else None)
    assert timed_ledger.redis.zscore(keys.SEARCH, CAMPAIGN) == (START_MS + 50 if gone < 1_000 else 2)
