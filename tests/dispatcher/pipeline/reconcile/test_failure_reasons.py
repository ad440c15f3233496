"""Why messages failed: detail records joined to failed rows, and what happens while there are none."""

from __future__ import annotations

from typing import Any

import pytest

from dispatcher.carrierx.vendor_errors import reason_of_code
from dispatcher.ledger.batches.claims import TakenBatch
from dispatcher.ledger.batches.packing import Batch
from dispatcher.ledger.receipts.failure_reasons import Explanation
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.ledger.store import keys
from dispatcher.model.correlation import MessageRef, write_user_data
from dispatcher.model.message import Outgoing
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.reconcile.failure_reasons import (
    LATCH_MS,
    NO_REASON,
    explain_failures,
)
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.rules import retry_policy
from dispatcher.simulator.client import SimulatorHandle
from tests.conftest import SECRET
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.dispatcher.pipeline.reports.test_report import report
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


def send(runtime: Runtime, taken: TakenBatch, message: int = 0, *, user_data: str | None = None) -> str:
    """POST one message of a taken batch and record that it was accepted; its sid."""
    asked = make_claim(taken, message)
    answer = claim(runtime.ledger, taken.hold, asked, now_ms=runtime.ledger.agenda.now_ms())
    assert answer.word == "go"
    ours = write_user_data(MessageRef(CAMPAIGN, taken.hold.batch, message, answer.attempt), SECRET)
    numbers = tuple(number_of(taken.batch.rows[row].row) for row in asked.members)
    marked = ours if user_data is None else user_data
    sid = runtime.carrierx.send(Outgoing(SENDER, numbers, "Hi", (), marked)).message_sid
    record(runtime.ledger, taken.hold, make_record(asked, sid=sid))
    return sid


def fails(runtime: Runtime, message: int = 0, row: int = 0, *, batch: int = 0, attempt: int = 1) -> None:
    """CarrierX says that a row failed."""
    failed = Receipt(message, row, attempt, RecipientState.FAILED)
    runtime.ledger.receipts.apply(CAMPAIGN, batch, [failed], [], grace_ms=0)


def explain(runtime: Runtime, *, later_ms: int = 10_000) -> str:
    """Ask for reasons so much later, whenever somebody asked last."""
    runtime.ledger.redis.delete(LATCH)
    return explain_failures(runtime, runtime.ledger.agenda.now_ms() + later_ms)


def reasons(runtime: Runtime) -> list[str]:
    """The reasons as the report has them."""
    return [line["reason"] for line in report(runtime)]


def one_failed(runtime: Runtime, *, user_data: str | None = None) -> None:
    """A campaign with one message, which failed."""
    add_campaign(runtime.ledger, make_batch(1))
    send(runtime, take(runtime.ledger), user_data=user_data)
    fails(runtime)


def test_the_reason_of_a_failed_row_is_in_the_report(runtime: Runtime) -> None:
    one_failed(runtime)
    assert reasons(runtime) == [""]
    assert explain(runtime) == "1 failures, 1 explained"
    assert reasons(runtime) == [SPAM]
    assert runtime.ledger.redis.zcard(keys.EXPLAIN) == 0


def test_what_did_not_fail_is_not_asked_for(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1))
    taken = take(runtime.ledger)
    send(runtime, taken, 0)
    assert explain(runtime) == "0 failures, 0 explained"
    send(runtime, taken, 1)
    fails(runtime, 1, 1)
    assert explain(runtime) == "1 failures, 1 explained"
    assert reasons(runtime) == ["", SPAM]


def test_an_unknown_code_is_kept(runtime: Runtime, simulator: SimulatorHandle) -> None:
    simulator.set_faults(vendor_error_code="1234")
    one_failed(runtime)
    explain(runtime)
    assert reasons(runtime) == ["code 1234"]


def test_each_member_of_a_group_gets_its_own_reason(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(3))
    send(runtime, take(runtime.ledger))
    fails(runtime, row=1)
    explain(runtime)
    assert reasons(runtime) == ["", SPAM, ""]


