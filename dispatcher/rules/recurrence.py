"""Recurring times: `mon 09:00 America/New_York`, or a cron line with a zone.

A wall time that a clock change skips is taken at the first one that exists, one that comes twice once, the first time.
That is why the calendar is here and not in beat, and why no instant is ever made by adding hours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from dispatcher.errors import InputError
from dispatcher.host.zone_data import zone_named
from dispatcher.rules.times import moment_in

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_FIRST_HALF = ("january", "february", "march", "april", "may", "june")
_MONTHS = (*_FIRST_HALF, "july", "august", "september", "october", "november", "december")
#: What people write for several days, or for one in another way.
_OTHER_DAYS = {"tues": 2, "weds": 3, "thur": 4, "thurs": 4}
_OTHER_MONTHS = {"sept": 9}
_SPANS = {"daily": "*", "day": "*", "weekdays": "mon-fri", "weekends": "sat,sun"}
_SIMPLE = re.compile(r"^([a-z]+(?:#\d)?(?:[,-][a-z]+(?:#\d)?)*)\s+(\d{1,2}):(\d{2})\s+(\S+)$", re.IGNORECASE)
_NTH = re.compile(r"^([a-z]+|[0-7])#([1-5])$")
_LAST = re.compile(r"^(?:([a-z]+|[0-7])#?l|l([0-7]))$")
_HINT = (
    "write it like 'mon 09:00 America/New_York', 'mon-fri 09:00 …', 'daily 18:30 …', "
    "'mon#1 09:00 …' (the first Monday), 'friL 09:00 …' (the last Friday) or '0 9 * * 1 America/New_York'"
)
_PERIODS = {
    "weekly": "name the day: 'mon 09:00 …'",
    "biweekly": "cron knows no fortnights; name days of the month: '0 9 1,15 * * …'",
    "fortnightly": "cron knows no fortnights; name days of the month: '0 9 1,15 * * …'",
    "monthly": "name the day: '0 9 1 * * …' is the first of each month, 'mon#1 09:00 …' its first Monday",
    "quarterly": "name day and months: '0 9 1 jan,apr,jul,oct * …'",
    "yearly": "name day and month: '0 9 1 jan * …'",
    "annually": "name day and month: '0 9 1 jan * …'",
    "hourly": "write a cron line: '0 * * * * …'",
}
#: The 29th of February comes again within eight years, also around 2100.
_HORIZON_DAYS = 366 * 9


Nth = frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Wall times in one zone, as cron has them: Sunday is 0; a day matches if either field that is given does, or,
    where one of them begins with `*`, if both do.

    `nth` are weekdays with their place in the month, -1 the last one; of the days of a month -1 is the last, too.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None
    zone: str
    nth: Nth = frozenset()
    both: bool = False

    @property
    def either(self) -> bool:
        """Whether days of the month and days of the week are given, and either will do: few mean that."""
        return self.days is not None and self.weekdays is not None and not self.both

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
        ends = (day + timedelta(days=1)).month != day.month
        by_day = self.days is None or day.day in self.days or (ends and -1 in self.days)
        by_weekday = self.weekdays is None or self._has_weekday(day)
        return by_day or by_weekday if self.either else by_day and by_weekday

    def _has_weekday(self, day: datetime) -> bool:
        weekday, place = day.isoweekday() % 7, (day.day + 6) // 7
        if weekday in (self.weekdays or ()) or (weekday, place) in self.nth:
            return True
        return (weekday, -1) in self.nth and (day + timedelta(days=7)).month != day.month


@lru_cache(maxsize=1024)
def parse_recurrence(text: str) -> Recurrence:
    """Read `DAYS HH:MM ZONE` or `MINUTE HOUR DAY MONTH WEEKDAY ZONE`.

    Every word is understood whole or refused. Beside lists, spans and steps the weekdays may be `mon#1` (the first),
    `friL` or `5L` (the last), the days of the month `L` (the last).

    Raises:
        InputError: it is neither, names no zone or one that is no place's clock, or never comes.
    """
    minute, hour, day, month, weekday, zone = _fields(text.strip())
    weekdays, nth = _weekdays(weekday)
    recurrence = Recurrence(
        _field(minute, 0, 59),
        _field(hour, 0, 23),
        None if day in ("*", "?") else _days(day),
        _field(month, 1, 12, _month),
        None if weekday in ("*", "?") else weekdays,
        zone_named(zone).key,
        nth,
        both=day.startswith("*") or weekday.startswith("*"),
    )
    recurrence.next(datetime(2000, 1, 1, tzinfo=UTC))
    return recurrence


def _fields(text: str) -> list[str]:
    simple = _SIMPLE.match(text)
    if simple:
        days = _SPANS.get(simple[1].lower(), simple[1].lower())
        return [simple[3].lstrip("0") or "0", simple[2], "*", "*", days, simple[4]]
    fields = text.split()
    if len(fields) != 6:
        first = fields[0].lower().removeprefix("@") if fields else ""
        raise InputError("this is no recurring time with a zone", hint=_PERIODS.get(first, _HINT))
    return [field.lower() for field in fields[:5]] + fields[5:]


def _days(text: str) -> frozenset[int]:
    """Days of a month; `L` is the last, -1."""
    parts = text.split(",")
    others = ",".join(part for part in parts if part != "l")
    last = frozenset({-1}) if "l" in parts else frozenset()
    return last | _field(others, 1, 31) if others else last


def _weekdays(text: str) -> tuple[frozenset[int], Nth]:
    """Weekdays, Sunday 0, and those with a place in the month."""
    plain, nth = [], set()
    for part in text.replace("?", "*").split(","):
        placed, last = _NTH.match(part), _LAST.match(part)
        if placed:
            nth.add((_weekday(placed[1]) % 7, int(placed[2])))
        elif last:
            nth.add((_weekday(last[1] or last[2]) % 7, -1))
        else:
            plain.append(part)
    days = _field(",".join(plain), 0, 7, _weekday) if plain else frozenset()
    return frozenset(day % 7 for day in days), frozenset(nth)


def _weekday(text: str) -> int:
    return _named(text, _DAYS, 0, _OTHER_DAYS)


def _month(text: str) -> int:
    return _named(text, _MONTHS, 1, _OTHER_MONTHS)


def _named(text: str, names: Sequence[str], offset: int, others: Mapping[str, int]) -> int:
    """The place of a name, whole or its first three letters; else a number."""
    for place, name in enumerate(names, offset):
        if text in (name, name[:3]):
            return place
    return others[text] if text in others else _number(text)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        hint = _PERIODS.get(text, _HINT)
        raise InputError(f"{text[:20]!r} is neither a number nor a name of a day or month", hint=hint)
    return int(text)


def _field(text: str, low: int, high: int, value: Callable[[str], int] = _number) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = (f"{low}", "-", f"{high}") if span == "*" else span.partition("-")
        start = value(first)
        end = value(last) if dash else high if slash else start
        by = _number(step) if slash else 1
        if not (low <= start <= high and low <= end <= high) or by < 1:
            raise InputError(f"{text[:20]!r} is not within {low} to {high}", hint=_HINT)
        end = end if end >= start else end + high - low + 1
        values.update((each - low) % (high - low + 1) + low for each in range(start, end + 1, by))
    return frozenset(values)
