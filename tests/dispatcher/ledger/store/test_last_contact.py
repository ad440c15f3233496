"""Who last spoke with the ledger: told apart by process, and in a process by the queue that a thread works for."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from dispatcher.ledger.store import last_contact
from dispatcher.ledger.store.last_contact import note_contact, only_watch, seconds_since_contact, work_for


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A stopwatch at 1,000 s, and nobody has spoken yet."""
    now = [1_000.0]
    monkeypatch.setattr("dispatcher.ledger.store.last_contact.time.monotonic", lambda: now[0])
    monkeypatch.setattr(last_contact, "_of_queues", {})
    last_contact.start_afresh()
    return now


def in_a_thread(*steps: Callable[[], object]) -> None:
    """Do that on a thread of its own."""
    thread = threading.Thread(target=lambda: [step() for step in steps])
    thread.start()
    thread.join()


def in_a_fork(*steps: Callable[[], object]) -> None:
    """Do that in a child process."""
    if pid := os.fork():
        os.waitpid(pid, 0)
    else:
        for step in steps:
            step()
        os._exit(0)


def test_what_a_process_of_the_pool_says_counts_for_its_worker() -> None:
    in_a_fork(note_contact)
    assert seconds_since_contact() == 0


def test_what_a_fork_says_that_is_another_service_does_not() -> None:
    in_a_fork(last_contact.start_afresh, note_contact)
    assert seconds_since_contact() == 1_000


def test_what_one_queue_says_does_not_hide_that_another_is_silent() -> None:
    in_a_thread(lambda: work_for("control"), note_contact)
    assert seconds_since_contact("control") == 0
    assert seconds_since_contact("look") == 1_000


def test_a_thread_that_works_for_nobody_in_particular_may_be_anybodys() -> None:
    in_a_thread(note_contact)
    assert seconds_since_contact("look") == 0


def test_a_thread_that_only_watches_says_nothing() -> None:
    in_a_thread(only_watch, note_contact)
    assert seconds_since_contact() == 1_000
