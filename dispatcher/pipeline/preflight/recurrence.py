"""What a calendar line comes to, said before anything is sent by it: when it comes first, and what it may not mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from dispatcher.errors import InputError
from dispatcher.host.zone_data import zone_named
from dispatcher.model.campaign import CampaignSettings
from dispatcher.pipeline.preflight._warnings import Notice
from dispatcher.rules.recurrence import Recurrence, parse_recurrence

#: So many of the next occurrences show what a line means.
SHOWN = 3


def require_calendar(every: str | None, run_late_within: str | None) -> None:
    """Patience is for what recurs: alone it would be taken for a promise that nobody keeps.

    Raises:
        InputError: there is no calendar line.
    """
    if run_late_within and not every:
        raise InputError(
            "run_late_within is for what recurs, and every is not given",
            hint="give every too, like 'mon 09:00 America/New_York', or leave out run_late_within",
        )


def first_occurrence(settings: CampaignSettings, every: str, now: datetime) -> datetime:
    """When a broadcast comes first.

    Raises:
        InputError: it is no calendar line, or a start was given beside it.
    """
    if settings.at is not None:
        raise InputError(
            "--at and --every exclude each other", hint="the first occurrence is the first start"
        )
    return parse_recurrence(every).next(now)


def recurrence_notices(every: str, now: datetime) -> Iterator[Notice]:
    """The next dates; and, where cron takes either of two days and few expect that, which line means both."""
    recurrence = parse_recurrence(every)
    dates = _dates(recurrence, now)
    yield Notice(code="recurs", message=f"It comes again and again; next {dates}. Times are for the first.")
    yield from either_day(recurrence, now)


def either_day(recurrence: Recurrence, now: datetime) -> Iterator[Notice]:
    """The note on a line whose day of the month or day of the week will do."""
    if recurrence.either:
        yield Notice(
            code="either_day",
            message="As in cron, a day of the month or a day of the week will do, not only both together: next "
            f"{_dates(recurrence, now)}. For the first Monday of a month write '0 9 * * mon#1 {recurrence.zone}'.",
        )


def local_text(moment: datetime, zone: str) -> str:
    """A moment on a zone's wall clock, for a person."""
    there = moment.astimezone(zone_named(zone))
    return f"{there:%a, %b} {there.day}, {there:%Y, %H:%M %Z}"


def _dates(recurrence: Recurrence, now: datetime) -> str:
    times = islice(recurrence.after(now), SHOWN)
    return "; ".join(local_text(moment, recurrence.zone) for moment in times)
