"""Campaigns that are kept and not sent yet: opened again, sent later, or thrown away."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

from dispatcher.errors import Conflict, InputError
from dispatcher.ledger.ledger import Ledger
from dispatcher.model.campaign import Campaign, CampaignSettings
from dispatcher.model.state import CampaignState, RecipientState
from dispatcher.pipeline.campaigns.send_constraints import require_prices, require_start
from dispatcher.pipeline.runtime.runtime import Runtime
from dispatcher.rules import retry_policy
from dispatcher.rules.send_window import SendWindow
from dispatcher.settings import Settings


class StoredDraft(NamedTuple):
    """A draft's settings, those of them that somebody said, and its file."""

    settings: CampaignSettings
    fixed: frozenset[str]
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
    filename, chunks = ledger.campaigns.stored_file(campaign_id)
    fixed = ledger.campaigns.fixed_of(campaign_id)
    return StoredDraft(campaign.settings, fixed, filename, ledger.uploads.open(campaign_id, chunks))


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
    start_at = SendWindow.under(settings, config).begins
    start_ms = int(start_at.timestamp() * 1000) if start_at else None
    ledger.campaigns.launch(campaign_id, start_ms, allow_same=settings.allow_same_file)


def change_start(ledger: Ledger, campaign_id: str, at: str, config: Settings) -> Campaign:
    """Let a campaign that has not started start at another time, written as `submit --at` takes it.

    Raises:
        InputError: it is not a time, or one that is past.
        NotFound, Conflict: there is no such campaign; it has started or ended.
    """
    begins = SendWindow("off", at, config.hours_margin).begins
    if begins is None:
        raise InputError("no time was given", hint="write it like 2026-12-01T10:00-05:00")
    require_start(at, ledger.agenda.now_ms())
    campaign = ledger.campaign(campaign_id)
    if campaign.started_at is not None:
        raise Conflict(f"campaign {campaign_id} has started already", hint="mms campaign pause or cancel")
    settings = campaign.settings.model_copy(update={"at": at})
    ledger.campaigns.change_start(campaign_id, int(begins.timestamp() * 1000), settings)
    return ledger.campaign(campaign_id)


BATCHES_A_SWEEP = 500
_BY_HAND = frozenset({CampaignState.CANCELLING, CampaignState.CANCELLED, CampaignState.FAILED})


def sweep(runtime: Runtime, campaign_id: str) -> int:
    """End up to 500 batches of pending rows; answers how many rows ended. The tick comes back for the rest."""
    ended = 0
    campaign = runtime.ledger.campaign(campaign_id)
    to = RecipientState.CANCELLED if campaign.state in _BY_HAND else RecipientState.EXPIRED
    for number in runtime.ledger.agenda.due_batches(campaign_id, BATCHES_A_SWEEP):
        batch = runtime.ledger.batches.content(campaign_id, number)
        if batch is not None:
            ended += runtime.ledger.batches.sweep(
                campaign_id, number, to, batch.sendable(), look_ms=retry_policy.FIRST_LOOK_MS
            )
    runtime.ledger.campaigns.swept(campaign_id)
    return ended
