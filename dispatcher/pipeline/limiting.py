"""An operator changes limits while campaigns run: every claim after this returns obeys them."""

from __future__ import annotations

from dispatcher.errors import InputError
from dispatcher.ledger.ledger import Ledger
from dispatcher.pipeline.caps import set_cap
from dispatcher.pipeline.rates import put_default_rates
from dispatcher.rules.limits import Rate, parse_rate
from dispatcher.settings import Settings

#: A day as most US carriers count it.
CARRIERS_ZONE = "America/Los_Angeles"


def set_limit(
    ledger: Ledger,
    scope: str,
    *,
    rate: str | None = None,
    burst: float | None = None,
    per_day: int | None = None,
    zone: str | None = None,
) -> None:
    """Change what is given, leave the rest. `scope`: `account`, `sender`, `sender:NUMBER`, `campaign:ID`.

    `burst` alone keeps the rate that is in force. `per_day` 0 takes the daily cap away.

    Raises:
        InputError: a value cannot be used.
        NotFound: there is no such campaign.
    """
    _require(ledger, scope)
    if rate is not None or burst is not None:
        wanted = parse_rate(rate, burst=burst) if rate else _with_burst(ledger, scope, burst)
        ledger.limits.set_rate(scope, wanted.interval_us, wanted.tolerance_us)
    if per_day is not None:
        set_cap(ledger, scope, per_day, zone or CARRIERS_ZONE, ledger.agenda.now_ms())
    elif zone is not None:
        known = ledger.limits.in_force().caps.get(scope)
        if known is None:
            raise InputError(f"{scope} has no daily cap whose zone could change", hint="give --per-day too")
        set_cap(ledger, scope, known.most, zone, ledger.agenda.now_ms())
    _wake(ledger, scope)


def reset_limit(ledger: Ledger, scope: str, config: Settings) -> None:
    """Forget what an operator set: the settings' defaults, or the campaign's own rate, are in force again.

    Raises:
        NotFound: there is no such campaign.
    """
    _require(ledger, scope)
    ledger.limits.forget(scope)
    if scope.startswith("campaign:"):
        written = ledger.campaign(scope.removeprefix("campaign:")).settings.rate
        if written:
            rate = parse_rate(written)
            ledger.limits.set_rate(scope, rate.interval_us, rate.tolerance_us, default=True)
    put_default_rates(ledger, config)
    _wake(ledger, scope)


def use_sender(ledger: Ledger, number: str, *, enabled: bool) -> None:
    """Take a number out of use, or into it again; its share of a pool moves at the next message."""
    if not enabled:
        ledger.limits.disable(number)
        return
    ledger.limits.enable(number)
    ledger.limits.wake_all()


def _require(ledger: Ledger, scope: str) -> None:
    if scope.startswith("campaign:"):
        ledger.campaign(scope.removeprefix("campaign:"))


def _with_burst(ledger: Ledger, scope: str, burst: float | None) -> Rate:
    rates = ledger.limits.in_force().rates
    known = rates.get(scope) or (rates.get("sender") if scope.startswith("sender:") else None)
    if known is None:
        raise InputError(f"{scope} has no rate that a burst could belong to", hint="give --rate too")
    return Rate(known.per_second, burst or 1)


def _wake(ledger: Ledger, scope: str) -> None:
    if scope.startswith("campaign:"):
        ledger.limits.wake(scope.removeprefix("campaign:"))
    else:
        ledger.limits.wake_all()
