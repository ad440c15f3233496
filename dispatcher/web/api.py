"""`/api/v1`: campaigns for programs. A bearer token opens it; every error is a problem (RFC 9457)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from dispatcher.errors import FileRefused
from dispatcher.ledger.listing import list_campaigns
from dispatcher.ledger.once import Answer
from dispatcher.model.campaign import CAMPAIGN_ID
from dispatcher.pipeline.estimate import estimated, estimated_all
from dispatcher.model.state import CampaignState
from dispatcher.web import api_examples as examples
from dispatcher.web.access import Actor, bearer
from dispatcher.web.api_parts import ApiCampaign, csv_download, problems, shown
from dispatcher.web.campaigns import check_and_submit, find_campaign, report_chunks
from dispatcher.web.idempotency import digest_of, once
from dispatcher.web.intake import Upload, options_in, read_form, upload_in
from dispatcher.web.problem import Problem
from dispatcher.web.site import Site, site_of
from dispatcher.web.steering import steer

router = APIRouter(
    prefix="/api/v1", dependencies=[Depends(bearer)], responses=problems(401, 429, 503), tags=["campaigns"]
)


class CampaignPage(BaseModel):
    """Campaigns, newest first. `next` is the cursor of the next page, null on the last one."""

    items: list[ApiCampaign]
    next: str | None = Field(default=None, examples=["spring-sale-7f3akq"])


@router.post(
    "/campaigns",
    status_code=201,
    summary="Send a campaign file",
    response_model=ApiCampaign,
    responses={201: examples.CREATED, **problems(400, 403, 409, 413, 415, 422)},
    openapi_extra={"requestBody": examples.FORM},
)
async def create(
    request: Request,
    caller: Actor,
    idempotency_key: Annotated[str | None, Header(description=examples.IDEMPOTENCY_KEY)] = None,
) -> Response:
    """Take a campaign file with its settings. Good rows go out, bad ones are recorded (`strict` refuses the file).

    The answer comes when the file is safe in the ledger; it is read after that: `rows` is null until then.
    """
    site = site_of(request)
    async with read_form(request, site.max_file_bytes) as form:
        options = options_in(form, beside=frozenset({"file"}))
        upload = upload_in(form)
        if upload is None:
            raise FileRefused("no_file", "There is no file in the form.", hint="send it as the part `file`")
        answer = await run_in_threadpool(
            lambda: once(
                site,
                caller.name,
                idempotency_key,
                lambda: digest_of(upload, options),
                lambda: _create(site, caller.name, upload, options),
            )
        )
    return Response(answer.body, answer.status, {"Location": answer.location}, "application/json")


def _create(site: Site, who: str, upload: Upload, options: dict[str, Any]) -> Answer:
    campaign = check_and_submit(site, who, upload, options)
    location = f"{site.settings.public_url or ''}/api/v1/campaigns/{campaign.id}"
    return Answer(201, shown(campaign).model_dump_json(by_alias=True), location)


@router.get("/campaigns", summary="List campaigns", responses=problems(422))
def campaigns(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500, description="Campaigns on a page.")] = 50,
    cursor: Annotated[
        str | None, Query(pattern=CAMPAIGN_ID, description="`next` of the page before.")
    ] = None,
    state: Annotated[list[CampaignState] | None, Query(description="Only these states; repeatable.")] = None,
    text: Annotated[
        str, Query(max_length=100, description="Only those whose name or id contains this.")
    ] = "",
) -> CampaignPage:
    """All campaigns, newest first. Those made meanwhile do not move the pages that follow."""
    found = list_campaigns(
        site_of(request).ledger, states=frozenset(state or ()), text=text, limit=limit, after=cursor
    )
    site = site_of(request)
    campaigns = estimated_all(site.ledger, found.campaigns, hours_margin=site.settings.hours_margin)
    items = [shown(campaign) for campaign in campaigns]
    return CampaignPage(items=items, next=items[-1].id if found.more else None)


@router.get("/campaigns/{campaign_id}", summary="Look at one campaign", responses=problems(404))
def show(request: Request, campaign_id: str) -> ApiCampaign:
    """One campaign with its counts by state. They add up to the rows read, always. `finish_at` is worked out from the
    limits in force and what is left; `reason` names the one that binds."""
    site = site_of(request)
    campaign = find_campaign(site, campaign_id)
    return shown(estimated(site.ledger, campaign, hours_margin=site.settings.hours_margin))


@router.post("/campaigns/{campaign_id}/pause", summary="Pause a campaign", responses=problems(403, 404, 409))
def pause(request: Request, caller: Actor, campaign_id: str) -> ApiCampaign:
    """Nothing more is claimed once this has answered; at most the requests in flight still go."""
    return shown(steer(site_of(request), caller.name, campaign_id, "pause"))


@router.post("/campaigns/{campaign_id}/resume", summary="Let it go on", responses=problems(403, 404, 409))
def resume(request: Request, caller: Actor, campaign_id: str) -> ApiCampaign:
    """A paused campaign goes on where it was."""
    return shown(steer(site_of(request), caller.name, campaign_id, "resume"))


@router.post(
    "/campaigns/{campaign_id}/cancel", summary="Cancel a campaign", responses=problems(403, 404, 409)
)
def cancel(request: Request, caller: Actor, campaign_id: str) -> ApiCampaign:
    """What is not sent yet will not be. This cannot be taken back."""
    return shown(steer(site_of(request), caller.name, campaign_id, "cancel"))


@router.get(
    "/campaigns/{campaign_id}/report",
    summary="Download the report",
    response_class=StreamingResponse,
    responses={200: examples.REPORT, **problems(404)},
)
def report(request: Request, campaign_id: str) -> StreamingResponse:
    """One line per row of the file, in its order, with what became of it."""
    return csv_download(report_chunks(site_of(request), campaign_id), f"{campaign_id}-report.csv")


def schemas() -> dict[str, Any]:
    """What the OpenAPI page needs beside what the routes say."""
    return {"Problem": Problem.model_json_schema()}
