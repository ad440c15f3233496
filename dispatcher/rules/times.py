"""Moments as people write them: always with a zone, for a time without one is somebody else's morning."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dispatcher.errors import InputError
from dispatcher.host.zone_data import zone_named

_NAMED = re.compile(r"^(\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}(?::\d{2})?)\s+([A-Za-z][A-Za-z_+\-0-9:/]*)$")
_ISO_UTC = re.compile(r"\s?[Zz]$")
_OWN_HINT = "write it like '2026-12-01 10:00 recipient'"
_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(s|m|h|d)\s*$", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_OWN_CLOCK = re.compile(r"^(\S.*?)\s+(recipient|local)$", re.IGNORECASE)
_HINT = "write it like 2026-12-01T10:00-05:00 or '2026-12-01 10:00 America/New_York'"


class LocalMoment(NamedTuple):
    """A time on each recipient's own clock: `wall` has no zone."""

    wall: datetime


def parse_start(text: str) -> datetime | LocalMoment:
    """Read what `parse_moment` reads, or `2026-12-01 10:00 recipient`: ten o'clock wherever each recipient is.

    Raises:
        InputError: as `parse_moment`; `local` is refused, for it could mean either of two things.
    """
    own = _OWN_CLOCK.match(text.strip())
    if own is None:
        return parse_moment(text)
    if own[2].lower() == "local":
        raise InputError(
            "'local' may mean the recipients' clocks or yours",
            hint=f"say '{own[1]} recipient' for each recipient's own clock, or '{own[1]} America/New_York' for yours",
        )
    try:
        wall = datetime.fromisoformat(own[1])
    except ValueError:
        raise InputError(f"{own[1]!r} is not a time", hint=_OWN_HINT) from None
    if wall.tzinfo is not None:
        raise InputError("a time on the recipients' clocks has no zone of its own", hint=_OWN_HINT)
    return LocalMoment(wall)


def parse_moment(text: str) -> datetime:
    """Read `2026-12-01T10:00-05:00`, `2026-12-01T15:00Z` or `2026-12-01 10:00 America/New_York`; answers UTC.

    A local time that a clock change skips moves to the first that exists; one that comes twice is the first.

    Raises:
        InputError: not a time, no zone, or a zone that does not exist or is no place's clock.
    """
    text = text.strip()
    named = None if text[-1:] in "zZ" and text[-2:-1].isspace() else _NAMED.match(text)
    try:
        moment = datetime.fromisoformat(named[1] if named else _ISO_UTC.sub("+00:00", text))
    except ValueError:
        raise InputError(f"{text!r} is not a time", hint=_HINT) from None
    if named:
        return moment_in(moment, named[2])
    if moment.tzinfo is None:
        raise InputError(f"{text!r} has no time zone", hint=_HINT)
    return moment.astimezone(UTC)


def moment_in(moment: datetime, name: str) -> datetime:
    """The instant, in UTC, at which clocks of this zone show a time; see `parse_moment` for clock changes.

    Raises:
        InputError: there is no such zone, or it is no place's clock.
    """
    return moment_on(moment, zone_named(name))


def moment_on(moment: datetime, zone: ZoneInfo) -> datetime:
    """`moment_in` for a zone in hand."""
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
    try:
        return timedelta(seconds=float(match[1]) * _SECONDS[match[2].lower()])
    except OverflowError:
        raise InputError(
            "the duration is longer than time itself", hint="write it like 30m, 12h or 3d"
        ) from None
