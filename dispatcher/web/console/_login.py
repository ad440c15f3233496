"""Logging in with a token, and out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from dispatcher.errors import StoreUnavailable
from dispatcher.web.http.pages import page
from dispatcher.web.http.upload_form import first, read_form
from dispatcher.web.public.probes import ledger_trouble
from dispatcher.web.site.access import (
    Person,
    address_of,
    check_csrf,
    cookie_name,
    holder_of,
    same_origin,
)
from dispatcher.web.site.sessions import LIFE_SECONDS
from dispatcher.web.site.site import Site, site_of
from dispatcher.web.site.throttle import TooManyTriesError

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])


def _form(request: Request, status: int = 200, **values: Any) -> Response:
    return page(request, "login.html", status=status, **{"problem": None, "next": "/", **values})


@router.get("/login")
def show(request: Request, next: str = "/") -> Response:
    """The login page.

    Raises:
        StoreUnavailable: the ledger does not answer, so that nobody can log in now.
    """
    trouble = ledger_trouble(site_of(request))
    if trouble is not None:
        raise StoreUnavailable(trouble, hint="callbacks are kept meanwhile; try again in a moment")
    return _form(request, next=_inside(next))


@router.post("/login")
async def enter(request: Request) -> Response:
    """Open a session for who has a token."""
    async with read_form(request, 0) as form:
        token, target = first(form, "token").strip(), _inside(first(form, "next"))
    site = site_of(request)
    try:
        session_id = await run_in_threadpool(_session_for, site, address_of(request), token)
    except TooManyTriesError as error:
        minutes = -(-error.retry_after // 60)
        problem = f"Too many wrong tokens. Try again in {minutes} minute{'s' if minutes > 1 else ''}."
        answer = _form(request, 429, problem=problem, next=target)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    if session_id is None:
        return _form(request, 403, problem="That token is not known.", next=target)
    answer = RedirectResponse(target, 303)
    answer.set_cookie(
        cookie_name(site), session_id, max_age=LIFE_SECONDS, httponly=True, samesite="lax", secure=site.https
    )
    return answer


def _session_for(site: Site, address: str, token: str) -> str | None:
    holder = holder_of(site, token)
    if holder is None:
        site.throttle.wrong(address, also_all=True)
        return None
    site.throttle.right(address)
    site.audit_log.note(holder.name, f"logged in as {holder.role}")
    return site.sessions.open(holder)


@router.post("/logout")
async def leave(request: Request, session: Person) -> Response:
    """End the session."""
    async with read_form(request, 0) as form:
        check_csrf(session, form.get("csrf"))
    site = site_of(request)
    await run_in_threadpool(site.sessions.close, request.cookies[cookie_name(site)])
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(cookie_name(site), httponly=True, samesite="lax", secure=site.https)
    return answer


def _inside(path: str) -> str:
    """Where to go after the login: only a page of ours."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\", "/login"))
    return path if plain and path.isprintable() else "/"
