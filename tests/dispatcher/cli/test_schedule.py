"""`mms submit --every` and `mms schedule` on a real ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dispatcher.cli.commands import Mms

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


def test_a_campaign_that_waits_for_its_start_is_on_the_list_once_it_is_read(mms: Mms, file: str) -> None:
    arguments = ("--from", "15162065575", "--message", "Hi", "--at", "2099-06-01T09:00-04:00")
    assert mms("campaign", "submit", file, *arguments).status == 0
    assert mms("schedule", "list").status == 0


def test_a_wrong_calendar_line_is_refused(mms: Mms, file: str) -> None:
    arguments = ("--from", "15162065575", "--message", "Hi", "--every", "mon 09:00")
    assert mms("campaign", "submit", file, *arguments).status == 2
    assert mms("schedule", "cancel", "nobody").status == 2
    assert mms("schedule", "change", "nobody").status == 2
