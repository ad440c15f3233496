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


@pytest.fixture
def ledger(timed_ledger: Ledger) -> Ledger:
    """A ledger at START_MS."""
    set_clock(timed_ledger.redis, START_MS)
    return timed_ledger


def again(ledger: Ledger, who: str, number: int = 0) -> Denied | object:
    """Try to take a batch."""
    return ledger.batches.take(CAMPAIGN, number, token=token_of(who), lease_ms=LEASE_MS, look_ms=LOOK_MS)


def test_a_claim_asked_again_gets_the_same_answer_and_changes_nothing(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    asked = make_claim(taken)
    first = claim(ledger, taken.hold, asked, now_ms=START_MS)
    before = snapshot(ledger)
    assert claim(ledger, taken.hold, asked, now_ms=START_MS) == first
    assert first.word == "go"
    assert first.attempt == 1
    assert snapshot(ledger) == before


def test_a_second_claim_of_the_same_message_is_told_done(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    assert claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS).word == "go"
    assert claim(ledger, taken.hold, make_claim(taken, name="other"), now_ms=START_MS).word == "done"


def test_a_second_taker_is_told_taken(ledger: Ledger) -> None:
    add_campaign(ledger)
    take(ledger)
    assert again(ledger, "b") == Denied("taken", "")


def test_a_take_repeated_by_the_same_taker_keeps_the_fence(ledger: Ledger) -> None:
    add_campaign(ledger)
    assert take(ledger).hold.fence == take(ledger).hold.fence


def test_an_earlier_holder_is_fenced_off(ledger: Ledger) -> None:
    add_campaign(ledger)
    late = take(ledger)
    set_clock(ledger.redis, START_MS + LEASE_MS)
    current = take(ledger, who="b")
    assert current.hold.fence == late.hold.fence + 1
    now = START_MS + LEASE_MS
    assert claim(ledger, late.hold, make_claim(late), now_ms=now).word == "taken"
    assert claim(ledger, current.hold, make_claim(current), now_ms=now).word == "go"


def test_a_right_token_with_a_wrong_fence_is_told_taken(ledger: Ledger) -> None:
    add_campaign(ledger)
    hold = take(ledger).hold
    wrong = Hold(hold.campaign, hold.batch, hold.token, hold.fence + 1)
    assert claim(ledger, wrong, make_claim(take(ledger)), now_ms=START_MS).word == "taken"


def test_a_claim_after_the_lease_is_told_taken_even_if_nobody_took_it(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    set_clock(ledger.redis, START_MS + LEASE_MS)
    assert claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS + LEASE_MS).word == "taken"


def test_a_lease_that_ran_out_turns_what_was_sending_into_unconfirmed(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS)
    set_clock(ledger.redis, START_MS + LEASE_MS)
    assert [row.state for row in take(ledger, who="b").states] == [
        RecipientState.UNCONFIRMED,
        RecipientState.PENDING,
        RecipientState.PENDING,
    ]
    assert ledger.agenda.looks("search", START_MS + LEASE_MS + LOOK_MS, 10) == [(CAMPAIGN, 0)]
    recount(ledger)


def test_a_renewed_lease_holds(ledger: Ledger) -> None:
    add_campaign(ledger)
    hold = take(ledger).hold
    set_clock(ledger.redis, START_MS + LEASE_MS - 1)
    assert ledger.batches.renew(hold, lease_ms=LEASE_MS) == "ok"
    set_clock(ledger.redis, START_MS + LEASE_MS + 1)
    assert again(ledger, "b") == Denied("taken", "")


def test_a_renewal_after_the_lease_is_told_lost(ledger: Ledger) -> None:
    add_campaign(ledger)
    hold = take(ledger).hold
    set_clock(ledger.redis, START_MS + LEASE_MS)
    assert ledger.batches.renew(hold, lease_ms=LEASE_MS) == "lost"


def test_a_renewal_in_a_paused_campaign_keeps_the_lease_and_says_so(ledger: Ledger) -> None:
    add_campaign(ledger)
    hold = take(ledger).hold
    ledger.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    set_clock(ledger.redis, START_MS + LEASE_MS - 1)
    assert ledger.batches.renew(hold, lease_ms=LEASE_MS) == "paused"
    set_clock(ledger.redis, START_MS + LEASE_MS + 1)
    ledger.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    assert again(ledger, "b") == Denied("taken", "")


@pytest.mark.parametrize("to", [CampaignState.PAUSED, CampaignState.CANCELLING])
def test_nothing_is_claimed_or_taken_once_a_campaign_stopped(ledger: Ledger, to: CampaignState) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    ledger.campaigns.steer(CAMPAIGN, to, "by hand")
    assert claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS)[:4] == ("halt", 0, 0, to.value)
    assert again(ledger, "b") == Denied("halt", to.value)


@pytest.mark.parametrize(
    ("apart_ms", "word"), [(5_000, "go"), (-5_000, "go"), (5_001, "clock"), (-5_001, "clock")]
)
def test_a_caller_whose_clock_is_off_is_told_so(ledger: Ledger, apart_ms: int, word: str) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    assert claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS + apart_ms).word == word


def test_the_brake_stops_the_token_that_was_refused_and_no_other(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    ledger.agenda.brake("refused", "old", START_MS)
    assert claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS, fingerprint="old").word == "brake"
    assert claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS, fingerprint="new").word == "go"


