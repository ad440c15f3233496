"""Sending a batch against a simulated CarrierX that misbehaves: taken once, and the state says the truth."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dispatcher.carrierx.simulator.faults import Faults
from dispatcher.carrierx.simulator.handle import SimulatorHandle
from dispatcher.errors import ApiError
from dispatcher.ledger.claims import Hold
from dispatcher.ledger.connect import client
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.correlation import read_user_data
from dispatcher.model.message import Outgoing
from dispatcher.model.receipt import MessageStatus
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline import batch_run
from dispatcher.pipeline.send import send_batch
from dispatcher.pipeline.world import World
from tests.conftest import SECRET
from tests.dispatcher.pipeline.conftest import MakeWorld
from tests.factories import CAMPAIGN, SENDER, START_MS, add_campaign, make_batch, number_of, recount, states
from tests.valkey import TEST_CLOCK, ValkeyServer, set_clock

MEDIA = ("https://example.com/a.jpg",)


class Clock:
    """The time of a timed ledger and of the workers on it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.now_ms = START_MS
        set_clock(ledger.redis, self.now_ms)

    def __call__(self) -> int:
        """The workers' clock."""
        return self.now_ms

    def advance(self, by_ms: int) -> None:
        """Let time pass for all."""
        self.now_ms += by_ms
        set_clock(self._ledger.redis, self.now_ms)


def until_nothing_is_due(world: World, clock: Clock, *, most: int = 60) -> None:
    """Send the batch again as often as it is due, as feeder and workers do, a minute apart."""
    for _ in range(most):
        if not world.ledger.agenda.due_batches(CAMPAIGN, 1):
            return
        send_batch(world, CAMPAIGN, 0)
        clock.advance(61_000)
    raise AssertionError("the batch is due for ever")


def test_every_row_is_sent_once_and_says_so(world: World, simulator: SimulatorHandle) -> None:
    add_campaign(world.ledger, make_batch(*[1] * 100, media=MEDIA))
    assert send_batch(world, CAMPAIGN, 0) == "100 queued"
    assert Counter(states(world.ledger)) == {"queued": 100}
    received = simulator.received()
    assert received.taken == 100
    assert received.repeated == []
    assert world.ledger.campaign(CAMPAIGN).state is CampaignState.COMPLETED
    recount(world.ledger)


def test_what_is_sent_is_what_the_file_said(world: World, simulator: SimulatorHandle) -> None:
    odd = 'tab\there, nul\0, quote", ünï 😀, {{brace}}'
    add_campaign(world.ledger, make_batch(1, 3, media=MEDIA, text=odd))
    send_batch(world, CAMPAIGN, 0)
    single, group = sorted(simulator.received().messages, key=lambda message: len(message["to"]))
    assert single["to"] == [number_of(1)]
    assert group["to"] == [number_of(row) for row in (2, 3, 4)]
    assert {single["from"], group["from"]} == {SENDER}
    assert {single["message"], group["message"]} == {odd}
    refs = [read_user_data(message["user_data"], [SECRET]) for message in (single, group)]
    assert [(ref.campaign, ref.batch, ref.message, ref.attempt) for ref in refs if ref] == [
        (CAMPAIGN, 0, 0, 1),
        (CAMPAIGN, 0, 1, 1),
    ]


def test_a_media_message_without_text_has_none(world: World, simulator: SimulatorHandle) -> None:
    add_campaign(world.ledger, make_batch(1, media=MEDIA, text=None))
    send_batch(world, CAMPAIGN, 0)
    assert simulator.received().messages[0]["message"] is None


def test_a_second_hint_for_a_batch_that_is_done_does_nothing(
    world: World, simulator: SimulatorHandle
) -> None:
    add_campaign(world.ledger, make_batch(1))
    assert [send_batch(world, CAMPAIGN, 0) for _ in range(2)] == ["1 queued", "halt completed"]
    assert simulator.received().taken == 1


def test_hints_for_what_is_not_there_do_nothing(world: World) -> None:
    add_campaign(world.ledger, make_batch(1))
    assert send_batch(world, "nobody-abc234", 0) == "halt gone"
    assert send_batch(world, CAMPAIGN, 7) == "done"


def test_refused_numbers_are_rejected_with_carrierxs_words(world: World, simulator: SimulatorHandle) -> None:
    simulator.set_faults(refuse_suffixes=("01", "02"))
    add_campaign(world.ledger, make_batch(1, 1, 1))
    assert send_batch(world, CAMPAIGN, 0) == "1 queued, 2 rejected"
    assert states(world.ledger) == ["rejected", "rejected", "queued"]
    assert world.ledger.book.texts(CAMPAIGN) == {1: "to: cannot receive messages"}


