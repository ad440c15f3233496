"""A 403 speaks of one message or of the account: another message tells, before everything is held."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from dispatcher.host.private_files import write_private
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.pipeline.runtime.credentials import TokenInUse, token_file
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.faults import Faults
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.pipeline.limits.conftest import Desk
from tests.dispatcher.pipeline.sending.timed_sending import Clock, until_nothing_is_due
from tests.factories import CAMPAIGN, add_campaign, make_batch, make_record, record, recount, states

ALL = ("",)


@pytest.fixture
def clock(timed_ledger: Ledger) -> Clock:
    """The clock of ledger and workers."""
    return Clock(timed_ledger)


@pytest.fixture
def runtime(make_runtime: MakeRuntime, timed_ledger: Ledger, clock: Clock) -> Runtime:
    """A worker on it that sends one by one, so that neighbours follow each other."""
    return make_runtime(in_flight=1, parts={"ledger": timed_ledger, "clock_ms": clock})


def forbids(simulator: SimulatorHandle, *suffixes: str, status: int = 403) -> None:
    """Numbers that end so are answered 403."""
    simulator.set_faults(Faults(refuse_suffixes=suffixes, refuse_status=status))


@pytest.mark.parametrize("row", [1, 7, 10])
@pytest.mark.parametrize("in_flight", [1, 16])
def test_one_row_answered_403_is_rejected_with_its_reason_and_stops_nobody(
    make_runtime: MakeRuntime,
    timed_ledger: Ledger,
    clock: Clock,
    simulator: SimulatorHandle,
    row: int,
    in_flight: int,
) -> None:
    runtime = make_runtime(in_flight=in_flight, parts={"ledger": timed_ledger, "clock_ms": clock})
    forbids(simulator, f"01{row:02}")
    add_campaign(timed_ledger, make_batch(*[1] * 10))
    until_nothing_is_due(runtime, clock)
    assert states(timed_ledger) == ["rejected" if each == row else "queued" for each in range(1, 11)]
    assert "to: cannot receive messages" in timed_ledger.campaigns.texts(CAMPAIGN).values()
    assert not timed_ledger.redis.exists(keys.BRAKE)
    received = simulator.received()
    assert (received.taken, received.repeated) == (9, [])
    assert received.answers["403"] <= 3
    recount(timed_ledger)


@pytest.mark.parametrize("status", [402, 403])
def test_when_nobody_may_send_everything_is_held_after_three_different_messages(
    runtime: Runtime, clock: Clock, simulator: SimulatorHandle, status: int
) -> None:
    forbids(simulator, *ALL, status=status)
    add_campaign(runtime.ledger, make_batch(*[1] * 10))
    assert send_batch(runtime, CAMPAIGN, 0).endswith("brake")
    assert simulator.received().answers[str(status)] == 3
    clock.advance(61_000)
    assert send_batch(runtime, CAMPAIGN, 0) == "brake"
    assert set(states(runtime.ledger)) == {"pending"}
    assert f"forbids every message (HTTP {status})" in (runtime.ledger.campaign(CAMPAIGN).reason or "")


def test_two_neighbours_answered_403_are_not_taken_for_the_account(
    runtime: Runtime, clock: Clock, simulator: SimulatorHandle
) -> None:
    forbids(simulator, "0104", "0105")
    add_campaign(runtime.ledger, make_batch(*[1] * 10))
    until_nothing_is_due(runtime, clock)
    assert Counter(states(runtime.ledger)) == {"queued": 8, "rejected": 2}
    assert not runtime.ledger.redis.exists(keys.BRAKE)


def test_a_new_token_is_not_tried_first_with_the_row_that_was_in_doubt(
    make_runtime: MakeRuntime, timed_ledger: Ledger, clock: Clock, simulator: SimulatorHandle
) -> None:
    parts = {"api": None, "ledger": timed_ledger, "clock_ms": clock}
    runtime = make_runtime(simulate=False, carrierx_token=simulator.token, in_flight=1, parts=parts)
    runtime = replace(runtime, token=TokenInUse(runtime.settings))
    forbids(simulator, *ALL)
    add_campaign(timed_ledger, make_batch(*[1] * 10))
    assert send_batch(runtime, CAMPAIGN, 0).endswith("brake")
    forbids(simulator, "0101", "0102")
    clock.advance(61_000)
    write_private(token_file(runtime.settings), f"{simulator.token} \n")
    timed_ledger.agenda.release()
    before = simulator.received().answers["403"]
    send_batch(runtime, CAMPAIGN, 0)
    assert (simulator.received().taken, simulator.received().answers["403"]) == (7, before)
    until_nothing_is_due(runtime, clock)
    assert Counter(states(timed_ledger)) == {"queued": 8, "rejected": 2}
    assert not timed_ledger.redis.exists(keys.FORBIDDEN)


def test_a_lone_message_is_tried_a_few_times_and_rejected_and_the_next_one_is_not_stopped_by_it(
    runtime: Runtime, clock: Clock, simulator: SimulatorHandle
) -> None:
    forbids(simulator, "0101")
    add_campaign(runtime.ledger, make_batch(1))
    until_nothing_is_due(runtime, clock)
    assert (states(runtime.ledger), simulator.received().answers["403"]) == (["rejected"], 3)
    add_campaign(runtime.ledger, make_batch(1, first_row=2), id="next-abc234")
    send_batch(runtime, "next-abc234", 0)
    assert states(runtime.ledger, "next-abc234") == ["queued"]


def test_in_doubt_one_probe_at_a_time_goes_over_all_campaigns_and_says_so(desk: Desk) -> None:
    desk.campaign(*[1] * 10)
    desk.campaign(*[1] * 10, id="other-abc234")
    assert [desk.ask(n).word for n in (0, 1)] == ["go", "go"]
    hold = desk.taken[CAMPAIGN].hold

    def ends(message: int, outcome: str) -> None:
        record(
            desk.ledger, hold, make_record(desk.asked(message), outcome, cost=1, account="fp all", health="a")
        )

    ends(0, "forbidden")
    assert "403" in (desk.ledger.campaign(CAMPAIGN).reason or "")
    assert desk.ask(2).word == "go"
    assert desk.ask(3)[:4] == ("wait", 0, 250, "forbidden")
    assert desk.ask(0, "other-abc234").detail == "forbidden"
    assert desk.ask(0, name="again").detail == "retry"
    ends(2, "later")
    assert desk.ask(3).word == "go"
    desk.later(65_000)
    assert desk.ask(4).word == "go"
    ends(1, "accepted")
    assert [desk.ask(n).word for n in (5, 6, 7)] == ["go", "go", "go"]
    assert desk.ask(0, name="again").word == "go"


def test_a_claim_and_its_record_asked_again_count_once(desk: Desk) -> None:
    desk.campaign(*[1] * 3)
    desk.ask(0)
    became = make_record(desk.asked(0), "forbidden", cost=1, account="fp all", health="a")
    hold = desk.taken[CAMPAIGN].hold
    assert [record(desk.ledger, hold, became) for _ in range(4)] == ["ok", "gone", "gone", "gone"]
    assert desk.ledger.redis.hget(keys.FORBIDDEN, f"m:{CAMPAIGN}.0.0") == b"1"


def test_a_403_of_long_ago_says_nothing_about_todays(
    runtime: Runtime, clock: Clock, simulator: SimulatorHandle, timed_ledger: Ledger
) -> None:
    forbids(simulator, *ALL)
    add_campaign(timed_ledger, make_batch(1, 1))
    send_batch(runtime, CAMPAIGN, 0)
    assert 0 < int(timed_ledger.redis.pttl(keys.FORBIDDEN)) <= 3_600_000


def test_who_was_answered_403_stands_back_two_seconds_then_ten_and_a_probe_has_a_minute(desk: Desk) -> None:
    desk.campaign(*[1] * 10)
    hold = desk.taken[CAMPAIGN].hold

    def forbidden(message: int, name: str) -> None:
        asked = desk.asked(message, name=name)
        became = make_record(asked, "forbidden", cost=1, account="fp all", health="a")
        assert record(desk.ledger, hold, became) == "ok"

    assert desk.ask(0, name="first").word == "go"
    forbidden(0, "first")
    assert 3_595_000 < int(desk.ledger.redis.pttl(keys.FORBIDDEN)) <= 3_600_000
    assert desk.ask(0, name="second")[:4] == ("wait", 0, 2_000, "retry")
    desk.later(2_000)
    assert desk.ask(0, name="second").word == "go"
    forbidden(0, "second")
    assert desk.ask(0, name="third")[:4] == ("wait", 0, 10_000, "retry")
    assert desk.ask(1).word == "go"
    desk.later(64_900)
    assert desk.ask(2)[:4] == ("wait", 0, 100, "forbidden")
    desk.later(100)
    assert desk.ask(2).word == "go"
