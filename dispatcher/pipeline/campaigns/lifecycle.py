"""Campaigns that are kept and not sent yet: opened again, sent later, or thrown away."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

from dispatcher.errors import Conflict
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.state import CampaignState
from dispatcher.pipeline.campaigns.send_constraints import require_prices, require_start
from dispatcher.rules.send_window import Departure
from dispatcher.settings import Settings


class StoredDraft(NamedTuple):
    """A draft's settings and its file."""

    settings: CampaignSettings
    filename: str
    file: BinaryIO


def open_draft(ledger: Ledger, campaign_id: str) -> StoredDraft:
    """A draft as it was kept.

    Raises:
        NotFound, Conflict: there is no such campaign, or it is a draft no more.
    """
    campaign = ledger.campaign(campaign_id)
    if campaign.state is not CampaignState.DRAFT:
        raise Conflict(f"campaign {campaign_id} is {campaign.state.value}, no draft any more")
    filename, chunks = ledger.book.stored_file(campaign_id)
    return StoredDraft(campaign.settings, filename, ledger.uploads.open(campaign_id, chunks))


def launch(ledger: Ledger, campaign_id: str, config: Settings) -> None:
    """Send a draft: it is read, and starts when its time has come.

    Raises:
        NotFound, Conflict: there is no such campaign, or it is a draft no more.
        SubmittedBefore: the same is a campaign of the last 24 hours, and its settings do not allow that.
        InputError: its settings cannot be used any more.
    """
    settings = ledger.campaign(campaign_id).settings
    require_prices(settings, config)
    require_start(settings.at, ledger.agenda.now_ms())
    start_at = Departure(settings.quiet_hours, settings.at, config.hours_margin).begins
    start_ms = int(start_at.timestamp() * 1000) if start_at else None
    ledger.book.launch(campaign_id, start_ms, allow_same=settings.allow_same_file)
