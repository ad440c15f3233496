"""Why messages failed: detail records joined to failed rows, and what happens while there are none."""

from __future__ import annotations

from typing import Any

import pytest

from dispatcher.carrierx.vendor_errors import reason_of_code
from dispatcher.ledger.batches.claims import Taken
from dispatcher.ledger.batches.packing import Batch
from dispatcher.ledger.receipts.failure_reasons import Explanation
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.ledger.store import keys
from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.model.message import Outgoing
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.reconcile.failure_reasons import (
    GIVE_UP_MS,
    LATCH_MS,
    LATEST_MS,
    NO_REASON,
    PATIENCE_MS,
    explain_failures,
)
from dispatcher.pipeline.runtime.runtime import World
from dispatcher.simulator.client import SimulatorHandle
from tests.conftest import SECRET
from tests.dispatcher.pipeline.conftest import MakeWorld
from tests.dispatcher.pipeline.test_report import report
from tests.factories import (
    CAMPAIGN,
    SENDER,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    number_of,
    record,
    snapshot,
    take,
)

SPAM = reason_of_code("4470")
LATCH = "mms:turn:explain"
POOL = (SENDER, "15162065576", "15162065577")
FROM: dict[str, Any] = {"from": POOL}


@pytest.fixture(autouse=True)
def _everything_fails(simulator: SimulatorHandle) -> None:
    simulator.set_faults(fail_share=1)


def send(world: World, taken: Taken, message: int = 0, *, user_data: str | None = None) -> str:
    """POST one message of a taken batch and record that it was accepted; its sid."""
    asked = make_claim(taken, message)
    answer = claim(world.ledger, taken.hold, asked, now_ms=world.ledger.agenda.now_ms())
    assert answer.word == "go"
    ours = write_user_data(MessageRef(CAMPAIGN, taken.hold.batch, message, answer.attempt), SECRET)
    numbers = tuple(number_of(taken.batch.rows[row].row) for row in asked.members)
    marked = ours if user_data is None else user_data
    sid = world.carrierx.send(Outgoing(SENDER, numbers, "Hi", (), marked)).message_sid
    record(world.ledger, taken.hold, make_record(asked, sid=sid))
    return sid


def fails(world: World, message: int = 0, row: int = 0, *, batch: int = 0, attempt: int = 1) -> None:
    """CarrierX says that a row failed."""
    failed = Receipt(message, row, attempt, RecipientState.FAILED)
    world.ledger.receipts.apply(CAMPAIGN, batch, [failed], [], grace_ms=0)


def explain(world: World, *, later_ms: int = 10_000) -> str:
    """Ask for reasons so much later, whenever somebody asked last."""
    world.ledger.redis.delete(LATCH)
    return explain_failures(world, world.ledger.agenda.now_ms() + later_ms)


def reasons(world: World) -> list[str]:
    """The reasons as the report has them."""
    return [line["reason"] for line in report(world)]


def one_failed(world: World, *, user_data: str | None = None) -> None:
    """A campaign with one message, which failed."""
    add_campaign(world.ledger, make_batch(1))
    send(world, take(world.ledger), user_data=user_data)
    fails(world)


def test_the_reason_of_a_failed_row_is_in_the_report(world: World) -> None:
    one_failed(world)
    assert reasons(world) == [""]
    assert explain(world) == "1 failures, 1 explained"
    assert reasons(world) == [SPAM]
    assert world.ledger.redis.zcard(keys.EXPLAIN) == 0


def test_what_did_not_fail_is_not_asked_for(world: World) -> None:
    add_campaign(world.ledger, make_batch(1, 1))
    taken = take(world.ledger)
    send(world, taken, 0)
    assert explain(world) == "0 failures, 0 explained"
    send(world, taken, 1)
    fails(world, 1, 1)
    assert explain(world) == "1 failures, 1 explained"
    assert reasons(world) == ["", SPAM]


