"""The Inbound page: what people sent to our numbers, what it means, and what followed from it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from dispatcher.model.timestamps import utc_text
from dispatcher.web.http.pages import page
from dispatcher.web.site.access import Person, same_origin
from dispatcher.web.site.site import site_of

PAGE = 25
MEANINGS = {
    "stop": ("opted out", "bad"),
    "start": ("wants back in", "good"),
    "help": ("asks for help", "sent"),
    "doubtful": ("may be an opt-out", "unsure"),
    "none": ("", "off"),
}

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])


@router.get("/inbound")
def inbound(request: Request, session: Person, after: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The newest messages, or those that came before the one with the sid `after`."""
    messages = site_of(request).ledger.inbound
    found = messages.after(after, PAGE + 1) if after else messages.newest(PAGE + 1)
    shown = found[:PAGE]
    return page(
        request,
        "inbound.html",
        session=session,
        messages=shown,
        waiting=messages.waiting([message.sid for message in shown]),
        doubtful_total=messages.review_count(),
        following=shown[-1].sid if len(found) > PAGE else "",
        first_page=not after,
        meanings=MEANINGS,
        utc_text=utc_text,
    )
