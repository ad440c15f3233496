"""`mms campaign pause`, `resume`, `cancel`."""

from __future__ import annotations

from dispatcher.cli.shell import options
from dispatcher.cli.shell.context import open_ledger
from dispatcher.cli.shell.noting import noted
from dispatcher.cli.shell.options import CampaignId
from dispatcher.cli.shell.output import print_line
from dispatcher.model.state import RESUMABLE, CampaignState
from dispatcher.pipeline.limits.changes import set_limit

_STEERED = {
    CampaignState.PAUSED: "paused",
    CampaignState.RUNNING: "resumed",
    CampaignState.CANCELLING: "cancelled",
}


def pause_command(campaign_id: CampaignId) -> None:
    """Claim nothing more of this campaign until it is resumed.

    Example: mms campaign pause spring-x7k2mp
    """
    _steer(campaign_id, CampaignState.PAUSED, "paused by the operator")


def resume_command(campaign_id: CampaignId, rate: options.RateOption = None) -> None:
    """Let a paused campaign go on. --rate sets its limit first, also while it runs.

    Example: mms campaign resume spring-x7k2mp --rate 20/s
    """
    if rate is not None:
        ledger = open_ledger().ledger
        if ledger.campaign(campaign_id).state in RESUMABLE:  # of any other the resume itself says no
            set_limit(ledger, f"campaign:{campaign_id}", rate=rate)
    _steer(campaign_id, CampaignState.RUNNING, "")


def cancel_command(campaign_id: CampaignId) -> None:
    """End a campaign: what is not sent yet will not be.

    Example: mms campaign cancel spring-x7k2mp
    """
    _steer(campaign_id, CampaignState.CANCELLING, "cancelled by the operator")


def _steer(campaign_id: str, to: CampaignState, reason: str) -> None:
    ledger = open_ledger().ledger
    ledger.book.steer(campaign_id, to, reason)
    noted(ledger, _STEERED[to], campaign_id)
    print_line(f"{campaign_id} {ledger.campaign(campaign_id).state.value}")
