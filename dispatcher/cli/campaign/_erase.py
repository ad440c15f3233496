"""`mms campaign erase`: a settled campaign without its people."""

from __future__ import annotations

from typing import Annotated

import typer

from dispatcher.cli.shell.context import noted, open_ledger
from dispatcher.cli.shell.options import CampaignId
from dispatcher.cli.shell.output import print_line
from dispatcher.errors import InputError
from dispatcher.pipeline.consent.retention import erase_campaign


def erase_command(
    campaign_id: CampaignId, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
) -> None:
    """Erase a settled campaign's numbers, texts and columns; counts and times stay. `MMS_RETENTION` does it in time.

    Example: mms campaign erase spring-x7k2mp --yes
    """
    if not yes and not typer.confirm("Erase its numbers and texts? It cannot be undone.", err=True):
        raise InputError("nothing was erased", hint="say --yes")
    ledger = open_ledger().ledger
    erase_campaign(ledger, campaign_id)
    noted(ledger, "erased its numbers and texts", campaign_id)
    print_line(f"{campaign_id} erased")
