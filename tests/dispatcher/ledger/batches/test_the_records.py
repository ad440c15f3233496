"""What became of a claim: proof by its token alone, once, whenever it comes."""

from __future__ import annotations

import pytest

from dispatcher.ledger.batches.batches import NextLook
from dispatcher.ledger.batches.claims import Denied
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import CampaignState, RecipientState
from tests.factories import (
    CAMPAIGN,
    LEASE_MS,
    LOOK_MS,
    POLL_MS,
    SID,
    START_MS,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    record,
    recount,
    snapshot,
    states,
    take,
    token_of,
)
from tests.valkey import set_clock

OUTCOMES = ["accepted", "refused", "later", "unknown"]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("accepted", "queued"), ("refused", "rejected"), ("later", "pending"), ("unknown", "unconfirmed")],
)
def test_every_outcome_has_its_state(ledger_at_start: Ledger, outcome: str, state: str) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    asked = make_claim(taken)
    claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
    assert record(ledger_at_start, taken.hold, make_record(asked, outcome)) == "ok"
    assert states(ledger_at_start) == [state, "pending", "pending"]
    recount(ledger_at_start)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_record_repeated_changes_nothing(ledger_at_start: Ledger, outcome: str) -> None:
    add_campaign(ledger_at_start, make_batch(3))
    taken = take(ledger_at_start)
    asked = make_claim(taken)
    claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
    became = make_record(asked, outcome, text="why" if outcome != "accepted" else "", wait_ms=5)
    record(ledger_at_start, taken.hold, became)
    before = snapshot(ledger_at_start)
    record(ledger_at_start, taken.hold, became)
    assert snapshot(ledger_at_start) == before


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_late_record_counts_by_its_token_alone(ledger_at_start: Ledger, outcome: str) -> None:
    add_campaign(ledger_at_start, make_batch(1, 1))
    late = take(ledger_at_start)
    asked = make_claim(late)
    claim(ledger_at_start, late.hold, asked, now_ms=START_MS)
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS)
    take(ledger_at_start, who="b")
    assert states(ledger_at_start)[0] == "unconfirmed"
    assert record(ledger_at_start, late.hold, make_record(asked, outcome)) == "ok"
    assert states(ledger_at_start)[0] == {
        "accepted": "queued",
        "refused": "rejected",
        "later": "pending",
        "unknown": "unconfirmed",
    }.get(outcome)
    recount(ledger_at_start)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_record_with_a_token_of_another_claim_changes_nothing(
    ledger_at_start: Ledger, outcome: str
) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    claim(ledger_at_start, taken.hold, make_claim(taken), now_ms=START_MS)
    before = snapshot(ledger_at_start)
    stranger = make_claim(taken, name="another")
    assert record(ledger_at_start, taken.hold, make_record(stranger, outcome)) == "gone"
    assert snapshot(ledger_at_start) == before


def test_a_late_later_makes_a_batch_due_again_that_was_done(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    late = take(ledger_at_start)
    asked = make_claim(late)
    claim(ledger_at_start, late.hold, asked, now_ms=START_MS)
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS)
    ledger_at_start.batches.give_back(
        take(ledger_at_start, who="b").hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS
    )
    record(ledger_at_start, late.hold, make_record(asked, "later"))
    assert take(ledger_at_start, who="c").states[0].state is RecipientState.PENDING


def test_a_late_later_is_not_kept_waiting_by_rows_that_wait_longer(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1, 1))
    late = take(ledger_at_start)
    asked = make_claim(late)
    claim(ledger_at_start, late.hold, asked, now_ms=START_MS)
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS)
    other = take(ledger_at_start, who="b")
    patient = make_claim(other, 1)
    claim(ledger_at_start, other.hold, patient, now_ms=START_MS + LEASE_MS)
    record(ledger_at_start, other.hold, make_record(patient, "later", wait_ms=3_600_000))
    ledger_at_start.batches.give_back(other.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)
    record(ledger_at_start, late.hold, make_record(asked, "later"))
    assert take(ledger_at_start, who="c").states[0].state is RecipientState.PENDING


def test_a_later_while_another_holds_the_batch_is_due_when_that_one_gives_it_back(
    ledger_at_start: Ledger,
) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    late = take(ledger_at_start)
    asked = make_claim(late)
    claim(ledger_at_start, late.hold, asked, now_ms=START_MS)
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS)
    other = take(ledger_at_start, who="b")
    record(ledger_at_start, late.hold, make_record(asked, "later", wait_ms=500))
    assert ledger_at_start.batches.give_back(other.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS) == "due"
    again = ledger_at_start.batches.take(CAMPAIGN, 0, token=token_of("c"), lease_ms=LEASE_MS, look_ms=LOOK_MS)
    assert again == Denied("later", "500")


def test_a_later_of_a_cancelled_campaign_leaves_no_pending_row(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    late = take(ledger_at_start)
    asked = make_claim(late)
    claim(ledger_at_start, late.hold, asked, now_ms=START_MS)
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.CANCELLING, "by hand")
    set_clock(ledger_at_start.redis, START_MS + LEASE_MS)
    ledger_at_start.batches.sweep(CAMPAIGN, 0, RecipientState.CANCELLED, [0], look_ms=LOOK_MS)
    assert ledger_at_start.campaigns.swept(CAMPAIGN)
    record(ledger_at_start, late.hold, make_record(asked, "later"))
    assert states(ledger_at_start) == ["cancelled"]
    recount(ledger_at_start)


