"""A campaign's pace over time, and what CarrierX said by sender and by carrier."""

from __future__ import annotations

import pytest

from dispatcher.ledger.campaigns.progress import POINTS
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.estimates.pace import pace_of
from tests.factories import (
    CAMPAIGN,
    SENDER,
    SID,
    START_MS,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    number_of,
    record,
    take,
)
from tests.valkey import set_clock

SENT, FAILED, DELIVERED = RecipientState.SENT, RecipientState.FAILED, RecipientState.DELIVERED


@pytest.fixture
def ledger(timed_ledger: Ledger) -> Ledger:
    """A ledger at START_MS with a running campaign, whose first message CarrierX took."""
    set_clock(timed_ledger.redis, START_MS)
    add_campaign(timed_ledger, make_batch(1, 1))
    taken = take(timed_ledger)
    claimed = make_claim(taken)
    claim(timed_ledger, taken.hold, claimed, now_ms=START_MS)
    record(timed_ledger, taken.hold, make_record(claimed))
    return timed_ledger


def hear(ledger: Ledger, word: RecipientState, *, attempt: int = 1, mnc: str | None = "260") -> None:
    said = Receipt(0, 0, attempt, word, sid=SID, mcc=mnc and "310", mnc=mnc, sender=SENDER)
    ledger.receipts.apply(CAMPAIGN, 0, [said], [], grace_ms=0)


def test_each_message_counts_once_under_its_highest_word(ledger: Ledger) -> None:
    for word in (SENT, DELIVERED, SENT, DELIVERED):
        hear(ledger, word)
    assert ledger.progress.breakdown(CAMPAIGN) == ({SENDER: {DELIVERED: 1}}, {"310-260": {DELIVERED: 1}})


def test_a_carrier_that_is_named_late_or_otherwise_takes_the_message_over(ledger: Ledger) -> None:
    hear(ledger, SENT, mnc=None)
    assert ledger.progress.breakdown(CAMPAIGN).carriers == {}
    hear(ledger, SENT, mnc="410")
    hear(ledger, DELIVERED, mnc="260")
    assert ledger.progress.breakdown(CAMPAIGN).carriers == {"310-260": {DELIVERED: 1}}


def test_a_retried_message_counts_once_for_each_attempt(ledger: Ledger) -> None:
    hear(ledger, FAILED)
    assert ledger.batches.retry(CAMPAIGN, 0, [(0, 0, number_of(1))]) == 1
    hear(ledger, DELIVERED, attempt=2)
    assert ledger.progress.breakdown(CAMPAIGN).senders == {SENDER: {FAILED: 1, DELIVERED: 1}}


def test_samples_tell_what_was_handed_over_and_the_limit(ledger: Ledger) -> None:
    ledger.progress.sample({CAMPAIGN: 12.5})
    whole, lately = ledger.progress.line(CAMPAIGN)
    assert whole == lately == [(START_MS, 1, 12.5)]


@pytest.mark.slow
def test_a_long_campaigns_line_is_capped_and_spans_its_whole_life(ledger: Ledger) -> None:
    seconds = 5 * POINTS
    for second in range(seconds):
        set_clock(ledger.redis, START_MS + 1000 * second)
        ledger.progress.sample({CAMPAIGN: 1})
        assert len(ledger.progress.line(CAMPAIGN)[0]) <= POINTS
    whole, lately = ledger.progress.line(CAMPAIGN)
    assert whole[0].at_ms == START_MS
    assert whole[-1].at_ms >= START_MS + 1000 * (seconds - 20)
    assert len(whole) >= POINTS / 4
    assert [point.at_ms for point in lately] == [START_MS + 1000 * (seconds - 10 + n) for n in range(10)]


def test_a_retry_makes_the_pace_no_less(ledger: Ledger) -> None:
    ledger.progress.sample({CAMPAIGN: 1})
    hear(ledger, FAILED)
    ledger.batches.retry(CAMPAIGN, 0, [(0, 0, number_of(1))])
    set_clock(ledger.redis, START_MS + 1000)
    ledger.progress.sample({CAMPAIGN: 1})
    assert [point.handed for point in ledger.progress.line(CAMPAIGN)[0]] == [1, 1]


def test_two_samples_in_one_millisecond_are_no_pace_and_the_next_one_is(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.progress.sample({CAMPAIGN: 1})
    assert len(ledger.progress.line(CAMPAIGN)[1]) == 2
    assert pace_of(ledger, ledger.campaigns.get(CAMPAIGN), START_MS).now is None
    set_clock(ledger.redis, START_MS + 1000)
    ledger.progress.sample({CAMPAIGN: 1})
    assert pace_of(ledger, ledger.campaigns.get(CAMPAIGN), START_MS + 1000).now == 0
