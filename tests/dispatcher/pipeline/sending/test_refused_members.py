"""A group that CarrierX refuses because of some members goes once more without them."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from dispatcher.errors import Complaint, Refused
from dispatcher.ledger.batches.claims import Claim
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.model.correlation import read_user_data
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.reports.report import report_texts
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._refused_members import named_members
from dispatcher.pipeline.sending.send import send_batch
from dispatcher.simulator.client import SimulatorHandle
from dispatcher.simulator.faults import Faults
from tests.conftest import SECRET
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.pipeline.limits.test_the_money import prices
from tests.factories import CAMPAIGN, SENDER, add_campaign, make_batch, number_of, recount, states, token_of


def refuses(simulator: SimulatorHandle, *suffixes: str, names: str = "number") -> None:
    """Numbers that end so cannot receive anything."""
    simulator.set_faults(Faults(refuse_suffixes=suffixes, refuse_names=names))


def send_all(runtime: Runtime, batches: int = 1) -> None:
    """Send these batches as often as they are due."""
    for _ in range(12):
        for number in range(batches):
            send_batch(runtime, CAMPAIGN, number)


@pytest.mark.parametrize("names", ["number", "index", "reference"])
def test_the_others_of_a_group_get_it_and_who_was_named_is_rejected_with_the_reason(
    runtime: Runtime, simulator: SimulatorHandle, names: str
) -> None:
    refuses(simulator, "0102", "0105", names=names)
    add_campaign(runtime.ledger, make_batch(5, 3))
    send_all(runtime)
    assert states(runtime.ledger) == ["queued", "rejected", "queued", "queued", "rejected", *["queued"] * 3]
    received = simulator.received()
    assert (received.taken, received.repeated) == (2, [])
    texts = set(runtime.ledger.campaigns.texts(CAMPAIGN).values())
    assert any("cannot receive messages" in text for text in texts)
    assert not any(number_of(2)[-4:] in text for text in texts)
    recount(runtime.ledger)


@pytest.mark.slow
def test_590_of_600_are_reached_when_ten_cannot_be(runtime: Runtime, simulator: SimulatorHandle) -> None:
    refuses(simulator, *(f"0{exchange}" for exchange in ("150", "100")))
    batches = [make_batch(*[5] * 20, first_row=1 + 100 * n) for n in range(6)]
    bad = sum(number_of(row).endswith(("0150", "0100")) for row in range(1, 601))
    add_campaign(runtime.ledger, *batches)
    send_all(runtime, 6)
    found = Counter(state for number in range(6) for state in states(runtime.ledger, number=number))
    assert found == {"queued": 600 - bad, "rejected": bad}
    assert simulator.received().repeated == []
    recount(runtime.ledger)


def test_the_group_that_goes_again_is_another_attempt_with_a_mark_of_its_own(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    refuses(simulator, "0101")
    add_campaign(runtime.ledger, make_batch(4))
    send_all(runtime)
    (message,) = simulator.received().messages
    ref = read_user_data(message["user_data"], (SECRET,))
    assert (ref and ref.attempt, len(message["to"])) == (2, 3)


def test_a_group_that_shrinks_to_one_goes_as_a_single_message_as_after_an_opt_out(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    refuses(simulator, "0101", "0103")
    add_campaign(runtime.ledger, make_batch(3))
    send_all(runtime)
    assert states(runtime.ledger) == ["rejected", "queued", "rejected"]
    assert [message["to"] for message in simulator.received().messages] == [[number_of(2)]]


@pytest.mark.parametrize(("names", "suffixes"), [("nobody", ("0101",)), ("number", ("",))])
def test_when_nobody_or_everybody_is_named_the_whole_group_is_rejected(
    runtime: Runtime, simulator: SimulatorHandle, names: str, suffixes: tuple[str, ...]
) -> None:
    refuses(simulator, *suffixes, names=names)
    add_campaign(runtime.ledger, make_batch(3))
    send_all(runtime)
    assert set(states(runtime.ledger)) == {"rejected"}
    assert simulator.received().taken == 0


def test_the_reports_price_is_shared_by_those_who_got_it(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    refuses(simulator, "0101")
    add_campaign(runtime.ledger, make_batch(5))
    send_all(runtime)
    priced = [Receipt(0, row, 2, RecipientState.DELIVERED, sid="s", price="0.08") for row in range(1, 5)]
    runtime.ledger.receipts.apply(CAMPAIGN, 0, priced, [], grace_ms=0)
    lines = list(csv.DictReader("".join(report_texts(runtime.ledger, CAMPAIGN)).splitlines()))
    assert [line["price"] for line in lines] == ["", "0.08", "", "", ""]
    assert [line["cost"] for line in lines] == ["", *["0.02"] * 4]


def test_money_counts_those_who_got_it_once(
    make_runtime: MakeRuntime, simulator: SimulatorHandle, ledger: Ledger
) -> None:
    refuses(simulator, "0102")
    prices(ledger, price_mms=0.01)
    add_campaign(ledger, make_batch(5, 4), max_cost="1")
    send_all(make_runtime())
    assert int(ledger.redis.hget(f"mms:c:{CAMPAIGN}", "legs") or 0) == 8


@pytest.mark.parametrize(
    "said",
    [
        Complaint(None, "15162065574 is a landline", None),
        Complaint("group_recipients", "+1 (516) 206-5574", None),
        Complaint("group_recipients", "bad: 516.206.5574, sorry", None),
        Complaint("15162065574", "not reachable", None),
        Complaint("group_recipients", "no", "+1-516-206-5574"),
        Complaint("group_recipients[1]", "no", None),
        Complaint("group_recipients.1", "no", None),
        Complaint("/group_recipients/1", "no", None),
    ],
)
def test_a_member_is_found_in_any_writing(said: Complaint) -> None:
    numbers = ("15162065570", "15162065574", "15162065575")
    claim = Claim(0, (3, 4, 5), SENDER, 3, token_of("x"), numbers=numbers)
    named = named_members(Refused("no", status=400, complaints=(said,)), claim)
    assert list(named) == [4]
    assert "5574" not in named[4]


def test_a_longer_number_or_the_senders_names_no_member() -> None:
    claim = Claim(0, (0, 1), SENDER, 2, token_of("x"), numbers=("15162065570", "15162065574"))
    for text in ("9151620655748", f"{SENDER} may not send", "at most 10 numbers"):
        error = Refused("no", status=400, complaints=(Complaint("group_recipients", text, None),))
        assert named_members(error, claim) == {}


def test_of_a_group_of_two_the_one_that_is_left_gets_it(runtime: Runtime, simulator: SimulatorHandle) -> None:
    refuses(simulator, "02")
    add_campaign(runtime.ledger, make_batch(2))
    send_all(runtime)
    assert states(runtime.ledger) == ["queued", "rejected"]
