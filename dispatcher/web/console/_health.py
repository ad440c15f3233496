"""The Health page: what `mms doctor` sees, limits, callbacks of a number, alarms, who may log in, who did what."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from dispatcher.errors import ApiError, InputError, MmsError
from dispatcher.ledger.views.overview import Overview
from dispatcher.model.scope import SCOPE_FORMS
from dispatcher.pipeline.limits.changes import LimitChange, change_limit, reset_limit
from dispatcher.pipeline.limits.view import limit_lines, read_scope
from dispatcher.web.actions.health import callback_levels, doctor_findings
from dispatcher.web.http.pages import page
from dispatcher.web.http.upload_form import first, read_form
from dispatcher.web.site.access import Operator, Person, check_csrf, same_origin
from dispatcher.web.site.sessions import Session
from dispatcher.web.site.site import Site, site_of

NOTES = 20
LIMITS = 20
_FIELDS = ("what", "rate", "burst", "per_day", "zone")

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])


@router.get("/health")
def health(request: Request, session: Person, number: str = "") -> Response:
    """How this installation is; with `number` also where CarrierX calls back for it."""
    levels, problem = None, None
    if number.strip():
        try:
            levels = callback_levels(site_of(request).settings, number)
        except (InputError, ApiError) as error:
            problem = error
    return _page(request, session, number=number.strip()[:40], levels=levels, problem=problem)


@router.post("/health/limits")
async def set_limit(request: Request, session: Operator) -> Response:
    """Change limits; running campaigns obey at once."""
    async with read_form(request, 0) as form:
        check_csrf(session, form.get("csrf"))
    site = site_of(request)
    try:
        await run_in_threadpool(_change, site, session.who, form)
    except (InputError, ValidationError) as error:
        said = InputError("a value cannot be used", hint="a rate is like 50/s, the others are numbers")
        wrong = error if isinstance(error, MmsError) else said
        given = {name: first(form, name)[:80] for name in _FIELDS}
        return await run_in_threadpool(
            lambda: _page(request, session, status=422, limit_problem=wrong, given=given)
        )
    return RedirectResponse("/health", 303)


def _change(site: Site, who: str, form: FormData) -> None:
    scope = read_scope(first(form, "what"))
    if first(form, "act") == "reset":
        reset_limit(site.ledger, scope, site.settings)
        site.audit_log.note(who, f"reset the limits of {scope.whose}", scope.campaign_id)
        return
    given = {name: first(form, name).strip() for name in ("rate", "burst", "per_day", "zone")}
    wanted = LimitChange.model_validate({name: value for name, value in given.items() if value})
    change_limit(site.ledger, scope, wanted)
    site.audit_log.note(who, f"changed the limits of {scope.whose}", scope.campaign_id)


def _page(request: Request, session: Session, *, status: int = 200, **values: Any) -> Response:
    site = site_of(request)
    ledger, overview = site.ledger, Overview(site.redis)
    now_ms, findings, limits = ledger.agenda.now_ms(), doctor_findings(site), ledger.limits.in_force()
    lines = sorted(limit_lines(ledger, limits), key=lambda line: line.limits_of.rank)
    nothing: dict[str, Any] = {
        "number": "",
        "levels": None,
        "problem": None,
        "limit_problem": None,
        "given": dict.fromkeys(_FIELDS, ""),
    }
    return page(
        request,
        "health.html",
        status=status,
        session=session,
        findings=findings,
        bad=sum(finding.verdict == "bad" for finding in findings),
        waiting=ledger.callback_stream.waiting(),
        overdue=overview.overdue_seconds(now_ms),
        offered=overview.offered(now_ms),
        draining=ledger.agenda.receivers_draining(),
        limits=lines[:LIMITS],
        scope_forms=list(SCOPE_FORMS),
        limits_more=len(lines) - LIMITS,
        stopped=limits.brake,
        alarms=overview.alarms(),
        tokens=[asdict(holder) for holder in site.api_tokens.list()],
        notes=site.audit_log.latest(NOTES),
        **{**nothing, **values},
    )
