"""When a running campaign will be done, from the limits in force and what is left, and which limit binds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dispatcher.ledger.ledger import Ledger
from dispatcher.ledger.limits.limits import NEVER_MS, LimitsInForce
from dispatcher.ledger.views.samples import Sample, samples
from dispatcher.model.campaign import Campaign, CampaignSettings
from dispatcher.model.scope import scopes_over
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.estimates._fair_share import NOBODY, Rivals, allowances_of, rivals_among, speeds_of
from dispatcher.pipeline.estimates._projection import HOURS, SENDING, projection
from dispatcher.pipeline.estimates._standstill import with_standstill
from dispatcher.pipeline.estimates.forecast import finish_time
from dispatcher.pipeline.estimates.remaining import Places, remaining_of
from dispatcher.rules.quiet_hours import Window
from dispatcher.rules.send_window import SendWindow
from dispatcher.settings import Settings

_DAY_MS = 86_400_000
_TO_COME = frozenset({CampaignState.RUNNING, CampaignState.SCHEDULED})
#: Campaigns beside this one that are looked at, those due first; more of them count as wanting all they can get.
MOST_RIVALS = 100
#: Units a second where no limit says anything.
_UNLIMITED = 1e6


@dataclass(frozen=True, slots=True)
class Estimate:
    """When it ends, and what keeps it from ending sooner: `the limit of the account`, `the daily cap of the sender`,
    `allowed hours`, …"""

    finish_at: dt.datetime
    binds: str


@dataclass(frozen=True, slots=True)
class EstimateInputs:
    """What estimates are made from, read once for several campaigns."""

    limits: LimitsInForce
    running: Sequence[Campaign]
    beyond: int
    samples: dict[str, Sample]

    @classmethod
    def over(cls, ledger: Ledger, campaigns: Sequence[Campaign], at_ms: int | None = None) -> EstimateInputs:
        """For these campaigns, as of a moment; now without one."""
        at_ms = ledger.agenda.now_ms() if at_ms is None else at_ms
        ids = ledger.agenda.due(at_ms + _DAY_MS, 1000)
        known = {campaign.id: campaign for campaign in campaigns}
        others = ledger.campaigns.some([name for name in ids if name not in known][:MOST_RIVALS])
        running = [each for each in [*campaigns, *others] if each.state is CampaignState.RUNNING]
        found = samples(ledger, list(known))
        senders = {sender for campaign in campaigns for sender in campaign.settings.senders}
        senders |= {
            message.sender for sample in found.values() for batch, _ in sample for message in batch.messages
        }
        scopes = {scope for campaign in [*campaigns, *others] for scope in scopes_over(campaign.id, senders)}
        limits = ledger.limits.in_force(scopes, at_ms=at_ms)
        return cls(limits, running, max(0, len(ids) - len(known) - MOST_RIVALS), found)

    def rivals(self, campaign: Campaign) -> Rivals:
        """Who shares the limits with this one."""
        found = rivals_among(self.running, self.limits, campaign)
        return Rivals([*found.ceilings, *[float("inf")] * self.beyond], found.by_sender)


def estimated(ledger: Ledger, campaign: Campaign, config: Settings | None = None) -> Campaign:
    """The campaign with `finish_at`, and while it runs its `reason`: the limit that binds, or what stops all claims."""
    return estimated_all(ledger, [campaign], config)[0]


def estimated_all(
    ledger: Ledger, campaigns: Sequence[Campaign], config: Settings | None = None
) -> list[Campaign]:
    """The same for several; what they share is read once, and those that have ended cost nothing."""
    to_come = [campaign for campaign in campaigns if _is_to_come(campaign)]
    if not to_come:
        return list(campaigns)
    inputs = EstimateInputs.over(ledger, to_come)
    stopped = with_standstill(ledger, to_come)
    return [
        _told(inputs, stopped(campaign), config) if _is_to_come(campaign) else campaign
        for campaign in campaigns
    ]


def estimate(
    ledger: Ledger, campaign: Campaign, config: Settings | None = None, *, at_ms: int | None = None
) -> Estimate | None:
    """As of `at_ms`, now without it; without `config` hours do not close early. None when nothing is left, it does not
    run by itself, or nothing limits it.

    Rows that are left cost what those of a few unsent batches cost, at the same hours; running campaigns share what
    they share evenly, and senders of a pool the recipients.
    """
    if not _is_to_come(campaign):
        return None
    return _estimate(EstimateInputs.over(ledger, [campaign], at_ms), campaign, config)


def speed_limit(campaign: Campaign, limits: LimitsInForce, running: int) -> tuple[float, str] | None:
    """Legs and segments a second that this campaign may go at most, and which limit says so; None: nothing does."""
    pool = [number for number in campaign.settings.senders if number not in limits.disabled]
    shares = {number: 1 / len(pool) for number in pool}
    speeds = speeds_of(campaign, limits, shares, Rivals([float("inf")] * (running - 1), NOBODY.by_sender))
    return min((speed, scope) for scope, speed in speeds.items()) if speeds else None


def _is_to_come(campaign: Campaign) -> bool:
    left = campaign.counts[RecipientState.PENDING] + campaign.counts[RecipientState.SENDING]
    return campaign.state in _TO_COME and left > 0


def _told(inputs: EstimateInputs, campaign: Campaign, config: Settings | None) -> Campaign:
    running = campaign.state is CampaignState.RUNNING
    senders = campaign.settings.senders
    if running and senders and not campaign.reason and inputs.limits.disabled >= set(senders):
        return campaign.model_copy(update={"reason": "all of its senders are disabled"})
    found = _estimate(inputs, campaign, config)
    if found is None:
        return campaign
    at = found.finish_at.isoformat().replace("+00:00", "Z")
    allow = "allow" if found.binds == HOURS else "allows"
    reason = campaign.reason or (f"as fast as {found.binds} {allow}" if running else None)
    return campaign.model_copy(update={"finish_at": at, "reason": reason})


def _estimate(inputs: EstimateInputs, campaign: Campaign, config: Settings | None) -> Estimate | None:
    limits, rivals = inputs.limits, inputs.rivals(campaign)
    rest = remaining_of(campaign, inputs.samples[campaign.id], limits.disabled)
    send_window = _send_window(campaign.settings, config)
    speeds = speeds_of(campaign, limits, rest.shares, rivals)
    allowances = allowances_of(campaign, limits, rest.shares, rivals)
    if not speeds and not allowances and send_window.is_always_open:
        return None
    tightest = min(speeds, key=lambda scope: speeds[scope]) if speeds else "nothing"
    anywhere: dict[Places, float] = {frozenset(): rest.units}
    projected = projection(
        anywhere if send_window.is_always_open else rest.by_places or anywhere,
        _windows(send_window),
        speed=speeds.get(tightest, _UNLIMITED),
        allowances=allowances,
        begin_ms=_begin_ms(campaign, limits),
    )
    seconds = (projected.run() - limits.now_ms) / 1000
    since = dt.datetime.fromtimestamp(limits.now_ms / 1000, dt.UTC)
    named = {SENDING: f"the limit of {tightest}", HOURS: HOURS}
    binds = named.get(projected.binds, f"the daily cap of {projected.binds}")
    return Estimate(finish_time(since, seconds), binds)


def _send_window(settings: CampaignSettings, config: Settings | None) -> SendWindow:
    return SendWindow.under(settings, config) if config else SendWindow(settings.quiet_hours, settings.at, 0)


def _begin_ms(campaign: Campaign, limits: LimitsInForce) -> int:
    """When the next one may go: not before the start, nor before what CarrierX asked for."""
    begin = limits.now_ms
    if campaign.state is CampaignState.SCHEDULED and campaign.start_at:
        begin = max(begin, int(dt.datetime.fromisoformat(campaign.start_at).timestamp() * 1000))
    holds = (limits.holds.get(scope, 0) for scope in scopes_over(campaign.id, ()))
    return max(begin, *(until for until in holds if until < NEVER_MS))


def _windows(send_window: SendWindow) -> Callable[[Places, int], Window | None]:
    def window(places: Places, now_ms: int) -> Window | None:
        parties = [(f"1{area}", zone) for area, zone in places]
        return send_window.window(parties, now_ms) if parties else Window(0, NEVER_MS)

    return window
