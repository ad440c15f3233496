"""What is still to come: recurring broadcasts with their next occurrences, and campaigns that wait for their start."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

from pydantic import BaseModel, ConfigDict, Field

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.schedules import Schedule
from dispatcher.model.campaign import Campaign
from dispatcher.pipeline.times import iso
from dispatcher.rules.recurrence import parse_recurrence
from dispatcher.zone_data import zone_named


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


def recurring(schedule: Schedule, next_ms: int) -> Recurring:
    """A schedule as people and programs see it; `next_ms` 0: it never comes again."""
    zone = parse_recurrence(schedule.every).zone
    return Recurring(
        id=schedule.id,
        name=schedule.settings.name,
        every=schedule.every,
        zone=zone,
        run_late_within=schedule.late_ms / 1000,
        next_at=iso(next_ms),
        next_local=_local(datetime.fromtimestamp(next_ms / 1000, UTC), zone) if next_ms else None,
        made=schedule.made,
        missed=schedule.missed,
        last_missed_at=iso(schedule.last_missed_ms),
        last_campaign=schedule.last_campaign or None,
    )


def occurrences(every: str, now_ms: int, most: int) -> list[Occurrence]:
    """The next occurrences after this moment.

    Raises:
        InputError: it is no calendar line.
    """
    recurrence = parse_recurrence(every)
    moments = recurrence.after(datetime.fromtimestamp(now_ms / 1000, UTC))
    return [
        Occurrence(at=iso(int(moment.timestamp() * 1000)) or "", local=_local(moment, recurrence.zone))
        for moment in islice(moments, most)
    ]


def waiting_campaigns(ledger: Ledger, most: int, offset: int = 0) -> list[Campaign]:
    """Campaigns that wait for their start, the soonest first."""
    return [ledger.campaign(campaign_id) for campaign_id, _ in ledger.agenda.starts(most, offset)]


def _local(moment: datetime, zone: str) -> str:
    there = moment.astimezone(zone_named(zone))
    return f"{there:%a, %b} {there.day}, {there:%Y, %H:%M %Z}"
