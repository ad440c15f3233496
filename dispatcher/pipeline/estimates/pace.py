"""How fast running campaigns go: sampled by the tick for the chart, and told as a rate for people."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from dispatcher.ledger.campaigns.progress import Point
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.estimates.estimate import speed_limit

#: Campaigns that one tick samples at most, the longest waiting first.
CAMPAIGNS_A_TICK = 100
#: A campaign that is being sent has a batch that is due, or leased for less than this. One that rests costs nothing.
AT_WORK_MS = 60_000
#: The pace of now is that of these last milliseconds.
_NOW_MS = 5_000


class Pace(NamedTuple):
    """A campaign's rows a second: over its life as (ms at a span's end, rate, limit), and now, None while it rests."""

    line: list[tuple[int, float, float]]
    begins_ms: int
    now: float | None


def sample_paces(ledger: Ledger, now_ms: int) -> None:
    """Remember how far the running campaigns are, and the limit that holds each."""
    ids = ledger.agenda.due(now_ms + AT_WORK_MS, 1000)
    running = [
        campaign
        for campaign in ledger.campaigns.some(ids[:CAMPAIGNS_A_TICK])
        if campaign.state is CampaignState.RUNNING
    ]
    if not running:
        return
    limits = ledger.limits.in_force()
    found = {campaign.id: speed_limit(campaign, limits, len(ids)) for campaign in running}
    ledger.progress.sample({name: limit[0] if limit else 0.0 for name, limit in found.items()})


def pace_of(ledger: Ledger, campaign: Campaign, now_ms: int) -> Pace:
    """How fast it went and goes."""
    whole, lately = ledger.progress.line(campaign.id)
    if lately and (not whole or lately[-1].at_ms > whole[-1].at_ms):
        whole.append(lately[-1])
    now = _now(lately, now_ms) if campaign.state is CampaignState.RUNNING else None
    return Pace(_rates(whole), whole[0].at_ms if whole else 0, now)


def _rates(points: Sequence[Point]) -> list[tuple[int, float, float]]:
    """The rate of each span between two points. A row that is not there and goes again makes none negative."""
    return [
        (late.at_ms, max(0.0, 1000 * (late.handed - early.handed) / (late.at_ms - early.at_ms)), late.limit)
        for early, late in pairwise(points)
        if late.at_ms > early.at_ms
    ]


def _now(lately: Sequence[Point], now_ms: int) -> float | None:
    recent = [point for point in lately if point.at_ms >= now_ms - 2 * _NOW_MS]
    if len(recent) < 2:
        return None
    early = next(
        (point for point in reversed(recent[:-1]) if recent[-1].at_ms - point.at_ms >= _NOW_MS), recent[0]
    )
    if recent[-1].at_ms <= early.at_ms:  # two ticks in one millisecond, or a clock that was set back
        return None
    return max(0.0, 1000 * (recent[-1].handed - early.handed) / (recent[-1].at_ms - early.at_ms))
