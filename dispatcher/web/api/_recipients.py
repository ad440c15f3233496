"""`/api/v1/campaigns/{id}/recipients`: who gets a campaign, and what became of each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from dispatcher.model.state import RecipientState
from dispatcher.pipeline.reports.failure_reasons import invalid_rows_csv
from dispatcher.pipeline.reports.recipient_story import Story, story
from dispatcher.pipeline.reports.recipients import RecipientLine, page_of, search
from dispatcher.web.actions.submissions import find_campaign
from dispatcher.web.api import _openapi
from dispatcher.web.api._openapi import problems
from dispatcher.web.http.downloads import csv_download
from dispatcher.web.site.access import bearer
from dispatcher.web.site.site import site_of

router = APIRouter(
    prefix="/api/v1/campaigns/{campaign_id}",
    dependencies=[Depends(bearer)],
    responses=problems(401, 404, 429, 503),
    tags=["recipients"],
)


class RecipientPage(BaseModel):
    """Some recipients in the file's order. `next` is the cursor of the next page, null on the last one."""

    items: list[RecipientLine]
    next: str | None = Field(default=None, examples=["0.50"])


@router.get("/recipients", summary="List recipients", responses=problems(422))
def list_recipients(
    request: Request,
    campaign_id: str,
    state: Annotated[list[RecipientState] | None, Query(description="Only these states; repeatable.")] = None,
    number: Annotated[str | None, Query(max_length=40, description="Only this number.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Recipients on a page.")] = 50,
    cursor: Annotated[
        str | None, Query(pattern=r"^\d{1,7}\.\d{1,3}$", description="`next` of the page before.")
    ] = None,
) -> RecipientPage:
    """The rows of the file with their states. A page opens only the batches that it needs."""
    site = site_of(request)
    find_campaign(site, campaign_id)
    if number is not None:
        found, further = search(
            site.ledger, campaign_id, number, since=int((cursor or "0").partition(".")[0])
        )
        kept = [line for line in found if not state or line.state in state]
        return RecipientPage(items=kept, next=None if further is None else f"{further}.0")
    lines, following = page_of(
        site.ledger, campaign_id, states=frozenset(state or ()), most=limit, since=cursor
    )
    return RecipientPage(items=lines, next=following)


@router.get("/recipients/{place}", summary="Look at one recipient")
def show_recipient(request: Request, campaign_id: str, place: str) -> Story:
    """The recipient's story: what the file said, the message, what CarrierX said of it."""
    site = site_of(request)
    find_campaign(site, campaign_id)
    return story(site.ledger, campaign_id, place)


@router.get(
    "/errors",
    summary="Download the invalid rows",
    response_class=StreamingResponse,
    responses={200: _openapi.ERRORS},
)
def errors(request: Request, campaign_id: str) -> StreamingResponse:
    """The rows that cannot be sent, as a file that can be mended and sent by itself."""
    site = site_of(request)
    find_campaign(site, campaign_id)
    return csv_download(invalid_rows_csv(site.ledger, campaign_id), f"{campaign_id}-errors.csv")
