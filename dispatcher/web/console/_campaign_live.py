"""What moves on the page of one campaign, beside its counts: funnel, pace, limit, time left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dispatcher.model.campaign import Campaign
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.model.timestamps import utc_text
from dispatcher.pipeline.estimates.estimate import estimate, estimated, speed_limit
from dispatcher.pipeline.estimates.pace import Pace, pace_of
from dispatcher.web.actions.lifecycle import possible
from dispatcher.web.http import formats
from dispatcher.web.site.site import Site

_S = RecipientState
_NEVER_SENT = (_S.INVALID, _S.SKIPPED)
_TAKEN = (_S.QUEUED, _S.SENT, _S.FAILED, _S.DELIVERED)
_HANDED = (*_TAKEN, _S.REJECTED, _S.UNCONFIRMED)
_ENDED = frozenset({CampaignState.COMPLETED, CampaignState.CANCELLED, CampaignState.FAILED})
#: The funnel's steps: what it is called, and which states have passed it.
FUNNEL = {
    "sendable": ("To be sent", tuple(state for state in _S if state not in _NEVER_SENT)),
    "handed": ("Handed to CarrierX", _HANDED),
    "taken": ("Taken by CarrierX", _TAKEN),
    "delivered": ("Delivered", (_S.DELIVERED,)),
}


def live_view(site: Site, campaign: Campaign) -> dict[str, Any]:
    """The whole view of a campaign's page: `formats.live`, what can be done with it, funnel, chart and pace."""
    ledger = site.ledger
    now_ms = ledger.agenda.now_ms()
    pace = pace_of(ledger, campaign, now_ms)
    view = formats.live(campaign)
    view["texts"] |= _speed(site, campaign, pace.now) | _left(site, campaign, now_ms)
    if campaign.state is CampaignState.RUNNING:
        view["now"] = _running(estimated(ledger, campaign, site.settings), waits=campaign.reason is not None)
    view["texts"]["cost"] = f"${campaign.cost}" if campaign.cost else "–"
    funnel = funnel_of(campaign)
    view["texts"] |= {f"funnel-{key}": text for key, (text, _) in funnel.items()}
    return {
        **view,
        "can": possible(campaign),
        "funnel": {key: width for key, (_, width) in funnel.items()},
        "chart": chart_of(pace),
    }


def _running(campaign: Campaign, *, waits: bool) -> formats.Sentence:
    """One sentence on a campaign that runs: what holds it, until when."""
    reason = campaign.reason or "as fast as CarrierX answers"
    return (
        formats.Sentence(f"It waits: {reason}.") if waits else formats.being_sent(reason, campaign.finish_at)
    )


def funnel_of(campaign: Campaign) -> dict[str, tuple[str, float]]:
    """Each step's rows and the width of its bar."""
    read = sum(campaign.counts.values())
    total = max(campaign.rows or 0, read, 1)
    steps = {"rows": (formats.count(campaign.rows if campaign.rows is not None else read), 1000.0)}
    for key, (_, states) in FUNNEL.items():
        rows = sum(campaign.counts[state] for state in states)
        steps[key] = (formats.count(rows), round(1000 * rows / total, 1))
    return steps


def pace_text(site: Site, campaign: Campaign) -> str:
    """Messages a second now, for a campaign that runs."""
    if campaign.state is not CampaignState.RUNNING:
        return "–"
    return f"{_rate(pace_of(site.ledger, campaign, site.ledger.agenda.now_ms()).now)} /s"


def _rate(now: float | None) -> str:
    return "–" if now is None else f"{now:.1f}" if now < 10 else f"{now:.0f}"


def _speed(site: Site, campaign: Campaign, now: float | None) -> dict[str, str]:
    texts = {"pace": _rate(now), "held-to": ""}
    if campaign.state in _ENDED:
        return texts
    ledger = site.ledger
    running = len(ledger.agenda.due(ledger.agenda.now_ms() + 86_400_000, 1000))
    found = speed_limit(campaign, ledger.limits.in_force(), running)
    if found is not None:
        speed, binds = found
        texts["held-to"] = f"of at most {speed:.3g} a second: the limit of {binds}"
    return texts


def _left(site: Site, campaign: Campaign, now_ms: int) -> dict[str, str]:
    found = estimate(site.ledger, campaign, site.settings)
    if found is None:
        return {"left": "–" if campaign.state not in _ENDED else "none"}
    seconds = found.finish_at.timestamp() - now_ms / 1000
    return {"left": formats.span(seconds)}


WIDTH, HEIGHT = 720, 150
#: The limit is drawn when it is at most so many times the fastest pace: else the pace would be a line on the ground.
_LIMIT_SHOWN = 3.0


def chart_of(pace: Pace) -> dict[str, Any] | None:
    """Paths and labels: `area` and `line` of the pace, `limit` as far as it is drawn, the top of the scale, first and
    last moment. None while there is nothing to draw."""
    if len(pace.line) < 2:
        return None
    begins, ends = pace.begins_ms, pace.line[-1][0]
    fastest = max(rate for _, rate, _ in pace.line)
    limit = max((limit for _, _, limit in pace.line), default=0.0)
    shown = 0 < limit <= _LIMIT_SHOWN * fastest
    top = _round_up(1.08 * max(fastest, limit if shown else 0.0, 1.0))

    def x(at_ms: int) -> float:
        return round(WIDTH * (at_ms - begins) / (ends - begins), 1)

    def y(value: float) -> float:
        return round(HEIGHT * (1 - min(value, top) / top), 1)

    corners = _steps([(x(at), y(rate)) for at, rate, _ in pace.line])
    limits = _steps([(x(at), y(held)) for at, _, held in pace.line]) if shown else ""
    return {
        "line": f"M{corners}",
        "area": f"M0 {HEIGHT}L{corners}L{WIDTH} {HEIGHT}Z",
        "limit": f"M{limits}" if limits else "",
        "top": f"{top:g}/s",
        "half": f"{top / 2:g}/s",
        "begins": utc_text(begins, "seconds"),
        "ends": utc_text(ends, "seconds"),
        "fastest": f"{fastest:.3g}/s",
    }


def _steps(points: Sequence[tuple[float, float]]) -> str:
    """Each span is level from the end of the one before to its own."""
    parts, before = [], 0.0
    for x, y in points:
        parts.append(f"{before:g} {y:g}L{x:g} {y:g}")
        before = x
    return "L".join(parts)


def _round_up(value: float) -> float:
    """The next number that a scale may end with."""
    step = 1.0
    while step * 10 <= value:
        step *= 10
    return next(step * part for part in (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10) if step * part >= value)
