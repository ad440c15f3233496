"""The page of one campaign: pace, funnel, what CarrierX said, another rate, another attempt, a person's word."""

from __future__ import annotations

import re

import httpx
import pytest
from redis import Redis

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.receipts.receipts import Receipt
from dispatcher.ledger.store import keys
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.estimates.pace import Pace
from dispatcher.web.actions.lifecycle import possible
from dispatcher.web.console._campaign_live import HEIGHT, WIDTH, chart_of
from dispatcher.web.http.formats import moment
from tests.factories import (
    CAMPAIGN,
    SENDER,
    SID,
    add_campaign,
    claim,
    make_batch,
    make_claim,
    make_record,
    record,
    take,
)


@pytest.fixture
def ledger(address: str, redis: Redis) -> Ledger:
    """The application's ledger, with a campaign whose messages were refused, lost, and taken."""
    ledger = Ledger(redis)
    add_campaign(ledger, make_batch(1, 1, 1))
    taken = take(ledger)
    now_ms = ledger.agenda.now_ms()
    for message, outcome in enumerate(("refused", "unknown", "accepted")):
        claimed = make_claim(taken, message)
        claim(ledger, taken.hold, claimed, now_ms=now_ms)
        record(ledger, taken.hold, make_record(claimed, outcome, text="busy"))
    return ledger


def press(browser: httpx.Client, path: str, **fields: str) -> httpx.Response:
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get("/").text)
    assert found
    return browser.post(f"/campaigns/{CAMPAIGN}/{path}", data={"csrf": found[1], **fields})


def count(ledger: Ledger, state: RecipientState) -> int:
    return ledger.campaign(CAMPAIGN).counts[state]


@pytest.mark.slow
def test_an_erased_campaign_offers_no_report_and_says_why(operator: httpx.Client, ledger: Ledger) -> None:
    path = f"/campaigns/{CAMPAIGN}"
    assert "/report" in operator.get(path).text
    ledger.redis.hset(keys.campaign(CAMPAIGN), "erased_at", ledger.agenda.now_ms())
    page = operator.get(path).text
    assert "/report" not in page
    assert "Numbers and texts were erased" in page
    answer = operator.get(f"{path}/report")
    assert answer.status_code == 409
    assert "were erased on" in answer.text


@pytest.mark.slow
def test_the_page_tells_the_funnel_and_what_can_be_done(operator: httpx.Client, ledger: Ledger) -> None:
    page = operator.get(f"/campaigns/{CAMPAIGN}").text
    shown = dict(re.findall(r'data-live="funnel-(\w+)">(\d+)<', page))
    assert shown == {"rows": "3", "sendable": "3", "handed": "3", "taken": "1", "delivered": "0"}
    assert {"pause", "cancel", "rate", "retry", "resolve"} == set(possible(ledger.campaign(CAMPAIGN)))
    assert f"mms campaign retry {CAMPAIGN}" in page
    assert f"tasks?name=send_batch%20kwargs%3Acampaign%3D{CAMPAIGN}" in page


@pytest.mark.slow
def test_a_time_in_the_sentence_is_one_that_the_page_shows_in_the_readers_zone(
    operator: httpx.Client, ledger: Ledger
) -> None:
    at = "2099-06-01T13:00:00.000Z"
    add_campaign(ledger, id="later-abc234", run=False, start_at_ms=4_083_998_400_000, at=at)
    page = operator.get("/campaigns/later-abc234").text
    found = re.search(r'aria-live="polite">It starts <time datetime="([^"]+)">([^<]+)</time>\.</p>', page)
    assert found
    assert found[1].startswith("2099-06-01T")
    assert found[2] == moment(found[1])


def test_what_carrierx_said_is_shown_by_sender_and_by_carrier(operator: httpx.Client, ledger: Ledger) -> None:
    said = Receipt(2, 2, 1, RecipientState.DELIVERED, sid=SID, mcc="310", mnc="12", sender=SENDER)
    ledger.receipts.apply(CAMPAIGN, 0, [said], [], grace_ms=0)
    page = operator.get(f"/campaigns/{CAMPAIGN}").text
    assert "(516) 206-5575" in page
    assert "Verizon (310-012)" in page  # the zero that a number loses is there again


@pytest.mark.slow
def test_another_rate_is_in_force_at_once_and_can_be_set_back(operator: httpx.Client, ledger: Ledger) -> None:
    assert press(operator, "rate", rate="7/s").status_code == 303
    assert ledger.campaign(CAMPAIGN).rate == "7/s"
    assert press(operator, "rate", rate="").status_code == 303
    assert ledger.campaign(CAMPAIGN).rate is None
    assert press(operator, "rate", rate="fast").status_code == 422


