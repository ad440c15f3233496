"""`--max-cost` holds whatever the settings say: reckoned by confirmed prices, and one is waited for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatcher.ledger.store import keys
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.limits.defaults import put_rates_in_force
from dispatcher.settings import load_settings
from tests.dispatcher.pipeline.limits.conftest import Desk
from tests.factories import CAMPAIGN, START_MS, make_record, record

OTHER = "other-abc234"


def price(desk: Desk, setting: float, **more: object) -> None:
    """The price in the settings, limits wide open."""
    wide = {"account_rate": "1000000/s", "sender_rate": "1000000/s", "price_wait": 300, **more}
    put_rates_in_force(
        desk.ledger, load_settings(simulate=True, price_mms=setting, price_sms=setting, **wide)
    )


def confirm(desk: Desk, message: int, dollars: str, id: str = CAMPAIGN) -> None:
    """CarrierX tells what a message to one cost."""
    became = make_record(desk.asked(message, id), sid=f"{id} {message}", cost=1, price=dollars, health="a")
    record(desk.ledger, desk.taken[id].hold, became)


def test_a_price_confirmed_by_an_earlier_campaign_of_the_ledger_counts_from_the_first_message(
    desk: Desk,
) -> None:
    price(desk, 0.005)
    desk.campaign(1, id=OTHER)
    assert desk.ask(0, OTHER).word == "go"
    confirm(desk, 0, "0.01", OTHER)
    desk.campaign(*[1] * 80, max_cost="0.50")
    words = [desk.ask(message).word for message in range(60)]
    assert words.count("go") == 50
    assert "--max-cost $0.5 allows" in (desk.ledger.campaign(CAMPAIGN).reason or "")


def test_without_a_confirmed_price_ten_go_and_one_price_is_waited_for(desk: Desk) -> None:
    price(desk, 0.005)
    desk.campaign(*[1] * 80, max_cost="5")
    assert [desk.ask(n).word for n in range(10)] == ["go"] * 10
    assert desk.ask(10)[:4] == ("wait", 0, 3_000, "price")
    desk.later(60_000)
    assert desk.ask(10).word == "wait"
    confirm(desk, 3, "0.02")
    assert [desk.ask(n).word for n in range(10, 20)] == ["go"] * 10


def test_a_price_of_segments_tells_nothing_about_legs(desk: Desk) -> None:
    price(desk, 0.005)
    desk.campaign(*[1] * 30, max_cost="5")
    assert desk.ask(0, media=False).word == "go"
    became = make_record(
        desk.asked(0, media=False), sid="s", cost=1, unit="segments", price="0.01", health="a"
    )
    record(desk.ledger, desk.taken[CAMPAIGN].hold, became)
    assert [desk.ask(n).word for n in range(1, 12)] == [*["go"] * 10, "wait"]
    assert [desk.ask(n, media=False).word for n in range(12, 30)] == ["go"] * 18


def test_a_price_that_never_comes_is_waited_for_so_long_and_the_campaign_says_what_it_reckons_by(
    desk: Desk,
) -> None:
    price(desk, 0.005)
    desk.campaign(*[1] * 80, max_cost="0.40")
    assert [desk.ask(n).word for n in range(11)] == [*["go"] * 10, "wait"]
    desk.later(299_999)
    assert desk.ask(10).wait_ms == 1
    desk.later(1)
    assert [desk.ask(n).word for n in range(10, 80)] == ["go"] * 70
    assert "by the price in the settings" in (desk.ledger.campaign(CAMPAIGN).reason or "")
    confirm(desk, 0, "0.005")
    assert desk.ledger.campaign(CAMPAIGN).reason is None


def test_a_campaign_that_had_sent_before_the_wait_was_asked_for_waits_no_longer_than_others(
    desk: Desk,
) -> None:
    price(desk, 0.005, price_wait=0)
    desk.campaign(*[1] * 40, max_cost="5")
    assert [desk.ask(n).word for n in range(20)] == ["go"] * 20
    price(desk, 0.005, price_wait=300)
    assert desk.ask(20).word == "wait"
    desk.later(300_000)
    assert desk.ask(20).word == "go"


def test_first_messages_that_were_refused_make_room_for_others(desk: Desk) -> None:
    price(desk, 0.005)
    desk.campaign(*[1] * 40, max_cost="5")
    for message in range(10):
        assert desk.ask(message).word == "go"
        became = make_record(desk.asked(message), "refused", cost=1, health="a")
        record(desk.ledger, desk.taken[CAMPAIGN].hold, became)
    assert desk.ask(10).word == "go"


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cents=st.integers(1, 40),
    times=st.floats(0.25, 4),
    cap=st.integers(5, 500),
    behind=st.integers(0, 30),
    sizes=st.lists(st.integers(1, 9), min_size=5, max_size=20),
)
def test_confirmed_spend_stays_within_the_ceiling_whatever_the_settings_say(
    desk: Desk, cents: int, times: float, cap: int, behind: int, sizes: list[int]
) -> None:
    """Prices in tenths of a cent; each is confirmed when so many later messages went or when all wait for it."""
    desk.ledger.redis.flushall()
    desk.at(START_MS)
    real, ceiling = Decimal(cents) / 1000, Decimal(cap) / 100
    price(desk, float(real) / times)
    desk.campaign(*sizes, max_cost=str(ceiling))
    spent, going = Decimal(0), list[int]()

    def settle() -> Decimal:
        message = going.pop(0)
        paid = real * sizes[message]
        became = make_record(
            desk.asked(message), sid=f"{message}", cost=sizes[message], price=str(paid), health="a"
        )
        record(desk.ledger, desk.taken[CAMPAIGN].hold, became)
        return paid

    for message in range(len(sizes)):
        answer = desk.ask(message)
        while answer.word == "wait" and going:
            spent += settle()
            answer = desk.ask(message, name="again")
        if answer.word == "go":
            going.append(message)
        if len(going) > behind:
            spent += settle()
    while going:
        spent += settle()
    assert spent <= max(ceiling, real * sizes[0])
    assert desk.ledger.campaign(CAMPAIGN).state in (CampaignState.RUNNING, CampaignState.PAUSED)
    assert desk.ledger.redis.hexists(keys.PRICES, "legs") == (spent > 0)


def test_a_first_message_goes_whatever_it_costs_and_the_next_only_within_a_quarter_of_the_ceiling(
    desk: Desk,
) -> None:
    price(desk, 0.01)
    desk.campaign(*[1] * 30, max_cost="0.20")
    assert [desk.ask(n).word for n in range(6)] == [*["go"] * 5, "wait"]


def test_a_price_is_waited_for_from_the_last_message_that_went_without_one(desk: Desk) -> None:
    price(desk, 0.005)
    desk.campaign(*[1] * 80, max_cost="5")
    for message in range(10):
        desk.later(100_000)
        assert desk.ask(message).word == "go"
    desk.later(297_000)
    assert desk.ask(10)[:4] == ("wait", 0, 3_000, "price")
    desk.later(2_000)
    assert desk.ask(10).wait_ms == 1_000
