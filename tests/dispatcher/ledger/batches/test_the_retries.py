"""A new attempt for rows that failed: what the attempts before it still say, and how it ends."""

from __future__ import annotations

import pytest

from dispatcher.ledger.batches.claims import Claim, Hold, Record
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.model.state import CampaignState, RecipientState
from tests.factories import (
    CAMPAIGN,
    LEASE_MS,
    LOOK_MS,
    POLL_MS,
    START_MS,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    number_of,
    record,
    recount,
    states,
    take,
)
from tests.valkey import set_clock

QUEUED, SENT = RecipientState.QUEUED, RecipientState.SENT
FAILED, DELIVERED = RecipientState.FAILED, RecipientState.DELIVERED


def tell(
    ledger: Ledger, row: int, word: RecipientState, *, attempt: int, how: str = "own", sid: str = "first"
) -> None:
    """One word of CarrierX about one row."""
    receipt = Receipt(0, row, attempt, word, "own" if how == "own" else "shared", sid)
    ledger.receipts.apply(CAMPAIGN, 0, [receipt], [], grace_ms=0)


def send(ledger: Ledger, outcome: str, *, who: str) -> tuple[int, tuple[int, ...]]:
    """Send what is due of the one message; its attempt and who got it."""
    taken = take(ledger, who=who)
    asked = make_claim(taken, name=who)
    answer = claim(ledger, taken.hold, asked, now_ms=START_MS)
    assert answer.word == "go"
    record(ledger, taken.hold, ended(asked.to(answer.members), outcome, who))
    give_back(ledger, taken.hold)
    return answer.attempt, answer.members


def ended(asked: Claim, outcome: str, sid: str) -> Record:
    """How a claim ended."""
    return make_record(asked, outcome, **({"sid": sid} if outcome == "accepted" else {"text": "no"}))


def give_back(ledger: Ledger, hold: Hold) -> None:
    """The sender is done."""
    ledger.batches.give_back(hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)


def retry(ledger: Ledger, *rows: int) -> None:
    """A new attempt for these rows of the one message."""
    chosen = [(0, row, number_of(row + 1)) for row in rows]
    assert ledger.batches.retry(CAMPAIGN, 0, chosen) == len(rows)


@pytest.mark.parametrize("word", [QUEUED, SENT, FAILED])
def test_a_late_word_of_the_attempt_that_failed_does_not_undo_a_retry(
    ledger_at_start: Ledger, word: RecipientState
) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    send(ledger_at_start, "accepted", who="first")
    tell(ledger_at_start, 0, FAILED, attempt=1)
    retry(ledger_at_start, 0)
    tell(ledger_at_start, 0, word, attempt=1)
    assert states(ledger_at_start) == ["pending"]
    assert send(ledger_at_start, "accepted", who="second") == (2, (0,))
    recount(ledger_at_start)


