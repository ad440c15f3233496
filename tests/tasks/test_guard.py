"""The guard: what counts as standing still, told by looks with the time as argument."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.health.queue_status import not_moving, queue_statuses
from dispatcher.pipeline.health.token_findings import token_sign
from tasks.broker import Broker
from tasks.guard import LOOK_SECONDS, SILENT_SECONDS, STILL_SECONDS, Stillness, WatchedWorker, WorkerGuard
from tasks.progress import Taking, WorkerProgress
from tests.valkey import free_port

IDLE = WorkerProgress(taken=5, ended=5, running=0, seconds_since_contact=0.0)


def looked(*looks: tuple[WorkerProgress, int | None], every: float = LOOK_SECONDS) -> float:
    """What the last of these looks says, one every few seconds."""
    still, said = Stillness(), 0.0
    for number, (seen, waiting) in enumerate(looks):
        said = still.look(1000 + number * every, seen, waiting)
    return said


def test_work_that_waits_while_nothing_is_taken_is_standing_still_from_the_second_look_on() -> None:
    assert looked((IDLE, 3)) == 0
    assert looked((IDLE, 3), (IDLE, 3)) == 0
    assert looked((IDLE, 3), (IDLE, 3), (IDLE, 3)) == LOOK_SECONDS
    assert looked(*[(IDLE, 3)] * 8) >= STILL_SECONDS


def test_an_idle_worker_whose_queue_is_empty_does_not_stand_still() -> None:
    assert looked(*[(IDLE, 0)] * 20) == 0


def test_a_broker_that_is_away_is_no_reason() -> None:
    assert looked(*[(IDLE, 3)] * 8, (IDLE, None)) == 0
    assert looked(*[(IDLE, None)] * 20) == 0


def test_whatever_is_taken_or_ended_begins_the_time_anew() -> None:
    for moved in (IDLE._replace(taken=6), IDLE._replace(ended=6)):
        assert looked(*[(IDLE, 3)] * 8, (moved, 3)) == 0


def test_a_task_that_takes_long_is_no_reason_while_it_speaks() -> None:
    busy = IDLE._replace(taken=6, running=1, seconds_since_contact=4.0)
    assert looked(*[(busy, 1_000)] * 500) == 0


def test_a_task_that_hangs_counts_as_none() -> None:
    hangs = IDLE._replace(taken=6, running=1, seconds_since_contact=SILENT_SECONDS + 1)
    assert looked(*[(hangs, 3)] * 8) >= STILL_SECONDS


def test_time_in_which_the_process_itself_stood_still_proves_nothing() -> None:
    still = Stillness()
    for second in (0, 10, 20):
        still.look(second, IDLE, 3)
    assert still.look(1_000, IDLE, 3) == 0
    assert still.look(1_010, IDLE, 3) == 0
    assert still.look(1_020, IDLE, 3) == LOOK_SECONDS


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 3) | st.none()), max_size=40))
def test_it_never_says_longer_than_since_the_last_move(looks: list[tuple[int, int, int | None]]) -> None:
    still, taken, moved_at = Stillness(), 0, 0.0
    for number, (more, running, waiting) in enumerate(looks):
        now = number * LOOK_SECONDS
        taken += more
        said = still.look(now, WorkerProgress(taken, taken - running, running, 0.0), waiting)
        if more or running or not waiting:
            moved_at = now
        assert said <= now - moved_at


class _Consumer:
    """A worker's consumer that takes from no queue."""

    task_consumer = None


def _guard(ledger: Ledger, url: str) -> WorkerGuard:
    taking = Taking("expand@here", threading.get_ident())
    facts = {"pid": 1, "queues": ["expand"], "concurrency": 1}
    watched = WatchedWorker(taking, _Consumer(), facts, lambda: "the token")
    return WorkerGuard(watched, ledger, Broker(url), threading.Event())


def test_a_sign_of_life_tells_progress_and_what_waits(ledger: Ledger, valkey_url: str) -> None:
    ledger.redis.lpush("expand", "x", "y")
    _guard(ledger, valkey_url).look()
    facts = ledger.agenda.workers()["expand@here"]
    assert facts["waiting"] == {"send": 0, "expand": 2, "ingest": 0, "look": 0, "control": 0}
    assert {"taken", "ended", "running", "idle_ms", "still_ms"} <= facts.keys()
    assert facts["token"] == token_sign(ledger, "the token")


def test_a_sign_of_life_is_given_while_the_broker_is_away(ledger: Ledger) -> None:
    _guard(ledger, f"redis://127.0.0.1:{free_port()}/0").look()
    assert ledger.agenda.workers()["expand@here"]["waiting"] is None


def _worker(ledger: Ledger, name: str, queue: str, **facts: Any) -> None:
    now_ms = ledger.agenda.now_ms()
    given = {"pid": 1, "queues": [queue], "concurrency": 1, "said_ms": now_ms, "clock_ms": now_ms, **facts}
    ledger.agenda.sign_of_life(name, given, now_ms)


def test_a_queue_does_not_move_when_none_of_its_workers_takes_anything(ledger: Ledger) -> None:
    _worker(ledger, "a", "ingest", still_ms=240_000, waiting={"ingest": 83})
    (line,) = not_moving(ledger)
    assert line.startswith("queue ingest does not move: 83 hints wait, none was taken for 240 s")
    _worker(ledger, "b", "ingest", still_ms=0, waiting={"ingest": 83})
    assert not_moving(ledger) == []


@pytest.mark.parametrize("facts", [{}, {"still_ms": None, "waiting": None}, {"still_ms": 10_000}])
def test_a_queue_of_whose_standing_little_is_known_counts_as_moving(
    ledger: Ledger, facts: dict[str, Any]
) -> None:
    _worker(ledger, "a", "look", **facts)
    assert not_moving(ledger) == []
    assert [each.workers for each in queue_statuses(ledger)] == [0, 0, 0, 1, 0]
