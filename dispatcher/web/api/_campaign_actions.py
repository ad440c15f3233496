"""`/api/v1/campaigns/{id}/…`: another attempt for what failed, a person's word on what nobody knows."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from dispatcher.pipeline.campaigns.retry import RETRIABLE
from dispatcher.web.actions.lifecycle import decide, send_again
from dispatcher.web.api._openapi import problems
from dispatcher.web.http.body import CappedRoute
from dispatcher.web.site.access import Actor, bearer
from dispatcher.web.site.site import site_of

router = APIRouter(
    prefix="/api/v1/campaigns/{campaign_id}",
    dependencies=[Depends(bearer)],
    responses=problems(401, 403, 404, 409, 413, 422, 429, 503),
    route_class=CappedRoute,
)


class Again(BaseModel):
    """Which rows get another attempt."""

    model_config = ConfigDict(extra="forbid")

    states: list[Literal["failed", "rejected"]] = Field(default=["failed", "rejected"], min_length=1)
    reason: str = Field(
        default="", max_length=200, description="Only rows whose reason contains this.", examples=["busy"]
    )


class Decision(BaseModel):
    """What a person knows of an unconfirmed message."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    word: Literal["sent", "not-sent"] = Field(alias="as", examples=["not-sent"])


class Rows(BaseModel):
    """How many rows it was."""

    rows: int = Field(examples=[12])


@router.post("/retry", summary="Send failed rows again", tags=["campaigns"])
def again(
    request: Request, caller: Actor, campaign_id: str, wanted: Annotated[Again | None, Body()] = None
) -> Rows:
    """A new attempt for rows that failed or were rejected; never for unconfirmed ones or who opted out. Answers how
    many are pending again."""
    wanted = wanted or Again()
    states = {state for state in RETRIABLE if state.value in wanted.states}
    return Rows(rows=send_again(site_of(request), caller.name, campaign_id, states, wanted.reason))


@router.post("/recipients/{place}/resolve", summary="Decide an unconfirmed message", tags=["recipients"])
def resolve(request: Request, caller: Actor, campaign_id: str, place: str, decision: Decision) -> Rows:
    """Say that CarrierX took it, or that it did not: then it is sent again, unless its campaign has ended. All members
    of a group at once; answers how many."""
    return Rows(rows=decide(site_of(request), caller.name, campaign_id, place, sent=decision.word == "sent"))