def test_a_message_with_a_not_before_waits_for_it(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS)
    record(ledger, taken.hold, make_record(make_claim(taken), "later", wait_ms=700, text="busy"))
    second = make_claim(taken, name="second")
    assert claim(ledger, taken.hold, second, now_ms=START_MS)[:4] == ("wait", 0, 700, "retry")
    set_clock(ledger.redis, START_MS + 700)
    assert claim(ledger, taken.hold, second, now_ms=START_MS + 700)[:4] == ("go", 2, 0, "")


@pytest.mark.slow
def test_attempts_beyond_a_byte_never_begin_at_nothing_again(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1))
    taken = take(ledger)
    for attempt in range(1, 259):
        asked = make_claim(taken, name=attempt)
        assert claim(ledger, taken.hold, asked, now_ms=START_MS).attempt == min(attempt, 255)
        record(ledger, taken.hold, make_record(asked, "later"))
    assert ledger.batches.read(CAMPAIGN, [0])[0][1][0].attempt == 255


def test_a_group_is_claimed_and_counted_whole(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(3, 2))
    taken = take(ledger)
    assert claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS).word == "go"
    assert states(ledger) == ["sending"] * 3 + ["pending"] * 2
    assert recount(ledger)[RecipientState.SENDING] == 3


def test_give_back_says_when_the_batch_is_due(ledger: Ledger) -> None:
    add_campaign(ledger, make_batch(1))
    taken = take(ledger)
    asked = make_claim(taken)
    claim(ledger, taken.hold, asked, now_ms=START_MS)
    record(ledger, taken.hold, make_record(asked, "later", wait_ms=5_000))
    assert ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS) == "due"
    assert again(ledger, "b") == Denied("later", "5000")
    set_clock(ledger.redis, START_MS + 5_000)
    assert take(ledger, who="b").states[0].attempt == 1


def test_give_back_by_one_who_lost_the_lease_changes_nothing(ledger: Ledger) -> None:
    add_campaign(ledger)
    late = take(ledger)
    set_clock(ledger.redis, START_MS + LEASE_MS)
    take(ledger, who="b")
    before = snapshot(ledger)
    assert ledger.batches.give_back(late.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS) == "lost"
    assert snapshot(ledger) == before


def test_give_back_twice_changes_nothing_the_second_time(ledger: Ledger) -> None:
    add_campaign(ledger)
    hold = take(ledger).hold
    assert ledger.batches.give_back(hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS) == "due"
    before = snapshot(ledger)
    assert ledger.batches.give_back(hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS) == "lost"
    assert snapshot(ledger) == before


def test_what_was_claimed_and_not_recorded_is_unconfirmed_when_the_batch_is_given_back(
    ledger: Ledger,
) -> None:
    add_campaign(ledger, make_batch(1))
    taken = take(ledger)
    claim(ledger, taken.hold, make_claim(taken), now_ms=START_MS)
    assert ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS) == "done"
    assert states(ledger) == ["unconfirmed"]
    assert ledger.agenda.looks("search", START_MS + LOOK_MS, 10) == [(CAMPAIGN, 0)]
    recount(ledger)


def test_of_many_takers_at_once_one_has_the_batch(ledger: Ledger) -> None:
    add_campaign(ledger)
    barrier = threading.Barrier(8)

    def race(who: int) -> object:
        barrier.wait()
        return again(ledger, str(who))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(race, range(8)))
    assert sorted(isinstance(answer, Denied) for answer in answers) == [False] + [True] * 7


def test_of_many_claims_of_one_message_at_once_one_goes(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    barrier = threading.Barrier(8)

    def race(name: int) -> str:
        barrier.wait()
        return claim(ledger, taken.hold, make_claim(taken, name=name), now_ms=START_MS).word

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(race, range(8))) == ["done"] * 7 + ["go"]


def test_without_redis_nothing_is_claimed(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    away = Ledger(client("redis://127.0.0.1:1/0"))
    with pytest.raises(StoreUnavailable):
        claim(away, taken.hold, make_claim(taken), now_ms=START_MS)


def test_calls_for_an_erased_campaign_do_no_harm(ledger: Ledger) -> None:
    add_campaign(ledger)
    taken = take(ledger)
    asked = make_claim(taken)
    claim(ledger, taken.hold, asked, now_ms=START_MS)
    ledger.redis.flushall()
    set_clock(ledger.redis, START_MS)
    before = snapshot(ledger)
    assert record(ledger, taken.hold, make_record(asked)) == "gone"
    assert claim(ledger, taken.hold, asked, now_ms=START_MS).word == "halt"
    assert ledger.batches.renew(taken.hold, lease_ms=LEASE_MS) == "lost"
    assert ledger.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS) == "lost"
    assert ledger.batches.sweep(CAMPAIGN, 0, RecipientState.CANCELLED, [0, 1], look_ms=LOOK_MS) == 0
    assert again(ledger, "b") == Denied("halt", "gone")
    assert snapshot(ledger) == before


def test_what_a_sender_holds_and_asks_and_records_is_shown_without_numbers_texts_and_tokens(
    ledger: Ledger,
) -> None:
    add_campaign(ledger, make_batch(2, text="a text to somebody"))
    taken = take(ledger)
    asked = make_claim(taken, numbers=(number_of(1), number_of(2)))
    token = repr(taken.hold.token)
    for shown in (repr(taken), repr(taken.hold), repr(asked), repr(make_record(asked, sender=asked.sender))):
        for secret in (token, repr(asked.token), asked.sender, number_of(1), number_of(2), "a text"):
            assert secret not in shown
    (book,) = ledger.consistency.batches(CAMPAIGN, [0])
    for secret in (number_of(1), "a text", "RowState"):
        assert secret not in repr(book)