def test_a_record_without_user_data_is_joined_by_sender_number_and_time(runtime: Runtime) -> None:
    one_failed(runtime, user_data="")
    explain(runtime)
    assert reasons(runtime) == [SPAM]


def pooled(runtime: Runtime, *senders: str) -> None:
    """A campaign whose senders are chosen when it is sent; its message went from each of these, says CarrierX."""
    batch = make_batch(1)
    chosen_later = batch.messages[0]._replace(sender="")
    add_campaign(runtime.ledger, Batch(batch.rows, (chosen_later,)), **FROM)
    taken = take(runtime.ledger)
    asked = make_claim(taken, sender=senders[0])
    assert claim(runtime.ledger, taken.hold, asked, now_ms=runtime.ledger.agenda.now_ms()).word == "go"
    sids = [
        runtime.carrierx.send(Outgoing(each, (number_of(1),), "Hi", (), "")).message_sid for each in senders
    ]
    record(runtime.ledger, taken.hold, make_record(asked, sid=sids[0]))
    fails(runtime)


@pytest.mark.parametrize("sender", POOL)
def test_a_record_without_user_data_is_joined_by_any_number_of_the_pool(
    runtime: Runtime, sender: str
) -> None:
    pooled(runtime, sender)
    assert explain(runtime) == "1 failures, 1 explained"
    assert reasons(runtime) == [SPAM]


def test_records_of_two_numbers_of_the_pool_explain_nobody(runtime: Runtime) -> None:
    pooled(runtime, *POOL[:2])
    assert explain(runtime) == "1 failures, 0 explained"


def test_a_record_of_a_number_outside_the_pool_explains_nobody(runtime: Runtime) -> None:
    pooled(runtime, "15162065599")
    assert explain(runtime) == "1 failures, 0 explained"


def test_a_record_that_may_be_of_two_campaigns_with_a_pool_explains_neither(runtime: Runtime) -> None:
    pooled(runtime, POOL[1])
    add_campaign(runtime.ledger, make_batch(1), id="other-abc234")
    taken = take(runtime.ledger, "other-abc234")
    asked = make_claim(taken, name="other")
    assert claim(runtime.ledger, taken.hold, asked, now_ms=runtime.ledger.agenda.now_ms()).word == "go"
    record(runtime.ledger, taken.hold, make_record(asked, sid="other-sid"))
    failed = Receipt(0, 0, 1, RecipientState.FAILED)
    runtime.ledger.receipts.apply("other-abc234", 0, [failed], [], grace_ms=0)
    assert explain(runtime) == "2 failures, 0 explained"


def test_two_records_without_user_data_explain_nobody(runtime: Runtime) -> None:
    one_failed(runtime, user_data="")
    runtime.carrierx.send(Outgoing(SENDER, (number_of(1),), "Hi", (), ""))
    assert explain(runtime) == "1 failures, 0 explained"


def test_a_record_without_user_data_explains_neither_of_two_failures(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1), make_batch(1))
    for batch in (0, 1):
        send(runtime, take(runtime.ledger, number=batch), user_data="" if batch else "somebody-else")
        fails(runtime, batch=batch)
    assert explain(runtime) == "2 failures, 0 explained"


def test_a_record_with_somebody_elses_user_data_explains_nobody(runtime: Runtime) -> None:
    one_failed(runtime, user_data="somebody-else")
    assert explain(runtime) == "1 failures, 0 explained"


def test_an_earlier_attempts_record_does_not_explain_a_later_failure(runtime: Runtime) -> None:
    one_failed(runtime)
    runtime.ledger.batches.retry(CAMPAIGN, 0, [(0, 0, number_of(1))])
    fails(runtime, attempt=2)
    assert explain(runtime) == "1 failures, 0 explained"


