"""What a campaign will have cost, from what its first messages are and the prices in the settings."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.views.message_locator import is_mms, units_of
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import RecipientState
from dispatcher.settings import Settings

#: Messages of so many batches are looked at; a campaign's messages are much alike.
BATCHES = 3
_NEVER_SENT = (
    RecipientState.INVALID,
    RecipientState.SKIPPED,
    RecipientState.CANCELLED,
    RecipientState.EXPIRED,
)


class Expected(NamedTuple):
    """Dollars, and whether all of the campaign's rows were looked at for them."""

    dollars: Decimal
    exact: bool


def expected_cost(ledger: Ledger, campaign: Campaign, config: Settings) -> Expected | None:
    """What all of its rows cost that are sent or may still be; None while that, or a price, is not known.

    A leg of an MMS and a segment of an SMS cost what the settings say, whatever CarrierX confirms.
    """
    numbers = ledger.book.batch_numbers(campaign.id)
    prices = {True: config.price_mms, False: config.price_sms}
    cost, rows = Decimal(0), 0
    for batch, _ in ledger.batches.read(campaign.id, numbers[:BATCHES]) if numbers else []:
        for message in batch.messages:
            price = prices[is_mms(message)]
            if price is None:
                return None
            cost += Decimal(str(price)) * units_of(message)
            rows += len(message.members)
    sendable = sum(campaign.counts.values()) - sum(campaign.counts[state] for state in _NEVER_SENT)
    if not rows:
        return None
    return Expected((cost / rows * sendable).quantize(Decimal("0.01")), len(numbers) <= BATCHES)