@pytest.mark.parametrize(
    "fault", ["error_before_share", "error_after_share", "reset_after_share", "wrong_body_share"]
)
def test_an_unknown_outcome_is_unconfirmed_and_never_sent_again(
    world: World, simulator: SimulatorHandle, fault: str
) -> None:
    simulator.set_faults(Faults(**{fault: 0.4}))
    add_campaign(world.ledger, make_batch(*[1] * 50))
    send_batch(world, CAMPAIGN, 0)
    simulator.set_faults(Faults())
    send_batch(world, CAMPAIGN, 0)
    found = Counter(states(world.ledger))
    assert found["unconfirmed"] > 5
    assert found["unconfirmed"] + found["queued"] == 50
    received = simulator.received()
    assert received.repeated == []
    assert received.taken == (50 if fault != "error_before_share" else found["queued"])
    recount(world.ledger)


def test_a_reset_before_it_was_taken_cannot_be_told_from_one_after(
    world: World, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(reset_before_share=1)
    add_campaign(world.ledger, make_batch(1, 1))
    assert send_batch(world, CAMPAIGN, 0) == "2 unconfirmed"


def test_an_answer_that_does_not_come_is_unconfirmed(
    make_world: MakeWorld, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(slow_share=1, slow_ms=1_000)
    world = make_world(read_timeout=0.2)
    add_campaign(world.ledger, make_batch(1, 1))
    assert send_batch(world, CAMPAIGN, 0) == "2 unconfirmed"
    assert simulator.received().taken == 2


def test_slow_answers_are_waited_for(world: World, simulator: SimulatorHandle) -> None:
    simulator.set_faults(latency_ms=100, jitter_ms=200)
    add_campaign(world.ledger, make_batch(*[1] * 40))
    assert send_batch(world, CAMPAIGN, 0) == "40 queued"
    assert simulator.received().repeated == []


def test_a_429_holds_the_account_as_long_as_carrierx_asks_and_loses_nothing(
    world: World, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(throttle_share=1, retry_after="40")
    add_campaign(world.ledger, make_batch(1, 1))
    assert send_batch(world, CAMPAIGN, 0).startswith("2 later")
    assert states(world.ledger) == ["pending", "pending"]
    assert 30_000 < world.ledger.agenda.hold("account", 0) <= 40_000
    simulator.set_faults(throttle_share=0)
    assert send_batch(world, CAMPAIGN, 0).startswith("later ")
    assert simulator.received().taken == 0


def test_after_429s_and_conflicts_everything_goes_once(
    make_world: MakeWorld, simulator: SimulatorHandle, timed_ledger: Ledger
) -> None:
    clock = Clock(timed_ledger)
    world = make_world(parts={"ledger": timed_ledger, "clock_ms": clock})
    simulator.set_faults(throttle_share=0.3, conflict_share=0.1, retry_after="3")
    add_campaign(world.ledger, make_batch(*[1] * 60))
    until_nothing_is_due(world, clock)
    assert Counter(states(world.ledger)) == {"queued": 60}
    assert simulator.received().repeated == []
    recount(world.ledger)


def test_a_refused_token_puts_on_the_brake_and_marks_nothing_failed(
    make_world: MakeWorld, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(unauthorized=True)
    add_campaign(make_world().ledger, make_batch(*[1] * 50))
    world = make_world(in_flight=4)
    result = send_batch(world, CAMPAIGN, 0)
    assert result.endswith("brake")
    assert set(states(world.ledger)) == {"pending"}
    assert "refuses the token" in (world.ledger.campaign(CAMPAIGN).reason or "")
    assert simulator.received().answers["401"] <= 16


def test_a_carrierx_that_cannot_be_reached_leaves_everything_pending(make_world: MakeWorld) -> None:
    world = make_world(carrierx_url="http://127.0.0.1:1")
    add_campaign(world.ledger, make_batch(1, 1))
    assert send_batch(world, CAMPAIGN, 0).startswith("2 later")
    assert states(world.ledger) == ["pending", "pending"]
    assert world.ledger.book.texts(CAMPAIGN) == {1: "CarrierX could not be reached"}


def test_a_claim_that_went_stale_before_the_write_is_given_back(
    make_world: MakeWorld, simulator: SimulatorHandle
) -> None:
    seconds = count(step=3)
    world = make_world(parts={"stopwatch": lambda: float(next(seconds))})
    add_campaign(world.ledger, make_batch(1))
    assert "1 later" in send_batch(world, CAMPAIGN, 0)
    assert states(world.ledger) == ["pending"]
    assert simulator.received().taken == 0


def test_a_worker_whose_clock_is_off_sends_nothing_and_says_so(
    make_world: MakeWorld, simulator: SimulatorHandle
) -> None:
    world = make_world(parts={"clock_ms": lambda: 0})
    add_campaign(world.ledger, make_batch(1))
    assert send_batch(world, CAMPAIGN, 0).startswith("clock")
    assert simulator.received().taken == 0
    assert states(world.ledger) == ["pending"]


def test_a_long_wait_for_a_limit_gives_the_batch_back(world: World, simulator: SimulatorHandle) -> None:
    world.ledger.book.set_rate("account", (3_600_000_000, 0))
    add_campaign(world.ledger, make_batch(1, 1))
    assert send_batch(world, CAMPAIGN, 0) == "1 queued, waits for the limit of account"
    assert simulator.received().taken == 1
    assert send_batch(world, CAMPAIGN, 0).startswith("later 35")


def test_a_claim_that_was_denied_is_asked_for_anew_so_that_a_late_run_of_the_first_grants_nothing(
    make_world: MakeWorld, simulator: SimulatorHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    add_campaign(world.ledger, make_batch(1, 1), rate=(100.0, 1.0))
    batches, late = world.ledger.batches, count()
    exchange = batches.exchange

    def arrives_again(hold: Hold, records: Any, claims: Any, **said: Any) -> Any:
        answers = exchange(hold, records, claims, **said)
        if any(answer.word == "wait" for answer in answers[1]) and next(late) == 0:
            world.ledger.redis.delete(f"mms:limit:campaign:{CAMPAIGN}")
            exchange(hold, [], claims, **said)
            world.ledger.book.steer(CAMPAIGN, CampaignState.PAUSED, "a person")
        return answers

    monkeypatch.setattr(batches, "exchange", arrives_again)
    send_batch(world, CAMPAIGN, 0)
    assert next(late) > 0
    assert simulator.received().taken == 1


class Pausing:
    """A CarrierX that pauses the campaign when it gets the first message."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.taken = 0

    def send(self, outgoing: Outgoing, **_: Any) -> MessageStatus:
        """Pause, then take the message."""
        self._world.ledger.book.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
        self.taken += 1
        return self._world.carrierx.send(outgoing)


def test_a_pause_in_mid_batch_lets_only_what_is_in_flight_go(make_world: MakeWorld) -> None:
    world = make_world(in_flight=4)
    pausing = Pausing(world)
    add_campaign(world.ledger, make_batch(*[1] * 60))
    paused = make_world(in_flight=4, parts={"api": pausing})
    assert send_batch(paused, CAMPAIGN, 0).endswith("halt paused")
    assert pausing.taken <= 8
    assert recount(world.ledger)[RecipientState.PENDING] == 60 - pausing.taken
    world.ledger.book.steer(CAMPAIGN, CampaignState.RUNNING)
    assert send_batch(world, CAMPAIGN, 0) == f"{60 - pausing.taken} queued"


class Odd:
    """A CarrierX that takes messages with a word of its own, and fails in ways that nobody foresaw."""

    def send(self, outgoing: Outgoing, **_: Any) -> MessageStatus:
        """Answer an odd word, or raise what is no error of the tree."""
        if outgoing.to[0].endswith("1"):
            raise ZeroDivisionError
        if outgoing.to[0].endswith("2"):
            raise ApiError("something else")
        nothing: Any = dict.fromkeys(MessageStatus.__dataclass_fields__)
        return MessageStatus(
            **{**nothing, "message_sid": "SM1", "status": "pondering", "group": (), "media": ()}
        )


def test_unforeseen_endings_are_unconfirmed_and_odd_words_are_kept_beside_the_state(
    make_world: MakeWorld,
) -> None:
    world = make_world(parts={"api": Odd()})
    add_campaign(world.ledger, make_batch(1, 1, 1))
    send_batch(world, CAMPAIGN, 0)
    assert states(world.ledger) == ["unconfirmed", "unconfirmed", "queued"]
    assert world.ledger.redis.hgetall(f"mms:c:{CAMPAIGN}:odd") == {b"0.2": b"pondering"}


class Confused:
    """A CarrierX that answers each request with the message of the first one, as a stray answer before it would."""

    mark = ""

    def send(self, outgoing: Outgoing, **_: Any) -> MessageStatus:
        """Answer an object that shows the first mark."""
        self.mark = self.mark or outgoing.user_data
        nothing: Any = dict.fromkeys(MessageStatus.__dataclass_fields__)
        shown = {"message_sid": "SM1", "status": "queued", "user_data": self.mark, "group": (), "media": ()}
        return MessageStatus(**{**nothing, **shown})


def test_an_answer_that_shows_the_mark_of_another_message_of_ours_says_nothing(make_world: MakeWorld) -> None:
    world = make_world(parts={"api": Confused()})
    add_campaign(world.ledger, make_batch(1, 1, 1))
    send_batch(world, CAMPAIGN, 0)
    assert sorted(states(world.ledger)) == ["queued", "unconfirmed", "unconfirmed"]


def test_many_workers_on_the_same_batches_send_each_message_once(
    make_world: MakeWorld, simulator: SimulatorHandle
) -> None:
    add_campaign(make_world().ledger, *(make_batch(*[1] * 20, first_row=1 + 20 * n) for n in range(4)))
    barrier = threading.Barrier(4)

    def work(world: World) -> None:
        barrier.wait()
        for number in range(4):
            send_batch(world, CAMPAIGN, number)

    worlds = [make_world(in_flight=4) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, worlds))
    received = simulator.received()
    assert (received.taken, received.repeated) == (80, [])
    assert recount(worlds[0].ledger)[RecipientState.QUEUED] == 80


class Killing:
    """A CarrierX that kills Redis at one message, and starts it again a few messages later."""

    def __init__(self, world: World, server: ValkeyServer, *, for_good: bool = False) -> None:
        self._world = world
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
        return self._world.carrierx.send(outgoing, permit=permit)


def test_redis_killed_in_mid_batch_and_back_loses_and_repeats_nothing(
    make_world: MakeWorld, simulator: SimulatorHandle, server: ValkeyServer
) -> None:
    ledger = Ledger(client(server.url), clock=TEST_CLOCK)
    clock = Clock(ledger)
    world = make_world(parts={"ledger": ledger, "clock_ms": clock})
    killing = Killing(world, server)
    add_campaign(ledger, make_batch(*[1] * 60))
    send_batch(make_world(parts={"ledger": ledger, "clock_ms": clock, "api": killing}), CAMPAIGN, 0)
    assert killing.restart is not None
    killing.restart.join()
    until_nothing_is_due(world, clock)
    assert Counter(states(ledger)) == {"queued": 60}
    received = simulator.received()
    assert (received.taken, received.repeated) == (60, [])
    recount(ledger)


def test_redis_away_for_good_ends_the_work_and_what_was_in_flight_is_found_out_later(
    make_world: MakeWorld,
    simulator: SimulatorHandle,
    server: ValkeyServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch_run, "STORE_PATIENCE_SECONDS", 0.5)
    ledger = Ledger(client(server.url), clock=TEST_CLOCK)
    clock = Clock(ledger)
    parts = {"ledger": ledger, "clock_ms": clock}
    world = make_world(parts=parts)
    add_campaign(ledger, make_batch(*[1] * 40))
    killing = Killing(world, server, for_good=True)
    assert send_batch(make_world(parts=parts | {"api": killing}), CAMPAIGN, 0).endswith("redis away")
    server.start()
    assert send_batch(world, CAMPAIGN, 0) == "taken"
    clock.advance(30_000)
    until_nothing_is_due(world, clock)
    counts = recount(ledger)
    assert counts[RecipientState.QUEUED] + counts[RecipientState.UNCONFIRMED] == 40
    assert counts[RecipientState.UNCONFIRMED] > 0
    assert simulator.received().repeated == []


def test_nothing_of_a_message_shows_in_what_flower_shows(world: World, simulator: SimulatorHandle) -> None:
    simulator.set_faults(refuse_share=0.5, error_after_share=0.3)
    add_campaign(world.ledger, make_batch(*[1] * 30))
    line = send_batch(world, CAMPAIGN, 0)
    assert not any(number_of(row) in line for row in range(1, 31))
    assert len(line) < 100


def test_the_data_folder_is_not_touched_by_sending(world: World, tmp_path: Path) -> None:
    add_campaign(world.ledger, make_batch(1))
    send_batch(world, CAMPAIGN, 0)
    assert list(tmp_path.iterdir()) == []


def test_what_was_sent_is_counted_for_the_metrics_with_how_long_it_took(world: World) -> None:
    add_campaign(world.ledger, make_batch(*[1] * 7))
    send_batch(world, CAMPAIGN, 0)
    counted = world.ledger.tallies.read()
    assert counted["sends"] == {"accepted": 7}
    assert sum(times for label, times in counted["send"].items() if label != "ms") == 7


def test_what_a_limit_made_wait_is_counted_by_the_kind_of_limit(world: World) -> None:
    add_campaign(world.ledger, make_batch(1, 1, 1))
    world.ledger.limits.set_rate(f"sender:{SENDER}", 60_000_000, 0)
    send_batch(world, CAMPAIGN, 0)
    counted = world.ledger.tallies.read()
    assert set(counted["waits"]) == {"sender"}
    assert counted["wait"]["ms"] > 30_000
