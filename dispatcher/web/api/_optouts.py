"""`/api/v1/opt-outs`: who wants no messages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from dispatcher.errors import FileRefused
from dispatcher.ledger.consent.optouts import SOURCE_MAX, OptOut, State
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.consent.optouts import Imported
from dispatcher.roster.numbers import read_number
from dispatcher.web.actions import consent
from dispatcher.web.api import _openapi
from dispatcher.web.api._openapi import problems
from dispatcher.web.http.body import json_body, read_json
from dispatcher.web.http.cursors import cursor_after, read_cursor
from dispatcher.web.http.downloads import csv_download
from dispatcher.web.http.upload_form import read_form, upload_in
from dispatcher.web.site.access import Actor, bearer
from dispatcher.web.site.site import site_of

router = APIRouter(
    prefix="/api/v1/opt-outs",
    dependencies=[Depends(bearer)],
    responses=problems(401, 429, 503),
    tags=["opt-outs"],
)
MOST_NUMBERS = 10_000


class Entry(BaseModel):
    """The newest word of one number: out, or in again; since when, and how we know."""

    number: str = Field(examples=["12125550101"])
    state: State = Field(examples=["out"])
    at: str = Field(examples=["2026-03-01T14:00:00.000Z"])
    source: str = Field(examples=["by telephone"])


class OptOutPage(BaseModel):
    """Opt-outs, the latest first. `next` is the cursor of the next page, null on the last one."""

    items: list[Entry]
    next: str | None = Field(default=None, examples=["1772373600000.1"])


class Numbers(BaseModel):
    """Numbers in any usual writing, and how you know."""

    model_config = ConfigDict(extra="forbid")

    numbers: list[str] = Field(min_length=1, max_length=MOST_NUMBERS, examples=[["+1 212 555 0101"]])
    source: str = Field(default="operator", min_length=1, max_length=SOURCE_MAX, examples=["by telephone"])


class Changed(BaseModel):
    """How many numbers changed; the others were so already."""

    changed: int = Field(examples=[1])


@router.get("", summary="List opt-outs", responses=problems(422))
def list_opt_outs(
    request: Request,
    number: Annotated[
        str | None, Query(max_length=40, description="Only this number, even if it came back.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Entries on a page.")] = 50,
    cursor: Annotated[
        str | None, Query(pattern=r"^\d{1,15}\.\d{1,9}$", description="`next` of the page before.")
    ] = None,
) -> OptOutPage:
    """Numbers that nothing is sent to, the latest first. What comes meanwhile moves no page."""
    optouts = site_of(request).ledger.optouts
    if number is not None:
        found = optouts.find([read_number(number)])[0]
        return OptOutPage(items=[_entry(found)] if found else [])
    position = read_cursor(cursor) if cursor else None
    entries = optouts.newest_out(limit + 1, position)
    shown = entries[:limit]
    following = cursor_after([entry.at_ms for entry in shown], position) if len(entries) > limit else None
    return OptOutPage(items=[_entry(entry) for entry in shown], next=following)


@router.post(
    "", summary="Opt numbers out", responses=problems(403, 413, 422), openapi_extra=json_body(Numbers)
)
async def opt_out(request: Request, caller: Actor) -> Changed:
    """Nothing is claimed for these numbers once this has answered."""
    return await _put(request, caller.name, "out")


@router.post(
    "/remove",
    summary="Let numbers back in",
    responses=problems(403, 413, 422),
    openapi_extra=json_body(Numbers),
)
async def let_in(request: Request, caller: Actor) -> Changed:
    """They may be written to again; only when they asked for it."""
    return await _put(request, caller.name, "in")


@router.post(
    "/import",
    summary="Import a list",
    responses=problems(400, 403, 413, 415, 422),
    openapi_extra={"requestBody": _openapi.LIST},
)
async def import_list(request: Request, caller: Actor) -> Imported:
    """A list of ours or of another system: .csv, a workbook, or a plain list of numbers, one on each line.

    Columns: `number`, and if there are such columns `state` (out, in), `source` and `at`, or what other systems call
    them. The answer counts entries read, known already and changed, and lines left out; unknown words of consent count
    as opted out and are named in `words`. The newest entry of a number wins, so a list may be imported again.
    """
    site = site_of(request)
    async with read_form(request, site.max_file_bytes) as form:
        upload = upload_in(form)
        if upload is None:
            raise FileRefused("no_file", "There is no file in the form.", hint="send it as the part `file`")
        return await run_in_threadpool(consent.import_list, site, caller.name, upload)


@router.get(
    "/export",
    summary="Download the list",
    response_class=StreamingResponse,
    responses={200: _openapi.OPT_OUTS},
)
def export(request: Request) -> StreamingResponse:
    """Every entry with source and time, those that came back too; it can be imported again."""
    return csv_download(consent.export_chunks(site_of(request).ledger.optouts.all()), "opt-outs.csv")


async def _put(request: Request, who: str, state: State) -> Changed:
    asked = await read_json(request, Numbers)
    site = site_of(request)
    changed = await run_in_threadpool(consent.put_numbers, site, who, asked.numbers, state, asked.source)
    return Changed(changed=changed)


def _entry(entry: OptOut) -> Entry:
    return Entry(number=entry.number, state=entry.state, at=utc_text(entry.at_ms), source=entry.source)
