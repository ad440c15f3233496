"""Who may have a message, decided in the claim: suppression, allowed hours, frequency cap."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dispatcher.ledger.batches.claims import Claim, ClaimAnswer, TakenBatch
from dispatcher.ledger.consent.optouts import OptOut
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.model.scope import ACCOUNT
from dispatcher.model.state import CampaignState, RecipientState
from tests.factories import (
    CAMPAIGN,
    SID,
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
)
from tests.valkey import set_clock

HOUR_MS = 3_600_000


def asked(taken: TakenBatch, message: int = 0, **changes: Any) -> Claim:
    """A claim that names its members' numbers."""
    members = taken.batch.messages[message].members
    return make_claim(taken, message, numbers=tuple(number_of(1 + row) for row in members), **changes)


def ask(ledger: Ledger, taken: TakenBatch, wanted: Claim, now_ms: int = START_MS) -> ClaimAnswer:
    """Ask at this moment."""
    set_clock(ledger.redis, now_ms)
    return claim(ledger, taken.hold, wanted, now_ms=now_ms)


def stop(ledger: Ledger, row: int) -> None:
    """This row's number opts out."""
    ledger.optouts.receive(b"{}", START_MS, number_of(row), "inbound")


def reasons(ledger: Ledger) -> list[str]:
    texts = ledger.campaigns.texts(CAMPAIGN)
    return [texts.get(state.reason, "") for state in ledger.batches.read(CAMPAIGN, [0])[0][1]]


