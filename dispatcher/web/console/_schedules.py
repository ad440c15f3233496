"""The Schedule page: recurring broadcasts with their next runs, and campaigns that wait for their start."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from dispatcher.errors import InputError, NotFound
from dispatcher.pipeline.schedules.upcoming import occurrences, recurring, waiting_campaigns
from dispatcher.web.actions import schedules
from dispatcher.web.http.pages import page
from dispatcher.web.http.upload_form import first, read_form
from dispatcher.web.site.access import Operator, Person, check_csrf, same_origin
from dispatcher.web.site.sessions import Session
from dispatcher.web.site.site import site_of

PAGE = 25
RUNS = 3
Offset = Annotated[int, Query(ge=0, le=10_000_000)]

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])


@router.get("/schedule")
def schedule(request: Request, session: Person, offset: Offset = 0, once: Offset = 0) -> Response:
    """What comes next."""
    return _page(request, session, offset=offset, once=once)


@router.post("/schedule/{schedule_id}")
async def change(request: Request, session: Operator, schedule_id: str) -> Response:
    """Another calendar line, or another patience."""
    async with read_form(request, 0) as form:
        check_csrf(session, form.get("csrf"))
    every, late = first(form, "every").strip(), first(form, "late").strip()
    try:
        await run_in_threadpool(
            schedules.change, site_of(request), session.who, schedule_id, every or None, late or None
        )
    except NotFound:
        raise
    except InputError as error:
        wrong = {"id": schedule_id, "every": every, "late": late, "error": error}
        return await run_in_threadpool(lambda: _page(request, session, status=422, wrong=wrong))
    return RedirectResponse("/schedule", 303)


@router.post("/schedule/waiting/{campaign_id}")
async def change_start(request: Request, session: Operator, campaign_id: str) -> Response:
    """Another start for a campaign that has not started."""
    async with read_form(request, 0) as form:
        check_csrf(session, form.get("csrf"))
    at = first(form, "at").strip()
    try:
        await run_in_threadpool(schedules.change_start, site_of(request), session.who, campaign_id, at)
    except NotFound:
        raise
    except InputError as error:
        wrong = {"id": campaign_id, "every": at, "late": "", "error": error}
        return await run_in_threadpool(lambda: _page(request, session, status=422, wrong=wrong))
    return RedirectResponse("/schedule", 303)


@router.get("/schedule/{schedule_id}/cancel")
def ask(request: Request, session: Operator, schedule_id: str) -> Response:
    """Is it meant?"""
    found = recurring(*schedules.find_schedule(site_of(request), schedule_id))
    return page(request, "schedule_cancel.html", session=session, schedule=found)


@router.post("/schedule/{schedule_id}/cancel")
async def cancel(request: Request, session: Operator, schedule_id: str) -> Response:
    """End it; campaigns that it made go on."""
    async with read_form(request, 0) as form:
        check_csrf(session, form.get("csrf"))
    await run_in_threadpool(schedules.cancel, site_of(request), session.who, schedule_id)
    return RedirectResponse("/schedule", 303)


def _page(
    request: Request,
    session: Session,
    *,
    offset: int = 0,
    once: int = 0,
    status: int = 200,
    wrong: dict[str, Any] | None = None,
) -> Response:
    ledger = site_of(request).ledger
    now_ms = ledger.agenda.now_ms()
    listed = ledger.schedules.some(PAGE + 1, offset)
    shown = [recurring(*each) for each in listed[:PAGE]]
    waiting = waiting_campaigns(ledger, PAGE + 1, once)
    return page(
        request,
        "schedule.html",
        status=status,
        session=session,
        schedules=[(each, [] if each.problem else occurrences(each.every, now_ms, RUNS)) for each in shown],
        waiting=waiting[:PAGE],
        offset=offset,
        once=once,
        more=len(listed) > PAGE,
        more_once=len(waiting) > PAGE,
        step=PAGE,
        wrong=wrong or {"id": "", "every": "", "late": "", "error": None},
    )