def test_an_unknown_code_is_kept(world: World, simulator: SimulatorHandle) -> None:
    simulator.set_faults(vendor_error_code="1234")
    one_failed(world)
    explain(world)
    assert reasons(world) == ["code 1234"]


def test_each_member_of_a_group_gets_its_own_reason(world: World) -> None:
    add_campaign(world.ledger, make_batch(3))
    send(world, take(world.ledger))
    fails(world, row=1)
    explain(world)
    assert reasons(world) == ["", SPAM, ""]


def test_a_record_without_user_data_is_joined_by_sender_number_and_time(world: World) -> None:
    one_failed(world, user_data="")
    explain(world)
    assert reasons(world) == [SPAM]


def pooled(world: World, *senders: str) -> None:
    """A campaign whose senders are chosen when it is sent; its message went from each of these, says CarrierX."""
    batch = make_batch(1)
    chosen_later = batch.messages[0]._replace(sender="")
    add_campaign(world.ledger, Batch(batch.rows, (chosen_later,)), **FROM)
    taken = take(world.ledger)
    asked = make_claim(taken, sender=senders[0])
    assert claim(world.ledger, taken.hold, asked, now_ms=world.ledger.agenda.now_ms()).word == "go"
    sids = [
        world.carrierx.send(Outgoing(each, (number_of(1),), "Hi", (), "")).message_sid for each in senders
    ]
    record(world.ledger, taken.hold, make_record(asked, sid=sids[0]))
    fails(world)


@pytest.mark.parametrize("sender", POOL)
def test_a_record_without_user_data_is_joined_by_any_number_of_the_pool(world: World, sender: str) -> None:
    pooled(world, sender)
    assert explain(world) == "1 failures, 1 explained"
    assert reasons(world) == [SPAM]


def test_records_of_two_numbers_of_the_pool_explain_nobody(world: World) -> None:
    pooled(world, *POOL[:2])
    assert explain(world) == "1 failures, 0 explained"


def test_a_record_of_a_number_outside_the_pool_explains_nobody(world: World) -> None:
    pooled(world, "15162065599")
    assert explain(world) == "1 failures, 0 explained"


def test_a_record_that_may_be_of_two_campaigns_with_a_pool_explains_neither(world: World) -> None:
    pooled(world, POOL[1])
    add_campaign(world.ledger, make_batch(1), id="other-abc234")
    taken = take(world.ledger, "other-abc234")
    asked = make_claim(taken, name="other")
    assert claim(world.ledger, taken.hold, asked, now_ms=world.ledger.agenda.now_ms()).word == "go"
    record(world.ledger, taken.hold, make_record(asked, sid="other-sid"))
    failed = Receipt(0, 0, 1, RecipientState.FAILED)
    world.ledger.receipts.apply("other-abc234", 0, [failed], [], grace_ms=0)
    assert explain(world) == "2 failures, 0 explained"


def test_two_records_without_user_data_explain_nobody(world: World) -> None:
    one_failed(world, user_data="")
    world.carrierx.send(Outgoing(SENDER, (number_of(1),), "Hi", (), ""))
    assert explain(world) == "1 failures, 0 explained"


def test_a_record_without_user_data_explains_neither_of_two_failures(world: World) -> None:
    add_campaign(world.ledger, make_batch(1), make_batch(1))
    for batch in (0, 1):
        send(world, take(world.ledger, number=batch), user_data="" if batch else "somebody-else")
        fails(world, batch=batch)
    assert explain(world) == "2 failures, 0 explained"


def test_a_record_with_somebody_elses_user_data_explains_nobody(world: World) -> None:
    one_failed(world, user_data="somebody-else")
    assert explain(world) == "1 failures, 0 explained"


def test_an_earlier_attempts_record_does_not_explain_a_later_failure(world: World) -> None:
    one_failed(world)
    world.ledger.batches.retry(CAMPAIGN, 0, [(0, 0, number_of(1))])
    fails(world, attempt=2)
    assert explain(world) == "1 failures, 0 explained"