def test_an_attempt_that_was_delivered_after_all_is_not_repeated(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    send(ledger_at_start, "accepted", who="first")
    tell(ledger_at_start, 0, FAILED, attempt=1)
    retry(ledger_at_start, 0)
    tell(ledger_at_start, 0, DELIVERED, attempt=1)
    assert states(ledger_at_start) == ["delivered"]


def test_a_refused_message_that_was_taken_after_all_is_not_repeated(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    send(ledger_at_start, "refused", who="first")
    retry(ledger_at_start, 0)
    tell(ledger_at_start, 0, SENT, attempt=1)
    assert states(ledger_at_start) == ["sent"]


def test_a_member_that_was_left_out_of_a_new_attempt_gets_nothing_of_its_words(
    ledger_at_start: Ledger,
) -> None:
    add_campaign(ledger_at_start, make_batch(2))
    send(ledger_at_start, "refused", who="first")
    retry(ledger_at_start, 0)
    assert send(ledger_at_start, "accepted", who="second") == (2, (0,))
    tell(ledger_at_start, 0, DELIVERED, attempt=2, sid="second")
    for word in (QUEUED, DELIVERED):
        tell(ledger_at_start, 1, word, attempt=2, how="shared", sid="second")
    assert states(ledger_at_start) == ["delivered", "rejected"]
    recount(ledger_at_start)


def test_a_silent_member_inherits_nothing_from_an_attempt_for_another(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(2))
    send(ledger_at_start, "accepted", who="first")
    tell(ledger_at_start, 0, FAILED, attempt=1)
    retry(ledger_at_start, 0)
    assert send(ledger_at_start, "accepted", who="second") == (2, (0,))
    tell(ledger_at_start, 1, DELIVERED, attempt=2, how="shared", sid="second")
    assert states(ledger_at_start) == ["queued", "queued"]


def test_members_that_are_tried_again_one_after_the_other_have_attempts_of_their_own(
    ledger_at_start: Ledger,
) -> None:
    add_campaign(ledger_at_start, make_batch(2))
    send(ledger_at_start, "accepted", who="first")
    for row in (0, 1):
        tell(ledger_at_start, row, FAILED, attempt=1)
    retry(ledger_at_start, 0)
    assert send(ledger_at_start, "accepted", who="second") == (2, (0,))
    retry(ledger_at_start, 1)
    tell(ledger_at_start, 0, DELIVERED, attempt=2, sid="second")
    tell(ledger_at_start, 1, QUEUED, attempt=2, how="shared", sid="second")
    assert states(ledger_at_start) == ["delivered", "pending"]
    assert send(ledger_at_start, "accepted", who="third") == (3, (1,))


def test_members_that_are_tried_again_together_have_the_same_new_attempt(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(2))
    send(ledger_at_start, "accepted", who="first")
    for row in (0, 1):
        tell(ledger_at_start, row, FAILED, attempt=1)
    retry(ledger_at_start, 0)
    send(ledger_at_start, "later", who="second")
    retry(ledger_at_start, 1)
    assert send(ledger_at_start, "accepted", who="third") == (3, (0, 1))
    assert [row.attempt for row in ledger_at_start.batches.read(CAMPAIGN, [0])[0][1]] == [3, 3]


def test_a_member_waits_for_the_outcome_of_another_ones_attempt_and_costs_no_sender(
    ledger_at_start: Ledger,
) -> None:
    add_campaign(ledger_at_start, make_batch(2))
    send(ledger_at_start, "accepted", who="first")
    for row in (0, 1):
        tell(ledger_at_start, row, FAILED, attempt=1)
    retry(ledger_at_start, 0)
    send(ledger_at_start, "unknown", who="second")
    retry(ledger_at_start, 1)
    taken = take(ledger_at_start, who="third")
    assert claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS).word == "done"
    give_back(ledger_at_start, taken.hold)
    denied = ledger_at_start.batches.take(CAMPAIGN, 0, token=b"fourth  ", lease_ms=LEASE_MS, look_ms=LOOK_MS)
    assert denied == ("later", str(LOOK_MS))
    tell(ledger_at_start, 0, DELIVERED, attempt=2, sid="second")
    set_clock(ledger_at_start.redis, START_MS + LOOK_MS)
    taken = take(ledger_at_start, who="fifth")
    answer = claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS + LOOK_MS)
    assert (answer.word, answer.attempt, answer.members) == ("go", 3, (1,))


def test_a_retried_campaign_whose_time_runs_out_expires(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1), expires_after="6h")
    send(ledger_at_start, "refused", who="first")
    assert ledger_at_start.campaign(CAMPAIGN).state is CampaignState.COMPLETED
    retry(ledger_at_start, 0)
    set_clock(ledger_at_start.redis, START_MS + 7 * 3_600_000)
    assert ledger_at_start.agenda.expiring(START_MS + 7 * 3_600_000, 10) == [CAMPAIGN]
