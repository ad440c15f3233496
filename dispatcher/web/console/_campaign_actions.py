"""The buttons of a campaign's page. A cancel cannot be taken back, so a page of its own asks first."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from dispatcher.errors import InputError
from dispatcher.pipeline.campaigns.retry import RETRIABLE
from dispatcher.web.actions.lifecycle import Verb, decide, possible, rerate, send_again, steer
from dispatcher.web.actions.submissions import discard_draft, find_campaign, launch_draft
from dispatcher.web.http import formats
from dispatcher.web.http.pages import page
from dispatcher.web.http.upload_form import first, read_form
from dispatcher.web.site.access import Operator, check_csrf, same_origin
from dispatcher.web.site.sessions import Session
from dispatcher.web.site.site import site_of

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])


@router.post("/campaigns/{campaign_id}/pause")
async def pause(request: Request, session: Operator, campaign_id: str) -> Response:
    """Claim nothing more until it is resumed."""
    return await _steer(request, session, campaign_id, "pause")


@router.post("/campaigns/{campaign_id}/resume")
async def resume(request: Request, session: Operator, campaign_id: str) -> Response:
    """Let it go on."""
    return await _steer(request, session, campaign_id, "resume")


@router.post("/campaigns/{campaign_id}/rate")
async def rate(request: Request, session: Operator, campaign_id: str) -> Response:
    """Another rate, from the next claim on."""
    form = await _form(request, session)
    await run_in_threadpool(rerate, site_of(request), session.who, campaign_id, first(form, "rate"))
    return RedirectResponse(f"/campaigns/{campaign_id}", 303)


@router.post("/campaigns/{campaign_id}/retry")
async def retry(request: Request, session: Operator, campaign_id: str) -> Response:
    """Another attempt for what failed or was refused."""
    form = await _form(request, session)
    chosen = {state for state in RETRIABLE if first(form, "state") in ("", state.value)}
    reason = first(form, "reason").strip()
    await run_in_threadpool(send_again, site_of(request), session.who, campaign_id, chosen, reason)
    return RedirectResponse(f"/campaigns/{campaign_id}", 303)


@router.post("/campaigns/{campaign_id}/recipients/{place}/resolve")
async def resolve(request: Request, session: Operator, campaign_id: str, place: str) -> Response:
    """A person's word on a message whose outcome nobody knows."""
    form = await _form(request, session)
    word = first(form, "as")
    if word not in ("sent", "not-sent"):
        raise InputError(
            "the form does not say what became of the message", hint="press one of the two buttons"
        )
    site = site_of(request)
    await run_in_threadpool(lambda: decide(site, session.who, campaign_id, place, sent=word == "sent"))
    return RedirectResponse(f"/campaigns/{campaign_id}/recipients/{place}", 303)


@router.post("/campaigns/{campaign_id}/start")
async def start(request: Request, session: Operator, campaign_id: str) -> Response:
    """Send a draft as it was kept."""
    await _form(request, session)
    await run_in_threadpool(launch_draft, site_of(request), session.who, campaign_id)
    return RedirectResponse(f"/campaigns/{campaign_id}", 303)


@router.post("/campaigns/{campaign_id}/discard")
async def discard(request: Request, session: Operator, campaign_id: str) -> Response:
    """Throw a draft away."""
    await _form(request, session)
    await run_in_threadpool(discard_draft, site_of(request), session.who, campaign_id)
    return RedirectResponse("/", 303)


@router.get("/campaigns/{campaign_id}/cancel")
def ask(request: Request, session: Operator, campaign_id: str) -> Response:
    """Is it meant?"""
    found = find_campaign(site_of(request), campaign_id)
    if "cancel" not in possible(found):
        return RedirectResponse(f"/campaigns/{campaign_id}", 303)
    return page(request, "cancel.html", session=session, campaign=found, view=formats.live(found))


@router.post("/campaigns/{campaign_id}/cancel")
async def cancel(request: Request, session: Operator, campaign_id: str) -> Response:
    """End it: what is not sent yet will not be."""
    return await _steer(request, session, campaign_id, "cancel")


async def _form(request: Request, session: Session) -> FormData:
    async with read_form(request, 0) as form:
        check_csrf(session, form.get("csrf"))
        return form


async def _steer(request: Request, session: Session, campaign_id: str, verb: Verb) -> Response:
    await _form(request, session)
    await run_in_threadpool(steer, site_of(request), session.who, campaign_id, verb)
    return RedirectResponse(f"/campaigns/{campaign_id}", 303)
