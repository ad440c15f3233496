"""`/api/v1`: campaigns for programs. A bearer token opens it; every error is a problem (RFC 9457)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, StreamingResponse

from dispatcher.errors import FileRefused
from dispatcher.model.campaign import Campaign
from dispatcher.web import api_examples as examples
from dispatcher.web.access import bearer
from dispatcher.web.campaigns import check_and_submit, find_campaign, report_chunks
from dispatcher.web.intake import options_in, read_form, upload_in
from dispatcher.web.problem import MEDIA_TYPE, Problem
from dispatcher.web.site import Site, site_of


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": examples.WHEN[status], "content": content} for status in statuses}


router = APIRouter(
    prefix="/api/v1", dependencies=[Depends(bearer)], responses=_problems(401, 429, 503), tags=["campaigns"]
)


class CampaignPage(BaseModel):
    """Campaigns, newest first. `next` is the cursor of the next page, null on the last one."""

    items: list[Campaign]
    next: str | None = Field(default=None, examples=["50"])


@router.post(
    "/campaigns",
    status_code=201,
    summary="Send a campaign file",
    response_model=Campaign,
    responses={201: examples.CREATED, **_problems(400, 409, 413, 415, 422)},
    openapi_extra={"requestBody": examples.FORM},
)
async def create(request: Request) -> JSONResponse:
    """Take a campaign file with its settings. Good rows go out, bad ones are recorded (`strict` refuses the file).

    The answer comes when the file is safe in the ledger; it is read after that: `rows` is null until then.
    """
    site = site_of(request)
    async with read_form(request, site.max_file_bytes) as form:
        options = options_in(form, beside=frozenset({"file"}))
        upload = upload_in(form)
        if upload is None:
            raise FileRefused("no_file", "There is no file in the form.", hint="send it as the part `file`")
        campaign = await run_in_threadpool(check_and_submit, site, upload, options)
    return _json(site, campaign)


def _json(site: Site, campaign: Campaign) -> JSONResponse:
    headers = {"Location": f"{site.settings.public_url or ''}/api/v1/campaigns/{campaign.id}"}
    return JSONResponse(campaign.model_dump(mode="json", by_alias=True), 201, headers)


@router.get("/campaigns", summary="List campaigns", responses=_problems(422))
def list_campaigns(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500, description="Campaigns on a page.")] = 50,
    cursor: Annotated[str, Query(pattern=r"^\d{1,9}$", description="`next` of the page before.")] = "0",
) -> CampaignPage:
    """All campaigns, newest first."""
    start = int(cursor)
    found = site_of(request).ledger.campaigns(limit=limit + 1, offset=start)
    return CampaignPage(items=found[:limit], next=str(start + limit) if len(found) > limit else None)


@router.get("/campaigns/{campaign_id}", summary="Look at one campaign", responses=_problems(404))
def show(request: Request, campaign_id: str) -> Campaign:
    """One campaign with its counts by state. They add up to the rows read, always."""
    return find_campaign(site_of(request), campaign_id)


@router.get(
    "/campaigns/{campaign_id}/report",
    summary="Download the report",
    response_class=StreamingResponse,
    responses={200: examples.REPORT, **_problems(404)},
)
def report(request: Request, campaign_id: str) -> StreamingResponse:
    """One line per row of the file, in its order, with what became of it."""
    return csv_download(report_chunks(site_of(request), campaign_id), f"{campaign_id}-report.csv")


def csv_download(chunks: Any, filename: str) -> StreamingResponse:
    """A CSV file that the browser saves."""
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingResponse(chunks, headers=headers, media_type="text/csv; charset=utf-8")


def schemas() -> dict[str, Any]:
    """What the OpenAPI page needs beside what the routes say."""
    return {"Problem": Problem.model_json_schema()}
