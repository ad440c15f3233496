from __future__ import annotations

import re

import httpx
import pytest
from redis import Redis

from dispatcher.ledger.installation.audit_log import AuditLog
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.state import CampaignState
from tests.factories import add_campaign


@pytest.fixture
def campaign_id(address: str, ledger: Ledger) -> str:
    """A running campaign in the ledger of the application."""
    return add_campaign(ledger)


def press(browser: httpx.Client, campaign_id: str, verb: str) -> httpx.Response:
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get("/").text)
    assert found
    return browser.post(f"/campaigns/{campaign_id}/{verb}", data={"csrf": found[1]})


@pytest.mark.slow
def test_a_program_pauses_resumes_and_cancels(api: httpx.Client, campaign_id: str) -> None:
    states = [
        api.post(f"/campaigns/{campaign_id}/{verb}").json()["state"] for verb in ("pause", "resume", "cancel")
    ]
    assert states == ["paused", "running", "cancelling"]


def test_a_pause_says_by_whom(api: httpx.Client, campaign_id: str) -> None:
    assert api.post(f"/campaigns/{campaign_id}/pause").json()["reason"] == "paused by admin"


@pytest.mark.slow
def test_pausing_twice_is_pausing_once(api: httpx.Client, campaign_id: str) -> None:
    answers = [api.post(f"/campaigns/{campaign_id}/pause").status_code for _ in range(2)]
    assert answers == [200, 200]


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_state_that_does_not_allow_it_is_a_409_problem(
    api: httpx.Client, campaign_id: str, verb: str
) -> None:
    api.post(f"/campaigns/{campaign_id}/cancel")
    answer = api.post(f"/campaigns/{campaign_id}/{verb}")
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    assert answer.json()["code"] == "conflict"
    assert "cancelling" in answer.json()["detail"]


def test_a_campaign_that_is_not_there_cannot_be_steered(api: httpx.Client, address: str) -> None:
    assert api.post("/campaigns/none-abcdef/pause").status_code == 404


@pytest.mark.slow
def test_the_page_pauses_and_resumes(operator: httpx.Client, campaign_id: str, ledger: Ledger) -> None:
    answer = press(operator, campaign_id, "pause")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/campaigns/{campaign_id}")
    page = operator.get(f"/campaigns/{campaign_id}").text
    assert "paused by admin" in page
    assert 'data-can="pause" hidden' in page
    assert 'data-can="resume">' in page
    press(operator, campaign_id, "resume")
    assert ledger.campaign(campaign_id).state is CampaignState.RUNNING


@pytest.mark.slow
def test_a_cancel_asks_first_on_a_page_of_its_own(
    operator: httpx.Client, campaign_id: str, ledger: Ledger
) -> None:
    page = operator.get(f"/campaigns/{campaign_id}/cancel")
    assert "Cancel this campaign?" in page.text
    assert "<strong>3</strong> recipients" in page.text
    assert ledger.campaign(campaign_id).state is CampaignState.RUNNING
    assert press(operator, campaign_id, "cancel").status_code == 303
    assert ledger.campaign(campaign_id).state is CampaignState.CANCELLING
    assert operator.get(f"/campaigns/{campaign_id}/cancel").status_code == 303


def test_a_button_of_an_old_page_says_why_it_did_nothing(operator: httpx.Client, campaign_id: str) -> None:
    press(operator, campaign_id, "cancel")
    answer = press(operator, campaign_id, "pause")
    assert answer.status_code == 409
    assert "is cancelling" in answer.text


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_a_form_without_its_sessions_token_steers_nothing(
    operator: httpx.Client, campaign_id: str, ledger: Ledger, verb: str
) -> None:
    assert operator.post(f"/campaigns/{campaign_id}/{verb}", data={"csrf": "x"}).status_code == 403
    assert ledger.campaign(campaign_id).state is CampaignState.RUNNING


@pytest.mark.slow
def test_who_steered_stands_in_the_journal_and_on_the_page(
    operator: httpx.Client, campaign_id: str, redis: Redis
) -> None:
    press(operator, campaign_id, "pause")
    press(operator, campaign_id, "resume")
    assert [note.did for note in AuditLog(redis).latest(9, campaign_id)] == ["resumed", "paused"]
    assert "Who did what" in operator.get(f"/campaigns/{campaign_id}").text
