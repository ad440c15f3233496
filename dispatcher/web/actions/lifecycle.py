"""Pause, resume, cancel, another rate, another attempt, a word on the unconfirmed: for pages and programs alike."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple

from dispatcher.model.campaign import Campaign
from dispatcher.model.scope import LimitScope
from dispatcher.model.state import RESUMABLE, CampaignState, RecipientState
from dispatcher.pipeline.campaigns.retry import RETRIABLE, resolve_at, retry
from dispatcher.pipeline.limits.changes import reset_limit, set_limit
from dispatcher.web.actions.submissions import find_campaign
from dispatcher.web.site.site import Site

Verb = Literal["pause", "resume", "cancel"]


class _Way(NamedTuple):
    to: CampaignState
    done: str
    begins_in: frozenset[CampaignState]


_RUNS = frozenset({CampaignState.RUNNING, CampaignState.SCHEDULED})
_SENDS_AGAIN = frozenset({CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.COMPLETED})
_WAYS: dict[Verb, _Way] = {
    "pause": _Way(CampaignState.PAUSED, "paused", _RUNS),
    "resume": _Way(CampaignState.RUNNING, "resumed", frozenset({CampaignState.PAUSED})),
    "cancel": _Way(
        CampaignState.CANCELLING,
        "cancelled",
        RESUMABLE | {CampaignState.CHECKING, CampaignState.READY},
    ),
}


def steer(site: Site, who: str, campaign_id: str, verb: Verb) -> Campaign:
    """Do it and note who did; every claim after this returns obeys. Answers the campaign as it is then.

    Raises:
        NotFound, Conflict: there is no such campaign, or its state does not allow this.
    """
    find_campaign(site, campaign_id)
    way = _WAYS[verb]
    site.ledger.campaigns.steer(campaign_id, way.to, "" if verb == "resume" else f"{way.done} by {who}")
    site.audit_log.note(who, way.done, campaign_id)
    return find_campaign(site, campaign_id)


def possible(campaign: Campaign) -> list[str]:
    """What an admin can do with it now: steer it, `rate`, `retry`, `resolve`; `start` or `discard` a draft."""
    can: list[str] = [verb for verb, way in _WAYS.items() if campaign.state in way.begins_in]
    if campaign.state in RESUMABLE | {CampaignState.CHECKING}:
        can.append("rate")
    if campaign.state in _SENDS_AGAIN and any(campaign.counts[state] for state in RETRIABLE):
        can.append("retry")
    if campaign.state is CampaignState.DRAFT:
        can += ["start", "discard"]
    if campaign.counts[RecipientState.UNCONFIRMED]:
        can.append("resolve")
    return can


def rerate(site: Site, who: str, campaign_id: str, rate: str) -> None:
    """Give a campaign another rate, obeyed from the next claim on; empty: back to the one it was made with.

    Raises:
        NotFound, InputError: there is no such campaign, or it is no rate.
    """
    find_campaign(site, campaign_id)
    if rate.strip():
        set_limit(site.ledger, LimitScope.campaign(campaign_id), rate=rate)
        site.audit_log.note(who, f"changed the rate to {rate.strip()[:20]}", campaign_id)
    else:
        reset_limit(site.ledger, LimitScope.campaign(campaign_id), site.settings)
        site.audit_log.note(who, "set the rate back", campaign_id)


def send_again(
    site: Site, who: str, campaign_id: str, states: Collection[RecipientState], reason: str
) -> int:
    """Make failed or refused rows pending again, those whose reason contains `reason`; answers how many.

    Raises:
        NotFound, Conflict, InputError: there is no such campaign, or its state, or that of the rows, does not allow it.
    """
    find_campaign(site, campaign_id)
    rows = retry(site.ledger, campaign_id, states, reason)
    site.audit_log.note(who, f"retried {rows} rows", campaign_id)
    return rows


def decide(site: Site, who: str, campaign_id: str, place: str, *, sent: bool) -> int:
    """A person's word on the unconfirmed message at this place; answers how many rows it has.

    Raises:
        NotFound, Conflict: there is no such campaign or place, or it is not unconfirmed.
    """
    find_campaign(site, campaign_id)
    rows = resolve_at(site.ledger, campaign_id, place, sent=sent)
    site.audit_log.note(
        who, f"decided {rows} unconfirmed rows: {'sent' if sent else 'not sent'}", campaign_id
    )
    return rows
