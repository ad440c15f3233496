"""`/api/v1/health` and `/api/v1/journal`: how this installation is, and who did what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from dispatcher.pipeline.health.finding import Verdict
from dispatcher.web.actions.health import doctor_findings
from dispatcher.web.api._openapi import problems
from dispatcher.web.site.access import bearer
from dispatcher.web.site.site import site_of

router = APIRouter(
    prefix="/api/v1", dependencies=[Depends(bearer)], responses=problems(401, 429, 503), tags=["health"]
)


class ApiFinding(BaseModel):
    """One thing looked at; `mend` says what to do about it."""

    subject: str = Field(examples=["durability"])
    verdict: Verdict = Field(examples=["ok"])
    seen: str = Field(examples=["every claim is on disk before its message leaves; nothing is evicted"])
    mend: str | None = Field(default=None, examples=[None])


class Health(BaseModel):
    """What `mms doctor` sees. `ok`: nothing is to be mended."""

    ok: bool
    findings: list[ApiFinding]


class Line(BaseModel):
    """One line of the audit log. `who` is a token's name, or `cli` and the system's user."""

    at: str = Field(examples=["2026-03-01T14:00:00.000Z"])
    who: str = Field(examples=["ann"])
    did: str = Field(examples=["paused"])
    campaign: str | None = Field(examples=["spring-sale-7f3akq"])


class JournalPage(BaseModel):
    """Lines of the audit log, the newest first."""

    items: list[Line]


@router.get("/health", summary="See how the installation is")
def health(request: Request) -> Health:
    """Redis, workers and their clocks, CarrierX, callbacks; each with what to do about it."""
    findings = [
        ApiFinding(subject=one.subject, verdict=one.verdict, seen=one.seen, mend=one.mend or None)
        for one in doctor_findings(site_of(request))
    ]
    return Health(ok=not any(finding.verdict == "bad" for finding in findings), findings=findings)


@router.get("/journal", summary="See who did what", responses=problems(422))
def journal(
    request: Request,
    campaign: Annotated[str | None, Query(max_length=40, description="Only of this campaign.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Lines.")] = 50,
) -> JournalPage:
    """The newest lines; about 10,000 are kept."""
    notes = site_of(request).audit_log.latest(limit, campaign)
    return JournalPage(
        items=[Line(at=note.at, who=note.who, did=note.did, campaign=note.campaign or None) for note in notes]
    )
