"""What `check` says of hours and of starts on the recipients' own clocks."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.preflight.check import check
from dispatcher.pipeline.preflight.request import CheckRequest
from dispatcher.pipeline.preflight.result import CheckResult
from dispatcher.settings import Settings

NIGHT = dt.datetime(2026, 6, 10, 7, tzinfo=dt.UTC)
PLACES = "to,timezone\n15165550123,\n12135550123,\n"


def checked(text: str, now: dt.datetime = NIGHT, **settings: Any) -> CheckResult:
    request = CheckRequest(
        filename="a.csv",
        settings=CampaignSettings(**{"from": ("15162065575",), "message": "Hi", **settings}),
        now=now,
    )
    config = Settings(simulate=True, account_rate="10/s", sender_rate="1/s", hours_margin=600)
    return check(io.BytesIO(text.encode()), request, config)


def codes(result: CheckResult) -> set[str]:
    return {warning.code for warning in result.warnings}


def test_it_says_how_many_wait_and_until_when() -> None:
    result = checked(PLACES)
    assert result.waiting == 2
    assert (result.first_at, result.last_at) == ("2026-06-10T12:00:00Z", "2026-06-10T15:00:00Z")
    assert result.finish_at == "2026-06-10T15:00:00Z"
    assert "waits_for_hours" in codes(result)


def test_within_hours_nobody_waits() -> None:
    result = checked(PLACES, dt.datetime(2026, 6, 10, 18, tzinfo=dt.UTC))
    assert result.waiting == 0
    assert "waits_for_hours" not in codes(result)


def test_without_quiet_hours_nobody_waits() -> None:
    result = checked(PLACES, quiet_hours="off")
    assert (result.waiting, result.first_at) == (0, "2026-06-10T07:00:00Z")


def test_a_start_on_the_recipients_clocks_has_a_first_and_a_last_moment() -> None:
    result = checked(PLACES, at="2026-06-20 10:00 recipient", quiet_hours="off")
    assert (result.first_at, result.last_at) == ("2026-06-20T14:00:00Z", "2026-06-20T17:00:00Z")


def test_members_without_common_hours_are_named_before_they_are_skipped() -> None:
    zones = ("America/New_York", "Asia/Tokyo", "Europe/London")
    rows = "".join(f"1516555010{index},{zone}\n" for index, zone in enumerate(zones))
    result = checked(f"to,timezone\n{rows}", group_size=3)
    assert "no_common_hours" in codes(result)
