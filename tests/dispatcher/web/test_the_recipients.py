from __future__ import annotations

import csv
import io

import httpx
import pytest

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.views.recipient_pages import RecipientPages
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.reports.failure_reasons import failure_reasons
from dispatcher.pipeline.reports.recipients import page_of
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

FAILED = frozenset({RecipientState.REJECTED})


@pytest.fixture
def campaign_id(address: str, ledger: Ledger) -> str:
    """Ten batches of eight recipients and two invalid rows; of batch 3 one was refused, of batch 7 one accepted."""
    batches = [make_batch(*[1] * 8, rejected=2, first_row=10 * number + 1) for number in range(10)]
    add_campaign(ledger, *batches)
    hand_over(ledger, 3, 2, outcome="refused", text="to: not a mobile number")
    hand_over(ledger, 7, 5)
    return CAMPAIGN


def hand_over(ledger: Ledger, batch: int, message: int, **became: str) -> None:
    """Claim one message and record what became of it."""
    taken = take(ledger, number=batch)
    asked = make_claim(taken, message)
    assert claim(ledger, taken.hold, asked, now_ms=ledger.agenda.now_ms()).word == "go"
    assert record(ledger, taken.hold, make_record(asked, **became)) == "ok"


def rows(ledger: Ledger, *states: RecipientState, most: int = 1000, skip: int = 0) -> list[int]:
    return [line.row for line in page_of(ledger, CAMPAIGN, states=states, most=most, skip=skip).lines]


def test_all_rows_come_in_the_files_order(campaign_id: str, ledger: Ledger) -> None:
    assert rows(ledger) == list(range(1, 101))


@pytest.mark.parametrize("most", [1, 3, 7, 10, 33])
def test_pages_by_cursor_are_the_whole_without_a_row_twice(
    campaign_id: str, ledger: Ledger, most: int
) -> None:
    for states in ([], [RecipientState.PENDING], [RecipientState.INVALID]):
        found: list[int] = []
        since: str | None = "0.0"
        while since is not None:
            page = page_of(ledger, campaign_id, states=states, most=most, since=since)
            found += [line.row for line in page.lines]
            since = page.following
        assert found == rows(ledger, *states)


@pytest.mark.slow
@pytest.mark.parametrize("most", [1, 3, 7, 10, 33])
def test_pages_by_number_are_the_whole_without_a_row_twice(
    campaign_id: str, ledger: Ledger, most: int
) -> None:
    for states in ([], [RecipientState.PENDING], [RecipientState.INVALID]):
        pages = [rows(ledger, *states, most=most, skip=skip) for skip in range(0, 100, most)]
        assert [row for page in pages for row in page] == rows(ledger, *states)