def test_records_that_lag_are_asked_for_again(world: World, simulator: SimulatorHandle) -> None:
    simulator.set_faults(record_lag_ms=60_000)
    one_failed(world)
    assert explain(world) == "1 failures, 0 explained"
    assert explain(world) == "0 failures, 0 explained"
    simulator.set_faults(record_lag_ms=0)
    assert explain(world, later_ms=LATCH_MS + 20_000) == "1 failures, 1 explained"


def test_after_a_day_without_a_record_no_reason_was_given(world: World, simulator: SimulatorHandle) -> None:
    simulator.set_faults(record_lag_ms=60_000)
    one_failed(world)
    explain(world, later_ms=PATIENCE_MS - 60_000)
    assert reasons(world) == [""]
    explain(world, later_ms=PATIENCE_MS + LATEST_MS)
    assert reasons(world) == [NO_REASON]
    assert world.ledger.redis.zcard(keys.EXPLAIN) == 0


def test_a_list_that_cannot_be_read_is_no_answer_for_three_days(
    world: World, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(list_status=400)
    one_failed(world)
    explain(world, later_ms=PATIENCE_MS + 1_000)
    assert reasons(world) == [""]
    explain(world, later_ms=GIVE_UP_MS + 1_000)
    assert reasons(world) == [NO_REASON]


def test_a_list_that_ignores_the_filter_is_compared_here(world: World, simulator: SimulatorHandle) -> None:
    simulator.set_faults(list_ignores_filter=True)
    for index in range(20):
        world.carrierx.send(Outgoing(SENDER, (number_of(1),), "Hi", (), f"other-{index}"))
    one_failed(world)
    explain(world)
    assert reasons(world) == [SPAM]


def test_one_process_asks_once_a_minute(world: World, make_world: MakeWorld) -> None:
    one_failed(world)
    now_ms = world.ledger.agenda.now_ms() + 10_000
    assert explain_failures(world, now_ms) == "1 failures, 1 explained"
    assert explain_failures(make_world(), now_ms) == "asked already"
    assert 0 < world.ledger.redis.pttl(LATCH) <= LATCH_MS


def test_giving_a_reason_twice_changes_nothing(world: World) -> None:
    one_failed(world)
    for reason in ("first", "second"):
        world.ledger.explanations.explain(CAMPAIGN, 0, [Explanation(0, 1, reason)], again_at_ms=1)
        if reason == "first":
            before = snapshot(world.ledger)
    assert snapshot(world.ledger) == before
    assert reasons(world) == ["first"]


def test_a_row_that_was_delivered_after_all_gets_no_reason(world: World) -> None:
    one_failed(world)
    delivered = Receipt(0, 0, 1, RecipientState.DELIVERED)
    world.ledger.receipts.apply(CAMPAIGN, 0, [delivered], [], grace_ms=0)
    assert world.ledger.explanations.explain(CAMPAIGN, 0, [Explanation(0, 1, SPAM)], again_at_ms=1) == 0
    assert reasons(world) == [""]
    assert world.ledger.redis.zcard(keys.EXPLAIN) == 0


def test_a_reason_takes_nothing_from_a_row_that_failed_in_another_attempt(world: World) -> None:
    one_failed(world)
    assert world.ledger.explanations.explain(CAMPAIGN, 0, [Explanation(0, 2, SPAM)], again_at_ms=1) == 0
    assert world.ledger.explanations.due(1, 10) == [(CAMPAIGN, 0)]


def test_a_campaign_that_was_erased_leaves_nothing_to_explain(world: World) -> None:
    one_failed(world)
    world.ledger.redis.delete(keys.batch(CAMPAIGN, 0), keys.rows(CAMPAIGN, 0))
    assert explain(world) == "0 failures, 0 explained"
    assert world.ledger.redis.zcard(keys.EXPLAIN) == 0
