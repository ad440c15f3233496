"""Campaigns that wait for their one start: another start for them."""

from __future__ import annotations

from dispatcher.errors import Conflict, InputError
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign
from dispatcher.pipeline.campaigns.send_constraints import require_start
from dispatcher.rules.send_window import Departure
from dispatcher.settings import Settings


def change_start(ledger: Ledger, campaign_id: str, at: str, config: Settings) -> Campaign:
    """Let a campaign that has not started start at another time, written as `submit --at` takes it.

    Raises:
        InputError: it is not a time, or one that is past.
        NotFound, Conflict: there is no such campaign; it has started or ended.
    """
    begins = Departure("off", at, config.hours_margin).begins
    if begins is None:
        raise InputError("no time was given", hint="write it like 2026-12-01T10:00-05:00")
    require_start(at, ledger.agenda.now_ms())
    campaign = ledger.campaign(campaign_id)
    if campaign.started_at is not None:
        raise Conflict(f"campaign {campaign_id} has started already", hint="mms campaign pause or cancel")
    settings = campaign.settings.model_copy(update={"at": at})
    ledger.book.change_start(campaign_id, int(begins.timestamp() * 1000), settings)
    return ledger.campaign(campaign_id)
