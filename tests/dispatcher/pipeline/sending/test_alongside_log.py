"""What is told of the batches beside the hinted one: some of them, and of many the sum of the rest."""

from __future__ import annotations

from dispatcher.model.scope import ACCOUNT
from dispatcher.pipeline.limits.changes import set_limit
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending import _alongside_log
from dispatcher.pipeline.sending.alongside import AlongsideBatch
from dispatcher.pipeline.sending.send import send_batch
from tests.factories import CAMPAIGN, add_campaign, make_batch


def test_each_is_told_until_there_are_too_many_and_the_rest_is_summed_up(runtime: Runtime) -> None:
    for number in range(_alongside_log.MOST_SHOWN + 5):
        add_campaign(runtime.ledger, make_batch(1, 1, first_row=1 + 2 * number), id=f"c{number}")
    told: list[AlongsideBatch] = []
    assert send_batch(runtime, "c0", 0, told) == "2 queued; 4 more batches: 8 queued"
    assert len(told) == _alongside_log.MOST_SHOWN
    assert {each.line for each in told} == {"2 queued"}


def test_a_batch_that_only_waited_is_not_told(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1))
    add_campaign(runtime.ledger, make_batch(1, 1, first_row=11), id="other")
    set_limit(runtime.ledger, ACCOUNT, rate="1/h", burst=1)
    told: list[AlongsideBatch] = []
    assert send_batch(runtime, CAMPAIGN, 0, told) == "1 queued, waits for the limit of account"
    assert told == []
