"""What a campaign will cost and when it will be done, from what it loads on its senders."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

from dispatcher.rules.rates import Rate


@dataclass(slots=True)
class Load:
    """What would be sent. `by_sender` has legs and segments per sender, None for the campaign's own pool."""

    sms_segments: int = 0
    mms_messages: int = 0
    mms_legs: int = 0
    by_sender: Counter[str | None] = field(default_factory=Counter)

    @property
    def units(self) -> int:
        """Legs and segments: what limits count."""
        return self.sms_segments + self.mms_legs


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars a segment of an SMS and a leg of an MMS; None is unknown."""

    sms: Decimal | None
    mms: Decimal | None

    def cost(self, load: Load) -> tuple[Decimal, Decimal] | None:
        """The least and the most that this load costs, None if a price that it needs is unknown.

        The least counts a group as one message, the most counts each of its members.
        """
        sms, mms = self.sms, self.mms
        if (load.sms_segments and sms is None) or (load.mms_legs and mms is None):
            return None
        base, each = load.sms_segments * (sms or Decimal(0)), mms or Decimal(0)
        return base + load.mms_messages * each, base + load.mms_legs * each


@dataclass(frozen=True, slots=True)
class Rates:
    """The limits in force, in legs and segments a second."""

    account: Rate
    sender: Rate
    campaign: Rate | None

    def seconds(self, load: Load, pool: Collection[str]) -> float:
        """How long this load takes when the tightest limit binds all the time. The pool shares evenly."""
        shared = load.by_sender[None] / max(1, len(pool))
        alone = Counter({sender: units for sender, units in load.by_sender.items() if sender is not None})
        busiest = max(
            (alone[sender] + (shared if sender in pool else 0) for sender in {*alone, *pool}), default=0
        )
        slowest = max(load.units / self.account.per_second, busiest / self.sender.per_second)
        return max(slowest, load.units / self.campaign.per_second) if self.campaign else slowest


def finish_time(start: dt.datetime, seconds: float) -> dt.datetime:
    """The instant, rounded up to the whole second, UTC; the far end of the calendar if it lies beyond."""
    try:
        end = start.astimezone(dt.UTC) + dt.timedelta(seconds=seconds)
    except OverflowError:
        return dt.datetime.max.replace(tzinfo=dt.UTC, microsecond=0)
    return end if not end.microsecond else end.replace(microsecond=0) + dt.timedelta(seconds=1)
