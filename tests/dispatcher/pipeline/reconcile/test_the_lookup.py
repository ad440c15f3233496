"""Looking for messages whose outcome is unknown, in a list that cannot be trusted."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from dispatcher.ledger.installation.installation import prepare
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.model.message import Outgoing
from dispatcher.pipeline.polling import batch_list
from dispatcher.pipeline.reconcile.reconcile import look_after
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.simulator.client import SimulatorHandle
from tests.conftest import SECRET
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import (
    CAMPAIGN,
    LOOK_MS,
    POLL_MS,
    SENDER,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    number_of,
    record,
    states,
    take,
)

pytestmark = pytest.mark.slow

#: More than the pages that a look walks through.
OTHERS = 350


def post(runtime: Runtime, message: int, user_data: str | None = None) -> str:
    """POST a message; its sid."""
    reference = user_data or write_user_data(MessageRef(CAMPAIGN, 0, message, 1), SECRET)
    outgoing = Outgoing(sender=SENDER, to=(number_of(message + 1),), text="Hi", media=(), user_data=reference)
    return runtime.carrierx.send(outgoing).message_sid


def doubtful_then_others_then_control(runtime: Runtime, ledger: Ledger, *, posted: bool) -> None:
    """Message 0 ends unknown, whether it was taken or not; then many of others; then message 1 is accepted."""
    add_campaign(ledger, make_batch(1, 1))
    taken = take(ledger)
    for message, outcome in ((0, "unknown"), (1, "accepted")):
        asked = make_claim(taken, message)
        assert claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms()).word == "go"
        sid = post(runtime, message) if message or posted else ""
        record(ledger, taken.hold, make_record(asked, outcome, sid=sid or None))
        if not message:
            for index in range(OTHERS):
                post(runtime, 5, user_data=f"other-{index}")
    ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)


@pytest.mark.parametrize("posted", [True, False])
def test_a_list_that_ignores_the_filter_never_proves_that_a_message_is_not_there(
    make_runtime: MakeRuntime,
    ledger: Ledger,
    simulator: SimulatorHandle,
    monkeypatch: pytest.MonkeyPatch,
    posted: bool,
) -> None:
    monkeypatch.setattr(batch_list, "LIMIT", 100)
    runtime = make_runtime(unconfirmed_wait=0.001)
    doubtful_then_others_then_control(runtime, ledger, posted=posted)
    simulator.set_faults(list_ignores_filter=True)
    for _ in range(3):
        look_after(runtime, CAMPAIGN, 0)
    assert states(ledger) == ["unconfirmed", "queued"]


def test_a_list_that_honours_the_filter_proves_it_at_the_second_look(
    make_runtime: MakeRuntime, ledger: Ledger
) -> None:
    runtime = make_runtime(unconfirmed_wait=0.001)
    doubtful_then_others_then_control(runtime, ledger, posted=False)
    look_after(runtime, CAMPAIGN, 0)
    assert states(ledger) == ["unconfirmed", "queued"]
    look_after(runtime, CAMPAIGN, 0)
    assert states(ledger) == ["pending", "queued"]


def test_a_message_that_was_taken_is_found(make_runtime: MakeRuntime, ledger: Ledger) -> None:
    runtime = make_runtime(unconfirmed_wait=0.001)
    doubtful_then_others_then_control(runtime, ledger, posted=True)
    look_after(runtime, CAMPAIGN, 0)
    assert states(ledger) == ["delivered", "queued"]


def test_a_batch_in_which_nothing_was_accepted_finds_its_control_in_a_batch_beside_it(
    make_runtime: MakeRuntime, ledger: Ledger
) -> None:
    runtime = make_runtime(unconfirmed_wait=0.001)
    add_campaign(ledger, make_batch(1), make_batch(1))
    for number, outcome in ((0, "unknown"), (1, "accepted")):
        taken = take(ledger, number=number)
        asked = make_claim(taken, name=number)
        assert claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms()).word == "go"
        reference = write_user_data(MessageRef(CAMPAIGN, number, 0, 1), SECRET)
        sid = post(runtime, 0, user_data=reference) if number else None
        record(ledger, taken.hold, make_record(asked, outcome, sid=sid))
        ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)
    look_after(runtime, CAMPAIGN, 0)
    assert states(ledger) == ["unconfirmed"]
    look_after(runtime, CAMPAIGN, 0)
    assert states(ledger) == ["pending"]


def test_a_message_that_another_secret_marked_is_found_and_not_sent_again(
    make_runtime: MakeRuntime, ledger: Ledger
) -> None:
    runtime = make_runtime(unconfirmed_wait=0.001)
    prepare(ledger.redis, runtime.settings.model_copy(update={"secret": SecretStr("rotated")}))
    doubtful_then_others_then_control(runtime, ledger, posted=False)
    reference = write_user_data(MessageRef(CAMPAIGN, 0, 0, 1), b"rotated")
    post(runtime, 0, user_data=reference)
    for _ in range(2):
        look_after(runtime, CAMPAIGN, 0)
    assert states(ledger)[0] == "delivered"
