"""Two hosts of one name: their workers are told apart, and a host that comes back has its own names again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from dispatcher.ledger.installation.worker_names import take_worker_names
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys

NAMES = ["send@east", "ingest@east"]


def test_a_name_is_kept_for_who_starts_and_is_his_again_when_he_starts_again(ledger: Ledger) -> None:
    assert take_worker_names(ledger.redis, NAMES, "one")
    assert take_worker_names(ledger.redis, NAMES, "one")
    assert not take_worker_names(ledger.redis, ["ingest@east"], "other")
    assert take_worker_names(ledger.redis, ["look@east"], "other")
    assert ledger.redis.ttl(keys.WORKER_NAME + "send@east") > 0


def test_of_many_that_start_at_once_one_has_the_name(ledger: Ledger) -> None:
    barrier = threading.Barrier(8)

    def race(home: int) -> bool:
        barrier.wait()
        return take_worker_names(ledger.redis, ["send@east"], str(home))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(race, range(8))) == 1


def test_a_living_workers_name_is_taken_for_others_and_free_when_it_has_ended(ledger: Ledger) -> None:
    now_ms = ledger.agenda.now_ms()
    ledger.agenda.sign_of_life("send@east", {"pid": 7, "queues": ["send"], "home": "one"}, now_ms)
    assert take_worker_names(ledger.redis, ["send@east"], "one")
    ledger.redis.delete(keys.WORKER_NAME + "send@east")
    assert not take_worker_names(ledger.redis, ["send@east"], "other")
    ledger.redis.delete(keys.WORKER_NAME + "send@east")
    ledger.agenda.no_more_signs("send@east", pid=8)
    assert "send@east" in ledger.agenda.workers()
    ledger.agenda.no_more_signs("send@east", pid=7)
    assert take_worker_names(ledger.redis, ["send@east"], "other")


def test_a_worker_of_an_earlier_version_does_not_say_where_it_lives_and_leaves_its_name(
    ledger: Ledger,
) -> None:
    ledger.agenda.sign_of_life("send@east", {"pid": 7, "queues": ["send"]}, ledger.agenda.now_ms())
    assert take_worker_names(ledger.redis, ["send@east"], "one")
