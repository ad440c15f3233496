"""The agenda: who needs attention, latches, signs of life."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from dispatcher.ledger import keys
from dispatcher.ledger.ledger import Ledger
from tests.factories import START_MS


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
    assert ledger.agenda.care(10, 10) == [("a", 0), ("a", 1), ("b", 7)]
    assert ledger.agenda.care(10, 2) == [("a", 0), ("a", 1)]


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
