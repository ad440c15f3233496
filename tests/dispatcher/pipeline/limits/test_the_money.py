"""A ceiling in dollars is never passed, whatever CarrierX takes, refuses or charges."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dispatcher.errors import Conflict, InputError
from dispatcher.ledger.batches.batches import NextLook
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.scope import ACCOUNT
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.campaigns.retry import resolve
from dispatcher.pipeline.campaigns.send_constraints import micro_dollars, require_prices
from dispatcher.pipeline.limits.charges import charges_of, set_cap
from dispatcher.pipeline.limits.defaults import put_rates_in_force
from dispatcher.settings import load_settings
from tests.dispatcher.pipeline.limits.conftest import Desk
from tests.factories import (
    CAMPAIGN,
    SID,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    number_of,
    record,
    take,
)


def prices(ledger: Ledger, **settings: object) -> None:
    """Put settings in force, limits wide open."""
    opened = {"account_rate": "1000000/s", "sender_rate": "1000000/s", "price_wait": 0, **settings}
    put_rates_in_force(ledger, load_settings(simulate=True, **opened))


@pytest.mark.slow
def test_four_racing_workers_never_pass_333_legs_for_five_dollars(ledger: Ledger) -> None:
    prices(ledger, price_mms=0.015)
    add_campaign(ledger, *(make_batch(*(1,) * 100, first_row=1 + 100 * n) for n in range(4)), max_cost="5")
    barrier = threading.Barrier(4)

    def work(number: int) -> int:
        taken = take(ledger, number=number, who=str(number))
        barrier.wait()
        words = [
            claim(
                ledger, taken.hold, make_claim(taken, message, media=True), now_ms=ledger.agenda.now_ms()
            ).word
            for message in range(100)
        ]
        return words.count("go")

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 333
    campaign = ledger.campaign(CAMPAIGN)
    assert campaign.state is CampaignState.PAUSED
    assert "--max-cost $5 allows" in (campaign.reason or "")


def test_a_group_costs_all_of_its_legs_and_a_refused_one_gives_them_back(desk: Desk) -> None:
    prices(desk.ledger, price_mms=0.01)
    desk.campaign(9, 9, 1, max_cost="0.10")
    wanted = desk.asked(0)
    assert desk.ask(0).word == "go"
    became = make_record(wanted, "refused", cost=9, unit="legs", sender=wanted.sender)
    assert [record(desk.ledger, desk.taken[CAMPAIGN].hold, became) for _ in range(2)] == ["ok", "gone"]
    assert [desk.ask(1).word, desk.ask(2).word] == ["go", "go"]


def test_a_price_dearer_than_the_settings_counts_for_what_went_before_too(desk: Desk) -> None:
    prices(desk.ledger, price_mms=0.01)
    desk.campaign(max_cost="0.10")
    for message in range(5):
        assert desk.ask(message).word == "go"
    record(desk.ledger, desk.taken[CAMPAIGN].hold, make_record(desk.asked(0), price="0.02", cost=1))
    assert desk.ask(5) == ("halt", 0, 0, "paused", ())


def test_a_price_that_nobody_knows_pauses_with_the_reason(desk: Desk) -> None:
    prices(desk.ledger, price_mms=0.01)
    desk.campaign(max_cost="1")
    assert desk.ask(0, media=False).word == "halt"
    assert "price is not known" in (desk.ledger.campaign(CAMPAIGN).reason or "")


def test_the_cost_is_the_sum_of_confirmed_prices_once_a_message(desk: Desk) -> None:
    desk.campaign(1, 3)
    for message in (0, 1):
        desk.ask(message)
    hold = desk.taken[CAMPAIGN].hold
    record(desk.ledger, hold, make_record(desk.asked(0), price="0.0150", cost=1))
    record(desk.ledger, hold, make_record(desk.asked(1), sid="097b49df-c54e-4eaf-97d0-89cf7d5a655c", cost=3))
    rows = (1, 2, 3)
    told = [
        Receipt(1, row, 1, RecipientState.SENT, price="0.045", unit="legs", units=3, rows=rows)
        for row in rows
    ]
    for _ in range(2):
        desk.ledger.receipts.apply(CAMPAIGN, 0, told, [], grace_ms=0)
    assert desk.ledger.campaign(CAMPAIGN).cost == "0.06"


def test_a_receipt_that_was_faster_than_the_answer_counts_its_price_once(desk: Desk) -> None:
    desk.campaign(3)
    desk.ask(0)
    told = Receipt(0, 0, 1, RecipientState.SENT, price="0.045", unit="legs", units=3, rows=(0, 1, 2), sid=SID)
    desk.ledger.receipts.apply(CAMPAIGN, 0, [told], [], grace_ms=0)
    became = make_record(desk.asked(0), price="0.045", cost=3)
    for _ in range(2):
        record(desk.ledger, desk.taken[CAMPAIGN].hold, became)
    assert desk.ledger.campaign(CAMPAIGN).cost == "0.045"


def test_the_price_in_an_answer_counts_though_a_receipt_without_one_was_faster(desk: Desk) -> None:
    desk.campaign(2)
    desk.ask(0)
    told = [Receipt(0, row, 1, RecipientState.SENT, sid=SID) for row in (0, 1)]
    desk.ledger.receipts.apply(CAMPAIGN, 0, told, [], grace_ms=0)
    became = make_record(desk.asked(0), price="0.03", cost=2)
    for _ in range(2):
        record(desk.ledger, desk.taken[CAMPAIGN].hold, became)
    assert desk.ledger.campaign(CAMPAIGN).cost == "0.03"


def test_a_new_attempt_for_one_member_costs_besides_and_is_a_price_for_one(desk: Desk) -> None:
    prices(desk.ledger, price_mms=0.01)
    desk.campaign(2, 1, max_cost="0.09")
    hold = desk.taken[CAMPAIGN].hold
    desk.ask(0)
    record(desk.ledger, hold, make_record(desk.asked(0), price="0.02", cost=2))
    failed = Receipt(0, 0, 1, RecipientState.FAILED)
    desk.ledger.receipts.apply(CAMPAIGN, 0, [failed], [], grace_ms=0)
    assert desk.ledger.batches.retry(CAMPAIGN, 0, [(0, 0, number_of(1))]) == 1
    again = desk.asked(0, name="again")
    answer = claim(desk.ledger, hold, again, now_ms=desk.now_ms)
    record(desk.ledger, hold, make_record(again.to(answer.members), sid="second", cost=1))
    told = Receipt(
        0, 0, 2, RecipientState.SENT, sid="second", price="0.03", unit="legs", units=2, rows=(0, 1)
    )
    desk.ledger.receipts.apply(CAMPAIGN, 0, [told], [], grace_ms=0)
    assert desk.ledger.campaign(CAMPAIGN).cost == "0.05"
    assert desk.ask(1).word == "halt"


def test_an_amount_is_read_exactly_and_rounded_down() -> None:
    assert [micro_dollars(text) for text in ("5", "$0.015", "0.0000019")] == [5_000_000, 15_000, 1]
    for text in ("five", "0", "-1", "nan"):
        with pytest.raises(InputError, match="not an amount"):
            micro_dollars(text)


def test_a_ceiling_without_a_price_is_refused() -> None:
    with pytest.raises(InputError, match="price of a message is not known"):
        require_prices(CampaignSettings(max_cost="5"), load_settings())
    require_prices(CampaignSettings(max_cost="5"), load_settings(price_sms=0.01))


def unconfirmed(desk: Desk, *sizes: int, **settings: object) -> None:
    """A campaign whose messages were claimed and their answers lost."""
    prices(desk.ledger, price_mms=0.01, price_sms=0.01)
    add_campaign(desk.ledger, make_batch(*sizes, text="x" * 300), **settings)  # type: ignore[arg-type]
    desk.taken[CAMPAIGN] = take(desk.ledger)
    hold = desk.taken[CAMPAIGN].hold
    for message, size in enumerate(sizes):
        wanted = desk.asked(message, cost=size if size > 1 else 2, media=False)
        assert claim(desk.ledger, hold, wanted, now_ms=desk.now_ms).word == "go"
        assert record(desk.ledger, hold, make_record(wanted, "unknown")) == "ok"


def reserved(desk: Desk) -> tuple[int, int, int]:
    """Legs and segments that count against the ceiling, and what counts against the day's cap."""
    book = desk.ledger.redis.hmget(f"mms:c:{CAMPAIGN}", "legs", "segments")
    day = [int(desk.ledger.redis.get(key) or 0) for key in desk.ledger.redis.keys("mms:day:account:*")]
    return int(book[0] or 0), int(book[1] or 0), sum(day)


