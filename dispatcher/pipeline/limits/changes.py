"""An operator changes limits while campaigns run: every claim after this returns obeys them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from dispatcher.errors import InputError
from dispatcher.host.zone_data import zone_named
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.limits.limits import DayCap
from dispatcher.model.scope import LimitScope
from dispatcher.pipeline.limits.defaults import put_default_rates
from dispatcher.rules.cap_days import day_boundaries
from dispatcher.rules.rates import Rate, parse_rate
from dispatcher.settings import Settings

#: A day as most US carriers count it.
CARRIERS_ZONE = "America/Los_Angeles"
#: More than this at once, or a day, is no limit.
MOST = 10**9


class LimitChange(BaseModel):
    """What to change of one scope's limits; what is left out stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rate: str | None = Field(
        default=None, description="Legs and segments, like 50/s or 600/m.", examples=["50/s"]
    )
    burst: float | None = Field(
        default=None, ge=1, le=MOST, description="So many may go at once; without it 50 ms of a new rate."
    )
    per_day: int | None = Field(
        default=None, ge=0, le=MOST, description="At most so many a day; 0 takes the daily cap away."
    )
    zone: str | None = Field(
        default=None,
        description=f"Whose midnight begins the day; without it {CARRIERS_ZONE}.",
        examples=[CARRIERS_ZONE],
    )
    enabled: bool | None = Field(
        default=None, description="Of `sender:NUMBER` only: false, and nothing goes from this number."
    )


def change_limit(ledger: Ledger, scope: LimitScope, change: LimitChange) -> None:
    """Change what is given, leave the rest. `scope`: `account`, `sender`, `sender:NUMBER`, `campaign:ID`.

    `burst` alone keeps the rate that is in force, `zone` alone the daily cap.

    Raises:
        InputError: a value cannot be used, or there is nothing to change; nothing was done.
        NotFound: there is no such campaign.
    """
    _require(ledger, scope)
    if change == LimitChange():
        raise InputError(
            "there is nothing to change", hint="give a rate, burst, per_day, zone, or whether it is enabled"
        )
    if change.enabled is not None and not scope.number:
        raise InputError("only a sender is enabled or disabled", hint="name it, like sender:15162065575")
    rate, cap = _rate_wanted(ledger, scope, change), _cap_wanted(ledger, scope, change)
    if change.enabled is not None:
        use_sender(ledger, scope.number, enabled=change.enabled)
    if rate is not None:
        ledger.limits.set_rate(scope, rate.interval_us, rate.tolerance_us)
    if cap is not None:
        ledger.limits.set_cap(scope, cap)
    _wake(ledger, scope)


def set_limit(
    ledger: Ledger,
    scope: LimitScope,
    *,
    rate: str | None = None,
    burst: float | None = None,
    per_day: int | None = None,
    zone: str | None = None,
) -> None:
    """`change_limit` by names.

    Raises:
        InputError: a value cannot be used; nothing was done.
        NotFound: there is no such campaign.
    """
    change_limit(ledger, scope, LimitChange(rate=rate, burst=burst, per_day=per_day, zone=zone))


def reset_limit(ledger: Ledger, scope: LimitScope, config: Settings) -> None:
    """Forget what an operator set: what the workers' settings say, or the campaign's own rate, is in force again.

    `config` stands in for workers' settings where no worker has started yet.

    Raises:
        NotFound: there is no such campaign.
    """
    _require(ledger, scope)
    ledger.limits.reset(scope)
    if scope.campaign_id:
        written = ledger.campaign(scope.campaign_id).settings.rate
        if written:
            rate = parse_rate(written)
            ledger.limits.set_rate(scope, rate.interval_us, rate.tolerance_us, default=True)
    elif ledger.limits.in_force().rates.keys().isdisjoint({scope, scope.kind}):
        put_default_rates(ledger, config)
    _wake(ledger, scope)


def use_sender(ledger: Ledger, number: str, *, enabled: bool) -> None:
    """Take a number out of use, or into it again; its share of a pool moves at the next message."""
    if not enabled:
        ledger.limits.disable(number)
        return
    ledger.limits.enable(number)
    ledger.limits.wake_all()


def _require(ledger: Ledger, scope: LimitScope) -> None:
    if scope.campaign_id:
        ledger.campaign(scope.campaign_id)


def _rate_wanted(ledger: Ledger, scope: LimitScope, change: LimitChange) -> Rate | None:
    if change.rate is not None:
        return parse_rate(change.rate, burst=change.burst)
    if change.burst is None:
        return None
    known = scope.own_or_default(ledger.limits.in_force().rates)
    if known is None:
        raise InputError(f"the {scope.kind} has no rate that a burst could belong to", hint="give a rate too")
    return Rate(known.per_second, change.burst)


def _cap_wanted(ledger: Ledger, scope: LimitScope, change: LimitChange) -> DayCap | None:
    if change.per_day is None and change.zone is None:
        return None
    most, known = change.per_day, ledger.limits.in_force().caps.get(scope)
    if most is None and known is None:
        raise InputError(
            f"the {scope.kind} has no daily cap whose zone could change", hint="give per_day too"
        )
    zone = zone_named(change.zone or (known.zone if known else CARRIERS_ZONE))
    if most is None and known is not None:
        most = known.most
    return DayCap(most or 0, *day_boundaries(ledger.agenda.now_ms(), zone), zone.key)


def _wake(ledger: Ledger, scope: LimitScope) -> None:
    if scope.campaign_id:
        ledger.limits.wake(scope.campaign_id)
    else:
        ledger.limits.wake_all()
