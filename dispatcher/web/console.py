"""The console's pages: campaigns, one campaign, a new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response, StreamingResponse

from dispatcher.model.campaign import Campaign
from dispatcher.web import display
from dispatcher.web.access import Person, check_csrf, cookie_name, same_origin
from dispatcher.web.api import csv_download
from dispatcher.web.campaigns import find_campaign, report_chunks
from dispatcher.web.intake import read_form
from dispatcher.web.live import live_response
from dispatcher.web.new_campaign import ZONES, Draft, take
from dispatcher.web.render import page
from dispatcher.web.sessions import Session
from dispatcher.web.site import site_of

PAGE = 25
Offset = Annotated[int, Query(ge=0, le=10_000_000)]

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])


@router.get("/")
def campaigns(request: Request, session: Person, offset: Offset = 0) -> Response:
    """All campaigns, newest first."""
    found = site_of(request).ledger.campaigns(limit=PAGE + 1, offset=offset)
    shown = [(campaign, display.live(campaign)) for campaign in found[:PAGE]]
    return page(
        request,
        "campaigns.html",
        session=session,
        campaigns=shown,
        unfinished=any(not view["over"] for _, view in shown),
        offset=offset,
        newer=max(0, offset - PAGE),
        older=offset + PAGE if len(found) > PAGE else None,
    )


@router.get("/events")
def campaigns_events(request: Request, session: Person, offset: Offset = 0) -> StreamingResponse:
    """The campaigns of a page, live."""
    ledger = site_of(request).ledger
    return _live(request, lambda: ledger.campaigns(limit=PAGE, offset=offset))


@router.get("/campaigns/{campaign_id}")
def campaign(request: Request, session: Person, campaign_id: str) -> Response:
    """One campaign."""
    found = find_campaign(site_of(request), campaign_id)
    return page(
        request,
        "campaign.html",
        session=session,
        campaign=found,
        view=display.live(found),
        states=display.WORDS,
        hours=display.HOURS,
    )


@router.get("/campaigns/{campaign_id}/events")
def campaign_events(request: Request, session: Person, campaign_id: str) -> StreamingResponse:
    """One campaign, live."""
    site = site_of(request)
    find_campaign(site, campaign_id)
    return _live(request, lambda: [find_campaign(site, campaign_id)])


def _live(request: Request, find: Callable[[], list[Campaign]]) -> StreamingResponse:
    site = site_of(request)
    session_id = request.cookies.get(cookie_name(site))

    def look() -> list[dict[str, Any]] | None:
        if site.sessions.find(session_id) is None:
            return None
        return [display.live(campaign) for campaign in find()]

    return live_response(look, site.closing)


@router.get("/campaigns/{campaign_id}/report")
def report(request: Request, session: Person, campaign_id: str) -> StreamingResponse:
    """The report, as a file."""
    return csv_download(report_chunks(site_of(request), campaign_id), f"{campaign_id}-report.csv")


@router.get("/new")
def new(request: Request, session: Person) -> Response:
    """An empty form."""
    return _form(request, session, Draft())


@router.post("/new")
async def check_or_send(request: Request, session: Person) -> Response:
    """Check a file with its settings, or send it once it was checked with the same."""
    site = site_of(request)
    async with read_form(request, site.max_file_bytes) as form:
        check_csrf(session, form.get("csrf"))
        draft = await run_in_threadpool(take, site, form)
    if draft.sent_as is not None:
        return RedirectResponse(f"/campaigns/{draft.sent_as}" if draft.sent_as else "/", 303)
    return _form(request, session, draft)


def _form(request: Request, session: Session, draft: Draft) -> Response:
    status = draft.problem.status if draft.problem else 200
    return page(
        request, "new.html", status=status, session=session, draft=draft, zones=ZONES, hours=display.HOURS
    )
