"""The console's pages of campaigns: all of them, and one, as it stands and live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response, StreamingResponse

from dispatcher.model.campaign import Campaign
from dispatcher.pipeline.asleep import not_in_force
from dispatcher.pipeline.recipients import bad_rows, reasons
from dispatcher.web import display
from dispatcher.web.access import Person, cookie_name, same_origin
from dispatcher.web.api_parts import csv_download
from dispatcher.web.campaigns import find_campaign, report_chunks
from dispatcher.web.live import live_response
from dispatcher.web.render import page
from dispatcher.web.site import site_of
from dispatcher.web.steering import possible

PAGE = 25
#: Reasons are counted over so many rows at most: a page is there at once, however large the campaign.
REASONS_ROWS = 5000
NOTES = 10
Offset = Annotated[int, Query(ge=0, le=10_000_000)]

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])


def view_of(campaign: Campaign) -> dict[str, Any]:
    """What of a campaign moves on a page."""
    return {**display.live(campaign), "can": possible(campaign)}


@router.get("/")
def campaigns(request: Request, session: Person, offset: Offset = 0) -> Response:
    """All campaigns, newest first."""
    found = site_of(request).ledger.campaigns(limit=PAGE + 1, offset=offset)
    shown = [(campaign, view_of(campaign)) for campaign in found[:PAGE]]
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
    site = site_of(request)
    found = find_campaign(site, campaign_id)
    return page(
        request,
        "campaign.html",
        session=session,
        campaign=found,
        view=view_of(found),
        states=display.WORDS,
        hours=display.HOURS,
        asleep=not_in_force(found.settings),
        reasons=reasons(site.ledger, campaign_id, most_rows=REASONS_ROWS),
        notes=site.journal.latest(NOTES, campaign_id),
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
        return [view_of(campaign) for campaign in find()]

    return live_response(look, site.closing)


@router.get("/campaigns/{campaign_id}/report")
def report(request: Request, session: Person, campaign_id: str) -> StreamingResponse:
    """The report, as a file."""
    return csv_download(report_chunks(site_of(request), campaign_id), f"{campaign_id}-report.csv")


@router.get("/campaigns/{campaign_id}/errors")
def errors(request: Request, session: Person, campaign_id: str) -> StreamingResponse:
    """The rows that cannot be sent, as a file to be mended."""
    site = site_of(request)
    find_campaign(site, campaign_id)
    return csv_download(bad_rows(site.ledger, campaign_id), f"{campaign_id}-errors.csv")