def test_records_that_lag_are_asked_for_again(runtime: Runtime, simulator: SimulatorHandle) -> None:
    simulator.set_faults(record_lag_ms=60_000)
    one_failed(runtime)
    assert explain(runtime) == "1 failures, 0 explained"
    assert explain(runtime) == "0 failures, 0 explained"
    simulator.set_faults(record_lag_ms=0)
    assert explain(runtime, later_ms=LATCH_MS + 20_000) == "1 failures, 1 explained"


def test_after_a_day_without_a_record_no_reason_was_given(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(record_lag_ms=60_000)
    one_failed(runtime)
    explain(runtime, later_ms=retry_policy.REASON_PATIENCE_MS - 60_000)
    assert reasons(runtime) == [""]
    explain(runtime, later_ms=retry_policy.REASON_PATIENCE_MS + retry_policy.REASON_LATEST_MS)
    assert reasons(runtime) == [NO_REASON]
    assert runtime.ledger.redis.zcard(keys.EXPLAIN) == 0


def test_a_list_that_cannot_be_read_is_no_answer_for_three_days(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(list_status=400)
    one_failed(runtime)
    explain(runtime, later_ms=retry_policy.REASON_PATIENCE_MS + 1_000)
    assert reasons(runtime) == [""]
    explain(runtime, later_ms=retry_policy.REASON_GIVE_UP_MS + 1_000)
    assert reasons(runtime) == [NO_REASON]


def test_a_list_that_ignores_the_filter_is_compared_here(
    runtime: Runtime, simulator: SimulatorHandle
) -> None:
    simulator.set_faults(list_ignores_filter=True)
    for index in range(20):
        runtime.carrierx.send(Outgoing(SENDER, (number_of(1),), "Hi", (), f"other-{index}"))
    one_failed(runtime)
    explain(runtime)
    assert reasons(runtime) == [SPAM]


def test_one_process_asks_once_a_minute(runtime: Runtime, make_runtime: MakeRuntime) -> None:
    one_failed(runtime)
    now_ms = runtime.ledger.agenda.now_ms() + 10_000
    assert explain_failures(runtime, now_ms) == "1 failures, 1 explained"
    assert explain_failures(make_runtime(), now_ms) == "asked already"
    assert 0 < runtime.ledger.redis.pttl(LATCH) <= LATCH_MS


def test_giving_a_reason_twice_changes_nothing(runtime: Runtime) -> None:
    one_failed(runtime)
    for reason in ("first", "second"):
        runtime.ledger.failure_reasons.explain(CAMPAIGN, 0, [Explanation(0, 1, reason)], again_at_ms=1)
        if reason == "first":
            before = snapshot(runtime.ledger)
    assert snapshot(runtime.ledger) == before
    assert reasons(runtime) == ["first"]


def test_a_row_that_was_delivered_after_all_gets_no_reason(runtime: Runtime) -> None:
    one_failed(runtime)
    delivered = Receipt(0, 0, 1, RecipientState.DELIVERED)
    runtime.ledger.receipts.apply(CAMPAIGN, 0, [delivered], [], grace_ms=0)
    assert runtime.ledger.failure_reasons.explain(CAMPAIGN, 0, [Explanation(0, 1, SPAM)], again_at_ms=1) == 0
    assert reasons(runtime) == [""]
    assert runtime.ledger.redis.zcard(keys.EXPLAIN) == 0


def test_a_reason_takes_nothing_from_a_row_that_failed_in_another_attempt(runtime: Runtime) -> None:
    one_failed(runtime)
    assert runtime.ledger.failure_reasons.explain(CAMPAIGN, 0, [Explanation(0, 2, SPAM)], again_at_ms=1) == 0
    assert runtime.ledger.failure_reasons.due(1, 10) == [(CAMPAIGN, 0)]


def test_a_campaign_that_was_erased_leaves_nothing_to_explain(runtime: Runtime) -> None:
    one_failed(runtime)
    runtime.ledger.redis.delete(keys.batch(CAMPAIGN, 0), keys.rows(CAMPAIGN, 0))
    assert explain(runtime) == "0 failures, 0 explained"
    assert runtime.ledger.redis.zcard(keys.EXPLAIN) == 0
