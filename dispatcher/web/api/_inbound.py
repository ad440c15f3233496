"""`/api/v1/inbound`: what people sent to our numbers."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from dispatcher.ledger.consent.inbound import Inbound
from dispatcher.model.timestamps import utc_text
from dispatcher.web.actions import consent
from dispatcher.web.api._openapi import problems
from dispatcher.web.http.body import json_body, read_json
from dispatcher.web.site.access import Actor, bearer
from dispatcher.web.site.site import Site, site_of

router = APIRouter(
    prefix="/api/v1/inbound",
    dependencies=[Depends(bearer)],
    responses=problems(401, 429, 503),
    tags=["inbound"],
)


class InboundMessage(BaseModel):
    """One message. `waiting`: it may be an opt-out, and a person should decide. `outcome`: what followed from it."""

    model_config = ConfigDict(populate_by_name=True)

    sid: str = Field(examples=["097b49df-c54e-4eaf-97d0-89cf7d5a655b"])
    at: str = Field(examples=["2026-03-01T14:00:00.000Z"])
    sender: str = Field(alias="from", examples=["12125550101"])
    to: str = Field(examples=["12125550100"])
    text: str = Field(examples=["Please stop by at five"])
    media_urls: list[str]
    meaning: str = Field(examples=["doubtful"])
    waiting: bool
    outcome: str | None = Field(examples=["answered"])


class InboundPage(BaseModel):
    """Inbound messages. `next` is the cursor of the next page, null on the last one."""

    items: list[InboundMessage]
    next: str | None = None


class Word(BaseModel):
    """What a person makes of a message that needs review."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["stop", "ignore"] = Field(examples=["stop"])


@router.get("", summary="List inbound messages", responses=problems(422))
def list_inbound(
    request: Request,
    waiting: Annotated[
        bool, Query(description="Only those that a person should decide, the oldest first, no paging.")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=500, description="Messages on a page.")] = 50,
    cursor: Annotated[str | None, Query(max_length=200, description="`next` of the page before.")] = None,
) -> InboundPage:
    """The newest first; the newest 10,000 are kept."""
    site = site_of(request)
    inbound = site.ledger.inbound
    if waiting:
        return InboundPage(items=_shown(site, inbound.needing_review(limit)))
    found = inbound.newest(limit + 1) if cursor is None else inbound.after(cursor, limit + 1)
    items = _shown(site, found[:limit])
    return InboundPage(items=items, next=items[-1].sid if len(found) > limit else None)


@router.post(
    "/{sid}/decide",
    summary="Decide a message that needs review",
    responses=problems(403, 404, 413, 422),
    openapi_extra=json_body(Word),
)
async def decide(request: Request, caller: Actor, sid: str) -> InboundMessage:
    """`stop`: it is an opt-out, in force from now on. `ignore`: it is none."""
    stop = (await read_json(request, Word)).decision == "stop"
    return await run_in_threadpool(_decide, site_of(request), caller.name, sid, stop)


def _decide(site: Site, who: str, sid: str, stop: bool) -> InboundMessage:
    return _shown(site, [consent.decide(site, who, sid, stop=stop)])[0]


def _shown(site: Site, messages: list[Inbound]) -> list[InboundMessage]:
    waiting = site.ledger.inbound.waiting([message.sid for message in messages])
    return [
        InboundMessage(
            sid=message.sid,
            at=utc_text(message.at_ms),
            sender=message.sender,
            to=message.to,
            text=message.text,
            media_urls=list(message.media),
            meaning=message.meaning,
            waiting=message.sid in waiting,
            outcome=message.outcome or None,
        )
        for message in messages
    ]
