"""Many batches on one thread of a process: who waits costs nothing, and gives its batch back when the time is over."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from dispatcher.model.scope import ACCOUNT, LimitScope
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.limits.changes import set_limit
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending import _send_loop
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import CAMPAIGN, add_campaign, make_batch
from tests.stack import until


def queued(runtime: Runtime, id: str = CAMPAIGN) -> int:
    """Rows of a campaign that CarrierX has."""
    return runtime.ledger.campaign(id).counts[RecipientState.QUEUED]


@pytest.mark.slow
def test_a_hundred_waiting_campaigns_have_no_thread_each(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_send_loop, "SLICE_SECONDS", 3.0)
    for number in range(100):
        add_campaign(runtime.ledger, make_batch(*[1] * 5, first_row=1 + 5 * number), id=f"c{number:02}")
    set_limit(runtime.ledger, ACCOUNT, rate="60/s")
    before, most = threading.active_count(), 0
    work = threading.Thread(target=send_batch, args=(runtime, "c00", 0))
    work.start()
    while work.is_alive():
        most = max(most, threading.active_count())
        time.sleep(0.05)
    assert most - before <= 3 + runtime.settings.in_flight  # of the last: threads that make connections
    sent = [queued(runtime, f"c{number:02}") for number in range(100)]
    assert sum(sent) >= 100
    assert max(sent) - min(sent) <= 3


def test_a_worker_that_is_to_stop_gives_back_what_waits_at_once(make_runtime: MakeRuntime) -> None:
    stops = threading.Event()
    runtime = make_runtime(parts={"is_stopping": stops.is_set})
    add_campaign(runtime.ledger, make_batch(*[1] * 20))
    set_limit(runtime.ledger, LimitScope.campaign(CAMPAIGN), rate="2/s", burst=1)
    ended: list[str] = []
    work = threading.Thread(target=lambda: ended.append(send_batch(runtime, CAMPAIGN, 0)))
    work.start()
    until(lambda: queued(runtime) >= 2)
    stops.set()
    began = time.monotonic()
    work.join(60)
    assert time.monotonic() - began < 5
    assert ended[0].endswith(("waits for the limit of campaign", "the worker stops"))
    until(lambda: runtime.ledger.agenda.due(runtime.ledger.agenda.now_ms(), 1) == [CAMPAIGN], seconds=0.5)


def test_a_worker_that_is_to_stop_claims_no_more_and_waits_for_what_is_in_flight(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(latency_ms=1_500)
    stops, told = threading.Event(), list[int]()
    parts = {"is_stopping": stops.is_set, "tell_under_way": told.append}
    runtime = make_runtime(parts=parts, in_flight=4, read_timeout=30, lease_seconds=1)
    add_campaign(runtime.ledger, make_batch(*[1] * 20))
    ended: list[str] = []
    work = threading.Thread(target=lambda: ended.append(send_batch(runtime, CAMPAIGN, 0)))
    work.start()
    until(lambda: runtime.ledger.campaign(CAMPAIGN).counts[RecipientState.SENDING] >= 4)
    stops.set()
    work.join(60)
    counts = runtime.ledger.campaign(CAMPAIGN).counts
    assert {state: count for state, count in counts.items() if count} == {"queued": 4, "pending": 16}
    assert ended == ["4 queued, the worker stops"]
    assert (max(told), told[-1]) == (4, 0)
    assert runtime.ledger.agenda.due(runtime.ledger.agenda.now_ms(), 1) == [CAMPAIGN]
    assert send_batch(runtime, CAMPAIGN, 0) == "the worker stops"
    stops.clear()
    simulator.set_faults(latency_ms=0)
    assert send_batch(runtime, CAMPAIGN, 0) == "16 queued"
    assert simulator.received().repeated == []


def test_what_waits_when_the_time_is_over_is_due_at_once_for_whoever_comes_next(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not after its wait: until then no hint would be given, and the limit not be used."""
    monkeypatch.setattr(_send_loop, "SLICE_SECONDS", 0.5)
    add_campaign(runtime.ledger, make_batch(*[1] * 20))
    set_limit(runtime.ledger, LimitScope.campaign(CAMPAIGN), rate="1/s", burst=1)
    assert send_batch(runtime, CAMPAIGN, 0) == "1 queued, waits for the limit of campaign"
    assert runtime.ledger.redis.hget(f"mms:c:{CAMPAIGN}", "rest") is None
    assert runtime.ledger.agenda.due(runtime.ledger.agenda.now_ms(), 1) == [CAMPAIGN]


@pytest.mark.slow
def test_the_next_batch_is_under_way_before_the_last_answers_of_the_one_before_it(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    """Its own limit holds the campaign, so one process waits with it: it must not stand still between two batches."""
    simulator.set_faults(latency_ms=600)
    add_campaign(runtime.ledger, *(make_batch(*[1] * 5, first_row=1 + 5 * n) for n in range(6)))
    set_limit(runtime.ledger, LimitScope.campaign(CAMPAIGN), rate="20/s", burst=1)
    began = time.monotonic()
    send_batch(runtime, CAMPAIGN, 0)
    assert queued(runtime) == 30
    assert time.monotonic() - began < 1.5 + 0.6 + 1.5  # six pauses of 0.6 s would be more


def test_a_late_hint_brings_the_process_to_other_work(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1, 1))
    assert send_batch(runtime, "nobody-abc234", 0) == "halt gone"
    assert queued(runtime) == 3


@pytest.mark.slow
def test_batches_that_are_ready_together_claim_many_messages_in_a_script_and_not_one_each(
    runtime: Runtime,
) -> None:
    """Redis pays for the script: one a message was twice its CPU."""
    rows = 2_000
    for number in range(rows // 100):
        add_campaign(runtime.ledger, make_batch(*[1] * 100, first_row=1 + 100 * number), id=f"c{number}")
    before = _scripts(runtime)
    send_batch(runtime, "c0", 0)
    assert sum(queued(runtime, f"c{number}") for number in range(rows // 100)) == rows
    assert _scripts(runtime) - before < rows / 2


def _scripts(runtime: Runtime) -> int:
    """How many scripts Redis has run so far."""
    found: Any = runtime.ledger.redis.info("commandstats")
    return int(found["cmdstat_evalsha"]["calls"])
