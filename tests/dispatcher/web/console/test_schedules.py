"""What comes again and what is still to start, in the console and over the API."""

from __future__ import annotations

import io
import re
from typing import Any

import httpx
import pytest

from dispatcher.ledger.campaigns.schedules import Schedule
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.schedules.recurring import make_schedule
from dispatcher.settings import Settings
from tests.dispatcher.web.conftest import CSV
from tests.factories import START_MS, add_campaign

EVERY = "mon 09:00 America/New_York"
LATER_MS = START_MS * 2


@pytest.fixture
def weekly(ledger: Ledger, settings: Settings) -> Schedule:
    """A broadcast that comes every Monday."""
    chosen = CampaignSettings(
        **{"name": "Weekly news", "from": ("12125550100",), "message": "Hi", "allow_same_file": True}
    )
    return make_schedule(
        ledger,
        io.BytesIO(CSV.encode()),
        filename="weekly.csv",
        settings=chosen,
        fixed=frozenset(),
        config=settings,
        every=EVERY,
    )


def csrf(browser: httpx.Client) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get("/").text)
    assert found
    return found[1]


def test_the_page_shows_the_next_runs_on_both_clocks(operator: httpx.Client, weekly: Schedule) -> None:
    page = operator.get("/schedule").text
    assert "Weekly news" in page
    runs = re.findall(
        r"<td>(Mon, \w{3} \d+, \d{4}, 09:00 E[SD]T)</td><td class=\"muted\">[^<]+ UTC</td>", page
    )
    assert len(set(runs)) == 3


@pytest.mark.slow
def test_another_line_is_in_force_and_noted(operator: httpx.Client, weekly: Schedule, ledger: Ledger) -> None:
    form = {"csrf": csrf(operator), "every": "daily 18:30 America/Denver", "late": "2h"}
    assert operator.post(f"/schedule/{weekly.id}", data=form).status_code == 303
    changed = ledger.schedules.get(weekly.id)
    assert (changed.every, changed.late_ms) == ("daily 18:30 America/Denver", 7_200_000)
    assert f"changed the schedule {weekly.id}" in operator.get("/health").text


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [{"every": "sometimes"}, {"every": EVERY, "late": "a while"}])
def test_a_line_that_is_none_is_refused_where_it_was_typed(
    operator: httpx.Client, weekly: Schedule, ledger: Ledger, wrong: dict[str, str]
) -> None:
    answer = operator.post(f"/schedule/{weekly.id}", data={"csrf": csrf(operator), **wrong})
    assert answer.status_code == 422
    assert "<details open>" in answer.text
    assert all(f'value="{value}"' in answer.text for value in wrong.values())
    assert ledger.schedules.get(weekly.id).every == EVERY


@pytest.mark.slow
def test_ending_one_is_asked_for_first(operator: httpx.Client, weekly: Schedule, ledger: Ledger) -> None:
    assert "End this schedule?" in operator.get(f"/schedule/{weekly.id}/cancel").text
    assert ledger.schedules.all()
    operator.post(f"/schedule/{weekly.id}/cancel", data={"csrf": csrf(operator)})
    assert ledger.schedules.all() == []
    assert operator.get(f"/schedule/{weekly.id}/cancel").status_code == 404
    assert operator.post(f"/schedule/{weekly.id}", data={"csrf": csrf(operator)}).status_code == 404


def test_a_campaign_that_waits_for_its_start_is_given_another(operator: httpx.Client, ledger: Ledger) -> None:
    campaign_id = add_campaign(ledger, start_at_ms=LATER_MS, run=False, at="2084-01-26T08:00Z")
    assert "2084-01-26T08:00Z" in operator.get("/schedule").text
    form = {"csrf": csrf(operator), "at": "2090-05-01 10:00 America/New_York"}
    assert operator.post(f"/schedule/waiting/{campaign_id}", data=form).status_code == 303
    assert ledger.campaign(campaign_id).start_at == "2090-05-01T14:00:00.000Z"
    assert "May 1, 2090, 14:00 UTC" in operator.get("/schedule").text
    wrong = operator.post(f"/schedule/waiting/{campaign_id}", data={**form, "at": "tomorrow"})
    assert wrong.status_code == 422
    assert 'value="tomorrow"' in wrong.text


@pytest.mark.parametrize("more", [{}, {"draft": "true"}, {"every": ""}])
def test_patience_without_a_calendar_line_is_a_problem_and_nothing_is_made(
    api: httpx.Client, ledger: Ledger, more: dict[str, str]
) -> None:
    form = {"from": "12125550100", "message": "Hi", "run_late_within": "2h", **more}
    answer = api.post("/campaigns", data=form, files={"file": ("weekly.csv", CSV)})
    assert answer.status_code == 422
    assert "run_late_within" in answer.json()["detail"]
    assert ledger.campaigns.list(limit=1) == []


def test_programs_see_change_and_end_schedules(api: httpx.Client, weekly: Schedule) -> None:
    [item] = api.get("/schedules").json()["items"]
    assert (item["id"], item["every"], item["zone"]) == (weekly.id, EVERY, "America/New_York")
    runs = api.get(f"/schedules/{weekly.id}/next", params={"limit": 2}).json()["items"]
    assert runs[0]["at"] == item["next_at"]
    changed = api.put(f"/schedules/{weekly.id}", json={"every": "tue 10:00 America/New_York"}).json()
    assert changed["every"] == "tue 10:00 America/New_York"
    assert changed["next_local"].startswith("Tue")
    assert api.put(f"/schedules/{weekly.id}", json={}).status_code == 422
    assert api.post(f"/schedules/{weekly.id}/cancel").status_code == 200
    assert api.get(f"/schedules/{weekly.id}").status_code == 404


def test_programs_page_through_what_waits_and_move_a_start(api: httpx.Client, ledger: Ledger) -> None:
    ids = [
        add_campaign(
            ledger, id=f"spring-abc23{n}", start_at_ms=LATER_MS + n, run=False, at="2084-01-26T08:00Z"
        )
        for n in range(2, 5)
    ]
    seen: list[str] = []
    cursor: str | None = "0"
    while cursor is not None:
        answer: dict[str, Any] = api.get("/schedules/waiting", params={"limit": 2, "cursor": cursor}).json()
        seen += [item["id"] for item in answer["items"]]
        cursor = answer["next"]
    assert seen == ids
    moved = api.put(f"/schedules/waiting/{ids[0]}", json={"at": "2090-05-01T10:00Z"})
    assert moved.json()["start_at"] == "2090-05-01T10:00:00.000Z"
    assert api.put("/schedules/waiting/nobody-abc234", json={"at": "2090-05-01T10:00Z"}).status_code == 404


def test_a_start_on_the_recipients_clocks_is_not_shown_as_one_moment(
    operator: httpx.Client, ledger: Ledger
) -> None:
    add_campaign(ledger, start_at_ms=LATER_MS, run=False, at="2084-01-26 08:00 recipient")
    text = operator.get("/schedule").text
    assert "on each one’s own clock" in text
    assert "UTC</span>" not in text
