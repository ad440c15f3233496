"""Why nothing is sent at all, told where a campaign would be said to go as fast as its limits allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.model.state import CampaignState


def with_standstill(ledger: Ledger, campaigns: Sequence[Campaign]) -> Callable[[Campaign], Campaign]:
    """Gives running campaigns that have no reason of their own the one for which no claim is granted now, if there is.

    Looked at once for all of them, by a write as a claim makes it.
    """
    if not any(_asks(campaign) for campaign in campaigns):
        return lambda campaign: campaign
    problem = ledger.readiness.problem()
    if problem is None:
        return lambda campaign: campaign
    reason = f"nothing is sent: {problem}"
    return lambda campaign: campaign.model_copy(update={"reason": reason}) if _asks(campaign) else campaign


def _asks(campaign: Campaign) -> bool:
    return campaign.state is CampaignState.RUNNING and not campaign.reason
