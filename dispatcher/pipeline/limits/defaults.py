"""The limits, prices and brakes of the settings, put in force for every worker's claims."""

from __future__ import annotations

import math
from collections.abc import Callable

from dispatcher.errors import InputError
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.scope import ACCOUNT, EACH_SENDER
from dispatcher.rules.rates import parse_cap, parse_rate
from dispatcher.settings import Settings


def put_rates_in_force(ledger: Ledger, settings: Settings) -> None:
    """Write limits, prices and the thresholds of brakes; every claim from now on obeys them.

    Raises:
        InputError: a rate cannot be read.
    """
    put_default_rates(ledger, settings)
    policy: dict[str, int | float] = {
        "brake_share": settings.brake_share,
        "brake_outcomes": settings.brake_outcomes,
        "price_wait": int(settings.price_wait * 1000),
    }
    for unit, price in (("legs", settings.price_mms), ("segments", settings.price_sms)):
        if price is not None:
            policy[f"price_{unit}"] = math.ceil(round(price * 1_000_000, 3))
    ledger.limits.set_policy(policy, api_failures=settings.brake_failures)


def put_default_rates(ledger: Ledger, settings: Settings) -> None:
    """Write the limits of the account and of each sender, as defaults: what an operator set stays.

    Raises:
        InputError: a rate cannot be read.
    """
    scopes = {ACCOUNT: settings.effective_account_rate, EACH_SENDER: settings.effective_sender_rate}
    for scope, text in scopes.items():
        rate = parse_rate(text)
        ledger.limits.set_rate(scope, rate.interval_us, rate.tolerance_us, default=True)


def require_limits(settings: Settings) -> None:
    """Prove that the limits in the settings can be read, before workers that cannot start are started again and again.

    Raises:
        InputError: naming the variable.
    """
    written: dict[str, tuple[Callable[[str], object], str]] = {
        "MMS_ACCOUNT_RATE": (parse_rate, settings.effective_account_rate),
        "MMS_SENDER_RATE": (parse_rate, settings.effective_sender_rate),
        "MMS_POLL_RATE": (parse_rate, settings.poll_rate),
        "MMS_FREQUENCY_CAP": (parse_cap, settings.frequency_cap),
    }
    for variable, (read, text) in written.items():
        try:
            read(text)
        except InputError as error:
            raise InputError(f"{variable}: {error.message}", hint=error.hint) from None
