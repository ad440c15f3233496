"""What a process takes up and gives back, many batches at once."""

from __future__ import annotations

import pytest

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.leases import EndedHold
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.pipeline.sending._handover import LATER_MS, Handover, hand_over
from dispatcher.pipeline.sending._room import Room
from tests.factories import CAMPAIGN, add_campaign, make_batch, take


def test_one_that_cannot_be_read_keeps_no_other_from_being_taken(runtime: Runtime) -> None:
    for number, id in enumerate(("first", "spoilt", "last")):
        add_campaign(runtime.ledger, make_batch(1, first_row=1 + number), id=id)
    runtime.ledger.redis.set("mms:c:spoilt:b:0", b"nothing that we packed")
    result = hand_over(runtime, Room(4), Handover(most=9))
    assert {each.hold.campaign for each in result.taken} == {"first", "last"}


def test_what_is_given_back_in_the_same_step_is_taken_up_again(runtime: Runtime) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1))
    held = take(runtime.ledger).hold
    assert hand_over(runtime, Room(4), Handover(most=9)).taken == []
    (sender,) = hand_over(runtime, Room(4), Handover([EndedHold(held)], most=9)).taken
    assert sender.hold.fence == held.fence + 1


def test_while_redis_is_away_nothing_is_taken_and_nobody_is_told_of_a_lease(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_campaign(runtime.ledger, make_batch(1, 1))
    held = take(runtime.ledger).hold

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    for verb in ("give_back_many", "renew_many", "pick"):
        monkeypatch.setattr(runtime.ledger.batches, verb, away)
    runtime.counters.count("sends", "accepted")
    assert hand_over(runtime, Room(4), Handover([EndedHold(held)], [held], 9)) == ([], (), LATER_MS)
    assert runtime.counters.take() == {"sends accepted": 1}


def test_it_is_told_when_to_look_again(runtime: Runtime) -> None:
    assert hand_over(runtime, Room(4), Handover(most=9)).next_ms == LATER_MS
    add_campaign(runtime.ledger, make_batch(1))
    runtime.ledger.redis.zadd("mms:due", {CAMPAIGN: runtime.ledger.agenda.now_ms() + 60_000})
    assert 50_000 < hand_over(runtime, Room(4), Handover(most=9)).next_ms <= 60_000
