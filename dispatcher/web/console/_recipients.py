"""The table of a campaign's recipients, and the story of each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from dispatcher.errors import InputError
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import RecipientState
from dispatcher.pipeline.reports.recipient_story import story
from dispatcher.pipeline.reports.recipients import RecipientLine, page_of, search
from dispatcher.web.actions.submissions import find_campaign
from dispatcher.web.console._recipient_timeline import timeline
from dispatcher.web.http import formats
from dispatcher.web.http.pages import page
from dispatcher.web.site.access import Person, same_origin
from dispatcher.web.site.site import site_of

PAGE = 50
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])


@router.get("/campaigns/{campaign_id}/recipients")
def recipients(
    request: Request,
    session: Person,
    campaign_id: str,
    state: RecipientState | None = None,
    number: str = "",
    since: Annotated[int, Query(ge=0, le=10_000_000, description="Where a search goes on.")] = 0,
    page_number: Annotated[PageNumber, Query(alias="page")] = 1,
) -> Response:
    """A page of the table; with `number` those of one number."""
    site = site_of(request)
    campaign = find_campaign(site, campaign_id)
    lines: list[RecipientLine] = []
    further, problem = None, ""
    if number.strip():
        try:
            lines, further = search(site.ledger, campaign_id, number, since=since)
        except InputError as error:
            problem = f"{error.message[:1].upper()}{error.message[1:]}, {error.hint}."
    else:
        states = {state} if state else frozenset[RecipientState]()
        lines = page_of(
            site.ledger, campaign_id, states=states, most=PAGE, skip=(page_number - 1) * PAGE
        ).lines
    return page(
        request,
        "recipients.html",
        session=session,
        campaign=campaign,
        lines=lines,
        state=state,
        number=number.strip()[:40],
        further=further,
        problem=problem,
        words=formats.WORDS,
        page_number=page_number,
        pages=_pages(campaign, state),
    )


def _pages(campaign: Campaign, state: RecipientState | None) -> int:
    rows = campaign.counts[state] if state else sum(campaign.counts.values())
    return max(1, -(-rows // PAGE))


@router.get("/campaigns/{campaign_id}/recipients/{place}")
def recipient(request: Request, session: Person, campaign_id: str, place: str) -> Response:
    """One recipient's story."""
    site = site_of(request)
    campaign = find_campaign(site, campaign_id)
    found = story(site.ledger, campaign_id, place)
    return page(
        request,
        "recipient.html",
        session=session,
        campaign=campaign,
        story=found,
        steps=timeline(found, campaign),
        words=formats.WORDS[found.state],
    )
