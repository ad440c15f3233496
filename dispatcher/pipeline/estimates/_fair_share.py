"""How fast the limits in force let one campaign go beside the others, and how much a day."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dispatcher.ledger.limits.limits import DayCap, LimitsInForce
from dispatcher.model.campaign import Campaign
from dispatcher.model.scope import ACCOUNT, LimitScope
from dispatcher.pipeline.estimates._projection import Allowance

#: Each sender's share of what a campaign sends.
Shares = Mapping[str, float]


class Rivals(NamedTuple):
    """Other campaigns that run: what each may take a second at most, and how many use each sender."""

    ceilings: list[float]
    by_sender: Counter[str]


NOBODY = Rivals([], Counter())


def rivals_among(running: Iterable[Campaign], limits: LimitsInForce, campaign: Campaign) -> Rivals:
    """Who shares the limits with this campaign. An urgent one shares them with urgent ones only."""
    urgent = campaign.settings.priority == "urgent"
    others = [
        other
        for other in running
        if other.id != campaign.id and (not urgent or other.settings.priority == "urgent")
    ]
    rates = (limits.rates.get(LimitScope.campaign(other.id)) for other in others)
    ceilings = [rate.per_second if rate else math.inf for rate in rates]
    return Rivals(ceilings, Counter(sender for other in others for sender in other.settings.senders))


def fair_share(whole: float, ceilings: Iterable[float]) -> float:
    """What one that takes all it can get has of a limit that it shares evenly with others who take at most so much."""
    left, sharers = whole, 1 + len(found := sorted(ceilings))
    for ceiling in found:
        if ceiling >= left / sharers:
            break
        left, sharers = left - ceiling, sharers - 1
    return left / sharers


def speeds_of(campaign: Campaign, limits: LimitsInForce, shares: Shares, rivals: Rivals) -> dict[str, float]:
    """Legs and segments a second that each limit allows this campaign, by the limit's name."""
    speeds: dict[str, float] = {}
    if account := _speed(limits, ACCOUNT):
        speeds["the account"] = fair_share(account, rivals.ceilings)
    of_senders = [
        speed / (1 + rivals.by_sender[sender]) / share
        for sender, share in shares.items()
        if share and (speed := _speed(limits, LimitScope.sender(sender)))
    ]
    if of_senders:
        speeds["the senders" if len(shares) > 1 else "the sender"] = min(of_senders)
    if own := _speed(limits, LimitScope.campaign(campaign.id)):
        speeds["the campaign"] = own
    return speeds


def _speed(limits: LimitsInForce, scope: LimitScope) -> float | None:
    """What goes a second in this scope at its pace; None where nothing limits it."""
    rate = scope.own_or_default(limits.rates)
    return rate.per_second * limits.paces.get(scope, 1.0) if rate else None


def allowances_of(
    campaign: Campaign, limits: LimitsInForce, shares: Shares, rivals: Rivals
) -> list[Allowance]:
    """What daily caps leave to this campaign, today and on the days after."""
    senders = "the senders" if len(shares) > 1 else "the sender"
    wanted = [
        (ACCOUNT, "the account", fair_share(1.0, [1.0 for _ in rivals.ceilings])),
        (LimitScope.campaign(campaign.id), "the campaign", 1.0),
    ]
    for sender, share in shares.items():
        part = 1 / share / (1 + rivals.by_sender[sender]) if share else math.inf
        wanted.append((LimitScope.sender(sender), senders, part))
    return [
        _allowance(limits, cap, limits.served.get(scope, 0), name, part)
        for scope, name, part in wanted
        if (cap := scope.own_or_default(limits.caps))
    ]


def _allowance(limits: LimitsInForce, cap: DayCap, served: int, name: str, part: float) -> Allowance:
    past = limits.now_ms >= cap.until_ms
    until, following = (
        (cap.next_until_ms, cap.next_until_ms + 86_400_000) if past else (cap.until_ms, cap.next_until_ms)
    )
    return Allowance(name, max(0, cap.most - served) * part, cap.most * part, until, following)
