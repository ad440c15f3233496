"""Recurring times: `mon 09:00 America/New_York`, or a cron line with a zone.

A wall time that a clock change skips is taken at the first one that exists, one that comes twice once, the first time.
That is why the calendar is here and not in beat, and why no instant is ever made by adding hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from dispatcher.errors import InputError
from dispatcher.rules.moments import moment_in
from dispatcher.zone_data import zone_named

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SIMPLE = re.compile(r"^([a-z,\-]+)\s+(\d{1,2}):(\d{2})\s+(\S+)$", re.IGNORECASE)
_HINT = "write it like 'mon 09:00 America/New_York', 'mon-fri 09:00 …', 'daily 18:30 …' or '0 9 * * 1 America/New_York'"
#: The 29th of February comes again within eight years, also around 2100.
_HORIZON_DAYS = 366 * 9


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Wall times in one zone, as cron has them: Sunday is 0; a day matches if either field that is given does."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None
    zone: str

    def after(self, moment: datetime) -> Iterator[datetime]:
        """The instants after this one, in UTC and in order."""
        last = moment.astimezone(UTC)
        day = last.astimezone(zone_named(self.zone)).date() - timedelta(days=1)
        for _ in range(_HORIZON_DAYS):
            if self._has(datetime.combine(day, time())):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        instant = moment_in(datetime.combine(day, time(hour, minute)), self.zone)
                        if instant > last:
                            last = instant
                            yield instant
            day += timedelta(days=1)

    def next(self, moment: datetime) -> datetime:
        """The first instant after this one.

        Raises:
            InputError: there is none, as for the 31st of February.
        """
        instant = next(self.after(moment), None)
        if instant is None:
            raise InputError("this time never comes", hint=_HINT)
        return instant

    def _has(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        by_day = self.days is not None and day.day in self.days
        by_weekday = self.weekdays is not None and day.isoweekday() % 7 in self.weekdays
        return by_day or by_weekday or (self.days is None and self.weekdays is None)


@lru_cache(maxsize=1024)
def parse_recurrence(text: str) -> Recurrence:
    """Read `DAYS HH:MM ZONE` or `MINUTE HOUR DAY MONTH WEEKDAY ZONE`.

    Raises:
        InputError: it is neither, names no zone, or never comes.
    """
    simple = _SIMPLE.match(text.strip())
    if simple:
        days = "*" if simple[1].lower() in ("daily", "day") else simple[1]
        fields = [simple[3].lstrip("0") or "0", simple[2], "*", "*", days, simple[4]]
    else:
        fields = text.split()
    if len(fields) != 6:
        raise InputError("this is no recurring time with a zone", hint=_HINT)
    minute, hour, day, month, weekday, zone = fields
    recurrence = Recurrence(
        _field(minute, 0, 59),
        _field(hour, 0, 23),
        None if day == "*" else _field(day, 1, 31),
        _field(month, 1, 12, _MONTHS, 1),
        None if weekday == "*" else frozenset(value % 7 for value in _field(weekday, 0, 7, _DAYS)),
        zone,
    )
    recurrence.next(datetime(2000, 1, 1, tzinfo=UTC))
    return recurrence


def _field(text: str, low: int, high: int, names: tuple[str, ...] = (), offset: int = 0) -> frozenset[int]:
    values: set[int] = set()
    for part in text.lower().split(","):
        span, _, step = part.partition("/")
        first, dash, last = (f"{low}", "-", f"{high}") if span == "*" else span.partition("-")
        start = _value(first, names, offset)
        end = _value(last, names, offset) if dash else high if step else start
        by = _value(step, (), 0) if step else 1
        if not (low <= start <= high and low <= end <= high) or by < 1:
            raise InputError(f"{text[:20]!r} is not within {low} to {high}", hint=_HINT)
        end = end if end >= start else end + high - low + 1
        values.update((value - low) % (high - low + 1) + low for value in range(start, end + 1, by))
    return frozenset(values)


def _value(text: str, names: tuple[str, ...], offset: int) -> int:
    if text[:3] in names:
        return names.index(text[:3]) + offset
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise InputError(f"{text[:20]!r} is neither a number nor a name of a day or month", hint=_HINT)
    return int(text)