def test_refusals_share_one_text(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    taken = take(ledger_at_start)
    for message in range(3):
        asked = make_claim(taken, message)
        claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
        record(ledger_at_start, taken.hold, make_record(asked, "refused", text="to: no\0such =thing"))
    assert ledger_at_start.campaigns.texts(CAMPAIGN) == {1: "to: no\0such =thing"}


def test_more_texts_than_numbers_for_them_end_in_none(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start)
    ledger_at_start.redis.hset(f"mms:c:{CAMPAIGN}:texts", "next", 65_000)
    taken = take(ledger_at_start)
    for message in range(2):
        asked = make_claim(taken, message)
        claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
        record(ledger_at_start, taken.hold, make_record(asked, "refused", text=f"reason {message}"))
    assert ledger_at_start.campaigns.texts(CAMPAIGN) == {}
    assert ledger_at_start.batches.read(CAMPAIGN, [0])[0][1][0].reason == 65_535


def test_the_campaign_completes_when_nothing_is_pending_sending_or_unconfirmed(
    ledger_at_start: Ledger,
) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    taken = take(ledger_at_start)
    asked = make_claim(taken)
    claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
    record(ledger_at_start, taken.hold, make_record(asked, sid=SID))
    assert ledger_at_start.campaign(CAMPAIGN).state is CampaignState.RUNNING
    ledger_at_start.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)
    campaign = ledger_at_start.campaign(CAMPAIGN)
    assert campaign.state is CampaignState.COMPLETED
    assert campaign.settled_at is None
    assert ledger_at_start.agenda.due(START_MS + 10**9, 10) == []


def test_a_campaign_whose_rows_all_ended_while_paused_completes_on_resume(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    taken = take(ledger_at_start)
    asked = make_claim(taken)
    claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    record(ledger_at_start, taken.hold, make_record(asked))
    ledger_at_start.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)
    assert ledger_at_start.campaign(CAMPAIGN).state is CampaignState.PAUSED
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    assert ledger_at_start.campaign(CAMPAIGN).state is CampaignState.COMPLETED


def test_what_was_looked_for_in_an_earlier_attempt_does_not_count_for_the_next(
    ledger_at_start: Ledger,
) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    taken = take(ledger_at_start)
    first = make_claim(taken)
    claim(ledger_at_start, taken.hold, first, now_ms=START_MS)
    record(ledger_at_start, taken.hold, make_record(first, "unknown"))
    assert _look(ledger_at_start) == 0
    record(ledger_at_start, taken.hold, make_record(first, "later"))
    second = make_claim(taken, name="second")
    claim(ledger_at_start, taken.hold, second, now_ms=START_MS)
    record(ledger_at_start, taken.hold, make_record(second, "unknown"))
    assert _look(ledger_at_start) == 0
    assert states(ledger_at_start) == ["unconfirmed"]


def test_twice_not_there_is_pending_again(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(3))
    taken = take(ledger_at_start)
    asked = make_claim(taken)
    claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
    record(ledger_at_start, taken.hold, make_record(asked, "unknown"))
    ledger_at_start.batches.give_back(taken.hold, wait_ms=0, poll_ms=POLL_MS, look_ms=LOOK_MS)
    assert [_look(ledger_at_start), _look(ledger_at_start)] == [0, 3]
    assert take(ledger_at_start, who="b").states[0].state is RecipientState.PENDING
    recount(ledger_at_start)


def test_one_look_reported_twice_counts_once(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    taken = take(ledger_at_start)
    asked = make_claim(taken)
    claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
    record(ledger_at_start, taken.hold, make_record(asked, "unknown"))
    picture = ledger_at_start.batches.picture(CAMPAIGN, 0)
    assert picture is not None
    told = [
        ledger_at_start.batches.not_there(
            CAMPAIGN, 0, picture, [0], care=NextLook(0, exactly=False), search=NextLook(1), soon_ms=1
        )
        for _ in range(2)
    ]
    assert told == [0, -1]
    assert states(ledger_at_start) == ["unconfirmed"]


def test_two_not_there_in_a_paused_campaign_send_nothing_until_it_runs(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    taken = take(ledger_at_start)
    asked = make_claim(taken)
    claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
    record(ledger_at_start, taken.hold, make_record(asked, "unknown"))
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.PAUSED, "by hand")
    assert [_look(ledger_at_start), _look(ledger_at_start)] == [0, 0]
    ledger_at_start.campaigns.steer(CAMPAIGN, CampaignState.RUNNING)
    assert _look(ledger_at_start) == 1


def test_a_row_that_became_unconfirmed_during_a_look_is_looked_after_soon(ledger_at_start: Ledger) -> None:
    add_campaign(ledger_at_start, make_batch(1))
    taken = take(ledger_at_start)
    asked = make_claim(taken)
    claim(ledger_at_start, taken.hold, asked, now_ms=START_MS)
    picture = ledger_at_start.batches.picture(CAMPAIGN, 0)
    assert picture is not None
    record(ledger_at_start, taken.hold, make_record(asked, "unknown", wait_ms=0))
    ledger_at_start.batches.not_there(
        CAMPAIGN, 0, picture, [], care=NextLook(0, exactly=False), search=NextLook(0), soon_ms=20_000
    )
    assert ledger_at_start.agenda.looks("search", START_MS + 20_000, 10) == [(CAMPAIGN, 0)]


def _look(ledger: Ledger) -> int:
    picture = ledger.batches.picture(CAMPAIGN, 0)
    assert picture is not None
    rows = [row for row, state in enumerate(picture.states) if state.state is RecipientState.UNCONFIRMED]
    return ledger.batches.not_there(
        CAMPAIGN, 0, picture, rows, care=NextLook(0, exactly=False), search=NextLook(1_000), soon_ms=1_000
    )