@pytest.mark.slow
def test_refused_rows_go_again_and_unconfirmed_ones_never_by_that(
    operator: httpx.Client, ledger: Ledger
) -> None:
    assert press(operator, "retry", state="failed").status_code == 303
    assert count(ledger, RecipientState.REJECTED) == 1
    assert press(operator, "retry", state="rejected", reason="BUSY").status_code == 303
    assert (count(ledger, RecipientState.REJECTED), count(ledger, RecipientState.PENDING)) == (0, 1)
    assert count(ledger, RecipientState.UNCONFIRMED) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("word", "state"), [("sent", "sent"), ("not-sent", "pending")])
def test_a_person_decides_an_unconfirmed_message_on_its_page(
    operator: httpx.Client, ledger: Ledger, word: str, state: str
) -> None:
    page = operator.get(f"/campaigns/{CAMPAIGN}/recipients/0.1").text
    assert "Do you know what became of it?" in page
    answer = press(operator, "recipients/0.1/resolve", **{"as": word})
    assert answer.status_code == 303
    assert count(ledger, RecipientState(state)) == 1
    assert press(operator, "recipients/0.1/resolve", **{"as": word}).status_code == 409


@pytest.mark.slow
def test_a_form_that_decides_nothing_decides_nothing(operator: httpx.Client, ledger: Ledger) -> None:
    assert press(operator, "recipients/0.1/resolve").status_code == 422
    assert count(ledger, RecipientState.UNCONFIRMED) == 1


@pytest.mark.slow
def test_a_program_retries_and_decides(api: httpx.Client, ledger: Ledger) -> None:
    assert api.post(f"/campaigns/{CAMPAIGN}/retry", json={"states": ["rejected"]}).json() == {"rows": 1}
    assert api.post(f"/campaigns/{CAMPAIGN}/retry").json() == {"rows": 0}
    place = f"/campaigns/{CAMPAIGN}/recipients/0.1/resolve"
    assert api.post(place, json={"as": "perhaps"}).status_code == 422
    assert api.post(place, json={"as": "not-sent"}).json() == {"rows": 1}
    assert api.post(place, json={"as": "not-sent"}).status_code == 409
    assert api.post(f"/campaigns/{CAMPAIGN}/recipients/9.1/resolve", json={"as": "sent"}).status_code == 404


@pytest.mark.slow
def test_campaigns_are_found_by_name_id_and_state(
    operator: httpx.Client, api: httpx.Client, ledger: Ledger
) -> None:
    add_campaign(ledger, id="autumn-xyz234", name="Autumn Letter")
    press(operator, "pause")
    assert [item["id"] for item in api.get("/campaigns", params={"text": "LETTER"}).json()["items"]] == [
        "autumn-xyz234"
    ]
    assert [item["id"] for item in api.get("/campaigns?state=paused").json()["items"]] == [CAMPAIGN]
    page = operator.get("/?q=spring").text
    assert (CAMPAIGN in page, "autumn-xyz234" in page) == (True, False)
    assert "autumn-xyz234" not in operator.get("/?state=paused").text
    assert "No campaign here is called" in operator.get("/?q=nothing").text
    assert api.get("/campaigns?cursor=gone").status_code == 422


def test_pages_of_a_filtered_list_go_on_where_they_ended(api: httpx.Client, ledger: Ledger) -> None:
    for index in range(4):
        add_campaign(ledger, id=f"more-{index}", name="More")
    first = api.get("/campaigns", params={"text": "more", "limit": 3}).json()
    rest = api.get("/campaigns", params={"text": "more", "limit": 3, "cursor": first["next"]}).json()
    found = [item["id"] for page in (first, rest) for item in page["items"]]
    assert (sorted(found), rest["next"]) == ([f"more-{index}" for index in range(4)], None)


def test_a_chart_spans_its_time_and_keeps_within_its_frame() -> None:
    chart = chart_of(Pace([(2000, 5.0, 10.0), (3000, 9.0, 10.0), (5000, 0.0, 10.0)], 1000, 0.0))
    assert chart is not None
    numbers = [float(number) for number in re.findall(r"[\d.]+", chart["line"])]
    assert (min(numbers[::2]), max(numbers[::2])) == (0, WIDTH)
    assert 0 <= min(numbers[1::2]) <= max(numbers[1::2]) == HEIGHT
    assert (chart["limit"] != "", chart["top"]) == (True, "12/s")


def test_a_limit_far_above_the_pace_does_not_press_it_to_the_ground() -> None:
    chart = chart_of(Pace([(2000, 5.0, 900.0), (3000, 6.0, 900.0)], 1000, None))
    assert chart is not None
    assert (chart["limit"], chart["top"]) == ("", "8/s")


def test_without_two_points_there_is_no_chart() -> None:
    assert chart_of(Pace([], 0, None)) is None
