"""Take, claim, fence, lease: who may send a message, and when."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dispatcher.errors import StoreUnavailable
from dispatcher.ledger.batches.claims import Denied, Hold
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.store.connection import client
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
    snapshot,
    states,
    take,
    token_of,
)
from tests.valkey import set_clock


def again(ledger: Ledger, who: str, number: int = 0) -> Denied | object:
    """Try to take a batch."""
    return ledger.batches.take(CAMPAIGN, number, token=token_of(who), lease_ms=LEASE_MS, look_ms=LOOK_MS)


def test_a_claim_asked_again_gets_the_same_answer_and_changes_nothing(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    asked = make_claim(taken)
    first = claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
    before = snapshot(ledger_at_start)
    assert claim(ledger_at_start, taken.hold, asked, now_ms=START_MS) == first
    assert first.word == "go"
    assert first.attempt == 1
    assert snapshot(ledger_at_start) == before


def test_a_second_claim_of_the_same_message_is_told_done(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    assert claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS).word == "go"
    assert claim(ledger_at_start, taken.hold, make_claim(taken, name="other"), now_ms=START_MS).word == "done"


def test_a_second_taker_is_told_taken(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    take(ledger_at_start)
    assert again(ledger_at_start, "b") == Denied("taken", "")


def test_a_take_repeated_by_the_same_taker_keeps_the_fence(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    assert take(ledger_at_start).hold.fence == take(ledger_at_start).hold.fence


def test_an_earlier_holder_is_fenced_off(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    late = take(ledger_at_start)
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS)
    current = take(ledger_at_start, who="b")
    assert current.hold.fence == late.hold.fence + 1
    now = START_MS + LEASE_MS
    assert claim(ledger_at_start, late.hold, make_claim(late), now_ms=now).word == "taken"
    assert claim(ledger_at_start, current.hold, make_claim(current), now_ms=now).word == "go"


def test_a_right_token_with_a_wrong_fence_is_told_taken(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    hold = take(ledger_at_start).hold
    wrong = Hold(hold.campaign, hold.batch, hold.token, hold.fence + 1)
    assert claim(ledger_at_start, wrong, make_claim(take(ledger_at_start)), now_ms=START_MS).word == "taken"


def test_a_claim_after_the_lease_is_told_taken_even_if_nobody_took_it(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS)
    assert claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS + LEASE_MS).word == "taken"


def test_a_lease_that_ran_out_turns_what_was_sending_into_unconfirmed(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS)
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS)
    assert [row.state for row in take(ledger_at_start, who="b").states] == [
        RecipientState.UNCONFIRMED,
        RecipientState.PENDING,
        RecipientState.PENDING,
    ]
    assert ledger_at_start.agenda.looks("search", START_MS + LEASE_MS + LOOK_MS, 10) == [(CAMPAIGN, 0)]
    recount(ledger_at_start)


def test_a_renewed_lease_holds(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    hold = take(ledger_at_start).hold
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS - 1)
    assert ledger_at_start.batches.renew(hold, lease_ms=LEASE_MS) == "ok"
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS + 1)
    assert again(ledger_at_start, "b") == Denied("taken", "")


def test_a_renewal_after_the_lease_is_told_lost(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    hold = take(ledger_at_start).hold
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS)
    assert ledger_at_start.batches.renew(hold, lease_ms=LEASE_MS) == "lost"


def test_a_renewal_in_a_paused_campaign_keeps_the_lease_and_says_so(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    hold = take(ledger_at_start).hold
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS - 1)
    assert ledger_at_start.batches.renew(hold, lease_ms=LEASE_MS) == "paused"
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS + 1)
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    assert again(ledger_at_start, "b") == Denied("taken", "")


@pytest.mark.parametrize("to", [CampaignState.PAUSED, CampaignState.CANCELLING])
def test_nothing_is_claimed_or_taken_once_a_campaign_stopped(
    ledger_at_start: Ledger, to: CampaignState
) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    ledger_at_start.campaigns.steer(CAMPAIGN, to, "by hand")
    assert claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS)[:4] == (
        "halt",
        0,
        0,
        to.value,
    )
    assert again(ledger_at_start, "b") == Denied("halt", to.value)


@pytest.mark.parametrize(
    ("apart_ms", "word"), [(5_000, "go"), (-5_000, "go"), (5_001, "clock"), (-5_001, "clock")]
)
def test_a_caller_whose_clock_is_off_is_told_so(ledger_at_start: Ledger, apart_ms: int, word: str) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    assert claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS + apart_ms).word == word


def test_the_brake_stops_the_token_that_was_refused_and_no_other(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    ledger_at_start.agenda.brake("refused", "old", START_MS)
    assert (
        claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS, fingerprint="old").word
        == "brake"
    )
    assert (
        claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS, fingerprint="new").word == "go"
    )


def test_a_message_with_a_not_before_waits_for_it(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS)
    record(ledger_at_start, taken.hold, make_record(make_claim(taken), "later", wait_ms=700, text="busy"))
    second = make_claim(taken, name="second")
    assert claim(ledger_at_start, taken.hold, second, now_ms=START_MS)[:4] == ("wait", 0, 700, "retry")
    set_clock(ledger_at_start.redis, START_MS + 700)
    assert claim(ledger_at_start, taken.hold, second, now_ms=START_MS + 700)[:4] == ("go", 2, 0, "")


@pytest.mark.slow
def test_attempts_beyond_a_byte_never_begin_at_nothing_again(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    taken = take(ledger_at_start)
    for attempt in range(1, 259):
        asked = make_claim(taken, name=attempt)
        assert claim(ledger_at_start, taken.hold, asked, now_ms=START_MS).attempt == min(attempt, 255)
        record(ledger_at_start, taken.hold, make_record(asked, "later"))
    assert ledger_at_start.batches.read(CAMPAIGN, [0])[0][1][0].attempt == 255


def test_a_group_is_claimed_and_counted_whole(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(3, 2))
    taken = take(ledger_at_start)
    assert claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS).word == "go"
    assert states(ledger_at_start) == ["sending"] * 3 + ["pending"] * 2
    assert recount(ledger_at_start)[RecipientState.SENDING] == 3


def test_give_back_says_when_the_batch_is_due(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    taken = take(ledger_at_start)
    asked = make_claim(taken)
    claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
    record(ledger_at_start, taken.hold, make_record(asked, "later", wait_ms=5_000))
    assert ledger_at_start.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS) == "due"
    assert again(ledger_at_start, "b") == Denied("later", "5000")
    set_clock(ledger_at_start.redis, START_MS + 5_000)
    assert take(ledger_at_start, who="b").states[0].attempt == 1


def test_give_back_by_one_who_lost_the_lease_changes_nothing(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    late = take(ledger_at_start)
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS)
    take(ledger_at_start, who="b")
    before = snapshot(ledger_at_start)
    assert ledger_at_start.batches.give_back(late.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS) == "lost"
    assert snapshot(ledger_at_start) == before


def test_give_back_twice_changes_nothing_the_second_time(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    hold = take(ledger_at_start).hold
    assert ledger_at_start.batches.give_back(hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS) == "due"
    before = snapshot(ledger_at_start)
    assert ledger_at_start.batches.give_back(hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS) == "lost"
    assert snapshot(ledger_at_start) == before


def test_what_was_claimed_and_not_recorded_is_unconfirmed_when_the_batch_is_given_back(
    ledger_at_start: Ledger,
) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    taken = take(ledger_at_start)
    claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS)
    assert (
        ledger_at_start.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS) == "done"
    )
    assert states(ledger_at_start) == ["unconfirmed"]
    assert ledger_at_start.agenda.looks("search", START_MS + LOOK_MS, 10) == [(CAMPAIGN, 0)]
    recount(ledger_at_start)


def test_of_many_takers_at_once_one_has_the_batch(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    barrier = threading.Barrier(8)

    def race(who: int) -> object:
        barrier.wait()
        return again(ledger_at_start, str(who))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(race, range(8)))
    assert sorted(isinstance(answer, Denied) for answer in answers) == [False] + [True] * 7


def test_of_many_claims_of_one_message_at_once_one_goes(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    barrier = threading.Barrier(8)

    def race(name: int) -> str:
        barrier.wait()
        return claim(ledger_at_start, taken.hold, make_claim(taken, name=name), now_ms=START_MS).word

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(race, range(8))) == ["done"] * 7 + ["go"]


def test_without_redis_nothing_is_claimed(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    away = Ledger(client("redis://127.0.0.1:1/0"))
    with pytest.raises(StoreUnavailable):
        claim(away, taken.hold, make_claim(taken), now_ms=START_MS)


def test_calls_for_an_erased_campaign_do_no_harm(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    asked = make_claim(taken)
    claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
    ledger_at_start.redis.flushall()
    set_clock(ledger_at_start.redis, START_MS)
    before = snapshot(ledger_at_start)
    assert record(ledger_at_start, taken.hold, make_record(asked)) == "gone"
    assert claim(ledger_at_start, taken.hold, asked, now_ms=START_MS).word == "halt"
    assert ledger_at_start.batches.renew(taken.hold, lease_ms=LEASE_MS) == "lost"
    assert (
        ledger_at_start.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS) == "lost"
    )
    assert ledger_at_start.batches.sweep(CAMPAIGN, 0, RecipientState.CANCELLED, [0, 1], look_ms=LOOK_MS) == 0
    assert again(ledger_at_start, "b") == Denied("halt", "gone")
    assert snapshot(ledger_at_start) == before


def test_what_a_sender_holds_and_asks_and_records_is_shown_without_numbers_texts_and_tokens(
    ledger_at_start: Ledger,
) -> None:
    add_campaign(ledger_at_start, make_batch(2, text="a text to somebody"))
    taken = take(ledger_at_start)
    asked = make_claim(taken, numbers=(number_of(1), number_of(2)))
    token = repr(taken.hold.token)
    for shown in (repr(taken), repr(taken.hold), repr(asked), repr(make_record(asked, sender=asked.sender))):
        for secret in (token, repr(asked.token), asked.sender, number_of(1), number_of(2), "a text"):
            assert secret not in shown
    (book,) = ledger_at_start.consistency.batches(CAMPAIGN, [0])
    for secret in (number_of(1), "a text", "RowState"):
        assert secret not in repr(book)


def test_a_claim_begins_with_nothing_of_the_attempt_before(ledger_at_start: Ledger) -> None:
    ledger = ledger_at_start
    add_campaign(ledger, make_batch(1))
    taken = take(ledger)
    claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS)
    record(ledger, taken.hold, make_record(make_claim(taken), "later", text="busy"))
    before = ledger.batches.read(CAMPAIGN, [0])[0][1][0]
    assert (before.reason, before.attempt) == (1, 1)
    set_clock(ledger.redis, START_MS + 9)
    claim(ledger, taken.hold, make_claim(taken, name="second"), now_ms=START_MS + 9)
    row = ledger.batches.read(CAMPAIGN, [0])[0][1][0]
    assert (row.reason, row.attempt, row.flags, row.at_ms, row.final_ms) == (0, 2, 0, 0, 0)
    assert row.claimed_ms == START_MS + 9
    assert row.sid == token_of(("second", 0)) + bytes(8)
