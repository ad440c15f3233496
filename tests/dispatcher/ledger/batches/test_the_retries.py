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


@pytest.fixture
def ledger(timed_ledger: Ledger) -> Ledger:
    """A ledger at START_MS."""
    set_clock(timed_ledger.redis, START_MS)
    return timed_ledger


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
    ledger: Ledger, word: RecipientState
) -> None:
    add_campaign(ledger, make_batch(1))
    send(ledger, "accepted", who="first")
    tell(ledger, 0, FAILED, attempt=1)
    retry(ledger, 0)
    tell(ledger, 0, word, attempt=1)
    assert states(ledger) == ["pending"]
    assert send(ledger, "accepted", who="second") == (2, (0,))
    recount(ledger)


def test_an_attempt_that_was_delivered_after_all_is_not_repeated(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1))
    send(ledger, "accepted", who="first")
    tell(ledger, 0, FAILED, attempt=1)
    retry(ledger, 0)
    tell(ledger, 0, DELIVERED, attempt=1)
    assert states(ledger) == ["delivered"]


def test_a_refused_message_that_was_taken_after_all_is_not_repeated(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1))
    send(ledger, "refused", who="first")
    retry(ledger, 0)
    tell(ledger, 0, SENT, attempt=1)
    assert states(ledger) == ["sent"]


def test_a_member_that_was_left_out_of_a_new_attempt_gets_nothing_of_its_words(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(2))
    send(ledger, "refused", who="first")
    retry(ledger, 0)
    assert send(ledger, "accepted", who="second") == (2, (0,))
    tell(ledger, 0, DELIVERED, attempt=2, sid="second")
    for word in (QUEUED, DELIVERED):
        tell(ledger, 1, word, attempt=2, how="shared", sid="second")
    assert states(ledger) == ["delivered", "rejected"]
    recount(ledger)


def test_a_silent_member_inherits_nothing_from_an_attempt_for_another(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(2))
    send(ledger, "accepted", who="first")
    tell(ledger, 0, FAILED, attempt=1)
    retry(ledger, 0)
    assert send(ledger, "accepted", who="second") == (2, (0,))
    tell(ledger, 1, DELIVERED, attempt=2, how="shared", sid="second")
    assert states(ledger) == ["queued", "queued"]


def test_members_that_are_tried_again_one_after_the_other_have_attempts_of_their_own(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(2))
    send(ledger, "accepted", who="first")
    for row in (0, 1):
        tell(ledger, row, FAILED, attempt=1)
    retry(ledger, 0)
    assert send(ledger, "accepted", who="second") == (2, (0,))
    retry(ledger, 1)
    tell(ledger, 0, DELIVERED, attempt=2, sid="second")
    tell(ledger, 1, QUEUED, attempt=2, how="shared", sid="second")
    assert states(ledger) == ["delivered", "pending"]
    assert send(ledger, "accepted", who="third") == (3, (1,))


def test_members_that_are_tried_again_together_have_the_same_new_attempt(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(2))
    send(ledger, "accepted", who="first")
    for row in (0, 1):
        tell(ledger, row, FAILED, attempt=1)
    retry(ledger, 0)
    send(ledger, "later", who="second")
    retry(ledger, 1)
    assert send(ledger, "accepted", who="third") == (3, (0, 1))
    assert [row.attempt for row in ledger.batches.read(CAMPAIGN, [0])[0][1]] == [3, 3]


def test_a_member_waits_for_the_outcome_of_another_ones_attempt_and_costs_no_sender(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(2))
    send(ledger, "accepted", who="first")
    for row in (0, 1):
        tell(ledger, row, FAILED, attempt=1)
    retry(ledger, 0)
    send(ledger, "unknown", who="second")
    retry(ledger, 1)
    taken = take(ledger, who="third")
    assert claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS).word == "done"
    give_back(ledger, taken.hold)
    denied = ledger.batches.take(CAMPAIGN, 0, token=b"fourth  ", lease_ms=LEASE_MS, look_ms=LOOK_MS)
    assert denied == ("later", str(LOOK_MS))
    tell(ledger, 0, DELIVERED, attempt=2, sid="second")
    set_clock(ledger.redis, START_MS + LOOK_MS)
    taken = take(ledger, who="fifth")
    answer = claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS + LOOK_MS)
    assert (answer.word, answer.attempt, answer.members) == ("go", 3, (1,))


def test_a_retried_campaign_whose_time_runs_out_expires(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1), expires_after="6h")
    send(ledger, "refused", who="first")
    assert ledger.campaign(CAMPAIGN).state is CampaignState.COMPLETED
    retry(ledger, 0)
    set_clock(ledger.redis, START_MS + 7 * 3_600_000)
    assert ledger.agenda.expiring(START_MS + 7 * 3_600_000, 10) == [CAMPAIGN]
