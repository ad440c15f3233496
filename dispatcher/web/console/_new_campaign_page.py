"""The page of a new campaign: an empty form, the check of a file, its invalid rows, and the sending."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response, StreamingResponse

from dispatcher.errors import NotFound
from dispatcher.web.actions.media import MOST, own_hash
from dispatcher.web.actions.mending import mend_cell
from dispatcher.web.console._form_draft import FormDraft
from dispatcher.web.console._form_values import ZONES
from dispatcher.web.console._mending import mending_page
from dispatcher.web.console._new_campaign_form import (
    invalid_rows_of,
    reopened,
    shown_row,
    take,
    with_help,
    written,
)
from dispatcher.web.http import formats
from dispatcher.web.http.downloads import csv_download
from dispatcher.web.http.pages import page
from dispatcher.web.http.upload_form import FIELDS_MAX, first, read_form, whole_number
from dispatcher.web.site.access import Operator, check_csrf, same_origin
from dispatcher.web.site.sessions import Session
from dispatcher.web.site.site import site_of

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])


@router.get("/new")
def new(request: Request, session: Operator, draft: Annotated[str, Query(max_length=64)] = "") -> Response:
    """An empty form, or a draft as it was kept."""
    site = site_of(request)
    return _form(request, session, with_help(site, reopened(site, draft) if draft else FormDraft()))


@router.post("/new")
async def check_or_send(request: Request, session: Operator) -> Response:
    """Check a file with its settings, try a row of it, keep it, or send it once it was checked with the same."""
    site = site_of(request)
    async with read_form(request, site.max_file_bytes, max_media=MOST) as form:
        check_csrf(session, form.get("csrf"))
        draft = await run_in_threadpool(lambda: with_help(site, take(site, session.who, form)))
    if draft.went_to is not None:
        return RedirectResponse(draft.went_to, 303)
    return _form(request, session, draft)


@router.post("/new/text")
async def text(request: Request, session: Operator) -> Response:
    """What there is to say of a message while it is written, and a row of the file that has it."""
    site = site_of(request)
    async with read_form(request, FIELDS_MAX) as form:
        check_csrf(session, form.get("csrf"))
        draft = await run_in_threadpool(written, site, form)
    return page(request, "text.html", session=session, help=draft.help, sender=sender_of(draft))


@router.get("/new/errors/{token}")
def errors(request: Request, session: Operator, token: str) -> StreamingResponse:
    """All invalid rows of a checked file, as a file that can be mended and chosen instead."""
    return csv_download(invalid_rows_of(site_of(request), token), "errors.csv")


@router.get("/new/rows/{token}")
def rows(
    request: Request, session: Operator, token: str, number: Annotated[int, Query(alias="page", ge=1)] = 1
) -> Response:
    """A page of the rows of a checked file that cannot be sent, to stand in the place of another one.

    Raises:
        NotFound: the file is not kept any more, or all its rows can be sent.
    """
    mending = mending_page(site_of(request), token, number)
    if mending is None:
        raise NotFound("The uploaded file is not kept any more.", hint="choose the file again")
    return page(request, "mending.html", session=session, mending=mending)


@router.post("/new/mend")
async def mend(request: Request, session: Operator) -> dict[str, Any]:
    """Keep what was written into an invalid cell, and say whether its row can be sent now.

    Raises:
        InputError: a number of the form is none.
    """
    async with read_form(request, 0) as form:
        check_csrf(session, form.get("csrf"))
        held, value = first(form, "held"), first(form, "value")
        number, cell = whole_number(form, "page"), (whole_number(form, "line"), first(form, "mark"))
    return (await run_in_threadpool(mend_cell, site_of(request), held, number, cell, value))._asdict()


def sender_of(draft: FormDraft) -> str:
    """The number that a phone would show."""
    return draft.value("from").split(",")[0].strip() or "Your number"


def _form(request: Request, session: Session, draft: FormDraft) -> Response:
    site = site_of(request)
    shown = {url for preview in (draft.result.previews if draft.result else ()) for url in preview.media}
    return page(
        request,
        "new.html",
        status=draft.problem.status if draft.problem else 200,
        session=session,
        draft=draft,
        zones=ZONES,
        hours=formats.HOURS,
        row=shown_row(draft),
        sender=sender_of(draft),
        pictures={url: f"/media/{own}" for url in shown if (own := own_hash(site, url))},
    )