def test_nobody_who_opted_out_is_claimed(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    stop(ledger_at_start, 2)
    assert [ask(ledger_at_start, taken, asked(taken, message)).word for message in range(3)] == [
        "go",
        "skip",
        "go",
    ]
    assert states(ledger_at_start) == ["sending", "skipped", "sending"]
    assert reasons(ledger_at_start)[1] == "opted_out"
    recount(ledger_at_start)


def test_a_skip_that_is_asked_again_is_the_same_and_changes_nothing(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    stop(ledger_at_start, 1)
    wanted = asked(taken)
    ask(ledger_at_start, taken, wanted)
    before = snapshot(ledger_at_start)
    assert ask(ledger_at_start, taken, wanted).word == "skip"
    assert snapshot(ledger_at_start) == before


def test_a_group_goes_without_the_member_who_opted_out(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(3))
    taken = take(ledger_at_start)
    stop(ledger_at_start, 2)
    wanted = asked(taken)
    answer = ask(ledger_at_start, taken, wanted)
    assert (answer.word, answer.members) == ("go", (0, 2))
    assert ask(ledger_at_start, taken, wanted) == answer
    assert states(ledger_at_start) == ["sending", "skipped", "sending"]
    assert record(ledger_at_start, taken.hold, make_record(replace(wanted, members=answer.members))) == "ok"
    assert states(ledger_at_start) == ["queued", "skipped", "queued"]
    recount(ledger_at_start)


def test_a_member_who_opts_out_after_the_claim_still_has_it_once_and_not_again(
    ledger_at_start: Ledger,
) -> None:
    add_campaign(ledger_at_start, make_batch(2))
    taken = take(ledger_at_start)
    wanted = asked(taken)
    first = ask(ledger_at_start, taken, wanted)
    stop(ledger_at_start, 1)
    assert ask(ledger_at_start, taken, wanted) == first
    record(ledger_at_start, taken.hold, make_record(wanted, "later", wait_ms=0))
    assert ask(ledger_at_start, taken, asked(taken, name="again")).members == (1,)


def test_a_group_of_which_nobody_is_left_is_skipped_and_the_campaign_ends(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(2))
    taken = take(ledger_at_start)
    stop(ledger_at_start, 1)
    stop(ledger_at_start, 2)
    assert ask(ledger_at_start, taken, asked(taken)).word == "skip"
    assert ledger_at_start.batches.give_back(taken.hold, wait_ms=0, poll_ms=1, look_ms=1) == "done"
    assert ledger_at_start.campaign(CAMPAIGN).state is CampaignState.COMPLETED
    recount(ledger_at_start)


def test_a_member_left_out_of_a_group_inherits_no_word_of_the_others(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(2))
    taken = take(ledger_at_start)
    stop(ledger_at_start, 2)
    wanted = asked(taken)
    answer = ask(ledger_at_start, taken, wanted)
    record(ledger_at_start, taken.hold, make_record(replace(wanted, members=answer.members)))
    shared = Receipt(0, 1, 1, RecipientState.QUEUED, "shared", SID)
    ledger_at_start.receipts.apply(CAMPAIGN, 0, [shared], [], grace_ms=0)
    assert states(ledger_at_start) == ["queued", "skipped"]


def test_somebody_who_came_back_gets_messages_again(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    stop(ledger_at_start, 1)
    set_clock(ledger_at_start.redis, START_MS + 1)
    ledger_at_start.optouts.put([OptOut(number_of(1), "in", 0, "operator")])
    assert ask(ledger_at_start, taken, asked(taken), START_MS + 1).word == "go"


def test_only_a_confirmation_reaches_somebody_who_opted_out(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    ledger_at_start.redis.hset(f"mms:c:{CAMPAIGN}", "kind", "confirmation")
    taken = take(ledger_at_start)
    stop(ledger_at_start, 1)
    assert ask(ledger_at_start, taken, asked(taken)).word == "go"


def test_what_is_left_of_a_group_is_charged_for_what_goes(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(3, 1))
    ledger_at_start.campaigns.set_rate(ACCOUNT, (1_000_000, 0))
    taken = take(ledger_at_start)
    stop(ledger_at_start, 2)
    assert ask(ledger_at_start, taken, asked(taken, 0)).members == (0, 2)
    assert ask(ledger_at_start, taken, asked(taken, 1)).wait_ms == 2_000


def test_the_last_member_of_a_group_is_charged_as_a_single_message(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(3, 1))
    ledger_at_start.campaigns.set_rate(ACCOUNT, (1_000_000, 0))
    taken = take(ledger_at_start)
    stop(ledger_at_start, 1)
    stop(ledger_at_start, 2)
    assert ask(ledger_at_start, taken, asked(taken, 0, alone=4)).members == (2,)
    assert ask(ledger_at_start, taken, asked(taken, 1)).wait_ms == 4_000


def test_outside_its_hours_a_message_waits_and_the_batch_is_due_when_they_begin(
    ledger_at_start: Ledger,
) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    taken = take(ledger_at_start)
    opens = START_MS + HOUR_MS
    wanted = asked(taken, window=(opens, opens + HOUR_MS))
    assert ask(ledger_at_start, taken, wanted)[:4] == ("wait", 0, HOUR_MS, "hours")
    assert reasons(ledger_at_start) == ["outside allowed hours"]
    assert ledger_at_start.batches.give_back(taken.hold, wait_ms=0, poll_ms=1, look_ms=1) == "due"
    assert ledger_at_start.agenda.due(opens - 1, 10) == []
    assert ledger_at_start.agenda.due(opens, 10) == [CAMPAIGN]


@pytest.mark.parametrize(
    ("from_now", "until_now", "word"),
    [(0, 1, "go"), (-HOUR_MS, 1, "go"), (1, HOUR_MS, "wait"), (-HOUR_MS, 0, "wait")],
)
def test_a_window_is_open_from_its_first_moment_and_before_its_last(
    ledger_at_start: Ledger, from_now: int, until_now: int, word: str
) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    wanted = asked(taken, window=(START_MS + from_now, START_MS + until_now))
    assert ask(ledger_at_start, taken, wanted).word == word


def test_a_claim_that_waited_past_the_end_of_its_window_is_held(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    ledger_at_start.campaigns.set_rate(ACCOUNT, (200_000, 0))
    taken = take(ledger_at_start)
    nine = START_MS + 100  # it is 20:59:59.9
    assert ask(ledger_at_start, taken, asked(taken, 0, window=(1, nine))).word == "go"
    late = asked(taken, 1, window=(1, nine))
    assert ask(ledger_at_start, taken, late)[:4] == ("wait", 0, 200, "account")
    assert ask(ledger_at_start, taken, late, START_MS + 200)[:4] == ("wait", 0, 1_000, "closing")
    assert states(ledger_at_start)[1] == "pending"


def test_a_claim_that_was_granted_is_granted_again_after_the_window_closed(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    wanted = asked(taken, window=(1, START_MS + 100))
    assert ask(ledger_at_start, taken, wanted) == ask(ledger_at_start, taken, wanted, START_MS + 200)


def test_a_group_whose_members_share_no_hours_is_skipped(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(2))
    taken = take(ledger_at_start)
    assert ask(ledger_at_start, taken, asked(taken, window=(-1, 0))).word == "skip"
    assert reasons(ledger_at_start) == ["no_common_hours"] * 2


def test_a_number_gets_no_more_than_the_cap_within_its_span_over_all_campaigns(
    ledger_at_start: Ledger,
) -> None:
    cap = (1, HOUR_MS)
    for name in ("one-abc234", "two-abc234"):
        add_campaign(ledger_at_start, make_batch(1), id=name)
    first, second = (take(ledger_at_start, name) for name in ("one-abc234", "two-abc234"))
    assert ask(ledger_at_start, first, asked(first, cap=cap)).word == "go"
    assert ask(ledger_at_start, second, asked(second, cap=cap)).word == "skip"
    assert ledger_at_start.campaigns.texts("two-abc234") == {1: "capped"}


def test_the_cap_counts_a_message_once_however_often_it_is_tried(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    taken = take(ledger_at_start)
    wanted = asked(taken, cap=(1, HOUR_MS))
    ask(ledger_at_start, taken, wanted)
    record(ledger_at_start, taken.hold, make_record(wanted, "later", wait_ms=0))
    assert ask(ledger_at_start, taken, asked(taken, cap=(1, HOUR_MS), name="again")).word == "go"


def test_after_its_span_the_cap_has_room_again(ledger_at_start: Ledger) -> None:
    cap = (1, 10_000)
    for name in ("one-abc234", "two-abc234"):
        add_campaign(ledger_at_start, make_batch(1), id=name)
    first, second = (take(ledger_at_start, name) for name in ("one-abc234", "two-abc234"))
    ask(ledger_at_start, first, asked(first, cap=cap))
    assert ask(ledger_at_start, second, asked(second, cap=cap), START_MS + 10_000).word == "go"


def test_the_cap_is_asked_when_a_message_may_go_and_not_while_it_waits_for_hours(
    ledger_at_start: Ledger,
) -> None:
    cap, opens_ms = (1, 10_000), START_MS + 20_000
    for name in ("one-abc234", "two-abc234"):
        add_campaign(ledger_at_start, make_batch(1), id=name)
    first, second = (take(ledger_at_start, name) for name in ("one-abc234", "two-abc234"))
    ask(ledger_at_start, first, asked(first, cap=cap))
    window = (opens_ms, opens_ms + HOUR_MS)
    assert ask(ledger_at_start, second, asked(second, cap=cap, window=window)).detail == "hours"
    assert ask(ledger_at_start, second, asked(second, cap=cap, window=window), opens_ms).word == "go"


def test_the_times_of_a_number_are_forgotten_with_the_span_of_the_cap(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    assert ask(ledger_at_start, taken, asked(taken, cap=(2, HOUR_MS))).word == "go"
    assert HOUR_MS - 5_000 < int(ledger_at_start.redis.pttl(f"mms:cap:{number_of(1)}")) <= HOUR_MS


@pytest.mark.parametrize(
    ("window", "answer"),
    [
        ((1, 2), ("go", 0, "")),
        ((0, 2), ("go", 0, "")),
        ((0, 1), ("wait", 1_000, "closing")),
        ((2, 9), ("wait", 1, "hours")),
    ],
)
def test_a_window_that_closed_since_it_was_looked_up_is_asked_for_again_in_a_second(
    ledger_at_start: Ledger, window: tuple[int, int], answer: tuple[str, int, str]
) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    now_ms = START_MS + 1
    wanted = asked(taken, window=(START_MS + window[0], START_MS + window[1]))
    answered = ask(ledger_at_start, taken, wanted, now_ms)
    assert (answered.word, answered.wait_ms, answered.detail) == answer


def test_a_member_that_is_to_be_tried_again_stands_back_ten_seconds_for_another_ones_attempt(
    ledger_at_start: Ledger,
) -> None:
    add_campaign(ledger_at_start, make_batch(2))
    taken = take(ledger_at_start)
    wanted = asked(taken)
    assert ask(ledger_at_start, taken, wanted).members == (0, 1)
    record(ledger_at_start, taken.hold, make_record(replace(wanted, members=(0,)), "later"))
    assert states(ledger_at_start) == ["pending", "sending"]
    assert ask(ledger_at_start, taken, asked(taken, name="again"), START_MS + 7).word == "done"
    assert ledger_at_start.batches.read(CAMPAIGN, [0])[0][1][0].at_ms == START_MS + 7 + 10_000


def test_a_campaign_keeps_sixty_five_thousand_texts_and_calls_the_others_by_one_number(
    ledger_at_start: Ledger,
) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    ledger_at_start.redis.hset(f"mms:c:{CAMPAIGN}:texts", "next", 64_999)
    for message, number in ((0, 65_000), (1, 65_535)):
        wanted = asked(taken, message)
        ask(ledger_at_start, taken, wanted)
        record(ledger_at_start, taken.hold, make_record(wanted, "refused", text=f"no {message}"))
        assert ledger_at_start.batches.read(CAMPAIGN, [0])[0][1][message].reason == number
