"""`/api/v1/limits`: what holds claims back, and changing it while campaigns run. The way to re-rate a campaign, too."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from dispatcher.errors import InputError
from dispatcher.model.scope import SCOPE_EXAMPLES, LimitScope, scope_forms
from dispatcher.pipeline.limits.changes import LimitChange, change_limit, reset_limit
from dispatcher.pipeline.limits.view import LimitLine, limit_line, limit_lines, read_scope
from dispatcher.web.api._openapi import problems
from dispatcher.web.http.body import read_body
from dispatcher.web.site.access import Actor, bearer
from dispatcher.web.site.site import Site, site_of

router = APIRouter(
    prefix="/api/v1/limits",
    dependencies=[Depends(bearer)],
    responses=problems(401, 429, 503),
    tags=["limits"],
)
_MOST_BYTES = 16 * 1024

What = Annotated[
    str,
    Path(
        description=f"{scope_forms('`')}.",
        examples=list(SCOPE_EXAMPLES),
    ),
]
_CHANGE: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": LimitChange.model_json_schema(),
            "examples": {
                "rate": {"summary": "A new rate", "value": {"rate": "50/s", "burst": 5}},
                "cap": {
                    "summary": "A daily cap",
                    "value": {"per_day": 2000, "zone": "America/Los_Angeles"},
                },
                "sender": {"summary": "A number out of use", "value": {"enabled": False}},
            },
        }
    },
}


class Limits(BaseModel):
    """Every scope that anything is in force for. `stopped` says why nothing at all goes."""

    limits: list[LimitLine]
    stopped: str | None = Field(default=None, examples=[None])
    failures_in_a_row: int = Field(examples=[0], description="Of CarrierX; too many hold everything.")


@router.get("", summary="See the limits in force")
def show(request: Request) -> Limits:
    """Rates, daily caps and what was used of them, holds after answers 429, senders out of use."""
    ledger = site_of(request).ledger
    found = ledger.limits.in_force()
    return Limits(
        limits=limit_lines(ledger, found), stopped=found.brake or None, failures_in_a_row=found.failures
    )


@router.put(
    "/{what}",
    summary="Change limits",
    responses=problems(403, 404, 413, 422),
    openapi_extra={"requestBody": _CHANGE},
)
async def change(request: Request, caller: Actor, what: What) -> LimitLine:
    """Change what is given, leave the rest. Every claim after the answer obeys it, running campaigns' too, and it
    outlives restarts."""
    body = await read_body(request.receive, _MOST_BYTES)
    return await run_in_threadpool(_change, site_of(request), caller.name, what, body)


@router.delete("/{what}", summary="Back to what the settings say", responses=problems(403, 404, 422))
def reset(request: Request, caller: Actor, what: What) -> LimitLine:
    """Forget what was set here: rate and burst are what the settings, or the campaign's own, say; no daily cap."""
    site, scope = site_of(request), read_scope(what)
    reset_limit(site.ledger, scope, site.settings)
    return _noted(site, caller.name, scope, "reset")


def _change(site: Site, who: str, what: str, body: bytes) -> LimitLine:
    scope = read_scope(what)
    try:
        wanted = LimitChange.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "the body"
        raise InputError(f"{name}: {first['msg']}", hint='send JSON, like {"rate": "50/s"}') from None
    change_limit(site.ledger, scope, wanted)
    return _noted(site, who, scope, "changed")


def _noted(site: Site, who: str, scope: LimitScope, did: str) -> LimitLine:
    """The audit log says which kind of scope, never a number."""
    site.audit_log.note(who, f"{did} the limits of {scope.whose}", scope.campaign_id)
    return limit_line(site.ledger.limits.in_force(), scope)
