"""Moments as people write them: always with a zone, for a time without one is somebody else's morning."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispatcher.errors import InputError

_NAMED = re.compile(r"^(\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}(?::\d{2})?)\s+([A-Za-z]+(?:/[A-Za-z_+\-0-9]+)*)$")
_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(s|m|h|d)\s*$", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_HINT = "write it like 2026-12-01T10:00-05:00 or '2026-12-01 10:00 America/New_York'"


def parse_moment(text: str) -> datetime:
    """Read `2026-12-01T10:00-05:00`, `2026-12-01T15:00Z` or `2026-12-01 10:00 America/New_York`; answers UTC.

    A local time that a clock change skips moves to the first that exists; one that comes twice is the first.

    Raises:
        InputError: not a time, no zone, or a zone that does not exist.
    """
    text = text.strip()
    named = _NAMED.match(text)
    try:
        moment = datetime.fromisoformat((named[1] if named else text).replace("Z", "+00:00"))
    except ValueError:
        raise InputError(f"{text!r} is not a time", hint=_HINT) from None
    if named and named[2].upper() != "Z":
        return _in_zone(moment, named[2])
    if moment.tzinfo is None:
        raise InputError(f"{text!r} has no time zone", hint=_HINT)
    return moment.astimezone(UTC)


def _in_zone(moment: datetime, name: str) -> datetime:
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"there is no time zone {name!r}", hint=_HINT) from None
    local = moment.replace(tzinfo=zone, fold=0)
    utc = local.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == moment:
        return utc
    return _after_gap(moment, zone)


def _after_gap(moment: datetime, zone: ZoneInfo) -> datetime:
    """The first local time that exists again after the clock went forward over `moment`."""
    before = moment.replace(tzinfo=zone, fold=0).utcoffset()
    after = moment.replace(tzinfo=zone, fold=1).utcoffset()
    assert before is not None
    assert after is not None
    early, late = sorted((moment - before, moment - after))
    low, high = early.replace(tzinfo=UTC), late.replace(tzinfo=UTC)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset():
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def parse_duration(text: str) -> timedelta:
    """Read `90s`, `30m`, `12h` or `3d`.

    Raises:
        InputError: it is not a duration.
    """
    match = _DURATION.match(text)
    if match is None:
        raise InputError(f"{text!r} is not a duration", hint="write it like 30m, 12h or 3d")
    return timedelta(seconds=float(match[1]) * _SECONDS[match[2].lower()])
