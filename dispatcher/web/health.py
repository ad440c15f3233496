"""Whether this process lives, and whether it can work."""

from __future__ import annotations

import redis
from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse

from dispatcher.web.site import site_of

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def alive() -> PlainTextResponse:
    """200: the process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def ready(request: Request) -> PlainTextResponse:
    """200 if the ledger answers, else 503."""
    try:
        site_of(request).redis.ping()
    except redis.RedisError:
        return PlainTextResponse("the store does not answer\n", 503, {"Retry-After": "5"})
    return PlainTextResponse("ok\n")
