"""Recurring times over clock changes, and times on the recipients' own clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.errors import InputError
from dispatcher.rules.recurrence import parse_recurrence
from dispatcher.rules.times import LocalMoment, parse_start

START = datetime(2026, 1, 1, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


def first(text: str, after: str, count: int = 1) -> list[str]:
    moments = islice(parse_recurrence(text).after(datetime.fromisoformat(after)), count)
    return [moment.astimezone(NEW_YORK).strftime("%a %Y-%m-%d %H:%M%z") for moment in moments]


def test_a_weekly_time_keeps_its_wall_clock_over_both_clock_changes() -> None:
    assert first("mon 09:00 America/New_York", "2027-03-08T15:00Z", 2) == [
        "Mon 2027-03-15 09:00-0400",
        "Mon 2027-03-22 09:00-0400",
    ]
    assert first("mon 09:00 America/New_York", "2027-11-01T15:00Z") == ["Mon 2027-11-08 09:00-0500"]


def test_a_time_that_is_skipped_is_taken_at_the_first_that_exists() -> None:
    assert first("daily 02:30 America/New_York", "2027-03-13T12:00Z", 2) == [
        "Sun 2027-03-14 03:00-0400",
        "Mon 2027-03-15 02:30-0400",
    ]


def test_a_time_that_comes_twice_is_taken_once_the_first_time() -> None:
    assert first("daily 01:30 America/New_York", "2027-11-06T12:00Z", 2) == [
        "Sun 2027-11-07 01:30-0400",
        "Mon 2027-11-08 01:30-0500",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 9 * * 1 America/New_York", "Mon 2026-06-15 09:00-0400"),
        ("30 18 * * mon-fri America/New_York", "Wed 2026-06-10 18:30-0400"),
        ("*/20 * * * * America/New_York", "Wed 2026-06-10 12:20-0400"),
        ("0 9 1 * * America/New_York", "Wed 2026-07-01 09:00-0400"),
        ("0 9 1,15 jul * America/New_York", "Wed 2026-07-01 09:00-0400"),
        ("0 9 13 * fri America/New_York", "Fri 2026-06-12 09:00-0400"),
        ("0 9 * * 7 America/New_York", "Sun 2026-06-14 09:00-0400"),
        ("fri-mon 9:05 America/New_York", "Fri 2026-06-12 09:05-0400"),
        ("tue,thu 09:00 America/New_York", "Thu 2026-06-11 09:00-0400"),
        ("0 9 29 2 * America/New_York", "Tue 2028-02-29 09:00-0500"),
        ("0 9 * * mon#1 America/New_York", "Mon 2026-07-06 09:00-0400"),
        ("0 9 * * 1#1 America/New_York", "Mon 2026-07-06 09:00-0400"),
        ("mon#1 09:00 America/New_York", "Mon 2026-07-06 09:00-0400"),
        ("0 9 * * friL America/New_York", "Fri 2026-06-26 09:00-0400"),
        ("0 9 * * 5L America/New_York", "Fri 2026-06-26 09:00-0400"),
        ("friL 09:00 America/New_York", "Fri 2026-06-26 09:00-0400"),
        ("0 9 L * * America/New_York", "Tue 2026-06-30 09:00-0400"),
        ("0 9 L feb ? America/New_York", "Sun 2027-02-28 09:00-0500"),
        ("0 9 ? * sun#5 America/New_York", "Sun 2026-08-30 09:00-0400"),
        ("0 9 */2 * mon America/New_York", "Mon 2026-06-15 09:00-0400"),
        ("Monday 09:00 america/new_york", "Mon 2026-06-15 09:00-0400"),
        ("weekdays 09:00 America/New_York", "Thu 2026-06-11 09:00-0400"),
        ("0 9 1 Sept * America/New_York", "Tue 2026-09-01 09:00-0400"),
    ],
)
def test_lines_mean_what_cron_means(text: str, expected: str) -> None:
    assert first(text, "2026-06-10T12:00-04:00") == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mon 09:00",
        "mon 25:00 America/New_York",
        "someday 09:00 America/New_York",
        "0 9 * * 1",
        "0 9 31 2 * America/New_York",
        "0 9 * * 1 America/Nowhere",
        "61 9 * * * America/New_York",
        "*/0 9 * * * America/New_York",
        "x 9 * * * America/New_York",
        "monthly 09:00 America/New_York",
        "month 09:00 America/New_York",
        "satellite 09:00 America/New_York",
        "sunrise 09:00 America/New_York",
        "weekly 09:00 America/New_York",
        "first 09:00 America/New_York",
        "mondays 09:00 America/New_York",
        "0 9 1 marching * America/New_York",
        "0 9 1 juneau * America/New_York",
        "0 9 * * monkey America/New_York",
        "0 9 * * L America/New_York",
        "0 9 * * mon#6 America/New_York",
        "0 9 * * mon-friL America/New_York",
        "0 9 15W * * America/New_York",
        "0 0 9 * * mon America/New_York",
        "@daily America/New_York",
        "0 9 1- * * America/New_York",
        "0 9 , * * America/New_York",
    ],
)
def test_what_is_no_recurring_time_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_recurrence(text)


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=10))
def test_a_word_is_a_day_or_a_month_only_as_a_whole(word: str) -> None:
    days = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
    days |= {day[:3] for day in days} | {f"{day[:3]}l" for day in days} | {f"{day}l" for day in days}
    days |= {"tues", "weds", "thur", "thurs", "tuesl", "wedsl", "thurl", "thursl"}
    for line in (f"{word} 09:00 America/New_York", f"0 9 * * {word} America/New_York"):
        if word not in days | {"daily", "day", "weekdays", "weekends"}:
            with pytest.raises(InputError):
                parse_recurrence(line)


def test_what_is_no_day_is_told_how_to_say_it() -> None:
    with pytest.raises(InputError) as refused:
        parse_recurrence("monthly 09:00 America/New_York")
    assert "mon#1 09:00" in refused.value.hint


def test_days_of_the_month_and_of_the_week_are_noted_where_cron_takes_either() -> None:
    assert parse_recurrence("0 9 1-7 * mon America/New_York").either
    assert not parse_recurrence("0 9 */2 * mon America/New_York").either
    assert not parse_recurrence("0 9 * * mon#1 America/New_York").either
    assert first("0 9 1-7 * mon America/New_York", "2026-06-10T12:00-04:00", 3) == [
        "Mon 2026-06-15 09:00-0400",
        "Mon 2026-06-22 09:00-0400",
        "Mon 2026-06-29 09:00-0400",
    ]


@pytest.mark.slow
@given(
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(["America/New_York", "America/St_Johns", "Pacific/Honolulu", "America/Phoenix"]),
    st.integers(0, 4 * 365 * 1440).map(lambda minutes: START + timedelta(minutes=minutes)),
)
def test_a_daily_time_comes_once_a_day_whatever_the_clocks_do(
    hour: int, minute: int, zone: str, after: datetime
) -> None:
    moments = list(islice(parse_recurrence(f"daily {hour}:{minute:02} {zone}").after(after), 400))
    days = [moment.astimezone(ZoneInfo(zone)).date() for moment in moments]
    assert days == [days[0] + timedelta(days=count) for count in range(400)]
    assert moments[0] > after
    assert moments[0] - after <= timedelta(hours=25, minutes=1)


def test_a_start_may_be_on_each_recipients_own_clock() -> None:
    assert parse_start("2026-12-01 10:00 recipient") == LocalMoment(
        datetime.fromisoformat("2026-12-01T10:00")
    )
    assert parse_start("2026-12-01T10:00-05:00") == datetime(2026, 12, 1, 15, tzinfo=UTC)


def test_local_is_refused_and_both_readings_are_offered() -> None:
    with pytest.raises(InputError) as refused:
        parse_start("2026-12-01 10:00 local")
    assert "'2026-12-01 10:00 recipient'" in refused.value.hint
    assert "'2026-12-01 10:00 America/New_York'" in refused.value.hint


@pytest.mark.parametrize("text", ["noon recipient", "2026-12-01T10:00Z recipient", "recipient"])
def test_a_recipients_time_without_a_time_or_with_a_zone_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_start(text)
