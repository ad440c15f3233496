"""`/api/v1/schedules`: recurring broadcasts, and campaigns that wait for their start."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from dispatcher.errors import InputError
from dispatcher.model.campaign import Campaign
from dispatcher.pipeline.schedules.upcoming import (
    Occurrence,
    Recurring,
    occurrences,
    recurring,
    waiting_campaigns,
)
from dispatcher.web.actions import schedules
from dispatcher.web.api._openapi import problems
from dispatcher.web.http.body import json_body, read_json
from dispatcher.web.site.access import Actor, bearer
from dispatcher.web.site.site import Site, site_of

router = APIRouter(
    prefix="/api/v1/schedules",
    dependencies=[Depends(bearer)],
    responses=problems(401, 429, 503),
    tags=["schedules"],
)
Limit = Annotated[int, Query(ge=1, le=500, description="Entries on a page.")]
Cursor = Annotated[str | None, Query(pattern=r"^\d{1,9}$", description="`next` of the page before.")]


class RecurringPage(BaseModel):
    """Recurring broadcasts, the soonest first. `next` is the cursor of the next page, null on the last one."""

    items: list[Recurring]
    next: str | None = None


class WaitingPage(BaseModel):
    """Campaigns that wait for their start, the soonest first. `next` is the cursor of the next page."""

    items: list[Campaign]
    next: str | None = None


class Occurrences(BaseModel):
    """The next occurrences, in UTC and on the clock of the schedule's zone."""

    items: list[Occurrence]


class ScheduleChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    every: str | None = Field(default=None, max_length=200, examples=["tue 10:00 America/New_York"])
    run_late_within: str | None = Field(default=None, max_length=40, examples=["2h"])


class NewStart(BaseModel):
    """Another start, as `at` of a campaign is written."""

    model_config = ConfigDict(extra="forbid")

    at: str = Field(max_length=200, examples=["2026-12-01 10:00 America/New_York"])


@router.get("", summary="List recurring broadcasts", responses=problems(422))
def list_schedules(request: Request, limit: Limit = 50, cursor: Cursor = None) -> RecurringPage:
    """Those that come again, the soonest first. They are made with a campaign that has `every`."""
    offset = int(cursor or 0)
    found = site_of(request).ledger.schedules.some(limit + 1, offset)
    items = [recurring(*each) for each in found[:limit]]
    return RecurringPage(items=items, next=str(offset + limit) if len(found) > limit else None)


@router.get("/waiting", summary="List campaigns that wait for their start", responses=problems(422))
def list_waiting(request: Request, limit: Limit = 50, cursor: Cursor = None) -> WaitingPage:
    """Campaigns whose file is read and whose time has not come."""
    offset = int(cursor or 0)
    found = waiting_campaigns(site_of(request).ledger, limit + 1, offset)
    items = list(found[:limit])
    return WaitingPage(items=items, next=str(offset + limit) if len(found) > limit else None)


@router.put(
    "/waiting/{campaign_id}",
    summary="Give a campaign another start",
    responses=problems(403, 404, 409, 413, 422),
    openapi_extra=json_body(NewStart),
)
async def change_start(request: Request, caller: Actor, campaign_id: str) -> Campaign:
    """As long as it has not started."""
    at = (await read_json(request, NewStart)).at
    return await run_in_threadpool(schedules.change_start, site_of(request), caller.name, campaign_id, at)


@router.get("/{schedule_id}", summary="Look at one recurring broadcast", responses=problems(404))
def show(request: Request, schedule_id: str) -> Recurring:
    """When it comes next, and what it made so far."""
    return _shown(site_of(request), schedule_id)


@router.get("/{schedule_id}/next", summary="See its next occurrences", responses=problems(404, 422))
def upcoming(
    request: Request, schedule_id: str, limit: Annotated[int, Query(ge=1, le=500)] = 5
) -> Occurrences:
    """The wall clock of its zone decides, also when clocks change."""
    ledger = site_of(request).ledger
    every = ledger.schedules.get(schedule_id).every
    return Occurrences(items=occurrences(every, ledger.agenda.now_ms(), limit))


@router.put(
    "/{schedule_id}",
    summary="Change a recurring broadcast",
    responses=problems(403, 404, 413, 422),
    openapi_extra=json_body(ScheduleChange),
)
async def change(request: Request, caller: Actor, schedule_id: str) -> Recurring:
    """Another calendar line, or another patience with late starts."""
    wanted = await read_json(request, ScheduleChange)
    return await run_in_threadpool(_change, site_of(request), caller.name, schedule_id, wanted)


@router.post("/{schedule_id}/cancel", summary="End a recurring broadcast", responses=problems(403, 404))
def cancel(request: Request, caller: Actor, schedule_id: str) -> Recurring:
    """It does not come again. Campaigns that it made and that have started go on. Answers it as it was."""
    site = site_of(request)
    found = _shown(site, schedule_id)
    schedules.cancel(site, caller.name, schedule_id)
    return found


def _change(site: Site, who: str, schedule_id: str, wanted: ScheduleChange) -> Recurring:
    if not wanted.every and not wanted.run_late_within:
        raise InputError("there is nothing to change", hint="give every, run_late_within or both")
    schedules.change(site, who, schedule_id, wanted.every, wanted.run_late_within)
    return _shown(site, schedule_id)


def _shown(site: Site, schedule_id: str) -> Recurring:
    return recurring(*schedules.find_schedule(site, schedule_id))
