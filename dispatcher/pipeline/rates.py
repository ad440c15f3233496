"""The limits of the settings, put in force for every worker's claims."""

from __future__ import annotations

from dispatcher.ledger.ledger import Ledger
from dispatcher.rules.limits import parse_rate
from dispatcher.settings import Settings


def put_rates_in_force(ledger: Ledger, settings: Settings) -> None:
    """Write the account's limit and that of each sender; every claim from now on obeys them.

    Raises:
        InputError: a rate cannot be read.
    """
    scopes = {"account": settings.effective_account_rate, "sender": settings.effective_sender_rate}
    for scope, text in scopes.items():
        rate = parse_rate(text)
        ledger.book.set_rate(scope, (rate.interval_us, rate.tolerance_us))
