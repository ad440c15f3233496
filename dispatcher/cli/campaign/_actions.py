"""`mms campaign retry` and `resolve`: a new attempt for what failed, a person's word on what nobody knows."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from dispatcher.cli.shell import options
from dispatcher.cli.shell.context import noted, open_ledger
from dispatcher.cli.shell.options import CampaignId
from dispatcher.cli.shell.output import print_line, say
from dispatcher.errors import InputError
from dispatcher.model.scope import LimitScope
from dispatcher.model.state import RESUMABLE, CampaignState, RecipientState
from dispatcher.pipeline.campaigns.retry import RETRIABLE, resolve, retry
from dispatcher.pipeline.limits.changes import set_limit


def retry_command(
    campaign_id: CampaignId,
    state: Annotated[
        list[str] | None, typer.Option("--state", help="failed or rejected; repeatable. Default: both.")
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Only rows whose reason contains this.")
    ] = "",
) -> None:
    """Send failed and rejected rows again, as a new attempt; never unconfirmed ones or who opted out.

    Example: mms campaign retry spring-x7k2mp --state rejected --reason "not MMS capable"
    """
    states = {_state(each) for each in state} if state else RETRIABLE
    ledger = open_ledger().ledger
    back = retry(ledger, campaign_id, states, reason)
    noted(ledger, f"let {back} rows be sent again", campaign_id)
    print_line(f"{back} rows are pending again")
    if not back:
        say("note: no row of this state and reason may be sent again")


def resolve_command(
    campaign_id: CampaignId,
    row: Annotated[int, typer.Option("--row", min=1, help="The row of the file, as the report counts.")],
    decided: Annotated[str, typer.Option("--as", metavar="sent|not-sent", help="What you know of it.")],
) -> None:
    """Decide an unconfirmed message, all members of a group at once. Not sent: it is sent again.

    Example: mms campaign resolve spring-x7k2mp --row 17 --as not-sent
    """
    words: dict[str, Literal[True, False]] = {"sent": True, "not-sent": False}
    if decided not in words:
        raise InputError(f"--as {decided} is not known", hint="say --as sent or --as not-sent")
    ledger = open_ledger().ledger
    rows = resolve(ledger, campaign_id, row, sent=words[decided])
    noted(ledger, f"decided row {row}: {decided}", campaign_id)
    print_line(f"{rows} rows decided: {decided}")


def _state(text: str) -> RecipientState:
    try:
        return RecipientState(text)
    except ValueError:
        raise InputError(
            f"--state {text} is not known", hint="say --state failed or --state rejected"
        ) from None


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
            set_limit(ledger, LimitScope.campaign(campaign_id), rate=rate)
    _steer(campaign_id, CampaignState.RUNNING, "")


def cancel_command(campaign_id: CampaignId) -> None:
    """End a campaign: what is not sent yet will not be.

    Example: mms campaign cancel spring-x7k2mp
    """
    _steer(campaign_id, CampaignState.CANCELLING, "cancelled by the operator")


def _steer(campaign_id: str, to: CampaignState, reason: str) -> None:
    ledger = open_ledger().ledger
    ledger.campaigns.steer(campaign_id, to, reason)
    noted(ledger, _STEERED[to], campaign_id)
    print_line(f"{campaign_id} {ledger.campaign(campaign_id).state.value}")
