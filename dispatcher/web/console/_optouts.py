"""The Opt-outs page: who wants no messages, search, adding, letting back in, lists in and out, doubtful messages."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response, StreamingResponse

from dispatcher.errors import FileRefused, InputError
from dispatcher.ledger.consent.optouts import SOURCE_MAX, OptOut, State
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.consent.optouts import Imported
from dispatcher.roster.numbers import read_number
from dispatcher.web.actions import consent
from dispatcher.web.http.cursors import ListPosition, cursor_after, read_cursor
from dispatcher.web.http.downloads import csv_download
from dispatcher.web.http.pages import page
from dispatcher.web.http.upload_form import first, read_form, upload_in
from dispatcher.web.site.access import Operator, Person, check_csrf, same_origin
from dispatcher.web.site.sessions import Session
from dispatcher.web.site.site import Site, site_of

PAGE = 50
DOUBTFUL = 20
_DONE = {
    "out": "Done: nothing is sent to them any more.",
    "in": "Done: they may be written to again.",
    "same": "Nothing changed: it was so already.",
    "stop": "Decided: it is an opt-out, and in force.",
    "ignore": "Decided: it is no opt-out.",
}

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])


class Found(NamedTuple):
    """One number that was looked for, and its entry if it was ever on the list."""

    number: str
    entry: OptOut | None


@router.get("/opt-outs")
def opt_outs(
    request: Request,
    session: Person,
    number: str = "",
    after: Annotated[str, Query(max_length=40, pattern=r"^(\d{1,15}\.\d{1,9})?$")] = "",
    done: str = "",
) -> Response:
    """The latest opt-outs; with `number` that one."""
    problem, found = None, None
    if number.strip():
        try:
            digits = read_number(number)
            found = Found(digits, site_of(request).ledger.optouts.find([digits])[0])
        except InputError as error:
            problem = error
    position = read_cursor(after) if after else None
    return _page(
        request,
        session,
        position,
        found=found,
        problem=problem,
        number=number.strip()[:40],
        done=_DONE.get(done, ""),
    )


@router.post("/opt-outs/put")
async def put(request: Request, session: Operator) -> Response:
    """Opt the numbers of the form out, or let them back in."""
    form = await _form(request, session)
    numbers = [
        line.strip() for line in first(form, "numbers").replace(",", "\n").splitlines() if line.strip()
    ]
    state: State = "in" if first(form, "state") == "in" else "out"
    source = first(form, "source").strip()[:SOURCE_MAX] or "operator"
    site = site_of(request)
    entered = "\n".join(numbers)
    if not numbers:
        nobody = InputError("there is no number in the form", hint="one on each line")
        return await run_in_threadpool(_refused, request, session, nobody, entered)
    try:
        changed = await run_in_threadpool(consent.put_numbers, site, session.who, numbers, state, source)
    except InputError as error:
        return await run_in_threadpool(_refused, request, session, error, entered)
    return RedirectResponse(f"/opt-outs?done={state if changed else 'same'}", 303)


@router.post("/opt-outs/import")
async def import_list(request: Request, session: Operator) -> Response:
    """Read a list; the page says what became of it."""
    site = site_of(request)
    async with read_form(request, site.max_file_bytes) as form:
        check_csrf(session, form.get("csrf"))
        upload = upload_in(form)
        try:
            if upload is None:
                raise FileRefused(
                    "no_file", "no file was chosen", hint="choose a .csv, an .xlsx or a plain list of numbers"
                )
            done = await run_in_threadpool(consent.import_list, site, session.who, upload)
        except InputError as error:
            return await run_in_threadpool(_refused, request, session, error, "")
    return await run_in_threadpool(lambda: _page(request, session, None, imported=done))


@router.post("/opt-outs/decide")
async def decide(request: Request, session: Operator) -> Response:
    """A person's word on a doubtful message."""
    form = await _form(request, session)
    stop, sid = first(form, "word") == "stop", first(form, "sid")
    await run_in_threadpool(lambda: consent.decide(site_of(request), session.who, sid, stop=stop))
    return RedirectResponse(f"/opt-outs?done={'stop' if stop else 'ignore'}", 303)


@router.get("/opt-outs/export")
def export(request: Request, session: Person) -> StreamingResponse:
    """The whole list with source and time of each entry, those that came back too."""
    return csv_download(consent.export_chunks(site_of(request).ledger.optouts.all()), "opt-outs.csv")


async def _form(request: Request, session: Session) -> FormData:
    async with read_form(request, 0) as form:
        check_csrf(session, form.get("csrf"))
        return form


def _refused(request: Request, session: Session, error: InputError, numbers: str) -> Response:
    return _page(request, session, None, status=422, problem=error, numbers=numbers)


def _page(
    request: Request, session: Session, position: ListPosition | None, *, status: int = 200, **values: Any
) -> Response:
    site = site_of(request)
    entries = site.ledger.optouts.newest_out(PAGE + 1, position)
    shown = entries[:PAGE]
    following = cursor_after([entry.at_ms for entry in shown], position) if len(entries) > PAGE else ""
    return page(
        request,
        "optouts.html",
        status=status,
        session=session,
        entries=[(entry, utc_text(entry.at_ms)) for entry in shown],
        total=site.ledger.optouts.out_count(),
        following=following,
        first_page=position is None,
        utc_text=utc_text,
        source_max=SOURCE_MAX,
        **{**_nothing(), **_doubtful(site), **values},
    )


def _nothing() -> dict[str, Any]:
    imported: Imported | None = None
    return {"found": None, "problem": None, "number": "", "numbers": "", "done": "", "imported": imported}


def _doubtful(site: Site) -> dict[str, Any]:
    return {
        "doubtful": site.ledger.inbound.needing_review(DOUBTFUL),
        "doubtful_total": site.ledger.inbound.review_count(),
    }
