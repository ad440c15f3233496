"""The work on a batch, cut off in its middle: by an operator, a refused token, a clock that is off, a dead Redis."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.claims import ClaimAnswer
from dispatcher.ledger.batches.leases import Exchange
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
from dispatcher.model.message import Outgoing
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_sender import BatchSender
from dispatcher.pipeline.sending._room import Room
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.rules import retry_policy
from dispatcher.simulator.client import SimulatorHandle
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.pipeline.sending.timed_sending import Clock, until_nothing_is_due
from tests.factories import CAMPAIGN, add_campaign, make_batch, recount, states, take
from tests.valkey import TEST_CLOCK, ValkeyServer


def test_a_refused_token_puts_on_the_brake_and_marks_nothing_failed(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(unauthorized=True)
    add_campaign(make_runtime().ledger, make_batch(*[1] * 50))
    runtime = make_runtime(in_flight=4)
    result = send_batch(runtime, CAMPAIGN, 0)
    assert result.endswith("brake")
    assert set(states(runtime.ledger)) == {"pending"}
    assert "refuses the token" in (runtime.ledger.campaign(CAMPAIGN).reason or "")
    assert simulator.received().answers["401"] <= 16


def test_a_worker_whose_clock_is_off_sends_nothing_and_says_so(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    runtime = make_runtime(parts={"clock_ms": lambda: 0})
    add_campaign(runtime.ledger, make_batch(1))
    assert send_batch(runtime, CAMPAIGN, 0).startswith("clock")
    assert simulator.received().taken == 0
    assert states(runtime.ledger) == ["pending"]


class Pausing:
    """A CarrierX that pauses the campaign when it gets the first message."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.taken = 0

    def send(self, outgoing: Outgoing, **_: Any) -> MessageStatus:
        """Pause, then take the message."""
        self._runtime.ledger.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
        self.taken += 1
        return self._runtime.carrierx.send(outgoing)


