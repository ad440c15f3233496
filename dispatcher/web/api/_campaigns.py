"""`/api/v1`: campaigns for programs. A bearer token opens it; every error is a problem (RFC 9457)."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response, StreamingResponse

from dispatcher.errors import FileRefused, InputError
from dispatcher.ledger.installation.idempotency_keys import StoredAnswer
from dispatcher.ledger.views.campaign_list import list_campaigns
from dispatcher.model.campaign import CAMPAIGN_ID, Campaign
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.estimates.estimate import estimated, estimated_all
from dispatcher.pipeline.preflight.recurrence import require_calendar
from dispatcher.pipeline.preflight.result import ReadAs, Tally
from dispatcher.pipeline.schedules.upcoming import Recurring, recurring
from dispatcher.web.actions.lifecycle import steer
from dispatcher.web.actions.media import MOST, take_media
from dispatcher.web.actions.submissions import (
    MadeCampaign,
    as_checked,
    check_and_submit,
    check_upload,
    discard_draft,
    find_campaign,
    launch_draft,
    recur_upload,
    refuse_unsendable,
    report_chunks,
    send_test,
    settings_of,
)
from dispatcher.web.api import _openapi
from dispatcher.web.api._openapi import problems
from dispatcher.web.http.downloads import csv_download
from dispatcher.web.http.idempotency import answer_once, digest_of
from dispatcher.web.http.upload_form import (
    Upload,
    first,
    options_in,
    read_form,
    upload_in,
    with_media,
    yes_or_no,
)
from dispatcher.web.site.access import Actor, bearer
from dispatcher.web.site.site import Site, site_of

router = APIRouter(
    prefix="/api/v1", dependencies=[Depends(bearer)], responses=problems(401, 429, 503), tags=["campaigns"]
)


class MadeRecurring(Recurring):
    """A recurring broadcast that was just made; `checked` says how many rows of its file would go now,
    `readings` what was decided about the file, without its cells."""

    checked: Tally
    readings: tuple[ReadAs, ...] = ()


class CampaignPage(BaseModel):
    """Campaigns, newest first. `next` is the cursor of the next page, null on the last one."""

    items: list[Campaign]
    next: str | None = Field(default=None, examples=["spring-sale-7f3akq"])


@router.post(
    "/campaigns",
    status_code=201,
    summary="Send a campaign file",
    response_model=MadeCampaign | MadeRecurring,
    responses={201: _openapi.CREATED, **problems(400, 403, 409, 413, 415, 422)},
    openapi_extra={"requestBody": _openapi.FORM},
)
async def create(
    request: Request,
    caller: Actor,
    idempotency_key: Annotated[str | None, Header(description=_openapi.IDEMPOTENCY_KEY)] = None,
) -> Response:
    """Take a campaign file with its settings. Good rows go out, bad ones are recorded (`strict` refuses the file).

    The answer comes when the file is safe in the ledger; it is read after that: `rows` is null until then, and
    `checked` says how many rows go and how many are invalid, duplicates, opted out or without consent, `readings` which
    column, sheet or encoding was taken and why. A `draft` is kept and sent by `start`. With `every` it is a recurring
    broadcast, and that is the answer.
    """
    site = site_of(request)
    async with read_form(request, site.max_file_bytes, max_media=MOST) as form:
        sent = await run_in_threadpool(_sent, site, form, _HOW)
        answer = await run_in_threadpool(
            lambda: answer_once(
                site,
                caller.name,
                idempotency_key,
                lambda: digest_of(sent.upload, {**sent.options, **sent.beside}),
                lambda: _create(site, caller.name, sent),
            )
        )
    return Response(answer.body, answer.status, {"Location": answer.location}, "application/json")


class _Sent(NamedTuple):
    """What came in a form: the file, the settings, and the fields that are none."""

    upload: Upload
    options: dict[str, Any]
    beside: dict[str, str]


_HOW = frozenset({"draft", "every", "run_late_within"})


def _sent(site: Site, form: FormData, beside: frozenset[str]) -> _Sent:
    options = options_in(form, beside=beside | {"file", "list", "media"})
    upload = upload_in(form)
    if upload is None:
        raise FileRefused(
            "no_file", "There is no file in the form.", hint="send it as the part `file`, or a list as `list`"
        )
    given = {name: first(form, name).strip() for name in sorted(beside) if first(form, name).strip()}
    return _Sent(upload, with_media(options, take_media(site, form)), given)


def _create(site: Site, who: str, sent: _Sent) -> StoredAnswer:
    upload, options, how = sent
    draft, base = yes_or_no("draft", how.get("draft", "no")), site.settings.public_url or ""
    require_calendar(how.get("every"), how.get("run_late_within"))
    if "every" not in how:
        campaign = check_and_submit(site, who, upload, options, draft=draft)
        location = f"{base}/api/v1/campaigns/{campaign.id}"
        return StoredAnswer(201, campaign.model_dump_json(by_alias=True), location)
    if draft:
        raise InputError("a draft does not recur", hint="leave out draft or every")
    result = check_upload(site, upload, options, every=how["every"])
    refuse_unsendable(settings_of(upload, options)[0], result)
    late, options = how.get("run_late_within", ""), as_checked(options, result)
    schedule, next_ms = recur_upload(
        site, who, upload, options, every=how["every"], run_late_within=late, media=result.media
    )
    location = f"{base}/api/v1/schedules/{schedule.id}"
    made = MadeRecurring(
        **dict(recurring(schedule, next_ms)), checked=result.tally, readings=result.decisions
    )
    return StoredAnswer(201, made.model_dump_json(), location)


@router.post(
    "/campaigns/test",
    status_code=201,
    summary="Send a test message",
    responses=problems(400, 403, 413, 415, 422),
    openapi_extra={"requestBody": _openapi.TEST_FORM},
)
async def test(request: Request, caller: Actor) -> Campaign:
    """Send what a row of the file would get to a number of your own, at once and whatever the hours.

    Nothing else of the file is sent. Answers the campaign of one message that it is.
    """
    site = site_of(request)
    async with read_form(request, site.max_file_bytes, max_media=MOST) as form:
        sent = await run_in_threadpool(_sent, site, form, frozenset({"row", "to", "column"}))
        row, to, column = (sent.beside.get(name, "") for name in ("row", "to", "column"))
        options = {**sent.options, "to": column or None}
        made = await run_in_threadpool(
            lambda: send_test(site, caller.name, sent.upload, options, row=row, to=to)
        )
    return await run_in_threadpool(find_campaign, site, made)


@router.post("/campaigns/{campaign_id}/start", summary="Send a draft", responses=problems(403, 404, 409, 422))
def start(
    request: Request,
    caller: Actor,
    campaign_id: str,
    idempotency_key: Annotated[str | None, Header(description=_openapi.IDEMPOTENCY_KEY)] = None,
) -> Campaign:
    """A draft is read and sent, at once or at its time."""
    site = site_of(request)

    def launched() -> StoredAnswer:
        return StoredAnswer(
            200, launch_draft(site, caller.name, campaign_id).model_dump_json(by_alias=True), ""
        )

    answer = answer_once(site, caller.name, idempotency_key, lambda: f"start {campaign_id}", launched)
    return Campaign.model_validate_json(answer.body)


@router.delete(
    "/campaigns/{campaign_id}",
    status_code=204,
    summary="Throw a draft away",
    responses=problems(403, 404, 409),
)
def discard(request: Request, caller: Actor, campaign_id: str) -> None:
    """A draft and its file are forgotten. What was started cannot be: cancel it."""
    discard_draft(site_of(request), caller.name, campaign_id)


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
    campaigns = estimated_all(site.ledger, found.campaigns, site.settings)
    items = list(campaigns)
    return CampaignPage(items=items, next=items[-1].id if found.more else None)


@router.get("/campaigns/{campaign_id}", summary="Look at one campaign", responses=problems(404))
def show(request: Request, campaign_id: str) -> Campaign:
    """One campaign with its counts by state. They add up to the rows read, always. `finish_at` is worked out from the
    limits in force and what is left; `reason` names the one that binds."""
    site = site_of(request)
    campaign = find_campaign(site, campaign_id)
    return estimated(site.ledger, campaign, site.settings)


@router.post("/campaigns/{campaign_id}/pause", summary="Pause a campaign", responses=problems(403, 404, 409))
def pause(request: Request, caller: Actor, campaign_id: str) -> Campaign:
    """Nothing more is claimed once this has answered; at most the requests in flight still go."""
    return steer(site_of(request), caller.name, campaign_id, "pause")


@router.post("/campaigns/{campaign_id}/resume", summary="Let it go on", responses=problems(403, 404, 409))
def resume(request: Request, caller: Actor, campaign_id: str) -> Campaign:
    """A paused campaign goes on where it was."""
    return steer(site_of(request), caller.name, campaign_id, "resume")


@router.post(
    "/campaigns/{campaign_id}/cancel", summary="Cancel a campaign", responses=problems(403, 404, 409)
)
def cancel(request: Request, caller: Actor, campaign_id: str) -> Campaign:
    """What is not sent yet will not be. This cannot be taken back."""
    return steer(site_of(request), caller.name, campaign_id, "cancel")


@router.get(
    "/campaigns/{campaign_id}/report",
    summary="Download the report",
    response_class=StreamingResponse,
    responses={200: _openapi.REPORT, **problems(404, 409)},
)
def report(request: Request, campaign_id: str) -> StreamingResponse:
    """One line per row of the file, in its order, with what became of it."""
    return csv_download(report_chunks(site_of(request), campaign_id), f"{campaign_id}-report.csv")
