"""Limits as people and programs read and name them: one line a scope."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from dispatcher.errors import InputError, NotFound
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.limits.limits import NEVER_MS, LimitsInForce
from dispatcher.model.campaign import CAMPAIGN_ID
from dispatcher.model.scope import SCOPE_HINT, LimitScope
from dispatcher.model.state import CampaignState
from dispatcher.model.timestamps import utc_text
from dispatcher.roster.numbers import read_number
from dispatcher.rules.rates import rate_text

_ID = re.compile(CAMPAIGN_ID)
_OVER = frozenset({CampaignState.COMPLETED, CampaignState.CANCELLED, CampaignState.FAILED})


class LimitLine(BaseModel):
    """What holds one scope's claims back. `used` is what went of `per_day` since its day began, `pace` the part of the
    rate that is left after answers 429; it grows back by itself."""

    model_config = ConfigDict(frozen=True)

    scope: str = Field(examples=["account"])
    rate: str | None = Field(default=None, examples=["50/s"])
    burst: float | None = Field(default=None, examples=[5])
    set_by: Literal["operator", "settings"] | None = Field(default=None, examples=["operator"])
    per_day: int | None = Field(default=None, examples=[100000])
    zone: str | None = Field(default=None, examples=["America/Los_Angeles"])
    used: int | None = Field(default=None, examples=[31250])
    held_until: str | None = Field(default=None, examples=[None])
    pace: float = Field(default=1.0, examples=[1])
    disabled: bool = Field(default=False, examples=[False])

    @property
    def limits_of(self) -> LimitScope:
        """Whose limits these are."""
        return LimitScope(self.scope)


def limit_lines(ledger: Ledger, found: LimitsInForce) -> list[LimitLine]:
    """One line for each scope that anything is in force for, by name; nothing is for a campaign that is over."""
    disabled = map(LimitScope.sender, found.disabled)
    scopes = {*found.rates, *found.caps, *found.holds, *disabled}
    campaigns = ledger.campaigns.some([scope.campaign_id for scope in scopes if scope.campaign_id])
    over = {campaign.id for campaign in campaigns if campaign.state in _OVER}
    return [limit_line(found, scope) for scope in sorted(scopes) if scope.campaign_id not in over]


def limit_line(found: LimitsInForce, scope: LimitScope) -> LimitLine:
    """This scope's line, all empty when nothing is in force for it."""
    rate, cap, held = found.rates.get(scope), found.caps.get(scope), found.holds.get(scope, 0)
    return LimitLine(
        scope=scope,
        rate=rate_text(rate.per_second) if rate else None,
        burst=round(rate.burst, 2) if rate else None,
        set_by=("operator" if rate.by_operator else "settings") if rate else None,
        per_day=cap.most if cap else None,
        zone=cap.zone if cap else None,
        used=found.served.get(scope) if cap else None,
        held_until=utc_text(held, "seconds") if 0 < held < NEVER_MS else None,
        pace=round(found.paces.get(scope, 1.0), 3),
        disabled=scope.number in found.disabled,
    )


def read_scope(text: str) -> LimitScope:
    """A scope as the ledger writes it; a number may stand in any usual writing.

    Raises:
        InputError: it is none.
        NotFound: no campaign can have this id.
    """
    try:
        scope = LimitScope.parse(text)
    except ValueError:
        raise InputError("this is not a scope of limits", hint=SCOPE_HINT) from None
    if scope.campaign_id and not _ID.fullmatch(scope.campaign_id):
        raise NotFound("there is no such campaign", hint="`mms campaign list` shows their ids")
    return LimitScope.sender(read_number(scope.number)) if scope.number else scope