def test_what_a_person_calls_not_sent_gives_back_what_it_reserved_once(desk: Desk) -> None:
    set_cap(desk.ledger, ACCOUNT, 100, "UTC", desk.now_ms)
    unconfirmed(desk, 3, 1, 1, max_cost="1")
    assert reserved(desk) == (3, 4, 7)
    resolve(desk.ledger, CAMPAIGN, 1, sent=False)
    assert reserved(desk) == (0, 4, 4)
    with pytest.raises(Conflict):
        resolve(desk.ledger, CAMPAIGN, 1, sent=False)
    resolve(desk.ledger, CAMPAIGN, 4, sent=False)
    resolve(desk.ledger, CAMPAIGN, 5, sent=True)
    assert reserved(desk) == (0, 2, 2)


def test_what_two_looks_did_not_find_gives_back_what_it_reserved_once(desk: Desk) -> None:
    set_cap(desk.ledger, ACCOUNT, 100, "UTC", desk.now_ms)
    unconfirmed(desk, 3, 1, max_cost="1")

    def look(rows: list[int]) -> int:
        picture = desk.ledger.batches.picture(CAMPAIGN, 0)
        assert picture is not None
        charges = charges_of(desk.ledger, desk.ledger.campaign(CAMPAIGN), picture.batch, picture.states)
        return desk.ledger.batches.not_there(
            CAMPAIGN,
            0,
            picture,
            rows,
            care=NextLook(0, exactly=False),
            search=NextLook(1),
            soon_ms=1,
            charges=charges,
        )

    assert [look([0, 1, 2]), reserved(desk)] == [0, (3, 2, 5)]
    assert [look([0, 1, 2]), reserved(desk)] == [3, (0, 2, 2)]
    assert [look([0, 1, 2]), reserved(desk)] == [0, (0, 2, 2)]
    assert [look([3]), look([3]), reserved(desk)] == [0, 1, (0, 0, 0)]
