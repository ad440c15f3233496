"""The hours by day of the week that `data/hours.toml` gives: federal, and by state."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class DayHours(NamedTuple):
    """Allowed from the minute of the day on, before the other; the same twice: not at all."""

    start: int
    end: int


#: One for each day of the week, Monday first.
Week = tuple[DayHours, ...]
CLOSED = DayHours(0, 0)


class HoursTable(NamedTuple):
    """What the file says."""

    federal: Week
    states: Mapping[str, Week]


@cache
def hours_table() -> HoursTable:
    """The table, read once."""
    document = tomllib.loads((Path(__file__).with_name("data") / "hours.toml").read_text("utf-8"))
    return HoursTable(
        _week(document["federal"]),
        {state: _week(hours) for state, hours in document["states"].items()},
    )


def common_week(weeks: Iterable[Week]) -> Week:
    """The hours that all of them allow."""
    return tuple(_common(day) for day in zip(*weeks, strict=True))


def _common(hours: tuple[DayHours, ...]) -> DayHours:
    start, end = max(day.start for day in hours), min(day.end for day in hours)
    return DayHours(start, end) if start < end else CLOSED


def _week(hours: Mapping[str, Any]) -> Week:
    week = [CLOSED] * 7
    for days, written in hours.items():
        first, _, last = ("mon", "", "sun") if days == "daily" else days.partition("-")
        for day in range(_DAYS.index(first), _DAYS.index(last or first) + 1):
            week[day] = DayHours(*map(_minute, written.split("-")))
    return tuple(week)


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
