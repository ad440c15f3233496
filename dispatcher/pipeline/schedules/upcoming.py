"""What is still to come: recurring broadcasts with their next occurrences, and campaigns that wait for their start."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

from pydantic import BaseModel, ConfigDict, Field

from dispatcher.errors import InputError
from dispatcher.ledger.campaigns.schedules import Schedule
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.model.timestamps import utc_text_or_none
from dispatcher.pipeline.preflight.recurrence import local_text
from dispatcher.rules.recurrence import parse_recurrence


class Occurrence(BaseModel):
    """One moment: in UTC, and on the wall clock of the schedule's zone."""

    model_config = ConfigDict(frozen=True)

    at: str = Field(examples=["2026-12-07T14:00:00.000Z"])
    local: str = Field(examples=["Mon, Dec 7, 2026, 09:00 EST"])


class Recurring(BaseModel):
    """A recurring broadcast. `run_late_within` is in seconds: an occurrence later than this is missed."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(examples=["weekly-x7k2mp"])
    name: str = Field(examples=["Weekly news"])
    every: str = Field(examples=["mon 09:00 America/New_York"])
    zone: str = Field(examples=["America/New_York"])
    run_late_within: float = Field(examples=[3600])
    next_at: str | None = Field(examples=["2026-12-07T14:00:00.000Z"])
    next_local: str | None = Field(examples=["Mon, Dec 7, 2026, 09:00 EST"])
    made: int = Field(examples=[12], description="Campaigns made so far.")
    missed: int = Field(examples=[0])
    last_missed_at: str | None = Field(examples=[None])
    last_campaign: str | None = Field(examples=["weekly-x7k2mp-6cjk2"])
    problem: str | None = Field(
        default=None,
        examples=[None],
        description="Why it stands still: its times are not understood any more.",
    )


def recurring(schedule: Schedule, next_ms: int) -> Recurring:
    """A schedule as people and programs see it; `next_ms` 0: it never comes again."""
    zone, problem = _zone_of(schedule.every)
    return Recurring(
        id=schedule.id,
        name=schedule.settings.name,
        every=schedule.every,
        zone=zone,
        run_late_within=schedule.late_ms / 1000,
        next_at=None if problem else utc_text_or_none(next_ms),
        next_local=_local(next_ms, zone) if next_ms and not problem else None,
        made=schedule.made,
        missed=schedule.missed,
        last_missed_at=utc_text_or_none(schedule.last_missed_ms),
        last_campaign=schedule.last_campaign or None,
        problem=problem,
    )


def _zone_of(every: str) -> tuple[str, str | None]:
    """The zone of a stored calendar line, and what is wrong with it: earlier versions read first letters."""
    try:
        return parse_recurrence(every).zone, None
    except InputError as error:
        return "", f"it stands still, for its times are not understood: {error.message}; {error.hint}"


def occurrences(every: str, now_ms: int, most: int) -> list[Occurrence]:
    """The next occurrences after this moment.

    Raises:
        InputError: it is no calendar line.
    """
    recurrence = parse_recurrence(every)
    times = recurrence.after(datetime.fromtimestamp(now_ms / 1000, UTC))
    found = (int(moment.timestamp() * 1000) for moment in islice(times, most))
    return [
        Occurrence(at=utc_text_or_none(at_ms) or "", local=_local(at_ms, recurrence.zone)) for at_ms in found
    ]


def waiting_campaigns(ledger: Ledger, most: int, offset: int = 0) -> list[Campaign]:
    """Campaigns that wait for their start, the soonest first."""
    return [ledger.campaign(campaign_id) for campaign_id, _ in ledger.agenda.starts(most, offset)]


def _local(at_ms: int, zone: str) -> str:
    return local_text(datetime.fromtimestamp(at_ms / 1000, UTC), zone)
