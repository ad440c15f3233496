"""Pause, resume and cancel, for pages and programs alike."""

from __future__ import annotations

from typing import Literal, NamedTuple

from dispatcher.model.campaign import Campaign
from dispatcher.model.state import CampaignState
from dispatcher.web.campaigns import find_campaign
from dispatcher.web.site import Site

Verb = Literal["pause", "resume", "cancel"]


class _Way(NamedTuple):
    to: CampaignState
    done: str
    begins_in: frozenset[CampaignState]


_RUNS = frozenset({CampaignState.RUNNING, CampaignState.SCHEDULED})
_WAYS: dict[Verb, _Way] = {
    "pause": _Way(CampaignState.PAUSED, "paused", _RUNS),
    "resume": _Way(CampaignState.RUNNING, "resumed", frozenset({CampaignState.PAUSED})),
    "cancel": _Way(
        CampaignState.CANCELLING,
        "cancelled",
        _RUNS | {CampaignState.PAUSED, CampaignState.CHECKING, CampaignState.READY},
    ),
}


def steer(site: Site, who: str, campaign_id: str, verb: Verb) -> Campaign:
    """Do it and note who did; every claim after this returns obeys. Answers the campaign as it is then.

    Raises:
        NotFound, Conflict: there is no such campaign, or its state does not allow this.
    """
    find_campaign(site, campaign_id)
    way = _WAYS[verb]
    site.ledger.book.steer(campaign_id, way.to, "" if verb == "resume" else f"{way.done} by {who}")
    site.journal.note(who, way.done, campaign_id)
    return find_campaign(site, campaign_id)


def possible(campaign: Campaign) -> list[Verb]:
    """What an admin can do with it now."""
    return [verb for verb, way in _WAYS.items() if campaign.state in way.begins_in]
