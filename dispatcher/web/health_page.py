"""The Health page: what `mms doctor` sees, limits in force, alarms, who may log in, who did what."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from dispatcher.ledger.overview import Overview
from dispatcher.pipeline.diagnose import diagnose
from dispatcher.web.access import Person, same_origin
from dispatcher.web.render import page
from dispatcher.web.site import site_of

#: A page does not wait for CarrierX as long as a worker does.
CARRIERX_SECONDS = 4.0
NOTES = 50

router = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])


@router.get("/health")
def health(request: Request, session: Person) -> Response:
    """How this installation is."""
    site = site_of(request)
    overview = Overview(site.redis)
    now_ms = site.ledger.agenda.now_ms()
    impatient = {"connect_timeout": CARRIERX_SECONDS, "read_timeout": CARRIERX_SECONDS}
    findings = list(diagnose(site.settings.model_copy(update=impatient)))
    return page(
        request,
        "health.html",
        session=session,
        findings=findings,
        bad=sum(finding.verdict == "bad" for finding in findings),
        waiting=site.ledger.inbox.waiting(),
        overdue=overview.overdue_seconds(now_ms),
        offered=overview.offered(now_ms),
        draining=site.ledger.agenda.doors_draining(),
        limits=overview.limits(),
        holds=overview.holds(now_ms),
        alarms=overview.alarms(),
        tokens=site.tokens.list(),
        notes=site.journal.latest(NOTES),
    )
