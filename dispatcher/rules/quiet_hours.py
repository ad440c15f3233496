"""When a message may go: allowed windows as UTC instants, by the recipients' own clocks.

A place is an explicit time zone first, else the area code; an area code that spans several zones or states allows what
all of them allow, one of which nobody knows the place what every place of the United States and Canada allows, and a
group what all its members' places do. The hours are in `data/hours.toml`. None of this is legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dispatcher.model.campaign import QuietHours
from dispatcher.numbering.area_codes import AreaCode, area_codes
from dispatcher.rules.quiet_hours_table import Week, common_week, hours_table

#: A group whose members share no hours for so long is never sent.
HORIZON_DAYS = 8
_DAY_MS = 86_400_000
_FOR_EVER_MS = 253_402_300_799_000


class Window(NamedTuple):
    """Allowed from `from_ms` on and before `until_ms`, ms since 1970."""

    from_ms: int
    until_ms: int

    def allows(self, now_ms: int) -> bool:
        """Whether this moment is inside."""
        return self.from_ms <= now_ms < self.until_ms


ANY_TIME = Window(0, _FOR_EVER_MS)

#: A number of 11 digits, and the IANA zone its row gives, if any.
Party = tuple[str, str | None]


def place_of(number: str, extra_area_codes: str = "") -> AreaCode | None:
    """The place of a number of 11 digits; None: nobody knows where it is, as with toll-free ones."""
    found = area_codes(extra_area_codes).get(number[1:4])
    return found if found and found.country else None


@cache
def all_zones() -> tuple[str, ...]:
    """Every time zone of the United States and Canada: where somebody may be of whom nobody knows it."""
    return tuple(sorted({zone for place in _everywhere() for zone in place.zones}))


@cache
def _everywhere() -> tuple[AreaCode, ...]:
    return tuple(place for place in area_codes().values() if place.country in ("US", "CA"))


class Hours:
    """The allowed hours under one policy. `margin_seconds` closes each window early: carriers queue MMS."""

    def __init__(self, policy: QuietHours, margin_seconds: float, extra_area_codes: str = "") -> None:
        self._policy = policy
        self._margin_ms = int(margin_seconds * 1000)
        self._extra_area_codes = extra_area_codes

    def window(self, parties: Sequence[Party], now_ms: int) -> Window | None:
        """The window that holds this moment, else the next one, that all of these share.

        None when there is none within eight days. A zone must exist: the reader of the file has proved it.
        """
        if self._policy == "off":
            return ANY_TIME
        day = now_ms // _DAY_MS
        lists = {self._windows(party, day) for party in parties}
        shared = min(lists, key=len)
        for windows in lists:
            if windows is not shared:
                shared = tuple(_overlaps(shared, windows))
        return self._next(shared, now_ms)

    def _windows(self, party: Party, day: int) -> tuple[Window, ...]:
        number, zone = party
        place, strict = place_of(number, self._extra_area_codes), self._policy == "us-strict"
        if place is not None:
            return _windows_of(_strict(place.states) if strict else (), (zone,) if zone else place.zones, day)
        if zone:
            return _windows_of(_strict(tuple(hours_table().states)) if strict else (), (zone,), day)
        return _windows_everywhere(strict, day)

    def _next(self, windows: Iterable[Window], now_ms: int) -> Window | None:
        for start, end in windows:
            closes = end - self._margin_ms
            if closes > max(now_ms, start):
                return Window(start, closes) if start <= now_ms + HORIZON_DAYS * _DAY_MS else None
        return None


@lru_cache(maxsize=4096)
def _windows_of(states: tuple[str, ...], zones: tuple[str, ...], day: int) -> tuple[Window, ...]:
    """The windows that all these zones share, around this day of UTC and for the eight days after it. The states are
    some that have hours of their own."""
    table = hours_table()
    week = common_week([table.federal, *map(table.states.__getitem__, states)])
    shared = _in_zone(week, zones[0], day)
    for zone in zones[1:]:
        shared = tuple(_overlaps(shared, _in_zone(week, zone, day)))
    return shared


@lru_cache(maxsize=64)
def _windows_everywhere(strict: bool, day: int) -> tuple[Window, ...]:
    """The windows that every place of the United States and Canada shares."""
    places = {(_strict(place.states) if strict else (), place.zones) for place in _everywhere()}
    first, *others = (_windows_of(states, zones, day) for states, zones in places)
    for windows in others:
        first = tuple(_overlaps(first, windows))
    return first


def _strict(states: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(state for state in states if state in hours_table().states)


def _in_zone(week: Week, name: str, day: int) -> tuple[Window, ...]:
    zone, first = ZoneInfo(name), date(1970, 1, 1) + timedelta(days=day)
    found = []
    for offset in range(-1, HORIZON_DAYS + 2):
        local = first + timedelta(days=offset)
        hours = week[local.weekday()]
        start, end = max(_instants(local, hours.start, zone)), min(_instants(local, hours.end, zone))
        if start < end:
            found.append(Window(start, end))
    return tuple(found)


def _instants(day: date, minute: int, zone: ZoneInfo) -> tuple[int, int]:
    """Both readings of a local time, which differ when a clock change skips or repeats it."""
    local = datetime.combine(day, time()) + timedelta(minutes=minute)
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return int(first.timestamp()) * 1000, int(second.timestamp()) * 1000


def _overlaps(some: Sequence[Window], others: Sequence[Window]) -> Iterable[Window]:
    for one in some:
        for other in others:
            start, end = max(one.from_ms, other.from_ms), min(one.until_ms, other.until_ms)
            if start < end:
                yield Window(start, end)
