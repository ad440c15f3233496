"""What many batches record and claim in one round trip: one that Redis refuses does not keep the others."""

from __future__ import annotations

from dispatcher.ledger.batches.leases import Exchange
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._batch_sender import BatchSender
from dispatcher.pipeline.sending._exchange import Asked, exchange
from dispatcher.pipeline.sending._post_results import PostResult
from dispatcher.pipeline.sending._result_buffer import Unrecorded
from dispatcher.pipeline.sending._room import Room
from tests.factories import add_campaign, make_batch, make_claim, make_record, take


def asked(runtime: Runtime, id: str) -> Asked:
    """One claim of this campaign's first batch."""
    add_campaign(runtime.ledger, make_batch(1), id=id)
    taken = take(runtime.ledger, id)
    claims = [make_claim(taken)]
    return Asked(BatchSender(runtime, Room(1), taken), Exchange(taken.hold, [], claims), Unrecorded([], []))


def test_one_that_redis_refuses_has_its_error_and_the_others_their_answers(runtime: Runtime) -> None:
    wanted = [asked(runtime, id) for id in ("first", "spoilt", "last")]
    runtime.ledger.redis.delete("mms:c:spoilt:r:0")
    runtime.ledger.redis.set("mms:c:spoilt:r:0", "another program's")
    first, spoilt, last = exchange(runtime, wanted)
    assert isinstance(spoilt, Exception)
    for answer in (first, last):
        assert not isinstance(answer, Exception)
        assert [each.word for each in answer[1]] == ["go"]


def test_what_a_result_means_for_others_and_redis_refuses_fails_its_own_batch_alone(runtime: Runtime) -> None:
    first, spoilt = asked(runtime, "first"), asked(runtime, "spoilt")
    runtime.ledger.redis.set("mms:c:spoilt:odd", "another program's")
    claim = spoilt.exchange.claims[0]
    odd = PostResult(make_record(claim), odd_word="pondering")
    wanted = [first, spoilt._replace(unrecorded=Unrecorded([odd.record], [odd]))]
    answer, failed = exchange(runtime, wanted)
    assert isinstance(failed, Exception)
    assert not isinstance(answer, Exception)
    assert [each.word for each in answer[1]] == ["go"]
