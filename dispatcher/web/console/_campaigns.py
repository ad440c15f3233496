"""The console's pages of campaigns: all of them, and one, as it stands and live."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response, StreamingResponse

from dispatcher.ledger.views.campaign_list import list_campaigns
from dispatcher.model.campaign import CAMPAIGN_ID, Campaign
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.estimates.remaining import expected_cost
from dispatcher.pipeline.reports.failure_reasons import failure_reasons, invalid_rows_csv
from dispatcher.web.actions.lifecycle import possible
from dispatcher.web.actions.submissions import find_campaign, report_chunks
from dispatcher.web.console._campaign_live import FUNNEL, live_view, pace_text
from dispatcher.web.http import formats
from dispatcher.web.http.downloads import csv_download
from dispatcher.web.http.pages import page
from dispatcher.web.http.server_sent_events import live_response
from dispatcher.web.site.access import Person, cookie_name, same_origin
from dispatcher.web.site.site import Site, site_of

PAGE = 25
#: Reasons are counted over so many rows at most: a page is there at once, however large the campaign.
REASONS_ROWS = 5000
NOTES = 10
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
Query100 = Annotated[str, Query(max_length=100)]
TabName = Literal["", "running", "paused", "scheduled", "draft", "completed", "ended"]
CAMPAIGN = re.compile(CAMPAIGN_ID)

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])


class Tab(NamedTuple):
    """Campaigns that people look for together."""

    label: str
    states: frozenset[CampaignState]


_S = CampaignState
TABS = {
    "": Tab("All", frozenset()),
    "running": Tab("Running", frozenset({_S.CHECKING, _S.READY, _S.RUNNING, _S.CANCELLING})),
    "paused": Tab("Paused", frozenset({_S.PAUSED})),
    "scheduled": Tab("Scheduled", frozenset({_S.SCHEDULED})),
    "draft": Tab("Drafts", frozenset({_S.DRAFT})),
    "completed": Tab("Completed", frozenset({_S.COMPLETED})),
    "ended": Tab("Cancelled or failed", frozenset({_S.CANCELLED, _S.FAILED})),
}


def view_of(site: Site, campaign: Campaign) -> dict[str, Any]:
    """What of a campaign moves on the list."""
    view = formats.live(campaign)
    view["texts"]["pace"] = pace_text(site, campaign)
    return {**view, "can": possible(campaign)}


@router.get("/")
def campaigns(
    request: Request, session: Person, offset: Offset = 0, state: TabName = "", q: Query100 = ""
) -> Response:
    """All campaigns, newest first; or those of a tab, or of this name."""
    site = site_of(request)
    found = list_campaigns(site.ledger, states=TABS[state].states, text=q, limit=PAGE, offset=offset)
    shown = [(campaign, view_of(site, campaign)) for campaign in found.campaigns]
    counts = {
        name: sum(found.by_state[one] for one in tab.states or found.by_state) for name, tab in TABS.items()
    }
    return page(
        request,
        "campaigns.html",
        session=session,
        campaigns=shown,
        unfinished=any(not view["over"] for _, view in shown),
        offset=offset,
        state=state,
        q=q.strip(),
        tabs=[
            (name, tab.label, counts[name])
            for name, tab in TABS.items()
            if counts[name] or name in ("", state)
        ],
        newer=max(0, offset - PAGE),
        older=offset + PAGE if found.more else None,
    )


@router.get("/events")
def campaigns_events(
    request: Request,
    session: Person,
    ids: Annotated[list[str] | None, Query(alias="id", max_length=PAGE)] = None,
) -> StreamingResponse:
    """The campaigns of a page, live; without any named, the newest."""
    site = site_of(request)
    wanted = [name for name in ids or () if CAMPAIGN.fullmatch(name)]

    def views() -> list[dict[str, Any]]:
        found = site.ledger.campaigns.some(wanted) if wanted else site.ledger.campaigns.list(limit=PAGE)
        return [view_of(site, each) for each in found]

    return _live(request, views)


@router.get("/campaigns/{campaign_id}")
def campaign(request: Request, session: Person, campaign_id: str) -> Response:
    """One campaign."""
    site = site_of(request)
    found = find_campaign(site, campaign_id)
    heard = site.ledger.progress.breakdown(campaign_id)
    return page(
        request,
        "campaign.html",
        session=session,
        campaign=found,
        view=live_view(site, found),
        funnel_labels=[(key, label) for key, (label, _) in FUNNEL.items()],
        heard=heard,
        senders=formats.spoken(heard.senders, formats.phone),
        carriers=formats.spoken(heard.carriers, formats.carrier),
        commands=commands(found),
        expected=expected_cost(site.ledger, found, site.settings),
        states=formats.WORDS,
        hours=formats.HOURS,
        reasons=failure_reasons(site.ledger, campaign_id, most_rows=REASONS_ROWS),
        notes=site.audit_log.latest(NOTES, campaign_id),
    )


def commands(campaign: Campaign) -> list[str]:
    """What does the same from a shell, as far as it can be done with this campaign now."""
    can = [verb for verb in possible(campaign) if verb in ("pause", "resume", "cancel", "retry")]
    lines = [f"mms campaign {verb} {campaign.id}" for verb in ("watch", "show", *can, "audit")]
    if "rate" in possible(campaign):
        lines.append(f"mms limits set campaign:{campaign.id} --rate 20/s")
    if "resolve" in possible(campaign):
        lines.append(f"mms campaign resolve {campaign.id} --row 1 --as not-sent")
    return [*lines, f"mms campaign report {campaign.id} -o {campaign.id}.csv"]


@router.get("/campaigns/{campaign_id}/events")
def campaign_events(request: Request, session: Person, campaign_id: str) -> StreamingResponse:
    """One campaign, live."""
    site = site_of(request)
    find_campaign(site, campaign_id)
    return _live(request, lambda: [live_view(site, find_campaign(site, campaign_id))])


def _live(request: Request, views: Callable[[], list[dict[str, Any]]]) -> StreamingResponse:
    site = site_of(request)
    session_id = request.cookies.get(cookie_name(site))

    def look() -> list[dict[str, Any]] | None:
        if site.sessions.find(session_id) is None:
            return None
        return views()

    return live_response(look, site.departure.leaving)


@router.get("/campaigns/{campaign_id}/report")
def report(request: Request, session: Person, campaign_id: str) -> StreamingResponse:
    """The report, as a file."""
    return csv_download(report_chunks(site_of(request), campaign_id), f"{campaign_id}-report.csv")


@router.get("/campaigns/{campaign_id}/errors")
def errors(request: Request, session: Person, campaign_id: str) -> StreamingResponse:
    """The rows that cannot be sent, as a file to be mended."""
    site = site_of(request)
    find_campaign(site, campaign_id)
    return csv_download(invalid_rows_csv(site.ledger, campaign_id), f"{campaign_id}-errors.csv")
