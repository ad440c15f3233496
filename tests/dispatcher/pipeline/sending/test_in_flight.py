"""The POSTs of a batch against a CarrierX that misbehaves: what each ending makes of its message."""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import Any

import pytest

from dispatcher.errors import ApiError
from dispatcher.model.message import Outgoing
from dispatcher.model.receipt import MessageStatus
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_sender import BatchSender
from dispatcher.pipeline.sending._claims import PendingClaim
from dispatcher.pipeline.sending._in_flight import InFlight
from dispatcher.pipeline.sending._room import Room
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.faults import Faults
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import CAMPAIGN, add_campaign, make_batch, make_claim, recount, states, take
from tests.stack import until


def test_refused_numbers_are_rejected_with_carrierxs_words(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(refuse_suffixes=("01", "02"))
    add_campaign(runtime.ledger, make_batch(1, 1, 1))
    assert send_batch(runtime, CAMPAIGN, 0) == "1 queued, 2 rejected"
    assert states(runtime.ledger) == ["rejected", "rejected", "queued"]
    assert runtime.ledger.campaigns.texts(CAMPAIGN) == {1: "to: cannot receive messages"}


@pytest.mark.parametrize(
    "fault", ["error_before_share", "error_after_share", "reset_after_share", "wrong_body_share"]
)
def test_an_unknown_outcome_is_unconfirmed_and_never_sent_again(
    runtime: Runtime, simulator: SimulatorHandle, fault: str
) -> None:
    simulator.set_faults(Faults(**{fault: 0.4}))
    add_campaign(runtime.ledger, make_batch(*[1] * 50))
    send_batch(runtime, CAMPAIGN, 0)
    simulator.set_faults(Faults())
    send_batch(runtime, CAMPAIGN, 0)
    found = Counter(states(runtime.ledger))
    assert found["unconfirmed"] > 5
    assert found["unconfirmed"] + found["queued"] == 50
    received = simulator.received()
    assert received.repeated == []
    assert received.taken == (50 if fault != "error_before_share" else found["queued"])
    recount(runtime.ledger)


def test_a_reset_before_it_was_taken_cannot_be_told_from_one_after(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(reset_before_share=1)
    add_campaign(runtime.ledger, make_batch(1, 1))
    assert send_batch(runtime, CAMPAIGN, 0) == "2 unconfirmed"


def test_an_answer_that_does_not_come_is_unconfirmed(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(slow_share=1, slow_ms=1_000)
    runtime = make_runtime(read_timeout=0.2)
    add_campaign(runtime.ledger, make_batch(1, 1))
    assert send_batch(runtime, CAMPAIGN, 0) == "2 unconfirmed"
    until(lambda: simulator.received().taken == 2)


@pytest.mark.slow
def test_slow_answers_are_waited_for(runtime: Runtime, simulator: SimulatorHandle) -> None:
    simulator.set_faults(latency_ms=100, jitter_ms=200)
    add_campaign(runtime.ledger, make_batch(*[1] * 40))
    assert send_batch(runtime, CAMPAIGN, 0) == "40 queued"
    assert simulator.received().repeated == []


def test_a_carrierx_that_cannot_be_reached_leaves_everything_pending(make_runtime: MakeRuntime) -> None:
    runtime = make_runtime(carrierx_url="http://127.0.0.1:1")
    add_campaign(runtime.ledger, make_batch(1, 1))
    assert send_batch(runtime, CAMPAIGN, 0).startswith("2 later")
    assert states(runtime.ledger) == ["pending", "pending"]
    assert runtime.ledger.campaigns.texts(CAMPAIGN) == {1: "CarrierX could not be reached"}


def test_a_claim_that_went_stale_before_the_write_is_given_back(
    make_runtime: MakeRuntime, simulator: SimulatorHandle
) -> None:
    seconds = count(step=3)
    runtime = make_runtime(parts={"stopwatch": lambda: float(next(seconds))})
    add_campaign(runtime.ledger, make_batch(1))
    assert "1 later" in send_batch(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger) == ["pending"]
    assert simulator.received().taken == 0


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
    make_runtime: MakeRuntime,
) -> None:
    runtime = make_runtime(parts={"api": Odd()})
    add_campaign(runtime.ledger, make_batch(1, 1, 1))
    send_batch(runtime, CAMPAIGN, 0)
    assert states(runtime.ledger) == ["unconfirmed", "unconfirmed", "queued"]
    assert runtime.ledger.redis.hgetall(f"mms:c:{CAMPAIGN}:odd") == {b"0.2": b"pondering"}


class Confused:
    """A CarrierX that answers each request with the message of the first one, as a stray answer before it would."""

    mark = ""

    def send(self, outgoing: Outgoing, **_: Any) -> MessageStatus:
        """Answer an object that shows the first mark."""
        self.mark = self.mark or outgoing.user_data
        nothing: Any = dict.fromkeys(MessageStatus.__dataclass_fields__)
        shown = {"message_sid": "SM1", "status": "queued", "user_data": self.mark, "group": (), "media": ()}
        return MessageStatus(**{**nothing, **shown})


def test_an_answer_that_shows_the_mark_of_another_message_of_ours_says_nothing(
    make_runtime: MakeRuntime,
) -> None:
    runtime = make_runtime(parts={"api": Confused()})
    add_campaign(runtime.ledger, make_batch(1, 1, 1))
    send_batch(runtime, CAMPAIGN, 0)
    assert sorted(states(runtime.ledger)) == ["queued", "unconfirmed", "unconfirmed"]


def test_what_is_granted_ahead_of_its_turn_is_counted_and_waits_for_a_slot(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1))
    taken, room = take(runtime.ledger), Room(1)
    sender = BatchSender(runtime, room, taken)
    with InFlight(runtime, room) as posts:
        for message in (0, 1):
            posts.grant(sender, PendingClaim(make_claim(taken, message), runtime.stopwatch()), 1)
        assert posts.granted == 2
        assert posts.begin_granted() == []
        assert posts.granted == 1
        assert not room.acquire_slot()
