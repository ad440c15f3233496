"""What is left of a campaign, as limits and hours see it: judged by a few batches of it."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from dispatcher.ledger.batches.packing import Batch, BatchRow
from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.views.samples import Sample
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import RecipientState
from dispatcher.settings import Settings

#: Recipients of one area code and zone have the same hours; a message's are those that its members share.
Places = frozenset[tuple[str, str | None]]
_UNSENT = (RecipientState.PENDING, RecipientState.SENDING)


class Remaining(NamedTuple):
    """Legs and segments that are left, in all and by places; each sender's share of them."""

    units: float
    by_places: dict[Places, float]
    shares: dict[str, float]


def remaining_of(campaign: Campaign, sample: Sample, disabled: frozenset[str]) -> Remaining:
    """Rows that were not looked at are like those that were. A pool's senders share evenly, without disabled ones."""
    pool = [number for number in campaign.settings.senders if number not in disabled]
    rows, units = 0, 0.0
    by_places: defaultdict[Places, float] = defaultdict(float)
    by_sender: defaultdict[str, float] = defaultdict(float)
    for batch, states in sample:
        for message in batch.messages:
            members = [row for row in message.members if states[row].state is RecipientState.PENDING]
            if not members:
                continue
            cost = message.units(len(members))
            rows, units = rows + len(members), units + cost
            by_places[_places(batch, members)] += cost
            senders = [message.sender] if message.sender else pool
            for sender in senders:
                by_sender[sender] += cost / len(senders)
    left = sum(campaign.counts[state] for state in _UNSENT)
    scale = left / rows if rows else 0.0
    if not rows:
        return Remaining(float(left), {}, {number: 1 / len(pool) for number in pool})
    return Remaining(
        units * scale,
        {places: cost * scale for places, cost in by_places.items()},
        {sender: cost / units for sender, cost in by_sender.items()},
    )


def _places(batch: Batch, members: list[int]) -> Places:
    rows = [batch.rows[member] for member in members]
    return frozenset(((row.number or "")[1:4], row.timezone) for row in rows if isinstance(row, BatchRow))


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
    numbers = ledger.campaigns.batch_numbers(campaign.id)
    prices = {True: config.price_mms, False: config.price_sms}
    cost, rows = Decimal(0), 0
    for batch, _ in ledger.batches.read(campaign.id, numbers[:BATCHES]) if numbers else []:
        for message in batch.messages:
            price = prices[message.is_mms]
            if price is None:
                return None
            cost += Decimal(str(price)) * message.units()
            rows += len(message.members)
    sendable = sum(campaign.counts.values()) - sum(campaign.counts[state] for state in _NEVER_SENT)
    if not rows:
        return None
    return Expected((cost / rows * sendable).quantize(Decimal("0.01")), len(numbers) <= BATCHES)
