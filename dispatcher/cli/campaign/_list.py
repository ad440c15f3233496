"""`mms campaign list`: what campaigns there are."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from dispatcher.cli.shell.context import open_ledger
from dispatcher.cli.shell.options import AsJson
from dispatcher.cli.shell.output import campaign_json, print_json
from dispatcher.cli.shell.tables import out
from dispatcher.cli.shell.wait import done_rows


def list_command(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show campaigns, the newest first.

    Example: mms campaign list --json
    """
    campaigns = open_ledger().ledger.campaigns.list(limit=limit)
    if as_json:
        print_json([campaign_json(campaign) for campaign in campaigns])
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "state", "rows", "done", "created", "name"):
        table.add_column(heading, justify="right" if heading in {"rows", "done"} else "left", overflow="fold")
    for campaign in campaigns:
        row = (
            campaign.id,
            campaign.state.value,
            str(campaign.rows or campaign.rows_read),
            str(done_rows(campaign)),
        )
        table.add_row(*row, campaign.created_at[:19] + "Z", campaign.name)
    out().print(table if campaigns else "no campaigns yet: mms campaign submit FILE")
