"""When a running campaign will be done, from the limits in force and what is left, and which limit binds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.limits import LimitsInForce
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.forecast import finish_time

_DAY_MS = 86_400_000
_TO_COME = frozenset({CampaignState.RUNNING, CampaignState.SCHEDULED})


@dataclass(frozen=True, slots=True)
class Estimate:
    """When it ends, and which limit keeps it from ending sooner."""

    finish_at: dt.datetime
    binds: str


def estimated(ledger: Ledger, campaign: Campaign) -> Campaign:
    """The campaign with `finish_at`, and while it runs the limit that binds as its `reason`."""
    if (
        campaign.state is CampaignState.RUNNING
        and not campaign.reason
        and _is_without_sender(ledger, campaign)
    ):
        return campaign.model_copy(update={"reason": "all of its senders are disabled"})
    found = estimate(ledger, campaign)
    if found is None:
        return campaign
    at = found.finish_at.isoformat().replace("+00:00", "Z")
    running = campaign.state is CampaignState.RUNNING
    reason = campaign.reason or (f"as fast as the limit of {found.binds} allows" if running else None)
    return campaign.model_copy(update={"finish_at": at, "reason": reason})


def estimate(ledger: Ledger, campaign: Campaign) -> Estimate | None:
    """None when nothing is left, when it does not run by itself, or when nothing limits it.

    A row counts as one leg or segment. Senders of a pool share evenly; running campaigns share the account.
    """
    left = campaign.counts[RecipientState.PENDING] + campaign.counts[RecipientState.SENDING]
    if campaign.state not in _TO_COME or not left:
        return None
    limits = ledger.limits.in_force()
    running = max(1, len(ledger.agenda.due(limits.now_ms + _DAY_MS, 1000)))
    speeds = _speeds(campaign, limits, running)
    if not speeds:
        return None
    binds = min(speeds, key=lambda scope: speeds[scope])
    seconds, capped = left / speeds[binds], _over_days(campaign, limits, left)
    if capped is not None and capped[0] > seconds:
        seconds, binds = capped
    begin = dt.datetime.fromtimestamp(limits.now_ms / 1000, dt.UTC)
    if campaign.state is CampaignState.SCHEDULED and campaign.start_at:
        begin = max(begin, dt.datetime.fromisoformat(campaign.start_at))
    return Estimate(finish_time(begin, seconds), binds)


def speed_limit(campaign: Campaign, limits: LimitsInForce, running: int) -> tuple[float, str] | None:
    """Legs and segments a second that this campaign may go at most, and which limit says so; None: nothing does."""
    speeds = _speeds(campaign, limits, max(1, running))
    return min((speed, scope) for scope, speed in speeds.items()) if speeds else None


def _is_without_sender(ledger: Ledger, campaign: Campaign) -> bool:
    senders = campaign.settings.senders
    return bool(senders) and ledger.limits.disabled() >= set(senders)


def _speeds(campaign: Campaign, limits: LimitsInForce, running: int) -> dict[str, float]:
    """Legs and segments a second that each limit allows this campaign, by the limit's name."""
    rates, speeds = limits.rates, {}
    if account := rates.get("account"):
        speeds["the account"] = account.per_second * limits.paces.get("account", 1.0) / running
    pool = [number for number in campaign.settings.senders if number not in limits.disabled]
    own = [rates.get(f"sender:{number}") or rates.get("sender") for number in pool]
    known = [rate.per_second for rate in own if rate is not None]
    if known and len(known) == len(own):
        speeds["the senders" if len(pool) > 1 else "the sender"] = len(known) * min(known)
    if rate := rates.get(f"campaign:{campaign.id}"):
        speeds["the campaign"] = rate.per_second
    return speeds


def _over_days(campaign: Campaign, limits: LimitsInForce, left: int) -> tuple[float, str] | None:
    """Seconds until daily caps let the last one go, and the cap's name; None when today has room for all."""
    worst: tuple[float, str] | None = None
    for scope, name in (("account", "the account"), (f"campaign:{campaign.id}", "the campaign")):
        cap = limits.caps.get(scope)
        if cap is None or not cap.most:
            continue
        beyond = left - max(0, cap.most - limits.served[scope])
        if beyond > 0:
            until = cap.until_ms if limits.now_ms < cap.until_ms else cap.next_until_ms
            seconds = (until - limits.now_ms) / 1000 + (beyond - 1) // cap.most * 86_400
            worst = max(worst or (0.0, ""), (seconds, f"{name} a day"))
    return worst