def test_a_pause_in_mid_batch_lets_only_what_is_in_flight_go(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime(in_flight=4)
    pausing = Pausing(runtime)
    add_campaign(runtime.ledger, make_batch(*[1] * 60))
    paused = make_runtime(in_flight=4, parts={"api": pausing})
    assert send_batch(paused, CAMPAIGN, 0).endswith("halt paused")
    assert pausing.taken <= 8
    assert recount(runtime.ledger)[RecipientState.PENDING] == 60 - pausing.taken
    runtime.ledger.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    assert send_batch(runtime, CAMPAIGN, 0) == f"{60 - pausing.taken} queued"


class Killing:
    """A CarrierX that kills Redis at one message, and starts it again a few messages later."""

    def __init__(self, runtime: Runtime, server: ValkeyServer, *, for_good: bool = False) -> None:
        self._runtime = runtime
        self._server = server
        self._lock = threading.Lock()
        self._count = 0
        self._for_good = for_good
        self.restart: threading.Timer | None = None

    def send(self, outgoing: Outgoing, *, permit: Any) -> MessageStatus:
        """Take the message; at the tenth Redis dies, half a second later it is back."""
        with self._lock:
            self._count += 1
            if self._count == 10:
                self._server.kill()
                if not self._for_good:
                    self.restart = threading.Timer(0.5, self._server.start)
                    self.restart.start()
        return self._runtime.carrierx.send(outgoing, permit=permit)


@pytest.mark.slow
def test_redis_killed_in_mid_batch_and_back_loses_and_repeats_nothing(
    make_runtime: MakeRuntime, simulator: SimulatorHandle, server: ValkeyServer
) -> None:
    ledger = Ledger(client(server.url), clock=TEST_CLOCK)
    clock = Clock(ledger)
    runtime = make_runtime(parts={"ledger": ledger, "clock_ms": clock})
    killing = Killing(runtime, server)
    add_campaign(ledger, make_batch(*[1] * 60))
    send_batch(make_runtime(parts={"ledger": ledger, "clock_ms": clock, "api": killing}), CAMPAIGN, 0)
    assert killing.restart is not None
    killing.restart.join()
    until_nothing_is_due(runtime, clock)
    assert Counter(states(ledger)) == {"queued": 60}
    received = simulator.received()
    assert (received.taken, received.repeated) == (60, [])
    recount(ledger)


@pytest.mark.slow
def test_redis_away_for_good_ends_the_work_and_what_was_in_flight_is_found_out_later(
    make_runtime: MakeRuntime,
    simulator: SimulatorHandle,
    server: ValkeyServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retry_policy, "STORE_PATIENCE_SECONDS", 0.5)
    ledger = Ledger(client(server.url), clock=TEST_CLOCK)
    clock = Clock(ledger)
    parts = {"ledger": ledger, "clock_ms": clock}
    runtime = make_runtime(parts=parts)
    add_campaign(ledger, make_batch(*[1] * 40))
    killing = Killing(runtime, server, for_good=True)
    assert send_batch(make_runtime(parts=parts | {"api": killing}), CAMPAIGN, 0).endswith("redis away")
    server.start()
    assert send_batch(runtime, CAMPAIGN, 0) == "taken"
    clock.advance(30_000)
    until_nothing_is_due(runtime, clock)
    counts = recount(ledger)
    assert counts[RecipientState.QUEUED] + counts[RecipientState.UNCONFIRMED] == 40
    assert counts[RecipientState.UNCONFIRMED] > 0
    assert simulator.received().repeated == []


@pytest.mark.parametrize("lost", ["claims", "records"])
def test_a_reply_of_the_ledger_that_was_lost_is_asked_for_again_with_the_same_tokens(
    make_runtime: MakeRuntime, simulator: SimulatorHandle, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    monkeypatch.setattr(retry_policy, "STORE_PAUSE_SECONDS", 0.01)
    runtime = make_runtime()
    add_campaign(runtime.ledger, make_batch(*[1] * 5))
    batches, replies = runtime.ledger.batches, count()
    exchange = batches.exchange

    def loses_a_reply(exchanges: Sequence[Exchange], **said: Any) -> Any:
        answers = exchange(exchanges, **said)
        has_it = any(each.claims if lost == "claims" else each.records for each in exchanges)
        if has_it and next(replies) == 0:
            raise StoreUnavailable("the reply is lost")
        return answers

    monkeypatch.setattr(batches, "exchange", loses_a_reply)
    assert send_batch(runtime, CAMPAIGN, 0) == "5 queued"
    assert next(replies) > 1
    assert simulator.received().taken == 5
    assert {row.attempt for row in runtime.ledger.batches.read(CAMPAIGN, [0])[0][1]} == {1}
    recount(runtime.ledger)


def test_a_batch_that_failed_asks_for_nothing_more_and_leaves_the_room_as_it_was(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1, 1))
    room = Room(2)
    sender = BatchSender(runtime, room, take(runtime.ledger))
    assert sender.ask(2, runtime.stopwatch()) is not None
    sender.drop()
    sender.unanswered()
    assert room.claimed == 0
    assert sender.ask(2, runtime.stopwatch()) is None
    assert not sender.is_waiting_to_claim


def test_a_batch_that_gives_up_waits_no_longer_for_the_answers_that_it_awaited(runtime: Runtime) -> None:
    """A slow limit would be slower by the time that each answer takes."""
    add_campaign(runtime.ledger, make_batch(1, 1))
    sender = BatchSender(runtime, Room(2), take(runtime.ledger))
    assert sender.ask(1, 100.0) is not None
    sender.answered([], [ClaimAnswer("wait", wait_ms=5_000, detail="account")], 100.0)
    sender.give_up_waiting(100.0, is_over=False)
    assert sender.ended(100.0).wait_ms == 5_001
    assert sender.ended(103.0).wait_ms == 2_001
    assert sender.ended(900.0).wait_ms == 1