def test_a_filtered_page_opens_only_the_batches_it_needs(
    campaign_id: str, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    read = ledger.batches.read

    def noted(campaign: str, numbers: list[int]) -> object:
        opened.extend(numbers)
        return read(campaign, numbers)

    monkeypatch.setattr(ledger.batches, "read", noted)
    assert [row.number for row in RecipientPages(ledger, campaign_id).rows(FAILED, most=50)] == [3]
    assert opened == [3]


def test_the_api_filters_by_state_and_finds_a_number(api: httpx.Client, campaign_id: str) -> None:
    path = f"/campaigns/{campaign_id}/recipients"
    [refused] = api.get(path, params={"state": "rejected"}).json()["items"]
    assert (refused["row"], refused["reason"]) == (33, "to: not a mobile number")
    [found] = api.get(path, params={"number": f"+1 {number_of(76)[1:]}"}).json()["items"]
    assert (found["state"], found["message_sid"]) == ("queued", SID)
    assert api.get(path, params={"number": "2125550000"}).json() == {"items": [], "next": None}
    assert api.get(path, params={"number": "555"}).status_code == 422
    assert api.get(path, params={"state": "happy"}).status_code == 422


def test_the_api_tells_one_recipients_story(api: httpx.Client, campaign_id: str) -> None:
    story = api.get(f"/campaigns/{campaign_id}/recipients/7.5").json()
    assert (story["row"], story["line"], story["text"]) == (76, 77, "Hi")
    assert story["cells"] == {"phone": number_of(76), "name": "name 76"}
    assert story["attempts"] == 1
    assert story["claimed_at"] <= story["accepted_at"]
    for nobody in ("7.10", "10.0", "x", "7.5.1", "9999999.999"):
        assert api.get(f"/campaigns/{campaign_id}/recipients/{nobody}").status_code == 404


@pytest.mark.slow
def test_the_invalid_rows_are_a_file_to_mend(
    api: httpx.Client, operator: httpx.Client, campaign_id: str
) -> None:
    text = api.get(f"/campaigns/{campaign_id}/errors").text
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == 20
    assert (lines[0]["phone"], lines[0]["error_line"], lines[0]["error_code"]) == ("129", "10", "too_short")
    assert operator.get(f"/campaigns/{campaign_id}/errors").text == text


def test_reasons_are_counted_over_the_first_rows(campaign_id: str, ledger: Ledger) -> None:
    found = failure_reasons(ledger, campaign_id, most_rows=100)
    assert found.whole
    assert [(state.value, reason, count) for state, reason, count in found.rows] == [
        ("invalid", "too_short", 20),
        ("rejected", "to: not a mobile number", 1),
    ]
    assert not failure_reasons(ledger, campaign_id, most_rows=5).whole


@pytest.mark.slow
def test_the_page_shows_a_table_with_filter_search_and_paging(
    operator: httpx.Client, campaign_id: str
) -> None:
    path = f"/campaigns/{campaign_id}/recipients"
    first = operator.get(path).text
    assert first.count('class="who"') == 50
    assert "Page 1 of 2" in first
    assert operator.get(f"{path}?page=2").text.count('class="who"') == 50
    assert operator.get(f"{path}?page=3").status_code == 200
    invalid = operator.get(f"{path}?state=invalid").text
    assert invalid.count('class="who"') == 20
    assert "It is too short." in invalid
    found = operator.get(path, params={"number": number_of(33)}).text
    assert found.count('class="who"') == 1
    assert "not in the campaign" in operator.get(path, params={"number": "2125550000"}).text
    assert "a whole number, 10 digits" in operator.get(path, params={"number": "22"}).text


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("0.0", ["In the file", "Waits", "Its turn comes"]),
        ("0.9", ["Cannot be sent", "It is too short."]),
        ("3.2", ["Handed to CarrierX", "Refused by CarrierX", "To: not a mobile number."]),
        ("7.5", ["Handed to CarrierX", "Accepted by CarrierX", SID]),
    ],
)
def test_a_recipients_page_tells_the_story(
    operator: httpx.Client, campaign_id: str, place: str, words: list[str]
) -> None:
    page = operator.get(f"/campaigns/{campaign_id}/recipients/{place}")
    assert page.status_code == 200
    for word in words:
        assert word in page.text


@pytest.mark.slow
def test_a_recipient_of_a_paused_campaign_says_why_it_waits(
    operator: httpx.Client, api: httpx.Client, campaign_id: str
) -> None:
    api.post(f"/campaigns/{campaign_id}/pause")
    assert "The campaign is paused." in operator.get(f"/campaigns/{campaign_id}/recipients/0.0").text


@pytest.mark.slow
def test_the_campaigns_page_counts_reasons(operator: httpx.Client, campaign_id: str) -> None:
    page = operator.get(f"/campaigns/{campaign_id}").text
    assert "to: not a mobile number" in page
    assert "too short" in page


@pytest.mark.slow
def test_a_look_at_a_campaign_that_is_read_still_shows_what_there_is(
    operator: httpx.Client, ledger: Ledger
) -> None:
    add_campaign(ledger, make_batch(), id="empty-abcdef", run=False)
    assert operator.get("/campaigns/empty-abcdef/recipients").text.count('class="who"') == 3
