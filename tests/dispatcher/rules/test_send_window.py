"""Starts on the recipients' own clocks, together with allowed hours."""

from __future__ import annotations

from datetime import datetime

from dispatcher.model.campaign import CampaignSettings
from dispatcher.rules.quiet_hours import ANY_TIME
from dispatcher.rules.send_window import SendWindow
from dispatcher.settings import Settings

NEW_YORK, LOS_ANGELES, IDAHO = "15165550123", "12135550123", "12085550123"
TEN = "2026-12-01 10:00 recipient"


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def test_ten_oclock_is_ten_oclock_wherever_the_recipient_is() -> None:
    send_window, before = SendWindow("off", TEN, 0), ms("2026-12-01T00:00Z")
    for number, opens in ((NEW_YORK, "2026-12-01T10:00-05:00"), (LOS_ANGELES, "2026-12-01T10:00-08:00")):
        window = send_window.window([(number, None)], before)
        assert window is not None
        assert window.from_ms == ms(opens)


def test_where_an_area_code_has_two_clocks_the_later_one_counts() -> None:
    window = SendWindow("off", TEN, 0).window([(IDAHO, None)], 0)
    assert window is not None
    assert window.from_ms == ms("2026-12-01T10:00-08:00")


def test_a_group_starts_when_it_is_time_for_all_of_it() -> None:
    window = SendWindow("off", TEN, 0).window([(NEW_YORK, None), (LOS_ANGELES, None)], 0)
    assert window is not None
    assert window.from_ms == ms("2026-12-01T10:00-08:00")


def test_an_explicit_zone_decides() -> None:
    window = SendWindow("off", TEN, 0).window([(NEW_YORK, "Europe/Berlin")], 0)
    assert window is not None
    assert window.from_ms == ms("2026-12-01T10:00+01:00")


def test_hours_still_hold_for_a_start_at_night() -> None:
    window = SendWindow("federal", "2026-12-01 05:00 recipient", 600).window([(NEW_YORK, None)], 0)
    assert window is not None
    assert window == (ms("2026-12-01T08:00-05:00"), ms("2026-12-01T20:50-05:00"))


def test_after_its_start_a_message_goes_whenever_hours_allow() -> None:
    noon = ms("2026-12-01T12:00-05:00")
    window = SendWindow("federal", TEN, 0).window([(NEW_YORK, None)], noon)
    assert window is not None
    assert window.allows(noon)


def test_without_hours_and_without_a_start_of_its_own_a_message_goes_at_any_time() -> None:
    assert SendWindow("off", "2026-12-01T10:00Z", 0).window([(NEW_YORK, None)], 0) == ANY_TIME


def test_a_campaigns_window_follows_the_area_codes_that_the_installation_adds() -> None:
    campaign, new = CampaignSettings(quiet_hours="off", at=TEN), "12372345678"
    placed = SendWindow.under(campaign, Settings(area_codes_extra="237=US-NY"))
    assert placed.starts_ms([(new, None)]) == ms("2026-12-01T10:00-05:00")
    # Ten o'clock where nobody knows is ten o'clock in Hawaii.
    assert SendWindow.under(campaign, Settings()).starts_ms([(new, None)]) == ms("2026-12-01T10:00-10:00")
