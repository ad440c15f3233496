"""Whether this process lives, its callback receiver can take callbacks, and the console can work: three answers."""

from __future__ import annotations

import asyncio

import redis
from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse

from dispatcher.errors import MmsError
from dispatcher.pipeline.health.queue_status import not_moving
from dispatcher.web.callbacks.durable_inbox import DurableInbox
from dispatcher.web.site.site import Site, site_of

#: Shorter than a balancer waits for an answer.
PATIENCE_SECONDS = 1.0
router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def alive() -> PlainTextResponse:
    """200: the process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def receiver_ready(request: Request) -> PlainTextResponse:
    """200 while the callback receiver can keep what comes, in Redis or in its spool, else 503: a balancer asks this.
    So is it from the moment on at which the process is to stop, though it still answers for a while."""
    departure = site_of(request).departure
    departure.asked()
    if departure.leaving.is_set():
        return _not_ready("this process is being stopped")
    inbox = request.app.state.durable_inbox
    assert isinstance(inbox, DurableInbox)
    trouble = await inbox.trouble()
    if trouble is not None:
        return _not_ready(trouble)
    if inbox.spooling:
        return PlainTextResponse("ok: callbacks are spooled\n")
    try:  # a Redis that hangs is no reason to take the receiver away either
        return PlainTextResponse(
            await asyncio.wait_for(asyncio.to_thread(_works, site_of(request)), PATIENCE_SECONDS)
        )
    except TimeoutError:
        return PlainTextResponse("ok: the ledger is slow\n")


@router.get("/readyz/console")
def console_ready(request: Request) -> PlainTextResponse:
    """200 if the ledger answers and takes a write as a claim makes it, so that all can work, else 503."""
    site = site_of(request)
    trouble = ledger_trouble(site) or _claims_trouble(site)
    return PlainTextResponse(_works(site)) if trouble is None else _not_ready(trouble)


def _works(site: Site) -> str:
    """It works; with a line for each queue that does not move. No reason to take receiver or console away."""
    try:
        still = not_moving(site.ledger)
    except MmsError:
        return "ok\n"
    return "".join(f"{line}\n" for line in (("works, but see below", *still) if still else ("ok",)))


def ledger_trouble(site: Site) -> str | None:
    """Why console and API cannot work; None: they can."""
    try:
        site.installation  # noqa: B018 - raises while the ledger was not seen
        site.redis.ping()
    except MmsError as error:
        return error.message
    except redis.RedisError:
        return "the store does not answer"
    return None


def _claims_trouble(site: Site) -> str | None:
    """Why nothing can be claimed, though the ledger answers. Anybody may ask: a write a second at most."""
    problem = site.ledger.readiness.problem(within_seconds=1.0)
    return f"nothing can be claimed: {problem}" if problem is not None else None


def _not_ready(why: str) -> PlainTextResponse:
    return PlainTextResponse(f"{why}\n", 503, {"Retry-After": "5"})
