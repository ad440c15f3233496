"""The page of a new campaign: an empty form, the check of a file, its bad rows, and the sending."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response, StreamingResponse

from dispatcher.web import display
from dispatcher.web.access import Operator, check_csrf, same_origin
from dispatcher.web.api_parts import csv_download
from dispatcher.web.intake import read_form
from dispatcher.web.new_campaign import ZONES, Draft, bad_rows_of, take
from dispatcher.web.render import page
from dispatcher.web.sessions import Session
from dispatcher.web.site import site_of

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])


@router.get("/new")
def new(request: Request, session: Operator) -> Response:
    """An empty form."""
    return _form(request, session, Draft())


@router.post("/new")
async def check_or_send(request: Request, session: Operator) -> Response:
    """Check a file with its settings, or send it once it was checked with the same."""
    site = site_of(request)
    async with read_form(request, site.max_file_bytes) as form:
        check_csrf(session, form.get("csrf"))
        draft = await run_in_threadpool(take, site, session.who, form)
    if draft.sent_as is not None:
        return RedirectResponse(f"/campaigns/{draft.sent_as}" if draft.sent_as else "/", 303)
    return _form(request, session, draft)


@router.get("/new/errors/{held}")
def errors(request: Request, session: Operator, held: str) -> StreamingResponse:
    """All bad rows of a checked file, as a file that can be mended and chosen instead."""
    return csv_download(bad_rows_of(site_of(request), held), "errors.csv")


def _form(request: Request, session: Session, draft: Draft) -> Response:
    status = draft.problem.status if draft.problem else 200
    return page(
        request, "new.html", status=status, session=session, draft=draft, zones=ZONES, hours=display.HOURS
    )
