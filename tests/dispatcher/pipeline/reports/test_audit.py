"""The audit of a campaign: clean while everything is right, and one finding for each thing that can be off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dispatcher.errors import NotFound
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store import keys
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.campaigns.lifecycle import sweep
from dispatcher.pipeline.reports.audit import audit
from tests.dispatcher.pipeline.conftest import MakeRuntime
from tests.factories import (
    CAMPAIGN,
    LOOK_MS,
    POLL_MS,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    record,
    take,
)


def codes(ledger: Ledger) -> set[str]:
    """What is off."""
    return {finding.code for finding in audit(ledger, CAMPAIGN).findings}


def give_back(ledger: Ledger, taken_by: str = "a") -> str:
    """Take batch 0 and give it back."""
    return ledger.batches.give_back(
        take(ledger, who=taken_by).hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS
    )


def test_a_campaign_is_clean_at_every_step_from_the_file_to_the_last_record(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1, 3, 1, rejected=2), make_batch(2, first_row=8))
    steps = [codes(ledger)]
    for number in (0, 1):
        taken = take(ledger, number=number)
        steps.append(codes(ledger))
        for message in range(len(taken.batch.messages)):
            asked = make_claim(taken, message)
            assert claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms()).word == "go"
            steps.append(codes(ledger))
            assert record(ledger, taken.hold, make_record(asked, sid=f"sid-{number}-{message}")) == "ok"
            steps.append(codes(ledger))
        ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)
        steps.append(codes(ledger))
    assert steps == [set()] * len(steps)
    result = audit(ledger, CAMPAIGN)
    assert result.clean
    assert result.totals_compared
    assert result.state is CampaignState.COMPLETED
    assert result.rows == 9
    assert result.counts[RecipientState.QUEUED] == 7


def test_a_sender_that_died_leaves_clean_books(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms())
    assert codes(ledger) == set()
    ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)
    assert codes(ledger) == set()
    assert audit(ledger, CAMPAIGN).counts[RecipientState.UNCONFIRMED] == 1


def test_a_cancelled_campaign_is_clean_before_and_after_its_sweep(
    make_runtime: MakeRuntime, ledger: Ledger
) -> None:
    add_campaign(ledger)
    ledger.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING)
    assert codes(ledger) == set()
    sweep(make_runtime(), CAMPAIGN)
    assert codes(ledger) == set()
    assert audit(ledger, CAMPAIGN).state is CampaignState.CANCELLED


def test_a_campaign_that_is_not_there_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        audit(ledger, "nobody-abc234")


def test_a_count_that_disagrees_with_the_rows_is_found_in_campaign_and_batch(ledger: Ledger) -> None:
    add_campaign(ledger)
    ledger.redis.hincrby(keys.counts(CAMPAIGN), "d", 1)
    assert codes(ledger) == {"campaign_count", "rows_lost"}
    ledger.redis.hset(keys.rows(CAMPAIGN, 0), "n", bytes([2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
    assert "batch_count" in codes(ledger)


SPOILS: dict[str, Callable[[Ledger], object]] = {
    "batch_missing": lambda ledger: ledger.redis.delete(keys.batch(CAMPAIGN, 0)),
    "pending_not_due": lambda ledger: ledger.redis.zrem(keys.due(CAMPAIGN), 0),
    "forgotten": lambda ledger: ledger.redis.zrem(keys.DUE, CAMPAIGN),
    "completed_too_soon": lambda ledger: ledger.redis.hset(keys.campaign(CAMPAIGN), "state", "completed"),
}


@pytest.mark.parametrize("code", SPOILS)
def test_what_was_spoilt_is_found(ledger: Ledger, code: str) -> None:
    add_campaign(ledger)
    assert codes(ledger) == set()
    SPOILS[code](ledger)
    assert code in codes(ledger)


def test_a_batch_that_is_done_and_due_at_once_is_found(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1))
    taken = take(ledger)
    asked = make_claim(taken)
    claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms())
    record(ledger, taken.hold, make_record(asked))
    ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)
    assert codes(ledger) == set()
    ledger.redis.zadd(keys.due(CAMPAIGN), {"0": 1})
    assert codes(ledger) == {"done_and_due"}


def test_unconfirmed_rows_that_nobody_looks_for_are_found_unless_a_person_decides(ledger: Ledger) -> None:
    for policy, expected in (("lookup", {"unconfirmed_unwatched"}), ("hold", set())):
        ledger.redis.flushall()
        add_campaign(ledger, on_unconfirmed=policy)
        taken = take(ledger)
        claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms())
        ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)
        ledger.redis.delete(keys.search(CAMPAIGN), keys.SEARCH)
        assert codes(ledger) == expected


def test_rows_being_sent_by_nobody_are_found(ledger: Ledger) -> None:
    add_campaign(ledger)
    give_back(ledger)
    taken = take(ledger, who="b")
    claim(ledger, taken.hold, make_claim(taken), now_ms=ledger.agenda.now_ms())
    value = ledger.redis.hget(keys.rows(CAMPAIGN, 0), "m")
    assert isinstance(value, bytes)
    ledger.redis.hset(keys.rows(CAMPAIGN, 0), "m", value[:4] + bytes(21))
    assert "sending_without_lease" in codes(ledger)
