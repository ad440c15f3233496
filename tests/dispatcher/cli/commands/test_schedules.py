"""`mms submit --every` and `mms schedule` on a real ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.expansion.expand import expand
from dispatcher.pipeline.runtime.runtime import Runtime
from tests.factories import CAMPAIGN, add_campaign
from tests.mms import Mms

EVERY = "mon 09:00 America/New_York"


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "weekly.csv").write_text("to\n12125550101\n")
    return str(tmp_path / "weekly.csv")


def submitted(mms: Mms, file: str, *more: str) -> str:
    said = mms(
        "campaign", "submit", file, "--from", "15162065575", "--message", "Hi", "--every", EVERY, *more
    )
    assert said.status == 0, said.err
    assert "first at" in said.err
    return said.out.strip()


@pytest.mark.slow
def test_a_recurring_broadcast_is_made_listed_changed_and_ended(mms: Mms, file: str) -> None:
    schedule = submitted(mms, file)
    (row,) = mms("schedule", "list", "--json").json
    assert (row["id"], row["every"], row["made"]) == (schedule, EVERY, 0)
    moments = mms("schedule", "next", schedule, "--count", "3", "--json").json
    assert len(moments) == 3
    assert moments[0] == row["next_at"]
    assert mms("campaign", "list", "--json").json == []
    assert mms("schedule", "change", schedule, "--every", "daily 18:30 America/Chicago").status == 0
    assert "daily 18:30" in mms("schedule", "list").out
    assert mms("schedule", "cancel", schedule).status == 0
    assert mms("schedule", "list").out == "nothing is scheduled\n"


def test_json_is_given_where_it_is_asked_for_and_waiting_is_for_one_campaign(mms: Mms, file: str) -> None:
    arguments = ("campaign", "submit", file, "--from", "15162065575", "--message", "Hi", "--every", EVERY)
    assert mms(*arguments, "--wait=completed").status == 2
    made = mms(*arguments, "--json").json
    assert (made["name"], made["every"], made["made"]) == ("weekly", EVERY, 0)
    assert mms("schedule", "list", "--json").json == [made]


def test_a_campaign_that_waits_is_listed_with_its_name(mms: Mms, ledger: Ledger) -> None:
    add_campaign(ledger, run=False, start_at_ms=4_000_000_000_000)
    [row] = mms("schedule", "list", "--json").json
    assert (row["id"], row["name"]) == (CAMPAIGN, ledger.campaign(CAMPAIGN).name)
    assert row["next_at"] == "2096-10-02T07:06:40.000Z"


def test_a_wrong_calendar_line_is_refused(mms: Mms, file: str) -> None:
    arguments = ("--from", "15162065575", "--message", "Hi", "--every", "mon 09:00")
    assert mms("campaign", "submit", file, *arguments).status == 2
    assert mms("campaign", "check", file, *arguments).status == 2
    assert mms("schedule", "cancel", "nobody").status == 2
    assert mms("schedule", "change", "nobody").status == 2


def test_a_recurring_broadcast_may_stand_in_the_toml_file_beside_the_campaign(
    mms: Mms, file: str, tmp_path: Path
) -> None:
    lines = ['from = "15162065575"', 'message = "Hi"', f'every = "{EVERY}"', 'run_late_within = "0s"']
    (tmp_path / "weekly.toml").write_text("\n".join(lines))
    assert mms("campaign", "check", file).status == 0
    said = mms("campaign", "submit", file)
    assert said.status == 0, said.err
    assert [row["every"] for row in mms("schedule", "list", "--json").json] == [EVERY]
    daily = mms("campaign", "submit", file, "--every", "daily 18:30 America/Chicago")
    assert daily.status == 0, daily.err
    assert len(mms("schedule", "list", "--json").json) == 2


@pytest.mark.parametrize("where", ["option", "settings file"])
def test_patience_without_a_calendar_line_is_refused_and_nothing_is_sent(
    mms: Mms, file: str, tmp_path: Path, where: str
) -> None:
    option = ["--run-late-within", "2h"] if where == "option" else []
    if where == "settings file":
        (tmp_path / "weekly.toml").write_text('run_late_within = "2h"')
    said = mms("campaign", "submit", file, "--from", "15162065575", "--message", "Hi", *option)
    assert said.status == 2
    assert "run_late_within" in said.err
    assert "every" in said.err
    assert mms("campaign", "list", "--json").json == []


def test_the_same_recurring_broadcast_is_refused(mms: Mms, file: str) -> None:
    submitted(mms, file)
    arguments = ("--from", "15162065575", "--message", "Hi", "--every", EVERY)
    assert mms("campaign", "submit", file, *arguments).status == 2
    assert mms("campaign", "submit", file, *arguments, "--allow-same-file").status == 0


@pytest.mark.slow
def test_a_campaign_that_waits_for_its_start_is_listed_moved_and_cancelled(
    mms: Mms, file: str, runtime: Runtime
) -> None:
    arguments = ("--from", "15162065575", "--message", "Hi", "--at", "2099-06-01T09:00-04:00")
    campaign = mms("campaign", "submit", file, *arguments).out.strip()
    expand(runtime, campaign)
    (row,) = mms("schedule", "list", "--json").json
    assert (row["id"], row["every"], row["next_at"]) == (campaign, "once", "2099-06-01T13:00:00.000Z")
    moved = mms("schedule", "change", campaign, "--at", "2099-06-02 10:00 America/New_York")
    assert moved.out == f"{campaign} 2099-06-02T14:00:00.000Z\n"
    assert mms("schedule", "list", "--json").json[0]["next_at"] == "2099-06-02T14:00:00.000Z"
    shown = mms("campaign", "show", campaign, "--json").json
    assert shown["start_at"] == "2099-06-02T14:00:00.000Z"
    assert mms("schedule", "cancel", campaign).status == 0
    assert mms("schedule", "list").out == "nothing is scheduled\n"
    assert mms("campaign", "show", campaign, "--json").json["state"] == "cancelling"
    assert mms("schedule", "change", campaign, "--at", "2099-06-02T10:00Z").status != 0


def test_a_campaign_that_has_started_cannot_be_given_another_start(mms: Mms, ledger: Ledger) -> None:
    add_campaign(ledger)
    assert mms("schedule", "change", CAMPAIGN, "--at", "2099-06-02T10:00Z").status == 1
    assert mms("schedule", "change", CAMPAIGN, "--at", "2099-06-02 10:00").status == 2
    assert mms("schedule", "change", CAMPAIGN, "--at", "2099-06-02T10:00Z", "--every", EVERY).status == 2


def test_submit_says_the_first_and_the_last_moment_of_a_start_on_the_recipients_clocks(
    mms: Mms, file: str
) -> None:
    Path(file).write_text("to\n12125550101\n12135550102\n")
    arguments = ("--from", "15162065575", "--message", "Hi", "--at", "2099-06-01 10:00 recipient")
    said = mms("campaign", "submit", file, *arguments)
    assert "the first at 2099-06-01T14:00:00Z, the last at 2099-06-01T17:00:00Z" in said.err


def test_submit_says_how_many_wait_for_their_hours_and_until_when(mms: Mms, file: str) -> None:
    arguments = ("--from", "15162065575", "--message", "Hi", "--at", "2099-06-01T03:00-04:00")
    said = mms("campaign", "submit", file, *arguments)
    assert "1 recipients cannot have it at once: the first may at 2099-06-01T12:00:00Z" in said.err
